"""A scenario in which single settings can be changed by path: to build and play it anew, or as a file that is laid over it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from lab.errors import DriverError
from lab.model.value import dataclass
from lab.scenario import setting_paths, variant_builder
from lab.scenario.load import ExpandedScenario, expanded
from lab.scenario.model import Scenario, Variant
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport
from lab.scenario.syntax.source_tree import SourceLocation, TableNode, plain_data, tree_of
from lab.scenario.syntax.yaml_dump import dumped, plain
from lab.sentence import sentence

SettingChange = Mapping[str, Any]
"""New values by path, as under `change:` of a variant; plain data, and None takes a setting away."""
_MADE_UP = SourceLocation("(what if)")
_WIDTH = 118
"""Of comments in a file that is made."""


@dataclass(frozen=True, slots=True)
class ChangeableScenario:
    """A scenario with the trees that its variants are built from."""

    scenario: Scenario
    trees: Mapping[str, TableNode]
    """By variant; after the last change of its timeline, if it has one."""

    @classmethod
    def load(cls, path: Path | str) -> ChangeableScenario:
        """Read a file with all its variants. Raises ScenarioError with every mistake."""
        return cls.of(expanded(path))

    @classmethod
    def of(cls, read: ExpandedScenario) -> ChangeableScenario:
        """What was read already."""
        timed = {name for name, variant in read.scenario.variants.items() if variant.timeline}
        trees = {n: variant_builder.settled(tree) if n in timed else tree for n, tree in read.trees.items()}
        return cls(read.scenario, trees)

    def variant(self, name: str) -> Variant:
        """One variant as its timeline leaves it."""
        written = self.scenario.variants[name]
        return self.changed(name, {}) if written.timeline else written

    def changed(self, variant: str, change: SettingChange) -> Variant:
        """One variant with some settings changed. Raises ScenarioError if that makes no configuration, or a path is wrong."""
        report = ProblemReport()
        tree = setting_paths.changed(
            self.trees[variant], tree_of(change, _MADE_UP), ProblemPath(report).key("change")
        )
        made = variant_builder.variant(variant, self.scenario.variants[variant].kind, tree, report)
        report.settle(self.scenario.file)
        assert made is not None, "what cannot be built is reported"
        return made

    def place(self, variant: str, path: str) -> SourceLocation:
        """Where a setting is written; where what it belongs to is written, if it is not."""
        return setting_paths.found(self.trees[variant], path)[1]

    def value(self, variant: str, path: str) -> Any:
        """A setting as it is written, as plain data; None if it is not written."""
        written, _ = setting_paths.found(self.trees[variant], path)
        return None if written is None else plain_data(written)


def file_with_changes(
    scenario: Scenario, file: Path, changes: Mapping[str, SettingChange], head: Sequence[str]
) -> str:
    """The text of `file`, which is to lie anywhere: it includes the scenario, and changes each variant.

    `head` goes above it as comments, which must be printable. Raises DriverError where the scenario cannot be included from there.
    """
    comments = "".join(f"# {line}\n" for text in head for line in wrap(text, _WIDTH, break_on_hyphens=False))
    shown = {
        "scenario": scenario.name,
        "include": [include_name(Path(scenario.file), file)],
        "variants": {name: {"change": plain(change)} for name, change in changes.items()},
    }
    return f"{comments}{dumped(shown)}"


def include_name(scenario: Path, file: Path) -> str:
    """How a file has to name a scenario to include it. Raises DriverError for a name that cannot be written so."""
    folder = os.path.relpath(os.path.realpath(scenario.parent), os.path.realpath(file.parent))
    name = Path(folder, scenario.name).as_posix()
    if ":" in name or name.startswith(("/", "~")):
        raise DriverError(
            sentence(
                "{file} cannot include {scenario}: the name must be relative, without a colon",
                file=file,
                scenario=scenario,
            )
        )
    return name

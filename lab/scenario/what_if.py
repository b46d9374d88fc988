"""What if: a scenario file that single settings can be changed in, by path, to build and play it anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.model.value import dataclass
from lab.scenario import variant_builder, variant_overlay
from lab.scenario.load import ExpandedScenario, expanded
from lab.scenario.model import Scenario, Variant
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport
from lab.scenario.syntax.source_tree import (
    ListNode,
    ScalarNode,
    SourceLocation,
    TableEntry,
    TableNode,
    TreeNode,
    is_null,
)

SettingChange = Mapping[str, Any]
"""New values by path, as under `change:` of a variant; plain data, and None takes a setting away."""
_MADE_UP = SourceLocation("(what if)")


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
        tree = variant_overlay.changed(self.trees[variant], node(change), ProblemPath(report).key("change"))
        made = variant_builder.variant(variant, self.scenario.variants[variant].kind, tree, report)
        report.settle(self.scenario.file)
        assert made is not None, "what cannot be built is reported"
        return made

    def place(self, variant: str, path: str) -> SourceLocation:
        """Where a setting is written; where what it belongs to is written, if it is not."""
        return variant_overlay.found(self.trees[variant], path)[1]

    def value(self, variant: str, path: str) -> Any:
        """A setting as it is written, as plain data; None if it is not written."""
        written, _ = variant_overlay.found(self.trees[variant], path)
        return None if written is None else plain(written)


def node(value: Any, place: SourceLocation = _MADE_UP) -> TreeNode:
    """Plain data as a tree that stands nowhere."""
    match value:
        case Mapping():
            return TableNode(
                place, {str(key): TableEntry(place, node(entry, place)) for key, entry in value.items()}
            )
        case list() | tuple():
            return ListNode(place, tuple(node(item, place) for item in value))
        case None:
            return ScalarNode(place, "~", "null")
        case bool():
            return ScalarNode(place, str(value).lower(), "bool")
        case int():
            return ScalarNode(place, str(value), "int")
        case _:
            return ScalarNode(place, str(value))


def plain(tree: TreeNode) -> Any:
    """A tree as plain data."""
    if isinstance(tree, TableNode):
        return {key: plain(entry.value) for key, entry in tree.entries.items()}
    if isinstance(tree, ListNode):
        return [plain(item) for item in tree.items]
    if is_null(tree):
        return None
    if tree.tag == "bool":
        return tree.text.lower() in ("true", "yes", "on")
    return int(tree.text) if tree.tag == "int" and tree.text.isdecimal() else tree.text

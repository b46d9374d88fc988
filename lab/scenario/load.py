"""From a file to a `Scenario`, or to a ScenarioError with every mistake in it and in its includes.

A file lies over its includes, and each variant over the file: with whole sections said anew, or single settings by path.
"""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import TypeVar, cast

from lab.errors import LabBug, words_of
from lab.model.value import dataclass
from lab.scenario import variant_builder
from lab.scenario.language.scenario_keys import VARIANT, ScenarioKeys, SectionKeys, VariantKeys
from lab.scenario.model import Scenario, Variant
from lab.scenario.setting_paths import changed
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport, unknown
from lab.scenario.syntax.records import RecordKey, keys_of
from lab.scenario.syntax.source_tree import (
    ScalarNode,
    SourceLocation,
    TableNode,
    TreeNode,
    is_null,
    items_of,
    merged,
)
from lab.scenario.syntax.yaml_text import MAX_BYTES, compose
from lab.sentence import NOTHING, Sentence, listed, sentence

T = TypeVar("T")
FileReader = Callable[[Path], bytes]

MAX_INCLUDES = 10
_OF_THE_FILE = [key.name for key in keys_of(ScenarioKeys).values()]
"""What an include says of itself only."""


def load(path: Path | str, *, variant: str | None = None) -> Scenario:
    """Load a scenario file, or only one of its variants.

    Raises ScenarioError with all problems of the file and its includes.
    """
    return expanded(path, variant=variant).scenario


def load_text(text: str, file: str = "scenario.yaml", *, variant: str | None = None) -> Scenario:
    """Load a scenario from text; includes are relative to `file`. Raises ScenarioError."""
    return expanded_text(text, file, variant).scenario


def expanded_text(text: str, file: str = "scenario.yaml", variant: str | None = None) -> ExpandedScenario:
    """The same with the trees."""
    files = _Files(ProblemReport())
    return _of_tree(files.tree(text, file, ()), file, files, variant)


@dataclass(frozen=True, slots=True)
class ExpandedScenario:
    """A scenario, and the tree of each variant that it was built from."""

    scenario: Scenario
    trees: Mapping[str, TableNode]


class UnreadableFile(Exception):  # noqa: N818 - a verdict on a file, told as a problem of the scenario
    """Why a file cannot be read: a sentence."""


def from_disk(path: Path) -> bytes:
    """The beginning of a file, one octet more than a scenario may have. Raises Unreadable, OSError, ValueError."""
    trouble = _no_file(path)
    if trouble:
        raise UnreadableFile(trouble)
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def expanded(
    path: Path | str, *, variant: str | None = None, read: FileReader = from_disk
) -> ExpandedScenario:
    """Load a scenario file, or one of its variants, and keep the trees. Raises ScenarioError with all problems.

    `read` gets files, includes too, from elsewhere than the disk; it raises Unreadable for what cannot be had.
    """
    files = _Files(ProblemReport(), read)
    text = files.text(Path(path), SourceLocation(str(path)), ProblemPath(files.report))
    files.report.settle(str(path))
    assert text is not None, "a file that cannot be read was reported"
    return _of_tree(files.tree(text, str(path), ()), str(path), files, variant)


def load_laid_over(under: str, under_file: str, over: str, file: str) -> Scenario:
    """Load a text with another one over it, as a scenario lies over what it includes. Raises ScenarioError."""
    files = _Files(ProblemReport())
    below, above = files.tree(under, under_file, ()), files.tree(over, file, ())
    both = None if below is None or above is None else merged(below, above)
    return _of_tree(both, file, files, None).scenario


def _of_tree(tree: TableNode | None, file: str, files: _Files, only: str | None) -> ExpandedScenario:
    report = files.report
    if tree is None or not files.complete:
        report.settle(file)
        raise LabBug("a tree that cannot be had is reported")
    at = ProblemPath(report)
    names = tree.get("variants")
    made: dict[str, Variant] = {}
    trees: dict[str, TableNode] = {}
    for name, whole in _variant_trees(tree, at):
        trees[name] = whole
        if only is None or name == only:
            variant = variant_builder.variant(name, _kind(names, name, at), whole, report)
            if variant is not None:
                made[name] = variant
    if only is not None and only not in trees:
        wanted = sentence("no variant is named {name!r}", name=only)
        at.key("variants").wrong(tree.place, wanted, unknown(only, trees))
    report.settle(file)
    made_of_it = Scenario(
        name=_said(tree, ScenarioKeys.scenario.name),
        file=file,
        includes=tuple(dict.fromkeys(files.includes)),
        title=_said(tree, SectionKeys.title.name),
        why=_said(tree, SectionKeys.why.name),
        fault=_told(tree, ScenarioKeys.fault) or "",
        symptoms=_told(tree, ScenarioKeys.symptoms),
        codes=_told(tree, ScenarioKeys.codes),
        variants=made,
    )
    return ExpandedScenario(made_of_it, {name: whole for name, whole in trees.items() if name in made})


def _kind(table: TreeNode | None, name: str, at: ProblemPath) -> str:
    own = table.get(name) if isinstance(table, TableNode) else None
    kind = own.get(VariantKeys.kind.name) if isinstance(own, TableNode) else None
    if kind is None:
        return ""
    return VariantKeys.kind.kind.read(kind, at.key("variants").key(name).key(VariantKeys.kind.name)) or ""


def _said(tree: TableNode, key: str) -> str:
    value = tree.get(key)
    return value.text if isinstance(value, ScalarNode) else ""


def _told(tree: TableNode, key: RecordKey[T]) -> T:
    """A key of the file as a whole; what is wrong with it was reported with the variants."""
    node = tree.get(key.name)
    read = None if node is None or is_null(node) else key.kind.read(node, ProblemPath(ProblemReport()))
    return key.default if read is None else cast("T", read)


def _variant_trees(scenario: TableNode, at: ProblemPath) -> Iterator[tuple[str, TableNode]]:
    """Each variant's name and its fully expanded tree; one variant `base` if the file has none."""
    base = scenario.without(["variants"])
    table = scenario.get("variants")
    if table is None:
        yield "base", base
        return
    if not isinstance(table, TableNode):
        at.key("variants").wrong(table.place, sentence("a table of names and what differs"))
        return
    for name, entry in table.entries.items():
        if not is_null(entry.value):
            yield name, _variant_tree(name, entry.place, table, base, at.key("variants"), ())


def _variant_tree(
    name: str,
    place: SourceLocation,
    table: TableNode,
    base: TableNode,
    variants: ProblemPath,
    below: tuple[str, ...],
) -> TableNode:
    """The variant on top of what it extends; `below` are the variants that came here by `extends:`."""
    own = table.get(name)
    if name in below:
        circle = listed((*below, name), " -> ")
        wanted = sentence("variants that extend each other in a circle")
        variants.key(below[-1]).key("extends").wrong(place, wanted, circle)
        return base
    if own is None:
        others = (key for key in table.entries if key not in below)
        wanted = sentence("no variant is named {name!r}", name=name)
        variants.key(below[-1]).key("extends").wrong(place, wanted, unknown(name, others))
        return base
    at = variants.key(name)
    if not isinstance(own, TableNode):
        at.wrong(own.place, sentence("a table of what differs"))
        return base
    start = base.without(("title", "why"))
    earlier = own.get(VariantKeys.extends.name)
    if isinstance(earlier, ScalarNode):
        start = _variant_tree(earlier.text, earlier.place, table, base, variants, (*below, name)).without(
            ("title", "why")
        )
    tree, change = _laid_over(start, own, at), own.get(VariantKeys.change.name)
    return tree if change is None else changed(tree, change, at.key(VariantKeys.change.name))


def _laid_over(start: TableNode, own: TableNode, at: ProblemPath) -> TableNode:
    keys = [key.name for key in VARIANT.keys]
    for key, entry in own.entries.items():
        if key not in keys:
            wanted = sentence("a variant has no key {key!r}", key=key)
            at.key(key).wrong(entry.place, wanted, unknown(key, keys))
    sections = own.without(
        [key for key in own.entries if key not in keys or key in ("kind", "extends", "change")]
    )
    return merged(start, sections)


@dataclass(slots=True)
class _Files:
    """Reads files and lays each over its includes."""

    report: ProblemReport
    read: FileReader = from_disk
    complete: bool = True
    """False once a file could not be had: then what it would have said must not be missed."""
    includes: list[str] = field(default_factory=list)

    def tree(self, text: str, file: str, above: tuple[str, ...]) -> TableNode | None:
        """One file over its includes, the last include over the earlier ones."""
        own = compose(text, file, self.report)
        if own is None:
            self.complete = False
            return None
        under = TableNode(own.place)
        for name in self._includes(own, ProblemPath(self.report).key("include")):
            below = self._included(name, file, (*above, file))
            if below is None:
                self.complete = False
            else:
                under = merged(under, below.without(_OF_THE_FILE))
        return merged(under, own)

    def _includes(self, tree: TableNode, at: ProblemPath) -> tuple[ScalarNode, ...]:
        written = items_of(tree.get("include"))
        for item in written:
            if not isinstance(item, ScalarNode):
                at.wrong(item.place, sentence("file names, relative to this file"))
                self.complete = False
        return tuple(item for item in written if isinstance(item, ScalarNode))

    def _included(self, name: ScalarNode, file: str, above: tuple[str, ...]) -> TableNode | None:
        at = ProblemPath(self.report).key("include")
        if "\x00" in name.text or name.text.startswith(("/", "~")) or ":" in name.text:
            at.wrong(name.place, sentence("a file name relative to this file"), sentence("no absolute names"))
            return None
        path = os.path.normpath(Path(file).parent / name.text)
        if path in map(os.path.normpath, above) or len(above) > MAX_INCLUDES:
            wanted = sentence("files that include each other in a circle")
            at.wrong(name.place, wanted, listed((*above, path), " -> "))
            return None
        self.includes.append(path)
        text = self.text(Path(path), name.place, at)
        return None if text is None else self.tree(text, path, above)

    def text(self, path: Path, place: SourceLocation, at: ProblemPath) -> str | None:
        """The text of a file; None, and a problem, if it cannot be had."""
        try:
            return self.read(path).decode("utf-8")
        except UnreadableFile as trouble:
            hint = sentence("includes are relative to the file they stand in") if at.path else NOTHING
            at.wrong(place, words_of(trouble), hint)
        except UnicodeDecodeError as error:
            line = bytes(error.object).count(b"\n", 0, error.start) + 1
            at.wrong(SourceLocation(str(path), line), sentence("the file is not UTF-8"))
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else None
            at.wrong(place, sentence("cannot read {path}", path=path), sentence("{why}", why=why or error))
        return None


def _no_file(path: Path) -> Sentence:
    """Why a path cannot be read from, if it cannot. A pipe or a device could keep the lab waiting for ever."""
    if path.is_file():
        return NOTHING
    if path.is_dir():
        return sentence("{path} is a folder; name a file in it", path=path)
    if path.is_symlink() and not path.exists():
        return sentence("{path} is not a regular file: a link that leads nowhere, or to itself", path=path)
    if path.exists():
        return sentence("{path} is not a regular file", path=path)
    return sentence("there is no file {path}", path=path)

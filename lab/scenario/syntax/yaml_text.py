"""YAML text to a tree: PyYAML finds the nodes, this module bounds them and refuses what only surprises people.

Duplicate keys, tags, several documents, merge keys and YAML 1.1's booleans as keys (`no`, `on`) are mistakes here. The
events are counted before anything is built, so a bomb costs no more than its size.
"""

from __future__ import annotations

from dataclasses import field
from functools import lru_cache
from typing import Any

import yaml

from lab.model.value import dataclass
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport
from lab.scenario.syntax.source_tree import (
    ListNode,
    ScalarNode,
    SourceLocation,
    TableEntry,
    TableNode,
    TreeNode,
)
from lab.sentence import NOTHING, Sentence, sentence

MAX_BYTES = 1 << 20
MAX_DEPTH = 40
MAX_NODES = 50_000

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"


class TextRefused(Exception):  # noqa: N818 - it refuses a text, and never leaves this module
    """The text as a whole cannot be used."""

    def __init__(self, place: SourceLocation, wanted: Sentence, hint: Sentence = NOTHING) -> None:
        super().__init__(place, wanted, hint)
        self.place, self.wanted, self.hint = place, wanted, hint


def compose(text: str, file: str, report: ProblemReport) -> TableNode | None:
    """Read one file; None if it is no table of keys. What is wrong with it goes to the report."""
    tree, problems = _composed(text, file)
    report.take(problems)
    return tree


@lru_cache(maxsize=32)  # scenarios of a folder include the same few files
def _composed(text: str, file: str) -> tuple[TableNode | None, ProblemReport]:
    report = ProblemReport()
    try:
        root = _compose(text.removeprefix("\ufeff"), file)
        tree = _TreeBuilder(file, ProblemPath(report)).grow(root, ProblemPath(report), 1)
    except TextRefused as refused:
        ProblemPath(report).wrong(refused.place, refused.wanted, refused.hint)
        return None, report
    if not isinstance(tree, TableNode):
        wanted = sentence("a scenario is a table of keys")
        ProblemPath(report).wrong(tree.place, wanted, sentence("it begins with `scenario: NAME`"))
        return None, report
    return tree, report


def _compose(text: str, file: str) -> yaml.Node:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise TextRefused(
            SourceLocation(file), sentence("a scenario file has {size} MiB at most", size=MAX_BYTES >> 20)
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        wanted = sentence("the file is not UTF-8")
        raise TextRefused(SourceLocation(file, text.count("\n", 0, error.start) + 1), wanted) from None
    try:
        _bound(text, file, _FAST)
        root = yaml.compose(text, Loader=_FAST)
    except yaml.YAMLError as error:
        raise _syntax(text, file, error) from None
    if root is None:
        raise TextRefused(
            SourceLocation(file), sentence("the file is empty"), sentence("it begins with `scenario: NAME`")
        )
    return root


def _bound(text: str, file: str, loader: Any) -> None:
    """Count the events; refuse before a tree is built."""
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        documents += isinstance(event, yaml.DocumentStartEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > MAX_DEPTH:
            raise TextRefused(
                _place(event, file), sentence("nested deeper than {most} levels", most=MAX_DEPTH)
            )
        if nodes > MAX_NODES:
            raise TextRefused(_place(event, file), sentence("more than {most} values", most=MAX_NODES))
        if documents > 1:
            wanted = sentence("one document per file")
            raise TextRefused(_place(event, file), wanted, sentence("put variants under `variants:`"))
        _refuse_tag(event, file)


def _refuse_tag(event: Any, file: str) -> None:
    tag = getattr(event, "tag", None)
    if tag is not None and tag != "!":  # libyaml tells a quoted scalar by "!"
        wanted = sentence("no tags, such as {tag}", tag=tag)
        raise TextRefused(_place(event, file), wanted, sentence("a scenario is plain data"))


def _syntax(text: str, file: str, error: yaml.YAMLError) -> TextRefused:
    """The same words whether libyaml is there or not: PyYAML's own parser tells what is wrong."""
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as problem:
        error = problem
    except RecursionError:
        return TextRefused(SourceLocation(file), sentence("nested deeper than {most} levels", most=MAX_DEPTH))
    mark = getattr(error, "problem_mark", None)
    place = SourceLocation(file, mark.line + 1, mark.column + 1) if mark else SourceLocation(file)
    why = getattr(error, "problem", None) or getattr(error, "reason", None) or sentence("unreadable")
    context = getattr(error, "context", None)
    hint = sentence("{context}", context=context) if context else NOTHING
    return TextRefused(place, sentence("this is no YAML: {why}", why=why), hint)


def _place(marked: Any, file: str) -> SourceLocation:
    return SourceLocation(file, marked.start_mark.line + 1, marked.start_mark.column + 1)


def _begins(node: Any) -> int | None:
    """Where a value's text begins, if it stands in the file as it is: in one line, without escapes."""
    quotes = 1 if node.style in ("'", '"') else 0
    start, end = node.start_mark, node.end_mark
    verbatim = start.line == end.line and end.column - start.column == len(node.value) + 2 * quotes
    return quotes if verbatim and (quotes or not node.style) else None


@dataclass(slots=True)
class _TreeBuilder:
    """From PyYAML's nodes to ours. An alias is grown again, so the count is of what it expands to."""

    file: str
    top: ProblemPath
    count: int = field(default=0)

    def grow(self, node: yaml.Node, at: ProblemPath, depth: int) -> TreeNode:
        place = _place(node, self.file)
        self.count += 1
        if self.count > MAX_NODES:
            raise TextRefused(place, sentence("aliases expand to more than {most} values", most=MAX_NODES))
        if depth > MAX_DEPTH:
            wanted = sentence("nested deeper than {most} levels", most=MAX_DEPTH)
            raise TextRefused(place, wanted, sentence("an alias may point to itself"))
        match node:
            case yaml.MappingNode():
                return self._table(node, place, at, depth)
            case yaml.SequenceNode():
                grown = [self.grow(item, at.index(i), depth + 1) for i, item in enumerate(node.value)]
                return ListNode(place, tuple(grown))
            case _:
                return ScalarNode(place, node.value, node.tag.removeprefix(_PREFIX), _begins(node))

    def _table(self, node: yaml.MappingNode, place: SourceLocation, at: ProblemPath, depth: int) -> TableNode:
        entries: dict[str, TableEntry] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, at)
            value = self.grow(value_node, at.key(key) if key else at, depth + 1)
            if key is None:
                continue
            if key in entries:
                first = entries[key].place.line
                wanted = sentence("this key stands here already, in line {line}", line=first)
                at.key(key).wrong(_place(key_node, self.file), wanted)
                continue
            entries[key] = TableEntry(_place(key_node, self.file), value)
        return TableNode(place, entries)

    def _key(self, node: yaml.Node, at: ProblemPath) -> str | None:
        tag = node.tag.removeprefix(_PREFIX)
        if not isinstance(node, yaml.ScalarNode):
            wanted, hint = (
                sentence("a key is plain text"),
                sentence("a value with braces or `?` needs quotes"),
            )
        elif tag == "bool":
            wanted = sentence("YAML reads {text} as a truth value, not as a name", text=node.value)
            hint = sentence('write "{text}"', text=node.value)
        elif tag == "merge":
            wanted, hint = sentence("no merge keys (<<)"), sentence("use `include:`, `extends:` or a variant")
        else:
            return str(node.value)
        at.wrong(_place(node, self.file), wanted, hint)
        return None

"""Single settings of a scenario by their paths, such as `tenants.contoso.InboundConnectors[Name].Enabled`: looked up, and set."""

from __future__ import annotations

import re
from typing import Any

from lab.scenario.language.scenario_keys import EXPANDED
from lab.scenario.syntax.problem_report import ProblemPath, one_of, unknown
from lab.scenario.syntax.records import RecordSchema
from lab.scenario.syntax.source_tree import (
    ListNode,
    ScalarNode,
    SourceLocation,
    TableEntry,
    TableNode,
    TreeNode,
    is_null,
)
from lab.scenario.syntax.value_kinds import Many, Named, ValueKind
from lab.sentence import sentence

_STEP = re.compile(r"\.?([^.\[\]]+)|\[((?:[^\]]|\]\])+)\]")
_NAMES = ("Name", "DomainName", "address")


def changed(tree: TableNode, change: TreeNode, here: ProblemPath, may: tuple[str, ...] = ()) -> TableNode:
    """The tree with single settings by path; `may` names the sections that may change, if not all."""
    if not isinstance(change, TableNode):
        wanted = sentence("a table of paths and new values")
        here.wrong(change.place, wanted, sentence("such as tenants.contoso.region: NAM"))
        return tree
    for path, entry in change.entries.items():
        steps = _steps(path)
        if not steps:
            wanted = sentence("a path such as tenants.contoso.InboundConnectors[Name].Enabled")
            here.key(path).wrong(entry.place, wanted)
            continue
        if may and steps[0] not in may:
            problem = sentence("settings of {sections}", sections=one_of(may))
            here.key(path).wrong(entry.place, problem, unknown(steps[0], may))
            continue
        tree = put(tree, steps, entry, here.key(path))
    return tree


def put(tree: TableNode, steps: tuple[str, ...], entry: TableEntry, at: ProblemPath) -> TableNode:
    """The tree with one setting; the tree itself, and a problem, if there is no such path."""
    made = _Setting(entry, at).put(tree, EXPANDED, steps)
    assert isinstance(made, TableNode), "a table stays one"
    return made


def found(tree: TableNode, path: str | tuple[str, ...]) -> tuple[TreeNode | None, SourceLocation]:
    """What is written at a path, None if nothing is, and the place of it or of the nearest thing above it."""
    node: TreeNode | None = tree
    place = tree.place
    for step in _steps(path) if isinstance(path, str) else path:
        below = _below(node, step) if node is not None else None
        if below is None:
            return None, place
        node, place = below
    return node, place


def _below(node: TreeNode, step: str) -> tuple[TreeNode, SourceLocation] | None:
    if isinstance(node, TableNode):
        entry = next((below for key, below in node.entries.items() if key.lower() == step.lower()), None)
        return None if entry is None else (entry.value, entry.place)
    for item in node.items if isinstance(node, ListNode) else ():
        if step.lower() in (name.lower() for name in names_of(item)):
            return item, item.place
    return None


def bracketed(name: str) -> str:
    """A name as a step of a path, whatever is in it."""
    return f"[{name.replace(']', ']]')}]"


def _steps(path: str) -> tuple[str, ...]:
    """`a.b[Some name].c` -> a, b, Some name, c; empty if it is no path. A `]` in a name is written twice."""
    steps = []
    end = 0
    for match in _STEP.finditer(path):
        if match.start() != end:
            return ()
        steps.append(match[1] or match[2].replace("]]", "]"))
        end = match.end()
    return tuple(steps) if end == len(path) else ()


class _Setting:
    """One `change:`: goes down the tree beside the declaration of its keys, so that a wrong step is told at once."""

    def __init__(self, entry: TableEntry, at: ProblemPath) -> None:
        self.entry, self.at = entry, at

    def put(self, node: TreeNode | None, kind: ValueKind[Any], steps: tuple[str, ...]) -> TreeNode:
        """The node with the value set below it; the node itself if there is no such path."""
        if not steps:
            return self.entry.value
        if node is None or is_null(node):
            node = TableNode(self.entry.place)
        if isinstance(kind, Many):
            return self._in_list(node, kind, steps)
        if isinstance(node, ScalarNode) and isinstance(kind, RecordSchema) and kind.short:
            node = TableNode(node.place, {kind.short: TableEntry(node.place, node)})
        if not isinstance(node, TableNode) or not isinstance(kind, RecordSchema | Named):
            return self._lost(node, steps[0], ())
        key, inner = self._child(node, kind, steps)
        if inner is None:
            keys = (k.name for k in kind.keys) if isinstance(kind, RecordSchema) else node.entries
            return self._lost(node, steps[0], tuple(keys))
        below = node.entries.get(key)
        return node.having(key, self.put(below.value if below else None, inner, steps[1:]), self.entry.place)

    def _child(
        self, node: TableNode, kind: RecordSchema | Named[Any], steps: tuple[str, ...]
    ) -> tuple[str, ValueKind[Any] | None]:
        step = steps[0]
        if isinstance(kind, Named):
            there = step in node.entries or len(steps) == 1 or self._may_begin(kind)
            return step, kind.of if there else None
        for key in kind.keys:
            if key.name == step or (kind.any_case and key.name.lower() == step.lower()):
                written = (entry for entry in node.entries if entry.lower() == step.lower())
                return (next(written, step) if kind.any_case else step), key.kind
        return step, None

    @staticmethod
    def _may_begin(kind: Named[Any]) -> bool:
        """Whether an entry of this table makes sense with a single setting in it: all its keys are optional."""
        return (
            isinstance(kind.of, RecordSchema)
            and not any(key.required for key in kind.of.keys)
            and (kind.of.name in ("dns entry", "expectation"))
        )

    def _in_list(self, node: TreeNode, kind: Many[Any], steps: tuple[str, ...]) -> TreeNode:
        empty = isinstance(node, TableNode) and not node.entries
        items = node.items if isinstance(node, ListNode) else () if empty else (node,)
        number = self._position(items, steps[0])
        if number is not None:
            changed = self.put(items[number], kind.of, steps[1:])
            return ListNode(node.place, (*items[:number], changed, *items[number + 1 :]))
        if not isinstance(kind.of, RecordSchema) or not any(key.name == "Name" for key in kind.of.keys):
            return self._lost(node, steps[0], tuple(name for item in items for name in names_of(item)))
        name = ScalarNode(self.entry.place, steps[0])
        object_ = TableNode(self.entry.place, {"Name": TableEntry(self.entry.place, name)}, amends=True)
        changed = self.put(object_, kind.of, steps[1:])
        return ListNode(node.place, (*items, changed))

    @staticmethod
    def _position(items: tuple[TreeNode, ...], step: str) -> int | None:
        for number, item in enumerate(items):
            if step.lower() in (name.lower() for name in names_of(item)):
                return number
        return int(step) if step.isdecimal() and step.isascii() and int(step) < len(items) else None

    def _lost(self, node: TreeNode, step: str, known: tuple[str, ...]) -> TreeNode:
        wanted = sentence("nothing is called {step!r} there", step=step)
        self.at.wrong(self.entry.place, wanted, unknown(step, known))
        return node


def names_of(item: TreeNode) -> tuple[str, ...]:
    """What an item of a list is known by: its name, its domain or its address; itself, if it is only a name."""
    if isinstance(item, ScalarNode):
        return (item.text,)
    if not isinstance(item, TableNode):
        return ()
    named = (entry.value for key, entry in item.entries.items() if key.lower() in {n.lower() for n in _NAMES})
    return tuple(value.text for value in named if isinstance(value, ScalarNode))

"""The scenario file as a tree that remembers where everything is written.

Includes and variants are laid over each other as trees, before anything is read, so that every mistake can still be
reported at the line that made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Any

from lab.model.value import value


@value()
class SourceLocation:
    """A spot in a file; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@value()
class ScalarNode:
    """A single value as it is written."""

    place: SourceLocation
    text: str
    tag: str = "str"
    """What YAML takes it for: str, bool, int, float, null, timestamp."""
    begins: int | None = None
    """Columns from `place` to the first character; None where the file spells the text another way."""

    def inside(self, offset: int) -> SourceLocation:
        """The place of one of its characters, where that can be told; of the value, where not."""
        if self.begins is None:
            return self.place
        return replace(self.place, column=self.place.column + self.begins + offset)

    @property
    def is_null(self) -> bool:
        """Whether it says "nothing here": `~`, `null` or PowerShell's `$null`."""
        return self.tag == "null" or self.text == "$null"


@value()
class ListNode:
    """A list."""

    place: SourceLocation
    items: tuple[TreeNode, ...] = ()


@value()
class TableEntry:
    """One key of a table: where the key stands, and its value."""

    place: SourceLocation
    value: TreeNode


@value()
class TableNode:
    """Keys and values, in the order of the file."""

    place: SourceLocation
    entries: Mapping[str, TableEntry] = field(default_factory=dict)
    amends: bool = False
    """Made by a `change:` that addresses an object by name; an object of that name must exist elsewhere."""
    removes: bool = False
    """Made by a cmdlet that removes the object of that name."""

    def get(self, key: str) -> TreeNode | None:
        """The value of a key that is present and not null."""
        entry = self.entries.get(key)
        return None if entry is None or is_null(entry.value) else entry.value

    def having(self, key: str, value: TreeNode, place: SourceLocation | None = None) -> TableNode:
        """This table with one key set."""
        return self.holding({**self.entries, key: TableEntry(place or value.place, value)})

    def without(self, keys: Iterable[str]) -> TableNode:
        """This table without some keys."""
        gone = frozenset(keys)
        return self.holding({key: entry for key, entry in self.entries.items() if key not in gone})

    def holding(self, entries: Mapping[str, TableEntry]) -> TableNode:
        """This table with other keys."""
        return TableNode(self.place, entries, self.amends, self.removes)


TreeNode = ScalarNode | ListNode | TableNode


def is_null(node: TreeNode) -> bool:
    """Whether a node is null; null removes what stands below it, or chooses the default."""
    return isinstance(node, ScalarNode) and node.is_null


def merged(under: TableNode, over: TableNode) -> TableNode:
    """Lay one table over another: tables in both are joined key by key, everything else is replaced."""
    entries = dict(under.entries)
    for key, entry in over.entries.items():
        below = entries[key].value if key in entries else None
        if isinstance(below, TableNode) and isinstance(entry.value, TableNode):
            entries[key] = TableEntry(entry.place, merged(below, entry.value))
        else:
            entries[key] = entry
    return over.holding(entries)


def items_of(node: TreeNode | None) -> tuple[TreeNode, ...]:
    """The items of a list; a single value is a list of one, and None of none."""
    return node.items if isinstance(node, ListNode) else () if node is None else (node,)


def tree_of(value: Any, place: SourceLocation) -> TreeNode:
    """Plain data as a tree, all of it at one place."""
    match value:
        case Mapping():
            return TableNode(
                place, {str(key): TableEntry(place, tree_of(entry, place)) for key, entry in value.items()}
            )
        case list() | tuple():
            return ListNode(place, tuple(tree_of(item, place) for item in value))
        case None:
            return ScalarNode(place, "~", "null")
        case bool():
            return ScalarNode(place, str(value).lower(), "bool")
        case int():
            return ScalarNode(place, str(value), "int")
        case _:
            return ScalarNode(place, str(value))


def plain_data(tree: TreeNode) -> Any:
    """A tree as plain data."""
    if isinstance(tree, TableNode):
        return {key: plain_data(entry.value) for key, entry in tree.entries.items()}
    if isinstance(tree, ListNode):
        return [plain_data(item) for item in tree.items]
    if is_null(tree):
        return None
    if tree.tag == "bool":
        return tree.text.lower() in ("true", "yes", "on")
    return int(tree.text) if tree.tag == "int" and tree.text.isdecimal() else tree.text

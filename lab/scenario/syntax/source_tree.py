"""The scenario file as a tree that remembers where everything is written.

Includes and variants are laid over each other as trees, before anything is read, so that every mistake can still be
reported at the line that made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

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


def merged(under: TreeNode, over: TreeNode) -> TreeNode:
    """Lay one tree over another: tables are joined key by key, everything else is replaced."""
    if not (isinstance(under, TableNode) and isinstance(over, TableNode)):
        return over
    entries = dict(under.entries)
    for key, entry in over.entries.items():
        below = entries.get(key)
        entries[key] = entry if below is None else TableEntry(entry.place, merged(below.value, entry.value))
    return over.holding(entries)

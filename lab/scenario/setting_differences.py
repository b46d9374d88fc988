"""In which settings two configurations differ, as they are written: by path, with both values and both places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.model.value import dataclass
from lab.scenario.language.scenario_keys import ScenarioKeys
from lab.scenario.setting_paths import bracketed, names_of
from lab.scenario.syntax.records import keys_of
from lab.scenario.syntax.source_tree import (
    ListNode,
    ScalarNode,
    SourceLocation,
    TableNode,
    TreeNode,
    is_null,
    items_of,
    plain_data,
)

_ABOUT = (
    *(key.name for key in keys_of(ScenarioKeys).values()),
    *("title", "why", "only", "only_why", "messages", "expect", "matrix", "suppress"),
)
"""What says something about a configuration, and is none of it."""
_LONG = 60


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """A setting that is not the same on both sides; as plain data, and None is not written."""

    path: str
    """As under `change:`, where that can reach it."""
    old: Any
    new: Any
    was: SourceLocation | None
    """Where the old value is written."""
    now: SourceLocation | None

    def __str__(self) -> str:
        return f"{self.path}: {in_a_line(self.old)} -> {in_a_line(self.new)}"


def differences(before: TableNode, after: TableNode) -> tuple[SettingDifference, ...]:
    """All settings that differ, in the order of the files; what a configuration says about itself is none."""
    return tuple(_table("", before.without(_ABOUT), after.without(_ABOUT)))


def in_a_line(value: Any) -> str:
    """A value for people: `(not written)`, `a, b`, `{names: a}`; what is long is cut."""
    text = in_full(value)
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"


def in_full(value: Any) -> str:
    """The same, and nothing is cut."""
    return "(not written)" if value is None else _told(value).strip("[]")


def leaves(path: str, value: Any) -> dict[str, Any]:
    """What is not a table, by path: of a section that is there as a whole, its settings."""
    if not isinstance(value, dict):
        return {} if value is None else {path: value}
    return {
        leaf: leaf_value
        for key, below in value.items()
        for leaf, leaf_value in leaves(_below(path, str(key)), below).items()
    }


def _told(value: Any) -> str:
    match value:
        case dict():
            return f"{{{', '.join(f'{key}: {_told(item)}' for key, item in value.items())}}}"
        case list():
            return f"[{', '.join(map(_told, value))}]"
        case bool():
            return str(value).lower()
        case None:
            return "~"
        case _:
            return str(value)


def _either(path: str, old: TreeNode | None, new: TreeNode | None) -> Iterator[SettingDifference]:
    if isinstance(old, TableNode) and isinstance(new, TableNode):
        yield from _table(path, old, new)
        return
    listed = isinstance(old, ListNode) or isinstance(new, ListNode)
    before, after = (_named(old), _named(new)) if listed else (None, None)
    if before is not None and after is not None:
        yield from _list(path, before, after)
    elif _value(old) != _value(new):
        yield SettingDifference(path, _plain(old), _plain(new), _place(old), _place(new))


def _table(path: str, old: TableNode, new: TableNode) -> Iterator[SettingDifference]:
    """Exchange's parameters may be written in any case."""
    before = {key.lower(): (key, entry.value) for key, entry in old.entries.items()}
    after = {key.lower(): (key, entry.value) for key, entry in new.entries.items()}
    for key in dict.fromkeys((*before, *after)):
        name = (after.get(key) or before[key])[0]
        was, now = before.get(key), after.get(key)
        yield from _either(_below(path, name), was and was[1], now and now[1])


def _below(path: str, name: str) -> str:
    if set(name) & set(".[]"):
        return f"{path}{bracketed(name)}"
    return f"{path}.{name}" if path else name


def _list(path: str, old: dict[str, TreeNode], new: dict[str, TreeNode]) -> Iterator[SettingDifference]:
    """A list of objects with names, and a new order where the names are the same."""
    for name in dict.fromkeys((*old, *new)):
        yield from _either(f"{path}{bracketed(name)}", old.get(name), new.get(name))
    if list(old) != list(new) and set(old) == set(new):
        places = [next(iter(items.values())).place for items in (old, new)]
        yield SettingDifference(path, list(old), list(new), *places)


def _named(node: TreeNode | None) -> dict[str, TreeNode] | None:
    """The objects of a list by name; None for what is no such list."""
    if node is None or is_null(node):
        return {}
    items = items_of(node)
    if items and not any(isinstance(item, TableNode) for item in items):
        return None
    names = [names_of(item)[:1] for item in items]
    if any(not name for name in names) or len({name[0].lower() for name in names}) < len(names):
        return None
    return {name[0]: item for name, item in zip(names, items, strict=True)}


def _plain(node: TreeNode | None) -> Any:
    return None if node is None else plain_data(node)


def _value(node: TreeNode | None) -> Any:
    """To compare: one value is a list of one, and an object that has only a name is its name."""
    if node is None or is_null(node):
        return None
    if isinstance(node, ScalarNode):
        return [str(plain_data(node))]
    if isinstance(node, ListNode):
        return [text for item in node.items for text in (_value(item) or [])]
    if len(node.entries) == 1 and names_of(node):
        return list(names_of(node))
    return plain_data(node)


def _place(node: TreeNode | None) -> SourceLocation | None:
    return None if node is None else node.place

"""Records: tables with declared keys. The loader, the schema and the reference all come from the declarations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache, cached_property
from typing import Any, Generic, TypeVar, cast

from lab.model.value import dataclass
from lab.scenario.syntax.problem_report import ProblemPath, one_of, unknown
from lab.scenario.syntax.scalar_values import TRUTH
from lab.scenario.syntax.source_tree import (
    ScalarNode,
    SourceLocation,
    TableEntry,
    TableNode,
    TreeNode,
    is_null,
)
from lab.scenario.syntax.value_kinds import JsonSchema, Many, Named, Single, ValueKind
from lab.sentence import NOTHING, Sentence, sentence

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class RecordKey(Generic[T_co]):
    """One key of a record."""

    name: str
    kind: ValueKind[Any]
    doc: str
    default: T_co
    required: bool = False

    def __set_name__(self, owner: type, attribute: str) -> None:
        if not self.name:
            object.__setattr__(self, "name", attribute)


def required(kind: ValueKind[T], doc: str, name: str = "") -> RecordKey[T]:
    """A key that must be there. This key and those below are called like their attribute, where no `name` is given."""
    return RecordKey(name, kind, doc, cast("T", None), required=True)


def optional(kind: ValueKind[T], doc: str, name: str = "") -> RecordKey[T | None]:
    """A key that may be absent: None."""
    return RecordKey(name, kind, doc, None)


def key(kind: ValueKind[T], doc: str, default: T, name: str = "") -> RecordKey[T]:
    """A key with another default."""
    return RecordKey(name, kind, doc, default)


def flag(doc: str, *, default: bool = False, name: str = "") -> RecordKey[bool]:
    """A truth value, false if it is absent."""
    return RecordKey(name, TRUTH, doc, default)


def several(kind: ValueKind[T], doc: str, name: str = "") -> RecordKey[tuple[T, ...]]:
    """A list that may be absent: empty."""
    return RecordKey(name, Many(kind), doc, ())


def named(names: Single[Any], kind: ValueKind[T], doc: str, name: str = "") -> RecordKey[Mapping[str, T]]:
    """A table of names that may be absent: empty."""
    return RecordKey(name, Named(names, kind), doc, {})


@dataclass(frozen=True)
class Fields:
    """A record that was read: its values, and where each stands."""

    place: SourceLocation
    at: ProblemPath
    values: Mapping[str, Any]
    places: Mapping[str, SourceLocation]
    nulls: frozenset[str] = frozenset()
    """Keys that are written with a null."""
    amends: bool = False
    removes: bool = False

    def __getitem__(self, key: RecordKey[T]) -> T:
        value: T = self.values.get(key.name, key.default)
        return value

    def values_for(self, cls: type, declaration: type) -> dict[str, Any]:
        """The values of those keys of a class that have the names of a dataclass's fields, as its arguments."""
        return {name: self[key] for name, key in _shared(cls, declaration)}

    @property
    def broken(self) -> bool:
        """Whether a key is written and could not be read."""
        return any(name not in self.values and name not in self.nulls for name in self.places)

    def given(self, key: RecordKey[Any]) -> bool:
        """Whether the key is written and not null."""
        return key.name in self.values

    def written(self, key: RecordKey[Any]) -> bool:
        """Whether the key is written and not null, be it right or wrong."""
        return key.name in self.places and key.name not in self.nulls

    def wrong(self, key: RecordKey[Any] | str, wanted: Sentence, hint: Sentence = NOTHING) -> None:
        """Report a problem at a key; at the record itself if the key is not written."""
        name = key if isinstance(key, str) else key.name
        self.at.key(name).wrong(self.places.get(name, self.place), wanted, hint)


@dataclass(frozen=True, eq=False)
class RecordSchema(ValueKind[Fields]):
    """A table with declared keys."""

    name: str
    doc: str
    keys: tuple[RecordKey[Any], ...]
    short: str | None = None
    """The key that a single value in the place of the table stands for."""
    whole: bool = False
    """Always said as a whole, as list items are; others may be completed by an include or a variant."""
    any_case: bool = False
    """PowerShell's parameter names are not case-sensitive."""
    not_emulated: frozenset[str] = frozenset()
    """Parameters of the real object that a copied configuration may have, and the lab has no use for."""

    def read(self, node: TreeNode, at: ProblemPath) -> Fields | None:
        """The fields; None if a required one is missing or wrong."""
        if isinstance(node, ScalarNode) and self.short is not None and not node.is_null:
            node = TableNode(node.place, {self.short: TableEntry(node.place, node)})
        if not isinstance(node, TableNode):
            wanted = sentence("a table with the keys of {record}", record=self.name)
            at.wrong(
                node.place,
                wanted,
                sentence("such as {keys}", keys=one_of([key.name for key in self.keys][:3])),
            )
            return None
        values: dict[str, Any] = {}
        places: dict[str, SourceLocation] = {}
        nulls: set[str] = set()
        for name, entry in node.entries.items():
            key = self._spelled.get(name.lower() if self.any_case else name)
            if key is None:
                self._unknown(name, entry, at)
                continue
            places[key.name] = entry.place
            if is_null(entry.value):
                nulls.add(key.name)
            elif (value := key.kind.read(entry.value, at.key(name))) is not None:
                values[key.name] = value
        read = Fields(node.place, at, values, places, frozenset(nulls), node.amends, node.removes)
        whole = [_has(read, key) for key in self.keys if key.required]
        return read if all(whole) else None

    @cached_property
    def _spelled(self) -> Mapping[str, RecordKey[Any]]:
        return {(key.name.lower() if self.any_case else key.name): key for key in self.keys}

    def _unknown(self, name: str, entry: TableEntry, at: ProblemPath) -> None:
        if name.lower() in self.not_emulated:
            wanted = sentence("the lab does not emulate {name}", name=name)
            at.key(name).wrong(entry.place, wanted, sentence("leave it out"))
        else:
            hint = unknown(name, (key.name for key in self.keys))
            wanted = sentence("{record} has no key {key!r}", record=self.name, key=name)
            at.key(name).wrong(entry.place, wanted, hint)

    def schema(self) -> JsonSchema:
        """A reference; `definition` has the keys."""
        there: JsonSchema = {"$ref": f"#/$defs/{self.name.replace(' ', '-')}"}
        if self.short is None:
            return there
        short = next(key for key in self.keys if key.name == self.short)
        return {"anyOf": [short.kind.schema(), there]}

    def definition(self) -> JsonSchema:
        """The keys, with their documentation."""
        return {
            "description": self.doc,
            "type": "object",
            "properties": {key.name: _property(key) for key in self.keys},
            "required": [key.name for key in self.keys if key.required and self.whole],
            "additionalProperties": False,
        }

    def tables(self) -> Iterator[RecordSchema]:
        """This one; its keys' records are found through it."""
        yield self


def is_missing(key: str) -> Sentence:
    """What is said where a key that must be there is not."""
    return sentence("{key} is missing", key=key)


def _has(read: Fields, key: RecordKey[Any]) -> bool:
    """Whether a required key is there; one that was wrong has been reported already."""
    if not read.written(key):
        read.wrong(key, is_missing(key.name), Sentence(key.doc))
    return read.given(key)


def _property(key: RecordKey[Any]) -> JsonSchema:
    kind = key.kind.schema()
    schema: JsonSchema = {**(kind if key.required else _or_null(kind)), "description": key.doc}
    if isinstance(key.default, str | int | float | bool) and key.default != "":
        schema["default"] = key.default
    return schema


def _or_null(kind: JsonSchema) -> JsonSchema:
    """The kind, or null for its default."""
    if not kind or "null" in str(kind.get("type")):
        return kind
    choices = kind["anyOf"] if set(kind) == {"anyOf"} else [kind]
    return {"anyOf": [*choices, {"type": "null"}]}


def all_records(root: RecordSchema) -> tuple[RecordSchema, ...]:
    """A record and all that it refers to, each once."""
    seen: dict[str, RecordSchema] = {}
    waiting = [root]
    while waiting:
        record = waiting.pop(0)
        if record.name not in seen:
            seen[record.name] = record
            waiting += [t for key in record.keys for t in key.kind.tables() if isinstance(t, RecordSchema)]
    return tuple(seen.values())


@cache
def keys_of(declaration: type) -> Mapping[str, RecordKey[Any]]:
    """The keys that a class declares, by attribute, in order."""
    return {name: key for name, key in vars(declaration).items() if isinstance(key, RecordKey)}


@cache
def _shared(cls: type, declaration: type) -> tuple[tuple[str, RecordKey[Any]], ...]:
    keys = keys_of(declaration)
    return tuple((field.name, keys[field.name]) for field in fields(cls) if field.name in keys)


def declared(
    name: str, doc: str, keys: type, *, short: RecordKey[Any] | None = None, whole: bool = False
) -> RecordSchema:
    """A record of all the keys that a class declares, in order."""
    return RecordSchema(name, doc, tuple(keys_of(keys).values()), short.name if short else None, whole)

"""Kinds of values: how one is read from the tree, and what JSON Schema says of it.

A `Record` is a declared set of `Key`s. The loader, the schema and the documentation all come from that declaration.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from lab.scenario.report import At, one_of, unknown
from lab.scenario.tree import Entry, Items, Node, Place, Scalar, Table, is_null

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
JsonSchema = dict[str, Any]


class Kind(ABC, Generic[T_co]):
    """What a value may be."""

    @abstractmethod
    def read(self, node: Node, at: At) -> T_co | None:
        """The value, or None when it is wrong; then the report says why."""

    @abstractmethod
    def schema(self) -> JsonSchema:
        """The JSON Schema of it; records are referred to by name."""

    def records(self) -> Iterator[Record]:
        """The records that the schema refers to."""
        return iter(())


@dataclass(frozen=True)
class Single(Kind[T_co]):
    """A single value. `parse` raises ValueError, whose text becomes the hint."""

    wanted: str
    parse: Callable[[str], T_co]
    json: JsonSchema = field(default_factory=lambda: {"type": "string"})
    refuses: tuple[str, ...] = ("bool",)
    """What YAML must not take it for: `no` is a truth value unless it is quoted."""

    def read(self, node: Node, at: At) -> T_co | None:
        """Parse the text as it is written."""
        if not isinstance(node, Scalar):
            found = "a list" if isinstance(node, Items) else "a table"
            at.wrong(node.place, self.wanted, f"this is {found}")
            return None
        if node.tag in self.refuses:
            at.wrong(
                node.place,
                self.wanted,
                f'YAML reads {node.text} as a truth value; write "{node.text}"',
            )
            return None
        try:
            return self.parse(node.text)
        except ValueError as error:
            at.wrong(node.place, self.wanted, str(error) or None)
            return None

    def schema(self) -> JsonSchema:
        """As declared."""
        return dict(self.json)


def choice(values: Mapping[str, T], wanted: str = "") -> Single[T]:
    """One of a few words, in any case."""
    spelled = {word.lower(): value for word, value in values.items()}

    def parse(text: str) -> T:
        if text.lower() not in spelled:
            raise ValueError(unknown(text, values))
        return spelled[text.lower()]

    return Single(wanted or one_of(values), parse, {"enum": list(values)})


@dataclass(frozen=True)
class Many(Kind[tuple[T_co, ...]]):
    """A list, or a single value in its place."""

    of: Kind[T_co]

    def read(self, node: Node, at: At) -> tuple[T_co, ...]:
        """Every item that is right."""
        if not isinstance(node, Items):
            return () if (one := self.of.read(node, at)) is None else (one,)
        found = (self.of.read(item, at.index(i)) for i, item in enumerate(node.items) if not is_null(item))
        return tuple(item for item in found if item is not None)

    def schema(self) -> JsonSchema:
        """Either form."""
        one = self.of.schema()
        return {"anyOf": [one, {"type": "array", "items": one}]}

    def records(self) -> Iterator[Record]:
        """Those of the items."""
        return self.of.records()


@dataclass(frozen=True)
class Named(Kind[Mapping[str, T_co]]):
    """A table whose keys are names that the author chooses; a null value takes the name out."""

    name: Single[Any]
    of: Kind[T_co]

    def read(self, node: Node, at: At) -> Mapping[str, T_co] | None:
        """Every entry that is right."""
        if not isinstance(node, Table):
            at.wrong(node.place, "a table of names and what they are", "one `name:` per line, indented")
            return None
        found: dict[str, T_co] = {}
        for key, entry in node.entries.items():
            self.name.read(Scalar(entry.place, key), at.key(key))
            if not is_null(entry.value) and (value := self.of.read(entry.value, at.key(key))) is not None:
                found[key] = value
        return found

    def schema(self) -> JsonSchema:
        """Any property that is a name."""
        return {
            "type": ["object", "null"],
            "propertyNames": self.name.schema(),
            "additionalProperties": {"anyOf": [self.of.schema(), {"type": "null"}]},
        }

    def records(self) -> Iterator[Record]:
        """Those of the values."""
        return self.of.records()


@dataclass(frozen=True)
class Key(Generic[T_co]):
    """One key of a record."""

    name: str
    kind: Kind[Any]
    doc: str
    default: T_co
    required: bool = False


def required(name: str, kind: Kind[T], doc: str) -> Key[T]:
    """A key that must be there."""
    return Key(name, kind, doc, cast("T", None), required=True)


def optional(name: str, kind: Kind[T], doc: str) -> Key[T | None]:
    """A key that may be absent: None."""
    return Key(name, kind, doc, None)


def several(name: str, kind: Kind[T], doc: str) -> Key[tuple[T, ...]]:
    """A list that may be absent: empty."""
    return Key(name, Many(kind), doc, ())


def named(name: str, names: Single[Any], kind: Kind[T], doc: str) -> Key[Mapping[str, T]]:
    """A table of names that may be absent: empty."""
    return Key(name, Named(names, kind), doc, {})


@dataclass(frozen=True)
class Fields:
    """A record that was read: its values, and where each stands."""

    place: Place
    at: At
    values: Mapping[str, Any]
    places: Mapping[str, Place]
    nulls: frozenset[str] = frozenset()
    """Keys that are written with a null."""
    amends: bool = False

    def __getitem__(self, key: Key[T]) -> T:
        return cast("T", self.values[key.name]) if key.name in self.values else key.default

    def given(self, key: Key[Any]) -> bool:
        """Whether the key is written and not null."""
        return key.name in self.values

    def wrong(self, key: Key[Any] | str, wanted: str, hint: str | None = None) -> None:
        """Report a problem at a key; at the record itself if the key is not written."""
        name = key if isinstance(key, str) else key.name
        self.at.key(name).wrong(self.places.get(name, self.place), wanted, hint)


@dataclass(frozen=True, eq=False)
class Record(Kind[Fields]):
    """A table with declared keys."""

    name: str
    doc: str
    keys: tuple[Key[Any], ...]
    short: str | None = None
    """The key that a single value in the place of the table stands for."""
    any_case: bool = False
    """PowerShell's parameter names are not case-sensitive."""
    not_emulated: frozenset[str] = frozenset()
    """Parameters of the real object that a copied configuration may have, and the lab has no use for."""

    def read(self, node: Node, at: At) -> Fields | None:
        """The fields; None if a required one is missing or wrong."""
        if isinstance(node, Scalar) and self.short is not None and not node.is_null:
            node = Table(node.place, {self.short: Entry(node.place, node)})
        if not isinstance(node, Table):
            at.wrong(node.place, f"a table with the keys of {self.name}", f"such as {self._example()}")
            return None
        spelled = {(key.name.lower() if self.any_case else key.name): key for key in self.keys}
        values: dict[str, Any] = {}
        places: dict[str, Place] = {}
        nulls: set[str] = set()
        for name, entry in node.entries.items():
            key = spelled.get(name.lower() if self.any_case else name)
            if key is None:
                self._unknown(name, entry, at)
                continue
            places[key.name] = entry.place
            if is_null(entry.value):
                nulls.add(key.name)
            elif (value := key.kind.read(entry.value, at.key(name))) is not None:
                values[key.name] = value
        fields = Fields(node.place, at, values, places, frozenset(nulls), node.amends)
        whole = [_has(fields, key) for key in self.keys if key.required]
        return fields if all(whole) else None

    def _unknown(self, name: str, entry: Entry, at: At) -> None:
        if name.lower() in self.not_emulated:
            at.key(name).wrong(entry.place, f"the lab does not emulate {name}", "leave it out")
        else:
            hint = unknown(name, (key.name for key in self.keys))
            at.key(name).wrong(entry.place, f"{self.name} has no key {name!r}", hint)

    def _example(self) -> str:
        return one_of([key.name for key in self.keys][:3])

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
            "required": [key.name for key in self.keys if key.required],
            "additionalProperties": False,
        }

    def records(self) -> Iterator[Record]:
        """This one; its keys' records are found through it."""
        yield self


def _has(fields: Fields, key: Key[Any]) -> bool:
    """Whether a required key is there; one that was wrong has been reported already."""
    if key.name not in fields.places or key.name in fields.nulls:
        fields.wrong(key, f"{key.name} is missing", key.doc)
    return key.name in fields.values


def _property(key: Key[Any]) -> JsonSchema:
    kind = key.kind.schema()
    if not key.required and "null" not in str(kind.get("type")):
        kind = {"anyOf": [kind, {"type": "null"}]}
    told: JsonSchema = {**kind, "description": key.doc}
    if isinstance(key.default, str | int | float | bool):
        told["default"] = key.default
    return told


def all_records(root: Record) -> Iterable[Record]:
    """A record and all that it refers to, each once."""
    seen: dict[str, Record] = {}
    waiting = [root]
    while waiting:
        record = waiting.pop(0)
        if record.name not in seen:
            seen[record.name] = record
            waiting.extend(inner for key in record.keys for inner in key.kind.records())
    return seen.values()


def declared(name: str, doc: str, keys: type, short: Key[Any] | None = None) -> Record:
    """A record of all the keys that a class declares, in order."""
    own = tuple(value for value in vars(keys).values() if isinstance(value, Key))
    return Record(name, doc, own, short.name if short else None)

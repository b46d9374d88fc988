"""JSON values as values of the model. Names are the real ones here: the lab's rule of .example and .test is for scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from lab.errors import words_of
from lab.model.names import Address, Domain, DomainPattern
from lab.model.value import dataclass
from lab.scenario.language.exchange_objects import parameter
from lab.scenario.syntax.problem_report import ProblemPath, did_you_mean, one_of, unknown
from lab.scenario.syntax.source_tree import SourceLocation
from lab.scenario.syntax.value_kinds import misread
from lab.sentence import NOTHING, Sentence, sentence

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class JsonKind:
    """What a value may be: in words, how it is read (ValueError becomes the hint), and as JSON Schema."""

    wanted: Sentence
    parse: Callable[[object], Any]
    json: Json = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class JsonParameter:
    """A key and its value."""

    name: str
    kind: JsonKind
    many: bool = False
    required: bool = False
    doc: str = ""


@dataclass(frozen=True, slots=True)
class LinePosition:
    """The line that is read, and where in it."""

    place: SourceLocation
    at: ProblemPath

    def key(self, name: str) -> LinePosition:
        """One level down, in an object."""
        return LinePosition(self.place, self.at.key(name))

    def index(self, number: int) -> LinePosition:
        """One level down, in a list."""
        return LinePosition(self.place, self.at.index(number))

    def wrong(self, wanted: Sentence, hint: Sentence = NOTHING) -> None:
        """Note a problem here."""
        self.at.wrong(self.place, wanted, hint)

    def unknown_key(self, name: str, what: Sentence | str, known: Mapping[str, object]) -> None:
        """Note a key that nobody knows."""
        wanted = sentence("{what} has no key {name!r}", what=what, name=name)
        self.key(name).wrong(wanted, unknown(name, known))


def text(given: object) -> str:
    """A string that is one line and not empty."""
    if not isinstance(given, str):
        raise misread(given)
    if not given.strip() or not given.isprintable():
        empty, control = sentence("it is empty"), sentence("it has control characters")
        raise ValueError(control if given.strip() else empty)
    return given


def address(given: object) -> str:
    """An IPv4 address."""
    try:
        return str(IPv4Address(text(given)))
    except ValueError:
        raise misread(given) from None


def _any_text(given: object) -> str:
    return text(given) if given else ""


def _truth(given: object) -> bool:
    if not isinstance(given, bool):
        raise misread(given)
    return given


def _network(given: object) -> IPv4Network:
    try:
        return IPv4Network(text(given))
    except ValueError as error:
        raise ValueError(words_of(error)) from None


def one_word(enum: type[Enum]) -> JsonKind:
    """One of an enumeration's values, in any case."""
    values = [str(member.value) for member in enum]
    spelled = {value.lower(): member for value, member in zip(values, enum, strict=True)}

    def parse(given: object) -> Enum:
        member = spelled.get(text(given).lower())
        if member is None:
            raise misread(given, did_you_mean(str(given), spelled))
        return member

    return JsonKind(one_of(values), parse, {"enum": values})


NAME = JsonKind(sentence("a name"), text)
TRUTH = JsonKind(sentence("true or false"), _truth, {"type": "boolean"})
_KINDS: dict[type, JsonKind] = {
    bool: TRUTH,
    str: JsonKind(sentence("text of one line"), _any_text),
    Domain: JsonKind(sentence("a domain name"), lambda given: Domain.parse(text(given))),
    DomainPattern: JsonKind(
        sentence("a domain, *.domain or *"), lambda given: DomainPattern.parse(text(given))
    ),
    IPv4Network: JsonKind(sentence("an IPv4 address or network"), _network),
    Address: JsonKind(sentence("a mail address"), lambda given: Address.parse(text(given))),
}


def parameters(cls: type) -> dict[str, tuple[str, JsonParameter]]:
    """The parameters of one of Exchange's objects, by name in lower case: the field of the model, and how it is read."""
    hints = get_type_hints(cls)
    by_name = {}
    for declared in fields(cls):
        name, hint, required = (
            parameter(declared.name, cls),
            hints[declared.name],
            declared.default is MISSING,
        )
        many = get_origin(hint) is tuple
        if many:
            hint = get_args(hint)[0]
        elif isinstance(hint, UnionType):
            hint = next(member for member in get_args(hint) if member is not type(None))
        kind = one_word(hint) if issubclass(hint, Enum) else _KINDS[hint]
        if required and hint is str:
            kind = NAME
        by_name[name.lower()] = (declared.name, JsonParameter(name, kind, many, required))
    return by_name


def read(given: object, parameter: JsonParameter, where: LinePosition) -> Any:
    """One value, or a tuple of them; None, and a problem, where it is wrong. Null is None without one."""
    if given is None:
        return () if parameter.many else None
    if not parameter.many:
        return _read_one(given, parameter.kind, where)
    items = given if isinstance(given, list) else [given]
    values = [
        _read_one(item, parameter.kind, where.index(number))
        for number, item in enumerate(items)
        if item is not None
    ]
    return tuple(value for value in values if value is not None)


def _read_one(given: object, kind: JsonKind, where: LinePosition) -> Any:
    try:
        return kind.parse(given)
    except ValueError as error:
        where.wrong(kind.wanted, words_of(error))
        return None

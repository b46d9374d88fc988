"""JSON values as values of the model. Names are the real ones here: the lab's rule of .example and .test is for scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
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

Parse = Callable[[object], Any]
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class JsonParameter:
    """How one key is read: ValueError of `parse` becomes the hint."""

    name: str
    wanted: Sentence
    parse: Parse
    json: Json
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


def text(given: object) -> str:
    """A string that is one line and not empty."""
    if not isinstance(given, str):
        raise misread(given)
    if not given.strip() or not given.isprintable():
        empty, control = sentence("it is empty"), sentence("it has control characters")
        raise ValueError(control if given.strip() else empty)
    return given


def any_text(given: object) -> str:
    """A string; it may be empty."""
    return text(given) if given else ""


def truth(given: object) -> bool:
    """True or false, as JSON has them."""
    if not isinstance(given, bool):
        raise misread(given)
    return given


def address(given: object) -> str:
    """An IPv4 address."""
    try:
        return str(IPv4Address(text(given)))
    except ValueError:
        raise misread(given) from None


def network(given: object) -> IPv4Network:
    """An IPv4 address, or a network such as 198.51.100.0/28."""
    try:
        return IPv4Network(text(given))
    except ValueError as error:
        raise ValueError(words_of(error)) from None


def word(kind: type[Enum]) -> Parse:
    """One of an enumeration's values, in any case."""
    spelled = {str(each.value).lower(): each for each in kind}

    def parse(given: object) -> Enum:
        found = spelled.get(text(given).lower())
        if found is None:
            raise misread(given, did_you_mean(str(given), spelled))
        return found

    return parse


def words(kind: type[Enum]) -> tuple[str, ...]:
    """The values of an enumeration."""
    return tuple(str(each.value) for each in kind)


STRING: Json = {"type": "string"}
_TYPES: dict[type, tuple[Sentence, Parse, Json]] = {
    bool: (sentence("true or false"), truth, {"type": "boolean"}),
    str: (sentence("text of one line"), any_text, STRING),
    Domain: (sentence("a domain name"), lambda given: Domain.parse(text(given)), STRING),
    DomainPattern: (
        sentence("a domain, *.domain or *"),
        lambda given: DomainPattern.parse(text(given)),
        STRING,
    ),
    IPv4Network: (sentence("an IPv4 address or network"), network, STRING),
    Address: (sentence("a mail address"), lambda given: Address.parse(text(given)), STRING),
}


def parameters(cls: type) -> dict[str, tuple[str, JsonParameter]]:
    """The parameters of one of Exchange's objects, by name in lower case: the field of the model, and how it is read."""
    hints = get_type_hints(cls)
    made = {}
    for each in fields(cls):
        required = each.default is MISSING
        made[parameter(each.name, cls).lower()] = (
            each.name,
            _parameter(parameter(each.name, cls), hints[each.name], required),
        )
    return made


def _parameter(name: str, hint: Any, required: bool) -> JsonParameter:
    if get_origin(hint) is tuple:
        wanted, parse, json = _kind(get_args(hint)[0])
        return JsonParameter(name, wanted, parse, json, many=True, required=required)
    if isinstance(hint, UnionType):
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    wanted, parse, json = _kind(hint)
    if required and hint is str:
        wanted, parse = sentence("a name"), text
    return JsonParameter(name, wanted, parse, json, required=required)


def _kind(hint: type) -> tuple[Sentence, Parse, Json]:
    if issubclass(hint, Enum):
        return one_of(words(hint)), word(hint), {"enum": list(words(hint))}
    return _TYPES[hint]


def read(given: object, how: JsonParameter, where: LinePosition) -> Any:
    """One value, or a tuple of them; None, and a problem, where it is wrong. Null is None without one."""
    if given is None:
        return () if how.many else None
    if not how.many:
        return _one(given, how, where)
    items = given if isinstance(given, list) else [given]
    found = [_one(item, how, where.index(i)) for i, item in enumerate(items) if item is not None]
    return tuple(item for item in found if item is not None)


def _one(given: object, how: JsonParameter, where: LinePosition) -> Any:
    try:
        return how.parse(given)
    except ValueError as error:
        where.wrong(how.wanted, words_of(error))
        return None


def unknown_key(name: str, what: Sentence | str, known: Mapping[str, object], where: LinePosition) -> None:
    """Note a key that nobody knows."""
    where.key(name).wrong(sentence("{what} has no key {name!r}", what=what, name=name), unknown(name, known))

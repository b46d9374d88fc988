"""A sentence before it is said: an English template with named parameters. A language is a table of other templates.

Whoever has something to tell makes a `Sentence` and passes it on; reports say it. Sentences are compared by what they
tell, and nobody looks into one that was said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Catalog = Mapping[str, str]
"""Templates of a language by English template. What is missing is said in English."""
ENGLISH: Catalog = {}


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is told, not how: `sentence("{host} shows {name}", host="gateway", name="*.a.example")`."""

    template: str
    parameters: tuple[tuple[str, object], ...] = ()
    """By name: text that stays as it is in every language, numbers, other sentences, or several of these."""

    def __str__(self) -> str:
        return say(self)

    def __bool__(self) -> bool:
        return bool(self.template)


NOTHING = Sentence("")


def sentence(template: str, **parameters: object) -> Sentence:
    """A sentence; each `{name}` of the template is one of the parameters."""
    return Sentence(template, tuple(parameters.items()))


def sentences(*templates: str) -> tuple[Sentence, ...]:
    """Several without parameters: the names of a table's columns."""
    return tuple(map(Sentence, templates))


def say(told: Sentence | str, catalog: Catalog = ENGLISH) -> str:
    """The sentence in a language; text stays as it is."""
    if isinstance(told, str):
        return told
    parameters = {name: _parameter(given, catalog) for name, given in told.parameters}
    return catalog.get(told.template, told.template).format_map(parameters)


def in_one_line(told: Sentence | str) -> str:
    """The sentence in English, its line breaks and further space as single spaces."""
    return " ".join(say(told).split())


def listed(parts: Iterable[object], separator: str = ", ") -> Sentence:
    """Several things in a row."""
    return Sentence("{parts}", (("parts", _Row(tuple(parts), separator)),))


def together(parts: Iterable[object]) -> Sentence:
    """Several things, the word for `and` between them."""
    first, *rest = parts
    return sentence("{first} and {rest}", first=first, rest=together(rest)) if rest else listed((first,))


def counted(number: int, one: str, many: str) -> Sentence:
    """`1 check`, `2 checks`: a template for each, with the number in it."""
    return Sentence(one if number == 1 else many, (("number", number),))


def either(parts: Iterable[object]) -> Sentence:
    """Several things, the word for `or` between them."""
    first, *rest = parts
    return sentence("{first} or {rest}", first=first, rest=either(rest)) if rest else listed((first,))


@dataclass(frozen=True, slots=True)
class _Row:
    parts: tuple[object, ...]
    separator: str


def _parameter(given: object, catalog: Catalog) -> str:
    if isinstance(given, Sentence):
        return say(given, catalog)
    if isinstance(given, _Row):
        return given.separator.join(_parameter(part, catalog) for part in given.parts)
    return str(given)

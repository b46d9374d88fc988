"""JSON with the places of its objects and of their properties.

The decoder of the standard library reads the values; only the outermost levels are walked here, which is where lines are
wanted. Raises ValueError (also as JSONDecodeError, with a line) and RecursionError for what is no JSON or too deep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json import JSONDecodeError

from lab.model.value import dataclass
from lab.sentence import sentence

_BLANK = re.compile(r"[ \t\r\n]*")
_DEEPEST_LIST = 4
"""Lists in lists around the objects; `,@(...)` makes one too many."""
_LONGEST_NUMBER = 100
"""Digits. Python has a limit as well, and words about it that help nobody with an export."""


@dataclass(frozen=True, slots=True)
class Member:
    """A property: its name, and its value with the offset it begins at."""

    name: str
    at: int
    value: object


@dataclass(frozen=True, slots=True)
class Thing:
    """An object with its members in their order, or any other value (`members` is None)."""

    at: int
    members: tuple[Member, ...] | None
    value: object = None


def things(text: str, at: int = 0) -> Iterator[Thing]:
    """Every object of a text, also of one that holds several JSON values after each other; lists are taken apart."""
    scanner = _Scanner(text, at)
    while not scanner.ended():
        yield from scanner.value(_DEEPEST_LIST)


def inner(text: str, at: int) -> list[Thing]:
    """The objects of the one value that begins at an offset."""
    return list(_Scanner(text, at).value(_DEEPEST_LIST))


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError(
            sentence("a number has {number} digits, more than any setting has", number=len(digits))
        )
    return int(digits)


def _constant(name: str) -> str:
    return name  # NaN and Infinity: no JSON, but text that may stand in a comment


class _Scanner:
    def __init__(self, text: str, at: int) -> None:
        self.text, self.at = text, at
        self.decoder = json.JSONDecoder(parse_constant=_constant, parse_int=_integer, strict=False)

    def ended(self) -> bool:
        self._blanks()
        return self.at == len(self.text)

    def value(self, lists: int) -> Iterator[Thing]:
        self._blanks()
        if self.text.startswith("[", self.at) and lists:
            yield from self._list(lists - 1)
        elif self.text.startswith("{", self.at):
            yield self._object()
        else:
            yield Thing(self.at, None, self._decoded())

    def _list(self, lists: int) -> Iterator[Thing]:
        for _ in self._several("]"):
            yield from self.value(lists)

    def _object(self) -> Thing:
        start = self.at
        return Thing(start, tuple(self._member() for _ in self._several("}")))

    def _several(self, end: str) -> Iterator[None]:
        """Halts at each item of a list or an object, for its reader."""
        self.at += 1
        if self._next(end):
            return
        while True:
            yield
            if self._next(end):
                return
            self._expect(",")

    def _member(self) -> Member:
        self._blanks()
        at = self.at
        name = self._decoded()
        if not isinstance(name, str):
            raise JSONDecodeError("Expecting property name", self.text, at)
        self._expect(":")
        self._blanks()
        return Member(name, at, self._decoded())

    def _decoded(self) -> object:
        value, self.at = self.decoder.raw_decode(self.text, self.at)
        return value

    def _blanks(self) -> None:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _next(self, mark: str) -> bool:
        self._blanks()
        if self.text.startswith(mark, self.at):
            self.at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._next(mark):
            raise JSONDecodeError(f"Expecting '{mark}'", self.text, self.at)

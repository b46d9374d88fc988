"""One line of PowerShell as far as Exchange's cmdlets need it: a cmdlet, its parameters and plain values.

No variables, no pipes, no expressions: a scenario says what is configured, not how to compute it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.model.value import dataclass
from lab.sentence import NOTHING, Sentence, sentence


class NotRead(ValueError):  # noqa: N818 - a verdict on a text, told as a problem of the scenario
    """The line is no such cmdlet line; `at` counts its characters from 0."""

    def __init__(self, at: int, wanted: Sentence, hint: Sentence = NOTHING) -> None:
        super().__init__(wanted)
        self.at, self.wanted, self.hint = at, wanted, hint


@dataclass(frozen=True, slots=True)
class CmdletWord:
    """A single value: text, a number, or `$true`, `$false` and `$null` (`special`)."""

    at: int
    text: str
    special: bool = False


@dataclass(frozen=True, slots=True)
class Array:
    """`@('a','b')`, or `'a','b'`."""

    at: int
    items: tuple[CmdletWord, ...]


@dataclass(frozen=True, slots=True)
class Hash:
    """`@{Add='x'; Remove='y','z'}`."""

    at: int
    entries: tuple[tuple[CmdletWord, Array], ...]


CmdletValue = CmdletWord | Array | Hash


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter with its value; None for a bare switch."""

    at: int
    name: str
    """Without the dash; '' for the value that stands first."""
    value: CmdletValue | None


@dataclass(frozen=True, slots=True)
class Call:
    """`Verb-Noun -Parameter value ...`."""

    verb: str
    noun: str
    arguments: tuple[Argument, ...]


_DASH = "[-\u2013\u2014\u2015]"
"""PowerShell takes what word processors make of a dash for one, and of quotes for quotes."""
_DOUBLE = '"\u201c\u201d\u201e'
_SINGLE = "'\u2018\u2019\u201a\u201b"
_CMDLET = re.compile(rf"([A-Za-z]+){_DASH}([A-Za-z]+)")
_PARAMETER = re.compile(rf"{_DASH}([A-Za-z][A-Za-z0-9]*)(:?)")
_BARE = re.compile(rf"(?![@#])[^\s{_SINGLE}{_DOUBLE}`(){{}};,$|&<>]+")
_SPECIAL = re.compile(r"\$(true|false|null)\b", re.IGNORECASE)
_BLANK = re.compile(r"\s*")


_ODD = {
    "|": sentence("one cmdlet a line, no pipes"),
    "$": sentence("no variables; $true, $false and $null are known"),
    ";": sentence("one cmdlet a line"),
    "`": sentence("one line, without backticks at its end"),
    "#": sentence("# begins a comment; a value with it stands in quotes"),
    "@": sentence("a value with @ at its start stands in quotes"),
}
_SWITCHES = ("confirm", "cf", "whatif", "wi", "verbose", "vb", "debug", "db", "force")
"""Parameters that take a value only behind a colon: in `-Force Partner` the name stands for itself."""


def parse(line: str) -> Call:
    """Read one line. Raises NotRead."""
    return _Reader(line).call()


class _Reader:
    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0

    def call(self) -> Call:
        self._blanks()
        match = _CMDLET.match(self.line, self.at)
        if match is None:
            raise NotRead(self.at, sentence("a cmdlet such as Set-InboundConnector"))
        self.at = match.end()
        return Call(match[1], match[2], tuple(self._arguments()))

    def _arguments(self) -> Iterator[Argument]:
        while self._more():
            at = self.at
            name = _PARAMETER.match(self.line, at)
            if name is None:
                yield Argument(at, "", self._value())
                continue
            self.at = name.end()
            self._blanks()
            bare = not name[2] and name[1].lower() in _SWITCHES
            if bare or self.at == len(self.line) or _PARAMETER.match(self.line, self.at):
                self.at = name.end()
                yield Argument(at, name[1], None)
            else:
                yield Argument(at, name[1], self._value())

    def _more(self) -> bool:
        """Whether something follows; it must be set off by a blank."""
        before = self.at
        self._blanks()
        if self.at == len(self.line):
            return False
        if self.at == before:
            raise NotRead(self.at, sentence("a blank before the next parameter"), self._odd())
        return True

    def _blanks(self) -> None:
        self.at = _BLANK.match(self.line, self.at).end()  # type: ignore[union-attr]  # it matches the empty text

    def _value(self) -> CmdletValue:
        at = self.at
        if self.line.startswith("@{", at):
            return self._hash()
        if self.line.startswith("@(", at):
            self.at += 2
            return self._list(at, ")")
        first = self._word()
        items = [first, *self._further()]
        return first if len(items) == 1 else Array(at, tuple(items))

    def _further(self) -> Iterator[CmdletWord]:
        """The rest of a list without parentheses."""
        while self._next(","):
            yield self._word()

    def _next(self, mark: str) -> bool:
        """Whether the mark comes next, blanks aside; then it is read, with the blanks behind it."""
        start = self.at
        self._blanks()
        if self.line.startswith(mark, self.at):
            self.at += len(mark)
            self._blanks()
            return True
        self.at = start
        return False

    def _list(self, at: int, end: str) -> Array:
        items: list[CmdletWord] = []
        self._blanks()
        while not self._next(end):
            items.append(self._word())
            self._ends(",", end)
        return Array(at, tuple(items))

    def _hash(self) -> Hash:
        at = self.at
        self.at += 2
        entries: list[tuple[CmdletWord, Array]] = []
        self._blanks()
        while not self._next("}"):
            key = self._key()
            if not self._next("="):
                raise NotRead(self.at, sentence("an equals sign, as in @{{Add='x'}}"), self._odd())
            value = self._value()
            if isinstance(value, Hash):
                raise NotRead(value.at, sentence("one value or a list of them"))
            entries.append((key, value if isinstance(value, Array) else Array(value.at, (value,))))
            self._ends(";", "}")
        return Hash(at, tuple(entries))

    def _ends(self, mark: str, end: str) -> None:
        """Behind one of several comes the mark, or the end of all."""
        if not self._next(mark):
            self._blanks()
            if not self.line.startswith(end, self.at):
                raise NotRead(self.at, sentence("{mark!r} or {end!r}", mark=mark, end=end), self._odd())

    def _key(self) -> CmdletWord:
        """Bare up to the equals sign, or quoted."""
        match = re.compile(r"[A-Za-z]+").match(self.line, self.at)
        if match is None:
            return self._word()
        self.at = match.end()
        return CmdletWord(match.start(), match[0])

    def _word(self) -> CmdletWord:
        at = self.at
        mark = self.line[at : at + 1]
        if mark and mark in _SINGLE + _DOUBLE:
            return self._quoted(_DOUBLE if mark in _DOUBLE else _SINGLE)
        special = _SPECIAL.match(self.line, at)
        if special is not None:
            self.at = special.end()
            return CmdletWord(at, special[0].lower(), special=True)
        match = _BARE.match(self.line, at)
        if match is None:
            raise NotRead(at, sentence("a value"), self._odd())
        self.at = match.end()
        return CmdletWord(at, match[0])

    def _quoted(self, marks: str) -> CmdletWord:
        """Any of the marks ends it; doubled it stands for itself. In double quotes the backtick spares the next one."""
        at = self.at
        text: list[str] = []
        self.at += 1
        while self.at < len(self.line):
            here = self.line[self.at]
            twice = here in marks and self.line[self.at + 1 : self.at + 2] in tuple(marks)
            if here in marks and not twice:
                self.at += 1
                return CmdletWord(at, "".join(text))
            if marks == _DOUBLE and here == "$":
                wanted = sentence("no variables")
                raise NotRead(self.at, wanted, sentence("in single quotes $ is only a character"))
            self.at += 2 if twice or (marks == _DOUBLE and here == "`") else 1
            text.append(self.line[self.at - 1 : self.at])
        raise NotRead(at, sentence("a closing quotation mark"))

    def _odd(self) -> Sentence:
        mark = self.line[self.at : self.at + 1]
        other = sentence("not {mark!r}", mark=mark) if mark else sentence("the line ends here")
        return _ODD.get(mark, other)

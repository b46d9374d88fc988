"""PowerShell as data: the literals of a configuration file. Nothing is ever computed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.importers.text_decoding import whole
from lab.importers.types import ExportedValue
from lab.model.value import dataclass
from lab.sentence import Sentence, sentence

DEEPEST = 16
"""Tables and lists in each other."""

_TOKEN = re.compile(
    r"""
      (?P<blank>[^\S\n]++|`\r?\n|<\#(?>.*?\#>)|\#[^\n]*+)
    | (?P<line>\n)
    | (?P<here>@"[^\S\n]*\n(?>.*?\n"@)|@'[^\S\n]*\n(?>.*?\n'@))
    | (?P<double>"[^"`]*+(?:(?:`.|"")[^"`]*+)*+")
    | (?P<single>'[^']*+(?:''[^']*+)*+')
    | (?P<open>@\(|@\{|\(|\{)
    | (?P<close>[)}])
    | (?P<mark>[;,=])
    | (?P<variable>\$[\w.:]+)
    | (?P<word>[^\s;,=(){}"'`$\#]++)
    | (?P<other>[$`])
    """,
    re.VERBOSE | re.DOTALL,
)
_HERE = re.compile(r"@[\"'][^\S\n]*\n")
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)
_SPECIAL = {"$true": True, "$false": False, "$null": None}
_ESCAPED = dict(zip("nrt0abfve", "\n\r\t\ufffd\a\b\f\v\x1b", strict=True))


class UnreadableConfiguration(ValueError):  # noqa: N818 - a verdict on a text, told as a notice
    """The text is no such configuration; `at` counts its characters from 0."""

    def __init__(self, at: int, why: Sentence) -> None:
        super().__init__(why)
        self.at = at


class _Computed(Exception):  # noqa: N818 - not an error: a value that only PowerShell could tell
    pass


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of PowerShell."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class PowerShellSetting:
    """`Name = value` of a table."""

    name: str
    at: int
    value: ExportedValue
    computed: bool = False
    """The value is an expression or a variable; `value` is None then."""


def tokens(text: str) -> list[Token]:
    """All pieces but for blanks and comments. Raises Unread where a quotation or comment never ends."""
    return [token for token in _scanned(text) if token.kind != "blank"]


def _scanned(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or (_HERE.match(text, at) and match.lastgroup != "here"):
            raise UnreadableConfiguration(at, sentence("a quotation mark that is not closed"))
        if text.startswith("<#", at) and match.lastgroup != "blank":
            raise UnreadableConfiguration(at, sentence("a comment that is not closed"))
        yield Token(match.lastgroup or "", match[0], at)
        at = match.end()


class SettingsReader:
    """Reads settings out of tokens, from `at` on."""

    def __init__(self, pieces: list[Token], at: int = 0) -> None:
        self.pieces, self.at = pieces, at

    def settings(self, depth: int = 0) -> list[PowerShellSetting]:
        """All up to the brace that closes the table; it is read too. Raises Unread."""
        settings: list[PowerShellSetting] = []
        while True:
            self._separators()
            name = self._next()
            if name.text == "}" and name.kind == "close":
                return settings
            self.lines()
            if name.kind not in ("word", "double", "single") or self._next().text != "=":
                raise UnreadableConfiguration(
                    name.at, sentence("a setting such as Enabled = $true was wanted")
                )
            settings.append(self._setting(name, depth))

    def _setting(self, name: Token, depth: int) -> PowerShellSetting:
        own = _unquoted(name) or ""
        self.lines()
        start = self.at
        try:
            return PowerShellSetting(own, name.at, self._whole(depth))
        except _Computed:
            self.at = start
            self._skip()
            return PowerShellSetting(own, name.at, None, computed=True)

    def _whole(self, depth: int) -> ExportedValue:
        """A value that nothing follows: `"a" + "b"` is none."""
        value = self._values(depth)
        if self._peek().kind != "line" and self._peek().text not in (";", "}"):
            raise _Computed
        return value

    def _values(self, depth: int) -> ExportedValue:
        """One value, or several with commas between."""
        first = self._value(depth)
        if self._peek().text != ",":
            return first
        items = [first]
        while self._peek().text == ",":
            self.at += 1
            self.lines()
            items.append(self._value(depth))
        return tuple(items)

    def _value(self, depth: int) -> ExportedValue:
        token = self._next()
        if depth > DEEPEST:
            raise UnreadableConfiguration(
                token.at, sentence("nested more than {most} levels deep", most=DEEPEST)
            )
        match token.kind, token.text:
            case "open", "@(":
                return self._list(depth + 1)
            case "open", "@{":
                return self._table(depth + 1)
            case (("double" | "single" | "here"), _):
                text = _unquoted(token)
                if text is None:
                    raise _Computed
                return text
            case "variable", _ if token.text.lower() in _SPECIAL:
                return _SPECIAL[token.text.lower()]
            case "word", _ if _NUMBER.fullmatch(token.text):
                return float(token.text) if "." in token.text else int(token.text)
            case "word", _ if self._opens():  # MSFT_Something{ ... }
                return self._table(depth + 1)
            case _:
                raise _Computed

    def _opens(self) -> bool:
        start = self.at
        self.lines()
        if self._peek().text == "{":
            self.at += 1
            return True
        self.at = start
        return False

    def _list(self, depth: int) -> ExportedValue:
        items: list[ExportedValue] = []
        while True:
            self._separators(",")
            if self._peek().text == ")":
                self.at += 1
                return tuple(items)
            items.append(self._value(depth))
            if self._peek().kind != "line" and self._peek().text not in (",", ";", ")"):
                raise _Computed

    def _table(self, depth: int) -> ExportedValue:
        settings = self.settings(depth)
        if any(setting.computed for setting in settings):
            raise _Computed
        return {setting.name: setting.value for setting in settings}

    def _skip(self) -> None:
        """Over an expression: to the end of its line, or of what it has opened."""
        depth = 0
        while True:
            token = self._peek()
            if depth == 0 and (token.kind == "line" or token.text in (";", "}")):
                return
            depth = max(0, depth + (token.kind == "open") - (token.kind == "close"))
            self._next()

    def lines(self) -> None:
        """Over ends of lines, where PowerShell allows them."""
        while self.at < len(self.pieces) and self.pieces[self.at].kind == "line":
            self.at += 1

    def _separators(self, more: str = "") -> None:
        while self._peek().kind == "line" or self._peek().text in (";", more or ";"):
            self.at += 1

    def _peek(self) -> Token:
        if self.at >= len(self.pieces):
            raise UnreadableConfiguration(
                self.pieces[-1].at if self.pieces else 0, sentence("the file ends inside a table")
            )
        return self.pieces[self.at]

    def _next(self) -> Token:
        token = self._peek()
        self.at += 1
        return token


def _unquoted(token: Token) -> str | None:
    """The text of a quotation or a word; None if it has a variable in it."""
    inner = token.text
    if token.kind == "single":
        return whole(inner[1:-1].replace("''", "'"))
    if token.kind == "here":
        inner = inner[inner.index("\n") + 1 : inner.rindex("\n")].removesuffix("\r")
        return whole(inner) if token.text.startswith("@'") else _expanded(inner)
    return _expanded(inner[1:-1].replace('""', '"')) if token.kind == "double" else whole(inner)


def _expanded(inner: str) -> str | None:
    if re.search(r"(?<!`)(?:``)*\$[\w({]", inner):
        return None
    return whole(re.sub(r"`(.)", lambda found: _ESCAPED.get(found[1], found[1]), inner, flags=re.DOTALL))

"""Messages: header fields and body, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import NamedTuple

from lab.model.value import value

_FIELD = re.compile(r"([!-9;-~]+):(.*)", re.DOTALL)
_UNFOLD = re.compile(r"\r\n(?=[ \t])")
_AUTHOR = re.compile(r"<([^<>]*)>\s*$|([^\s<>,;]+@[^\s<>,;]+)")


class Header(NamedTuple):
    """One header field. `raw` is all behind the colon, folding included; a line that is no field has name ''."""

    name: str
    raw: str

    @classmethod
    def of(cls, name: str, value: str) -> Header:
        """A field with the usual blank behind the colon; `value` may hold folds (CRLF + blank)."""
        return cls(name, " " + value)

    @property
    def value(self) -> str:
        """The value unfolded and trimmed."""
        raw = self.raw
        return (_UNFOLD.sub("", raw) if "\n" in raw else raw).strip()

    @property
    def line(self) -> str:
        """The field as it stands in the message, without the final CRLF."""
        return f"{self.name}:{self.raw}" if self.name else self.raw


_Named = dict[str, tuple[Header, ...]]


@value()
class Message:
    """An RFC 5322 message; `Message.parse(bytes(m)) == m`.

    A message is asked for its size and its fields some forty times on its way, and changes five times. So it keeps
    what it worked out of its headers, and `on_top` hands that on to the message it makes.
    """

    headers: tuple[Header, ...]
    body: bytes = b""
    _octets: bytes | None = field(default=None, init=False, repr=False, compare=False)
    """The header section as it goes over the wire, without the empty line; None until asked for."""
    _named: _Named | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def parse(cls, content: bytes) -> Message:
        """Read a message with CRLF line ends; never fails, odd lines are kept as they are."""
        head, _, body = (
            (b"", b"", content[2:]) if content.startswith(b"\r\n") else content.partition(b"\r\n\r\n")
        )
        text = head.removesuffix(b"\r\n").decode("utf-8", "surrogateescape")
        lines = re.split(r"\r\n(?![ \t])", text) if text else []
        return cls(tuple(_header(line) for line in lines), body)

    def __bytes__(self) -> bytes:
        return b"%b\r\n%b" % (self._head(), self.body)

    @property
    def size(self) -> int:
        """Octets on the wire, before dot-stuffing."""
        return len(self._head()) + 2 + len(self.body)

    @property
    def is_ascii(self) -> bool:
        """Whether it can travel without 8BITMIME."""
        return self.body.isascii() and self.has_ascii_headers

    @property
    def has_ascii_headers(self) -> bool:
        """Whether it can travel without SMTPUTF8."""
        return self._head().isascii()

    @property
    def is_binary(self) -> bool:
        """Whether it cannot go through DATA: NUL, or CR and LF that are not a pair."""
        return is_binary(self._head()) or is_binary(self.body)

    def get(self, name: str) -> str | None:
        """The value of the first field of that name."""
        fields = self.named().get(name.lower())
        return fields[0].value if fields else None

    def all(self, name: str) -> tuple[str, ...]:
        """The values of all fields of that name, top first."""
        return tuple([header.value for header in self.named().get(name.lower(), ())])

    def named(self) -> Mapping[str, tuple[Header, ...]]:
        """The fields by name in lower case, those of one name top first."""
        named = self._named
        if named is None:
            named = _with_on_top({}, self.headers)
            object.__setattr__(self, "_named", named)
        return named

    def has(self, prefix: str) -> bool:
        """Whether a field's name starts so (any case)."""
        start = prefix.lower()
        return any(name.startswith(start) for name in self.named())

    def on_top(self, headers: Iterable[Header]) -> Message:
        """This message with `headers` put above the others."""
        above = tuple(headers)
        made = Message((*above, *self.headers), self.body)
        if self._octets is not None:
            object.__setattr__(made, "_octets", _encoded(above) + self._octets)
        if self._named is not None:
            object.__setattr__(made, "_named", _with_on_top(dict(self._named), above))
        return made

    def without(self, *prefixes: str) -> Message:
        """This message without the fields whose names start with one of `prefixes` (any case)."""
        gone = tuple(prefix.lower() for prefix in prefixes)
        named = self.named()
        kept = {name: fields for name, fields in named.items() if not name.startswith(gone)}
        if len(kept) == len(named):
            return self
        made = Message(tuple([h for h in self.headers if h.name.lower() in kept]), self.body)
        object.__setattr__(made, "_named", kept)
        return made

    def _head(self) -> bytes:
        octets = self._octets
        if octets is None:
            octets = _encoded(self.headers)
            object.__setattr__(self, "_octets", octets)
        return octets

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets, or ''."""
        return self.get("Message-ID") or ""

    @property
    def subject(self) -> str:
        """The subject, or ''."""
        return self.get("Subject") or ""

    @property
    def author(self) -> str:
        """The address of the From header (P2) as text, or ''; DMARC aligns with its domain."""
        return _address(self.get("From"))

    @property
    def sender(self) -> str:
        """The address of the Sender header as text, or ''; who sent on behalf of the author."""
        return _address(self.get("Sender"))


def _address(field: str | None) -> str:
    match = _AUTHOR.search(field or "")
    return (match[1] if match[1] is not None else match[2]) if match else ""


def is_binary(content: bytes) -> bool:
    """Whether content cannot go through DATA: NUL, or CR and LF that are not a pair."""
    if b"\0" in content:
        return True
    pairs = content.count(b"\r\n")
    return content.count(b"\r") != pairs or content.count(b"\n") != pairs


def _encoded(headers: tuple[Header, ...]) -> bytes:
    lines = [f"{name}:{raw}\r\n" if name else f"{raw}\r\n" for name, raw in headers]
    return "".join(lines).encode("utf-8", "surrogateescape")


def _with_on_top(named: _Named, headers: tuple[Header, ...]) -> _Named:
    """`named`, changed in place: with `headers` above those that it has."""
    for header in reversed(headers):
        name = header.name.lower()
        named[name] = (header, *named.get(name, ()))
    return named


def _header(line: str) -> Header:
    match = _FIELD.fullmatch(line)
    return Header(match[1], match[2]) if match else Header("", line)

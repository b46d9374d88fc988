"""Messages: header fields and body, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

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
        return _UNFOLD.sub("", self.raw).strip()

    @property
    def line(self) -> str:
        """The field as it stands in the message, without the final CRLF."""
        return f"{self.name}:{self.raw}" if self.name else self.raw


@dataclass(frozen=True, slots=True)
class Message:
    """An RFC 5322 message; `Message.parse(bytes(m)) == m`."""

    headers: tuple[Header, ...]
    body: bytes = b""

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
        head = "".join(f"{header.line}\r\n" for header in self.headers)
        return head.encode("utf-8", "surrogateescape") + b"\r\n" + self.body

    @property
    def size(self) -> int:
        """Octets on the wire, before dot-stuffing."""
        return len(bytes(self))

    def get(self, name: str) -> str | None:
        """The value of the first field of that name."""
        wanted = name.lower()
        return next((header.value for header in self.headers if header.name.lower() == wanted), None)

    def all(self, name: str) -> tuple[str, ...]:
        """The values of all fields of that name, top first."""
        wanted = name.lower()
        return tuple(header.value for header in self.headers if header.name.lower() == wanted)

    def on_top(self, headers: Iterable[Header]) -> Message:
        """This message with `headers` put above the others."""
        return Message((*headers, *self.headers), self.body)

    def without(self, *prefixes: str) -> Message:
        """This message without the fields whose names start with one of `prefixes` (any case)."""
        gone = tuple(prefix.lower() for prefix in prefixes)
        return Message(tuple(h for h in self.headers if not h.name.lower().startswith(gone)), self.body)

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
        found = _AUTHOR.search(self.get("From") or "")
        return (found[1] if found[1] is not None else found[2]) if found else ""


def _header(line: str) -> Header:
    found = _FIELD.fullmatch(line)
    return Header(found[1], found[2]) if found else Header("", line)

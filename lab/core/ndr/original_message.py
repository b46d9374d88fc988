"""The message that a report is about, read once: what the report repeats of it, and the part that gives it back."""

from __future__ import annotations

import re
from typing import NamedTuple

from lab.core.header_stamps import ORGANIZATION
from lab.core.ndr.mime import CRLF, LINE_LIMIT, Part
from lab.model.message import Header, Message

_BREAKS = re.compile(r"\r\n|\r|\n")
_PREFIX = ORGANIZATION.lower()
_REPEATED = frozenset({"subject", "message-id", "thread-topic", "thread-index"})


class Original(NamedTuple):
    """What a report repeats of its original."""

    message: Message
    """Without the headers that stay inside an organisation (R181)."""
    received: tuple[str, ...]
    """The values of its Received lines, folds included, top first."""
    fields: dict[str, str]
    """First values, by lower-case name, of the fields that put the report beside it."""
    text: str
    """The header section for humans, CRLF after each line."""

    @property
    def subject(self) -> str:
        """The subject, or ''."""
        return self.fields.get("subject", "")


def read(message: Message) -> Original:
    """Read what is needed in one pass over the headers: reports are made thousands of times a second."""
    kept: list[Header] = []
    received: list[str] = []
    fields: dict[str, str] = {}
    for header in message.headers:
        name = header.name.lower()
        if name.startswith(_PREFIX):
            continue
        kept.append(header)
        if name == "received":
            received.append(header.raw)
        elif name in _REPEATED:
            fields.setdefault(name, header.value)
    inside = message if len(kept) == len(message.headers) else Message(tuple(kept), message.body)
    return Original(inside, tuple(received), fields, _head_text(kept))


def _head_text(headers: list[Header]) -> str:
    text = "".join(f"{name}:{raw}\r\n" if name else f"{raw}\r\n" for name, raw in headers)
    if not text.isascii():
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    pairs = text.count(CRLF)
    return text if text.count("\n") == pairs == text.count("\r") else _BREAKS.sub(CRLF, text)


def part(original: Original, *, headers_only: bool, limit: int) -> Part:
    """The original whole, or its headers if asked for, if larger than `limit` octets, or unfit for 8BITMIME."""
    whole = b"" if headers_only else bytes(original.message)
    if headers_only or len(whole) > limit or not _transportable(whole):
        return _headers(original.text)
    if whole.isascii():
        return Part("Content-Type: message/rfc822", whole)
    head = f"Content-Type: message/rfc822{CRLF}Content-Transfer-Encoding: 8bit"
    return Part(head, whole, eight_bit=True)


def _headers(text: str) -> Part:
    text = text.replace("\x00", "")
    if len(max(text.split(CRLF), key=len)) * 4 > LINE_LIMIT:  # UTF-8 has four octets a character at most
        text = CRLF.join(map(_hard_folded, text.split(CRLF)))
    if text.isascii():
        return Part("Content-Type: text/rfc822-headers", text.encode())
    head = f"Content-Type: text/rfc822-headers; charset=utf-8{CRLF}Content-Transfer-Encoding: 8bit"
    return Part(head, text.encode(), eight_bit=True)


def _hard_folded(line: str) -> str:
    width = LINE_LIMIT // 4 - 1
    return f"{CRLF} ".join(line[at : at + width] for at in range(0, len(line), width))


def _transportable(whole: bytes) -> bool:
    """Whether the lines are lines of at most 998 octets; RFC 2046 5.2.1 forbids to encode a message/rfc822."""
    pairs = whole.count(b"\r\n")
    if whole.count(b"\n") != pairs or whole.count(b"\r") != pairs or b"\x00" in whole:
        return False
    return len(max(whole.split(b"\r\n"), key=len)) <= LINE_LIMIT

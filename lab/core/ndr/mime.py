"""The little of MIME that reports need, by string work: a report costs microseconds, not an object tree."""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from typing import NamedTuple

from lab.core.received import fold
from lab.model.message import Header

CRLF = "\r\n"
LINE_LIMIT = 998
"""RFC 5322 2.1.1: octets in a line, CRLF not counted."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_WORD = 42
"""UTF-8 octets in one encoded word, so that it stays below 75 columns."""


class Part(NamedTuple):
    """One body part: its header lines (without the empty line) and its content."""

    head: str
    body: bytes
    eight_bit: bool = False


def clean(text: str) -> str:
    """One line of text: no control characters, undecodable octets shown as U+FFFD."""
    if text.isascii():
        return _CONTROLS.sub(" ", text) if not text.isprintable() else text
    return _CONTROLS.sub(" ", text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def ascii_only(text: str) -> str:
    """One line of ASCII, for fields that know nothing else; other characters become `?`."""
    line = clean(text)
    return line if line.isascii() else line.encode("ascii", "replace").decode("ascii")


def long_field(name: str, value: str) -> str:
    """A field of ASCII text, left in one line as Exchange does unless it would break the limit of a line."""
    if len(name) + len(value) + 2 <= LINE_LIMIT:
        return f"{name}: {value}"
    return f"{name}:{fold(_cut_words(value), used=len(name) + 1)}"


def unstructured(name: str, value: str) -> Header:
    """A header with free text: RFC 2047 if it is not ASCII, folded if long."""
    text = clean(value)
    if not text.isascii():
        text = _encoded_words(text)
    if len(name) + len(text) + 2 <= 78:
        return Header(name, f" {text}")
    return Header(name, fold(_cut_words(text), used=len(name) + 1))


def _cut_words(text: str) -> str:
    limit = 900
    return " ".join(
        " ".join(word[at : at + limit] for at in range(0, len(word), limit)) if len(word) > limit else word
        for word in text.split(" ")
    )


def _encoded_words(text: str) -> str:
    words, piece, size = [], "", 0
    for character in text:
        octets = len(character.encode())
        if size + octets > _WORD:
            words.append(piece)
            piece, size = "", 0
        piece += character
        size += octets
    return " ".join(f"=?utf-8?B?{b64encode(word.encode()).decode()}?=" for word in (*words, piece))


def quoted_printable(subtype: str, text: str) -> Part:
    """A text part; `us-ascii` where that is enough."""
    charset = "us-ascii" if text.isascii() else "utf-8"
    head = (
        f'Content-Type: text/{subtype}; charset="{charset}"{CRLF}Content-Transfer-Encoding: quoted-printable'
    )
    return Part(head, b2a_qp(text.encode()))


def multipart(boundary: str, parts: tuple[Part, ...], preamble: str = "") -> bytes:
    """The content of a multipart entity."""
    between = f"--{boundary}{CRLF}".encode()
    pieces = [preamble.encode()]
    for part in parts:
        pieces += (between, part.head.encode(), b"\r\n\r\n", part.body, b"\r\n")
    pieces.append(f"--{boundary}--{CRLF}".encode())
    return b"".join(pieces)

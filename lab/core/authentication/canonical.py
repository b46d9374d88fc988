"""Canonical forms of RFC 6376 3.4: what a signature covers, so that a relay's harmless changes do not break it.

A message passes several hands, and each of them asks for the same forms: they are remembered.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256

from lab.model.message import Header, Message

_WORTH_KEEPING = 1 << 16
"""Octets; the hash of a longer body is worked out each time, so that memory holds no large messages."""


def relaxed_body(body: bytes) -> bytes:
    """Blanks in a row are one, none stand at the end of a line, no empty lines at the end (3.4.4)."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:  # a run is halved each time: quicker than any regular expression
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").removesuffix(b" ")
    body = _without_empty_end(body)
    return body + b"\r\n" if body else b""


def simple_body(body: bytes) -> bytes:
    """As it is, with exactly one line end at the end (3.4.3)."""
    return _without_empty_end(body) + b"\r\n"


def _without_empty_end(body: bytes) -> bytes:
    """Without the pairs of CR and LF at the end, and only those: a lone CR or LF is no line end."""
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end]


@lru_cache(maxsize=4096)
def relaxed_header(header: Header) -> str:
    """Name in lower case, value unfolded, blanks in a row one, none at the ends (3.4.2)."""
    words = header.raw.replace("\r\n", " ").replace("\t", " ").split(" ")
    return f"{header.name.lower().rstrip()}:{' '.join(filter(None, words))}"


def simple_header(header: Header) -> str:
    """The field as it stands (3.4.1)."""
    return header.line


def body_hash(body: bytes, *, relaxed: bool = True, length: int | None = None) -> str:
    """SHA-256 of the canonical body in base64 (3.7); `length` is l=, in octets of the canonical form.

    Raises ValueError when the body is shorter than `length`.
    """
    if length is None and relaxed and len(body) <= _WORTH_KEEPING:
        return _remembered_hash(body)
    canonical = relaxed_body(body) if relaxed else simple_body(body)
    if length is not None and length > len(canonical):
        raise ValueError("the body is shorter than l= says")
    return _hash(canonical[:length])


@lru_cache(maxsize=256)
def _remembered_hash(body: bytes) -> str:
    return _hash(relaxed_body(body))


def _hash(canonical: bytes) -> str:
    return b64encode(sha256(canonical).digest()).decode()


def covered(message: Message, names: Iterable[str]) -> tuple[Header, ...]:
    """The fields that h= names: the lowest first where a name has several; a name too many covers nothing (5.4.2)."""
    named = message.named()
    taken: dict[str, int] = {}
    fields = []
    for name in names:
        rows = named.get(name, ())
        used = taken.get(name, 0)
        taken[name] = used + 1
        if used < len(rows):
            fields.append(rows[-1 - used])
    return tuple(fields)

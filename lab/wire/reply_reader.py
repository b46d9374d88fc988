"""SMTP replies out of a stream of octets, however it is cut (RFC 5321 4.2)."""

from __future__ import annotations

import re

from lab.model.reply import Reply

LONGEST_LINE = 2048
"""Octets; RFC 5321 4.5.3.1.5 wants 512, Exchange's own refusals are longer."""
MOST_LINES = 128
ROOM = 262_144
"""Octets of unread replies to hold before the sender must wait."""

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_ENHANCED = re.compile(r"\d\.\d{1,3}\.\d{1,3}(?: |$)")


class ReplyReader:
    """Feed it octets, take replies. A bare LF ends a line too: it cannot hide anything on this side."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._code = 0
        self._lines: list[str] = []

    def feed(self, data: bytes) -> None:
        """More octets."""
        self._received += data

    @property
    def is_full(self) -> bool:
        """Whether more waits here than a client could have asked for."""
        return len(self._received) >= ROOM

    @property
    def holds_something(self) -> bool:
        """Whether anything came behind the last reply."""
        return bool(self._received or self._lines)

    def next(self) -> Reply | None:
        """The next reply; None when it is not complete yet.

        Raises ValueError when this is no SMTP: no code, another code in a later line, too long.
        """
        while (line := self._next_line()) is not None:
            match = _LINE.fullmatch(line)
            if match is None:
                raise ValueError(f"{bytes(line[:80])!r} is no reply line")
            code = int(match[1])
            if self._lines and code != self._code:
                raise ValueError(f"reply {self._code} goes on as {code}")
            if len(self._lines) == MOST_LINES:
                raise ValueError(f"reply {code} has more than {MOST_LINES} lines")
            self._code = code
            self._lines.append(_text(match[3] or b""))
            if match[2] != b"-":
                reply = _reply(code, self._lines)
                self._lines = []
                return reply
        return None

    def _next_line(self) -> bytes | None:
        end = self._received.find(b"\n")
        if (len(self._received) if end < 0 else end) > LONGEST_LINE:
            raise ValueError(f"reply line longer than {LONGEST_LINE} octets")
        if end < 0:
            return None
        line = bytes(self._received[:end]).removesuffix(b"\r")
        del self._received[: end + 1]
        return line


def _text(octets: bytes) -> str:
    """Text that is safe to print and to put into a header: control characters become question marks."""
    return _CONTROL.sub("?", octets.decode("utf-8", "backslashreplace"))


def _reply(code: int, lines: list[str]) -> Reply:
    """The reply; the enhanced status is repeated on each line (RFC 2034 4), but said once."""
    first, *more = lines
    enhanced = _ENHANCED.match(first)
    if enhanced:
        more = [line.removeprefix(enhanced[0]) for line in more]
    return Reply.parse("\n".join(f"{code} {line}" for line in (first, *more)))

"""SMTP replies as values."""

from __future__ import annotations

import re
from typing import Self

from lab.model.value import value
from lab.sentence import sentence

_LINE = re.compile(r"(\d{3})(?:[ -](?:(\d\.\d{1,3}\.\d{1,3})(?: |$))?(.*))?", re.DOTALL)
_TRAILER = re.compile(r"(?: \[[A-Z0-9]+[^\]\s]* \S+Z? [0-9A-F]{16}\])+$")


@value()
class Reply:
    """What a server answers: code, enhanced status (RFC 3463, may be empty) and text.

    `trailer` is the `[<front end> <time> <session>]` that Exchange Online puts behind refusals (R189); it says
    where, not what, and takes no part in comparisons of traces.
    """

    code: int
    enhanced: str = ""
    text: str = ""
    trailer: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reply; the lines of a multi-line reply are joined by newlines, codes kept off.

        Raises ValueError when `text` starts with no reply code.
        """
        lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
        match = _LINE.fullmatch(lines[0])
        if match is None or not 200 <= int(match[1]) <= 599:
            raise ValueError(sentence("{text!r} is no SMTP reply", text=text[:80]))
        body = "\n".join([match[3] or "", *[re.sub(r"^\d{3}[ -]?", "", line) for line in lines[1:]]])
        tail = _TRAILER.search(body)
        trailer = tail[0].strip() if tail else ""
        return cls(int(match[1]), match[2] or "", body[: tail.start()] if tail else body, trailer)

    @property
    def positive(self) -> bool:
        """2yz or 3yz."""
        return self.code < 400

    @property
    def temporary(self) -> bool:
        """4yz: try again later."""
        return 400 <= self.code < 500

    @property
    def permanent(self) -> bool:
        """5yz: do not try again."""
        return self.code >= 500

    @property
    def bare(self) -> str:
        """The reply without its trailer: what it says, not who said it when."""
        return f"{self.code} {self.enhanced} {self.text}" if self.enhanced else f"{self.code} {self.text}"

    def __str__(self) -> str:
        return f"{self.bare} {self.trailer}" if self.trailer else self.bare

"""The way a message took, read from its `Received` lines, for the table in an NDR (R201)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from lab.core.dates import read_date, us_date

_LINE = re.compile(
    r"\s*(?:from\s+(\S+))?.*?\bby\s+(\S+)"
    r"(?:.*?\bwith\s+(Microsoft\s+SMTP\s+Server|E?SMTPS?A?|LMTP|HTTPS?|mapi)\b)?",
    re.DOTALL,
)


class MessageHop(NamedTuple):
    """One line of the table."""

    number: str
    time: str
    origin: str
    by: str
    protocol: str
    delay: str
    """`*` where the time since the hop before cannot be told."""


def message_hops(received: Iterable[str]) -> tuple[MessageHop, ...]:
    """The hops in the order of the way, from `Received` values with the last server first."""
    hops: list[MessageHop] = []
    before: datetime | None = None
    for line in reversed(tuple(received)):
        when = read_date(line.rpartition(";")[2])
        found = _LINE.match(line)
        origin, by, protocol = found.groups("") if found else ("", "", "")
        hops.append(
            MessageHop(
                str(len(hops) + 1),
                us_date(when) if when else "",
                origin,
                by,
                " ".join(protocol.split()),
                _delay(before, when),
            )
        )
        before = when
    return tuple(hops)


def _delay(before: datetime | None, when: datetime | None) -> str:
    if before is None or when is None or when <= before:
        return "*"
    seconds = int((when - before).total_seconds())
    return f"{seconds} sec" if seconds < 60 else f"{seconds // 60} min {seconds % 60} sec"

"""The way a message took, read from its `Received` lines, for the table in an NDR (R201)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from lab.core.dates import read_date, us_date


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
        time = us_date(when) if when else ""
        hops.append(MessageHop(str(len(hops) + 1), time, *_servers(line.split()), _delay(before, when)))
        before = when
    return tuple(hops)


def _servers(words: list[str]) -> tuple[str, str, str]:
    """From whom, by whom and by which protocol; Postfix has an earlier `with` for the cipher."""
    origin = words[1] if words[:1] == ["from"] and len(words) > 1 else ""
    if "by" not in words[:-1]:
        return origin, "", ""
    at = words.index("by") + 1
    protocol = words[words.index("with", at) + 1 :][:1] if "with" in words[at:] else []
    if protocol == ["Microsoft"]:
        protocol = ["Microsoft SMTP Server"]
    return origin, words[at], "".join(protocol)


def _delay(before: datetime | None, when: datetime | None) -> str:
    if before is None or when is None or when <= before:
        return "*"
    seconds = int((when - before).total_seconds())
    return f"{seconds} sec" if seconds < 60 else f"{seconds // 60} min {seconds % 60} sec"

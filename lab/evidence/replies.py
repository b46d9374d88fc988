"""How logs of the Exchange family quote a reply and a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lab.evidence.facts import text
from lab.model.reply import Reply
from lab.model.trace import Hop, Step

_SERVER = re.compile(r">(\d{1,3}(?:\.\d{1,3}){3})")


def iso(moment: datetime) -> str:
    """`2026-03-03T09:15:01.250Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(hop: Hop, step: Step) -> datetime:
    """When a step was taken; a step without a time counts as taken on arrival."""
    return step.at or hop.head.arrived


def server_of(step: Step) -> str:
    """The address that a step's connection led to, '' if there was none."""
    found = _SERVER.search(text(step, "connection"))
    return text(step, "address") or (found[1] if found else "")


def last_error(hop: Hop, step: Step) -> str:
    """`[{LED=…};{MSG=};{FQDN=…};{IP=…};{LRT=…}]`: last error, whose it was, and when (R41, R213)."""
    when = moment(hop, step).astimezone(UTC)
    stamp = f"{when.month}/{when.day}/{when.year} {when.hour % 12 or 12}:{when:%M:%S} {'PM' if when.hour > 11 else 'AM'}"
    reply = text(step, "reply").replace("\n", " ")
    return (
        f"[{{LED={reply}}};{{MSG=}};{{FQDN={text(step, 'host')}}};{{IP={server_of(step)}}};{{LRT={stamp}}}]"
    )


def enhanced(reply: str) -> str:
    """The enhanced status of a reply; where it has none, what its code amounts to (`5.0.0`); '' if it is no reply."""
    try:
        parsed = Reply.parse(reply)
    except ValueError:
        return ""
    return parsed.enhanced or f"{min(parsed.code // 100, 5)}.0.0"

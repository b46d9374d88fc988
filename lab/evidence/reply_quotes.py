"""How logs of the Exchange family quote a reply and a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lab.model.reply import Reply
from lab.model.steps import Contacting, Sent, Step
from lab.model.trace import Hop

_SERVER = re.compile(r">(\d{1,3}(?:\.\d{1,3}){3})")


def iso(moment: datetime) -> str:
    """`2026-03-03T09:15:01.250Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(hop: Hop, step: Step) -> datetime:
    """When a step was taken; a step without a time counts as taken on arrival."""
    return step.at or hop.head.arrived


def server_of(step: Contacting) -> str:
    """The address that a step's connection led to, '' if there was none."""
    match = _SERVER.search(step.contact.connection)
    return (step.address if isinstance(step, Sent) else "") or (match[1] if match else "")


def last_error(hop: Hop, step: Contacting) -> str:
    """`[{LED=…};{MSG=};{FQDN=…};{IP=…};{LRT=…}]`: last error, whose it was, and when (R41, R213)."""
    when = moment(hop, step).astimezone(UTC)
    stamp = f"{when.month}/{when.day}/{when.year} {when.hour % 12 or 12}:{when:%M:%S} {'PM' if when.hour > 11 else 'AM'}"
    reply = one_line(step.reply)
    return f"[{{LED={reply}}};{{MSG=}};{{FQDN={step.contact.host}}};{{IP={server_of(step)}}};{{LRT={stamp}}}]"


def one_line(reply: Reply | None) -> str:
    """A reply as logs have it, '' for none."""
    return str(reply).replace("\n", " ") if reply else ""


def enhanced(reply: Reply | None) -> str:
    """The enhanced status of a reply; where it has none, what its code amounts to (`5.0.0`); '' for none."""
    if reply is None:
        return ""
    return reply.enhanced or f"{min(reply.code // 100, 5)}.0.0"

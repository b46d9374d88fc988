"""Reading hops and steps: what they are about, where and when it was, what was answered, and how logs quote that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, uuid5

from lab.model import steps
from lab.model.reply import Reply
from lab.model.trace import Hop


def about(step: steps.Step, names: Iterable[str]) -> bool:
    """Whether a step is about one of these recipients (lower case)."""
    wanted = set(names)
    return any(name.lower() in wanted for name in step.about)


def recipients(hop: Hop) -> tuple[str, ...]:
    """Everyone the message was for at this hop, accepted or refused, each once, as written."""
    refused = (name for step in hop.all(steps.Refused) for name in step.about)
    return tuple(dict.fromkeys((*hop.head.recipients, *refused)))


def taken(hop: Hop) -> bool:
    """Whether the node took the message over. An NDR's first hop has no step for it: the node wrote it itself."""
    began = any(isinstance(step, steps.Accepted | steps.Submitted) for step in hop.steps)
    return began or hop.first(steps.Refused) is None


def place(hop: Hop) -> str:
    """Where the hop happened, as scenarios name it: `tenant:NAME` in Exchange Online, else the host's key."""
    return f"tenant:{hop.head.tenant}" if hop.head.tenant else hop.head.node


def bare_path(path: str) -> str:
    """A reverse-path without its angle brackets; '' for the null path."""
    return path.strip().removeprefix("<").removesuffix(">")


def rule_id(name: str) -> str:
    """A GUID for a mail flow rule, which logs name by it; made from its name."""
    return str(uuid5(NAMESPACE_OID, f"transport rule {name}"))


def reply_of(step: steps.Step) -> Reply | None:
    """The reply that a step tells of, the node's own or that of the next host."""
    return (
        step.reply
        if isinstance(
            step, steps.Refused | steps.Accepted | steps.Sent | steps.Deferred | steps.Bounced | steps.Dropped
        )
        else None
    )


def connector_of(hop: Hop, step: steps.Contacting) -> str:
    """The connector that a step used: its own word, or that of the last routing of its recipients before it."""
    if isinstance(step, steps.Sent | steps.Deferred) and step.connector:
        return step.connector
    names = {name.lower() for name in step.about}
    before = hop.steps[: hop.steps.index(step)]
    routed = [step for step in before if isinstance(step, steps.Routed) and about(step, names)]
    return routed[-1].connector if routed else ""


_SERVER = re.compile(r">(\d{1,3}(?:\.\d{1,3}){3})")


def iso(moment: datetime) -> str:
    """`2026-03-03T09:15:01.250Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(hop: Hop, step: steps.Step) -> datetime:
    """When a step was taken; a step without a time counts as taken on arrival."""
    return step.at or hop.head.arrived


def server_of(step: steps.Contacting) -> str:
    """The address that a step's connection led to, '' if there was none."""
    match = _SERVER.search(step.contact.connection)
    return (step.address if isinstance(step, steps.Sent) else "") or (match[1] if match else "")


def last_error(hop: Hop, step: steps.Contacting) -> str:
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

"""Reading hops and steps: what they are about, where it was, and what was answered."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import NAMESPACE_OID, uuid5

from lab.model.reply import Reply
from lab.model.steps import (
    Accepted,
    Bounced,
    Contacting,
    Deferred,
    Dropped,
    Refused,
    Routed,
    Sent,
    Step,
    Submitted,
)
from lab.model.trace import Hop


def about(step: Step, names: Iterable[str]) -> bool:
    """Whether a step is about one of these recipients (lower case)."""
    wanted = set(names)
    return any(name.lower() in wanted for name in step.about)


def recipients(hop: Hop) -> tuple[str, ...]:
    """Everyone the message was for at this hop, accepted or refused, each once, as written."""
    refused = (name for step in hop.all(Refused) for name in step.about)
    return tuple(dict.fromkeys((*hop.head.recipients, *refused)))


def taken(hop: Hop) -> bool:
    """Whether the node took the message over. An NDR's first hop has no step for it: the node wrote it itself."""
    began = any(isinstance(step, Accepted | Submitted) for step in hop.steps)
    return began or hop.first(Refused) is None


def place(hop: Hop) -> str:
    """Where the hop happened, as scenarios name it: `tenant:NAME` in Exchange Online, else the host's key."""
    return f"tenant:{hop.head.tenant}" if hop.head.tenant else hop.head.node


def bare_path(path: str) -> str:
    """A reverse-path without its angle brackets; '' for the null path."""
    return path.strip().removeprefix("<").removesuffix(">")


def rule_id(name: str) -> str:
    """A GUID for a mail flow rule, which logs name by it; made from its name."""
    return str(uuid5(NAMESPACE_OID, f"transport rule {name}"))


def reply_of(step: Step) -> Reply | None:
    """The reply that a step tells of, the node's own or that of the next host."""
    return step.reply if isinstance(step, Refused | Accepted | Sent | Deferred | Bounced | Dropped) else None


def connector_of(hop: Hop, step: Contacting) -> str:
    """The connector that a step used: its own word, or that of the last routing of its recipients before it."""
    if isinstance(step, Sent | Deferred) and step.connector:
        return step.connector
    names = {name.lower() for name in step.about}
    before = hop.steps[: hop.steps.index(step)]
    routed = [step for step in before if isinstance(step, Routed) and about(step, names)]
    return routed[-1].connector if routed else ""

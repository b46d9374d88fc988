"""Who sees what."""

from __future__ import annotations

from lab.evidence.facts import place, taken
from lab.model.trace import MessageTrace


def seen_by(trace: MessageTrace, who: str) -> bool:
    """Whether a host (by key) or a tenant (`tenant:NAME`) has the message in its own tracking log.

    Only a message that was taken is there: a refusal at SMTP leaves no row (R43, R219).
    """
    return any(taken(hop) and place(hop) == who for hop in trace.hops)

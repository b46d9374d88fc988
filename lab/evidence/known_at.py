"""What was known at a moment: the journal without what happened later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from lab.evidence.reply_quotes import moment
from lab.model.trace import Hop

TENANT = "tenant:"


def known_by(hops: Iterable[Hop], until: datetime) -> tuple[Hop, ...]:
    """The hops that had begun, each with the steps that had been taken."""
    begun = (hop for hop in hops if hop.head.arrived <= until)
    return tuple(
        Hop(hop.head, tuple(step for step in hop.steps if moment(hop, step) <= until)) for hop in begun
    )


def shown_to(who: str, hops: Iterable[Hop], now: datetime, trace_delay: int) -> tuple[Hop, ...]:
    """What `who` can know of: a tenant's message trace is `trace_delay` seconds behind (R214), logs are not."""
    behind = trace_delay if who.startswith(TENANT) else 0
    return known_by(hops, now - timedelta(seconds=behind))

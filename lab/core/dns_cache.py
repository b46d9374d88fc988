"""What one machine remembers of DNS: each answer for as long as its TTL says, as any resolver on a mail server does."""

from __future__ import annotations

from datetime import datetime, timedelta

from lab.core.bounded_memory import BoundedMemory
from lab.model.dns import DnsAnswer, DnsQuestion, ServFail


class DnsCache:
    """Answers with the time until which they are believed. Denials are remembered as well (RFC 2308), failures are not."""

    def __init__(self) -> None:
        self._known = BoundedMemory[DnsQuestion, tuple[datetime, DnsAnswer]]()

    def find(self, question: DnsQuestion, now: datetime) -> DnsAnswer | None:
        """The answer, unless there is none or its time is over."""
        entry = self._known.get(question)
        return entry[1] if entry is not None and now < entry[0] else None

    def keep(self, question: DnsQuestion, answer: DnsAnswer, ttl: int, now: datetime) -> None:
        """Remember an answer that was given `now` for `ttl` seconds."""
        if not isinstance(answer, ServFail):
            self._known[question] = now + timedelta(seconds=ttl), answer

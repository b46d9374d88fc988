"""What one machine remembers of DNS: each answer for as long as the lab's TTL says, as any resolver on a mail server does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from lab.model.dns import DnsAnswer, DnsQuestion, ServFail
from lab.wire.dns_answers import TTL

_KEPT = 10_000
"""Answers that are remembered; when there are more, all are forgotten."""


class Answering(Protocol):
    """Whoever knows the answer."""

    async def answer(self, question: DnsQuestion) -> DnsAnswer:
        """Ask."""


class Memory:
    """Answers from memory, and asks `source` for the rest. `clock` is the lab's now: a lab whose clock is moved on
    forgets. Denials are remembered as well (RFC 2308), failures are not.

    Without it a front end would spend a third of its time for a message on asking the same questions again.
    """

    def __init__(self, source: Answering, clock: Callable[[], datetime]) -> None:
        self._source = source
        self._clock = clock
        self._known: dict[DnsQuestion, tuple[datetime, DnsAnswer]] = {}
        """Until when, and what."""

    async def answer(self, question: DnsQuestion) -> DnsAnswer:
        """What is known, or what the source says."""
        known = self._known.get(question)
        if known is not None and self._clock() < known[0]:
            return known[1]
        found = await self._source.answer(question)
        if not isinstance(found, ServFail):
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[question] = self._clock() + timedelta(seconds=TTL), found
        return found

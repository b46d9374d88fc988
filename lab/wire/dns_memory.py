"""A resolver with a memory: what is remembered is not asked again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from lab.core.dns_cache import DnsCache
from lab.model.dns import DnsAnswer, DnsQuestion
from lab.wire.resolver import TimedAnswer


class DnsSource(Protocol):
    """Whoever knows the answer."""

    async def look_up(self, question: DnsQuestion) -> TimedAnswer:
        """Ask."""


class CachingResolver:
    """Answers from memory, and asks `source` for the rest. `clock` is the lab's now: a lab whose clock is moved on forgets.

    Without it a front end would spend a third of its time for a message on asking the same questions again.
    """

    def __init__(self, source: DnsSource, clock: Callable[[], datetime]) -> None:
        self._source = source
        self._clock = clock
        self._known = DnsCache()

    async def answer(self, question: DnsQuestion) -> DnsAnswer:
        """What is known, or what the source says."""
        remembered = self.known(question)
        if remembered is not None:
            return remembered
        looked_up = await self._source.look_up(question)
        self._known.keep(question, looked_up.answer, looked_up.ttl, self._clock())
        return looked_up.answer

    def known(self, question: DnsQuestion) -> DnsAnswer | None:
        """What is known without asking."""
        return self._known.find(question, self._clock())

    def forget(self) -> None:
        """Know nothing any more."""
        self._known = DnsCache()

"""What one machine remembers of DNS: each answer for as long as its TTL says, as any resolver on a mail server does."""

from __future__ import annotations

from datetime import datetime, timedelta

from lab.model.dns import DnsAnswer, DnsQuestion, ServFail

_KEPT = 10_000
"""Answers that are remembered; when there are more, all are forgotten."""


class DnsCache:
    """Answers with the time until which they are believed. Denials are remembered as well (RFC 2308), failures are not."""

    def __init__(self) -> None:
        self._known: dict[DnsQuestion, tuple[datetime, DnsAnswer]] = {}

    def find(self, question: DnsQuestion, now: datetime) -> DnsAnswer | None:
        """The answer, unless there is none or its time is over."""
        entry = self._known.get(question)
        return entry[1] if entry is not None and now < entry[0] else None

    def keep(self, question: DnsQuestion, answer: DnsAnswer, ttl: int, now: datetime) -> None:
        """Remember an answer that was given `now` for `ttl` seconds."""
        if isinstance(answer, ServFail):
            return
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[question] = now + timedelta(seconds=ttl), answer

"""When to try again, and when to give up (R149, R150)."""

from __future__ import annotations

from datetime import timedelta

from lab.model.value import dataclass


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """Waiting times between attempts; the last one repeats until the message expires."""

    waits: tuple[timedelta, ...]
    expires_after: timedelta

    def wait(self, attempts: int) -> timedelta:
        """The wait after that many attempts (1 the first)."""
        return self.waits[min(attempts, len(self.waits)) - 1]


_MINUTE = timedelta(minutes=1)
EXCHANGE_ONLINE = RetrySchedule((15 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, 60 * _MINUTE), timedelta(days=1))
"""About every 15 minutes, later every 60; 24 hours (R149)."""
EXCHANGE = RetrySchedule((10 * _MINUTE,), timedelta(days=2))
"""On-premises defaults: OutboundConnectionFailureRetryInterval and MessageExpirationTimeout."""
GATEWAY = RetrySchedule(
    (5 * _MINUTE, 10 * _MINUTE, 20 * _MINUTE, 40 * _MINUTE, 66 * _MINUTE), timedelta(days=5)
)
"""Postfix: minimal_backoff_time doubled up to maximal_backoff_time; maximal_queue_lifetime."""

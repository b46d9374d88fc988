"""What a run sends of itself, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from lab.evidence.repeated_tests import series
from lab.evidence.trace_assembly import traces
from lab.model.trace import Hop
from lab.scenario.model import MessageSpec


class MessageSchedule:
    """The messages that wait for their time, in order; those of one time as they are written."""

    def __init__(self, messages: tuple[MessageSpec, ...], starts: datetime) -> None:
        self._starts = starts
        self._all = messages
        self._waiting = sorted(messages, key=lambda spec: spec.at)
        self.sent: dict[str, str] = {}
        """Message-ID by key, of those that were sent."""

    @property
    def next(self) -> datetime | None:
        """When the next one is due; None if there is none."""
        return self._starts + self._waiting[0].at if self._waiting else None

    def due(self, now: datetime) -> tuple[MessageSpec, ...]:
        """Those whose time has come; they do not wait any more."""
        ready = [spec for spec in self._waiting if self._starts + spec.at <= now]
        del self._waiting[: len(ready)]
        return tuple(ready)

    def settle(self, hops: Callable[[], tuple[Hop, ...]]) -> None:
        """Forget the rest of each series whose last tests came to the same end."""
        waiting = {spec.series for spec in self._waiting if spec.until_stable}
        if not waiting:
            return
        sent_series = series(self._all, self.sent, traces(hops()))
        settled = {message.name for message in sent_series if message.name in waiting and message.is_stable}
        self._waiting = [spec for spec in self._waiting if spec.series not in settled]

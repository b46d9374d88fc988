"""The lab's clock on the wire: runs like a real one, and may be moved on when nothing but waiting is left."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


def today() -> datetime:
    """The machine's clock, for what has to do with the reader's own world and not with a lab's."""
    return datetime.now(UTC)


class LabClock:
    """Starts at a given moment; never goes back."""

    def __init__(self, starts: datetime, real: float | None = None) -> None:
        """`real` is what this machine's monotonic clock said when it was `starts`, now if None.

        All programs of one machine that know both numbers have one clock.
        """
        self._starts = starts.astimezone(UTC)
        self._real = time.monotonic() if real is None else real

    def now(self) -> datetime:
        """Aware, UTC."""
        return self._starts + timedelta(seconds=time.monotonic() - self._real)

    def skip_to(self, moment: datetime) -> None:
        """Move on to `moment`; a moment that has passed changes nothing."""
        ahead = moment - self.now()
        if ahead > timedelta():
            self._starts += ahead

    @property
    def reading(self) -> tuple[datetime, float]:
        """A moment of the lab, and what the machine's monotonic clock says then."""
        return self._starts, self._real

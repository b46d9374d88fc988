"""How long something takes, over many times: counts of durations up to each bound, as Prometheus wants them."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Seconds. A flush takes a tenth of a millisecond in memory, a few on a solid state disk, ten on a turning one."""


class DurationHistogram:
    """One writer, in any thread; readers may be a value behind."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0
        """Seconds of all together."""

    def add(self, seconds: float) -> None:
        """Once more."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    @property
    def below(self) -> tuple[tuple[float, int], ...]:
        """How many took at most so long; the last bound is infinite."""
        return tuple(zip((*BOUNDS, float("inf")), accumulate(self._counts), strict=True))

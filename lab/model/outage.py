"""What may break while a lab runs: machines and the network between them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from lab.model.value import dataclass


class How(StrEnum):
    """What happens to a machine. Whoever wants to reach it gets no answer, whatever it is."""

    KILLED = "killed"
    """It goes without a word. What is on its disk is there when it is back; what it remembered of DNS is not."""
    PAUSED = "paused"
    """It stands still and then goes on as if nothing had been."""
    RESTARTED = "restarted"
    """Killed, and back at once."""
    CUT_OFF = "cut off"
    """It works, but nobody reaches it, it reaches nobody, and DNS does not answer it."""
    DROPPED = "dropped"
    """Nothing gets through between two machines; others reach both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Something is broken from `at` for as long as it `lasts`, counted from the lab's start."""

    how: How
    nodes: tuple[str, ...]
    """One node (`gateway`, `eop:EUR`); two of which `dropped` tells."""
    at: timedelta
    lasts: timedelta = timedelta()

    @property
    def stands_still(self) -> bool:
        """Whether the machine does nothing meanwhile."""
        return self.how in (How.KILLED, How.PAUSED)

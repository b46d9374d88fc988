"""The folder that the parts of a lab share when each is a program of its own: who is where, and what time it is.

It holds the variant as it was set up, certificates and keys, and for each part a folder with its store, its control
socket and its clock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from lab.drivers.lab_clock import LabClock
from lab.errors import DriverError
from lab.model.value import dataclass

DNS = "dns"
"""The part that answers DNS; all others are called by their node."""
SMTP_PORT, DNS_PORT = 25, 53
_PARTS = "parts"
_CLOCK = "clock.json"
OURS = (_PARTS, _CLOCK)
"""What there is of a lab beside what was set up."""


def folder_of(root: Path, part: str) -> Path:
    """Where a part keeps its things, once it is there; whoever only asks it makes nothing."""
    return root / _PARTS / part.replace(":", "-")


def make_folder(root: Path, part: str) -> Path:
    """The same for the part itself: made if it is not there."""
    folder = folder_of(root, part)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def add_alias(root: Path, part: str, name: str) -> None:
    """Let a part be found by another name, such as an address of it."""
    link = root / _PARTS / name
    if not link.is_symlink():
        link.symlink_to(make_folder(root, part).name)


def stores(root: Path) -> list[Path]:
    """The stores of all parts that have one."""
    return sorted(path for path in root.glob(f"{_PARTS}/*/lab.sqlite") if not path.parent.is_symlink())


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What the lab's clock says, as a program notes it for another."""

    starts: datetime
    """When the scenario begins."""
    lab: datetime
    real: float
    """What the machine's monotonic clock says when it is `lab`."""

    @property
    def clock(self) -> LabClock:
        """The clock that this is a reading of. It goes on from `lab` where the machine has started again meanwhile."""
        return LabClock(self.lab, min(self.real, time.monotonic()))

    @classmethod
    def of(cls, starts: datetime, clock: LabClock) -> ClockReading:
        """Read a clock."""
        return cls(starts, *clock.reading)


def note(where: Path, reading: ClockReading) -> None:
    """Write a reading down, whole or not at all."""
    text = {"starts": reading.starts.isoformat(), "lab": reading.lab.isoformat(), "real": reading.real}
    fresh = where / f"{_CLOCK}.new"
    fresh.write_text(json.dumps(text))
    fresh.replace(where / _CLOCK)


def has_clock(root: Path) -> bool:
    """Whether the lab's clock runs."""
    return (root / _CLOCK).exists()


def latest(root: Path) -> ClockReading:
    """The reading of the part that is furthest: one that was away has missed what others were told.

    Raises DriverError when nothing was set up.
    """
    return max(
        _readings([root / _CLOCK, *root.glob(f"{_PARTS}/*/{_CLOCK}")]),
        key=lambda reading: reading.clock.now(),
    )


def _readings(paths: Iterable[Path]) -> Iterable[ClockReading]:
    for path in paths:
        try:
            noted = json.loads(path.read_text())
            starts, lab = (datetime.fromisoformat(noted[key]) for key in ("starts", "lab"))
            yield ClockReading(starts, lab, float(noted["real"]))
        except (OSError, ValueError, KeyError) as error:
            raise DriverError(f"{path}: {error!r}; has `mflab part setup` run?") from error

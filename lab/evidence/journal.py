"""The journal in memory: what every node did, in the order in which it was told; and what of it was known at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from lab.errors import LabBug
from lab.evidence.hop_facts import moment
from lab.model.steps import Step
from lab.model.trace import Hop, HopHead


class Journal:
    """Hops by id. An id that begins again is a new hop: a session may see several messages refused."""

    def __init__(self) -> None:
        self._heads: list[HopHead] = []
        self._steps: list[list[Step]] = []
        self._last: dict[str, int] = {}
        self._touched: list[int] = []
        """Which hop each thing that was told is about, in order."""

    def begin(self, head: HopHead, steps: Iterable[Step] = ()) -> None:
        """A message arrived at a node, or was refused there."""
        self._last[head.id] = len(self._heads)
        self._touched.append(len(self._heads))
        self._heads.append(head)
        self._steps.append(list(steps))

    def append(self, hop_id: str, steps: Iterable[Step]) -> None:
        """More was done at a hop that has begun. Raises LabBug when it has not."""
        try:
            index = self._last[hop_id]
        except KeyError:
            raise LabBug(f"steps for hop {hop_id!r}, which never began") from None
        self._steps[index].extend(steps)
        self._touched.append(index)

    def hops(self) -> tuple[Hop, ...]:
        """Everything so far."""
        return tuple(Hop(head, tuple(steps)) for head, steps in zip(self._heads, self._steps, strict=True))

    @property
    def position(self) -> int:
        """How much has been told; grows with each thing."""
        return len(self._touched)

    def since(self, position: int, until: int | None = None) -> Iterator[tuple[int, HopHead, Sequence[Step]]]:
        """The hops that something was told of since then (and before `until`): index, head, all their steps so far.

        For readers who come again and again, and do not want to read all of it each time.
        """
        for index in dict.fromkeys(self._touched[position:until]):
            yield index, self._heads[index], self._steps[index]

    def __len__(self) -> int:
        return len(self._heads)


TENANT = "tenant:"


def known_by(hops: Iterable[Hop], until: datetime) -> tuple[Hop, ...]:
    """The hops that had begun, each with the steps that had been taken."""
    begun = (hop for hop in hops if hop.head.arrived <= until)
    return tuple(
        Hop(hop.head, tuple(step for step in hop.steps if moment(hop, step) <= until)) for hop in begun
    )


def shown_to(who: str, hops: Iterable[Hop], now: datetime, trace_delay: int) -> tuple[Hop, ...]:
    """What `who` can know of: a tenant's message trace is `trace_delay` seconds behind (R214), logs are not."""
    behind = trace_delay if who.startswith(TENANT) else 0
    return known_by(hops, now - timedelta(seconds=behind))

"""The journal in memory: what every node did, in the order in which it was told."""

from __future__ import annotations

from collections.abc import Iterable

from lab.errors import LabBug
from lab.model.trace import Hop, HopHead, Step


class Journal:
    """Hops by id. An id that begins again is a new hop: a session may see several messages refused."""

    def __init__(self) -> None:
        self._heads: list[HopHead] = []
        self._steps: list[list[Step]] = []
        self._last: dict[str, list[Step]] = {}

    def begin(self, head: HopHead, steps: Iterable[Step] = ()) -> None:
        """A message arrived at a node, or was refused there."""
        noted = list(steps)
        self._heads.append(head)
        self._steps.append(noted)
        self._last[head.id] = noted

    def append(self, hop_id: str, steps: Iterable[Step]) -> None:
        """More was done at a hop that has begun. Raises LabBug when it has not."""
        try:
            self._last[hop_id].extend(steps)
        except KeyError:
            raise LabBug(f"steps for hop {hop_id!r}, which never began") from None

    def hops(self) -> tuple[Hop, ...]:
        """Everything so far."""
        return tuple(Hop(head, tuple(steps)) for head, steps in zip(self._heads, self._steps, strict=True))

    def __len__(self) -> int:
        return len(self._heads)

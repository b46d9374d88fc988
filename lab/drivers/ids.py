"""Names for messages, queues and sessions: from a seed, so that a run can be repeated to the letter."""

from __future__ import annotations

import random


class SeededIds:
    """An `IdSource`: looks random, is repeatable, and never gives the same name twice."""

    def __init__(self, seed: int | str = 0) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - names, no secrets
        self._count = 0

    def hex(self, digits: int) -> str:
        """Upper-case hex digits; the count in the low ones keeps them apart."""
        self._count += 1
        high = self._dice.getrandbits(4 * digits) ^ 0
        return f"{(high & ~0xFFFFF) | (self._count & 0xFFFFF):0{digits}X}"[-digits:]

    def number(self) -> int:
        """13 digits, as InternalId has."""
        self._count += 1
        return self._dice.randrange(1_000_000, 9_000_000) * 1_000_000 + self._count % 1_000_000

    def guid(self) -> str:
        """A GUID."""
        self._count += 1
        bits = f"{self._dice.getrandbits(96):024x}{self._count & 0xFFFFFFFF:08x}"
        return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-8{bits[17:20]}-{bits[20:]}"

"""Names for messages, queues and sessions: from a seed, so that a run can be repeated to the letter."""

from __future__ import annotations

import random
from collections.abc import Iterable


class SeededIds:
    """An `IdSource`: looks random, is repeatable, and never gives the same name twice, nor one that is `taken`."""

    def __init__(self, seed: int | str = 0, taken: Iterable[str] = ()) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - names, no secrets
        self._taken = frozenset(taken)
        self._count = 0

    def hex(self, digits: int) -> str:
        """Upper-case hex digits; the count in the low ones keeps them apart."""
        self._count += 1
        high = self._dice.getrandbits(4 * digits)
        name = f"{(high & ~0xFFFFF) | (self._count & 0xFFFFF):0{digits}X}"[-digits:]
        return self.hex(digits) if name in self._taken else name

    def number(self) -> int:
        """13 digits, as InternalId has."""
        self._count += 1
        name = self._dice.randrange(1_000_000, 9_000_000) * 1_000_000 + self._count % 1_000_000
        return self.number() if str(name) in self._taken else name

    def guid(self) -> str:
        """A GUID."""
        self._count += 1
        bits = f"{self._dice.getrandbits(96):024x}{self._count & 0xFFFFFFFF:08x}"
        return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-8{bits[17:20]}-{bits[20:]}"

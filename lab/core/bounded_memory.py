"""What was found out before, and need not be found out again."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedMemory(dict[K, V]):
    """A dict of at most `most` entries; when there would be more, all are forgotten."""

    most = 10_000

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= self.most:
            self.clear()
        super().__setitem__(key, value)

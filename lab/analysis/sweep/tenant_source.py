"""Where the tenants come from: lines that can be read twice, first all of them, then those of a shard."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

TENANTS = "tenants.jsonl"
TenantLine = tuple[int, bytes]
"""A line and its number, from 1."""


class TenantSource(ABC):
    """Tenants as lines of JSON, each with a place in the input: 0, 1, 2, ..."""

    file: str
    """What mistakes are told of."""

    @abstractmethod
    def lines(self) -> Iterator[TenantLine]:
        """All lines that are not blank, in order; what is read is remembered."""

    @abstractmethod
    def line(self, place: int) -> TenantLine:
        """A tenant's, once all were read."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Of all that was read."""

    def close(self) -> None:  # noqa: B027 - most hold nothing open
        """Close what is open."""

    def __enter__(self) -> TenantSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def chunks(self, size: int) -> Iterator[tuple[TenantLine, ...]]:
        """All lines, some at a time."""
        lines = self.lines()
        while chunk := tuple(islice(lines, size)):
            yield chunk


class LinesFile(TenantSource):
    """`tenants.jsonl`: only where its lines begin is kept."""

    def __init__(self, path: Path) -> None:
        self.file = str(path)
        self._stream = path.open("rb")
        self._begins = array("q")
        self._numbers = array("q")
        self._hash = sha256()

    def lines(self) -> Iterator[TenantLine]:
        """Read the file from its start."""
        self._stream.seek(0)
        self._begins, self._numbers, self._hash = array("q"), array("q"), sha256()
        at = 0
        for number, line in enumerate(self._stream, 1):
            self._hash.update(line)
            if line.strip():
                self._begins.append(at)
                self._numbers.append(number)
                yield number, line
            at += len(line)

    def line(self, place: int) -> TenantLine:
        """Read it again."""
        self._stream.seek(self._begins[place])
        return self._numbers[place], self._stream.readline()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class MadeLines(TenantSource):
    """Lines that were made from something else."""

    def __init__(self, file: str, lines: Iterable[bytes]) -> None:
        self.file = file
        self._lines = tuple(lines)

    def lines(self) -> Iterator[TenantLine]:
        """All of them."""
        return iter(tuple(enumerate(self._lines, 1)))

    def line(self, place: int) -> TenantLine:
        """One of them."""
        return place + 1, self._lines[place]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of them."""
        return sha256(b"\n".join(self._lines)).hexdigest()

"""The tenants as lines of JSON. A sweep reads them twice: first all of them, then those of one shard at a time."""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from hashlib import sha256
from itertools import islice
from pathlib import Path

TENANTS = "tenants.jsonl"
TenantLine = tuple[int, bytes]
"""A line and its number, from 1."""


class TenantSource(AbstractContextManager["TenantSource"]):
    """Tenants, one on a line, each with a place in the input: 0, 1, 2, ...; blank lines have none."""

    file: str
    """The name of the input, for messages."""

    @abstractmethod
    def lines(self) -> Iterator[TenantLine]:
        """All lines that are not blank, in order."""

    @abstractmethod
    def line(self, place: int) -> TenantLine:
        """The line of the tenant at a place, once `lines` has read all."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """A hash of the whole input, once it was read."""

    def close(self) -> None:
        """Close what is open."""

    def __exit__(self, *_: object) -> None:
        self.close()

    def chunks(self, size: int) -> Iterator[tuple[TenantLine, ...]]:
        """All lines, `size` at a time."""
        lines = self.lines()
        while chunk := tuple(islice(lines, size)):
            yield chunk


class LinesFile(TenantSource):
    """`tenants.jsonl`. In memory are only the offsets of its lines."""

    def __init__(self, path: Path) -> None:
        self.file = str(path)
        self._stream = path.open("rb")
        self._offsets, self._numbers, self._hash = array("q"), array("q"), sha256()

    def lines(self) -> Iterator[TenantLine]:
        """Read the file from its start."""
        self._stream.seek(0)
        self._offsets, self._numbers, self._hash = array("q"), array("q"), sha256()
        offset = 0
        for number, line in enumerate(self._stream, 1):
            self._hash.update(line)
            if line.strip():
                self._offsets.append(offset)
                self._numbers.append(number)
                yield number, line
            offset += len(line)

    def line(self, place: int) -> TenantLine:
        """Read it again."""
        self._stream.seek(self._offsets[place])
        return self._numbers[place], self._stream.readline()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class MadeLines(TenantSource):
    """Lines that the lab made from scenarios or exports."""

    def __init__(self, file: str, lines: Iterable[bytes]) -> None:
        self.file = file
        self._lines = tuple(lines)

    def lines(self) -> Iterator[TenantLine]:
        """All of them."""
        return enumerate(self._lines, 1)

    def line(self, place: int) -> TenantLine:
        """One of them."""
        return place + 1, self._lines[place]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of them."""
        return sha256(b"\n".join(self._lines)).hexdigest()

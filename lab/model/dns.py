"""DNS questions and answers as values, and the zones that answer them.

Core logic that needs DNS mid-way is a generator that yields `DnsQuestion`s (`DnsQueries`); the simulator answers from
`Zones`, the wire from the lab's own DNS server.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol, TypeVar

from lab.model.names import Domain
from lab.model.value import value

RecordType = Literal["A", "AAAA", "MX", "TXT", "PTR", "CNAME"]
T = TypeVar("T")
DEFAULT_TTL = 3600
"""Seconds that a record may be remembered where the scenario says nothing."""
DENIED_TTL = 60
"""Seconds that the absence of a record may be remembered (RFC 2308)."""


@value()
class DnsQuestion:
    """One look-up."""

    name: Domain
    type: RecordType


@dataclass(frozen=True, slots=True, order=True)
class Mx:
    """An MX record; the host `.` (null MX, RFC 7505) is the empty string."""

    preference: int
    host: str

    def __str__(self) -> str:
        return f"{self.preference} {self.host or '.'}"


@value()
class DnsRecords:
    """The rows found: `Mx` for MX, text for all other types (TXT strings already joined)."""

    rows: tuple[Mx | str, ...]

    def texts(self) -> tuple[str, ...]:
        """The rows as text."""
        return tuple(str(row) for row in self.rows)

    def mx(self) -> tuple[Mx, ...]:
        """The MX rows by preference."""
        return tuple(sorted(row for row in self.rows if isinstance(row, Mx)))


@value()
class NoData:
    """The name exists, but has no record of that type."""


@value()
class NxDomain:
    """There is no such name."""


@value()
class ServFail:
    """The name server failed: a temporary error."""


DnsAnswer = DnsRecords | NoData | NxDomain | ServFail
DnsQueries = Generator[DnsQuestion, DnsAnswer, T]
"""A computation that may ask DNS questions before it returns a T."""


@dataclass(frozen=True)
class Zones:
    """All DNS data of a lab: rows by name and type; names in `broken` answer SERVFAIL."""

    rows: Mapping[tuple[str, str], tuple[Mx | str, ...]]
    broken: frozenset[str] = frozenset()
    ttls: Mapping[str, int] = field(default_factory=dict)
    """Seconds by name, where they are not DEFAULT_TTL."""

    @cached_property
    def _names(self) -> frozenset[str]:
        names = frozenset(name for name, _ in self.rows)
        return names.union(*(Domain(name).parents() for name in names))  # empty non-terminals exist, RFC 8020

    def answer(self, question: DnsQuestion) -> DnsAnswer:
        """Answer from the data, following CNAMEs (eight at most, then SERVFAIL)."""
        name: str = question.name
        for _ in range(8):
            if name in self.broken:
                return ServFail()
            rows = self.rows.get((name, question.type))
            if rows:
                return DnsRecords(rows)
            alias = self.rows.get((name, "CNAME"))
            if alias is None or question.type == "CNAME":
                return NoData() if name in self._names else NxDomain()
            name = str(alias[0])
        return ServFail()

    def ttl(self, name: str) -> int:
        """For how many seconds the records of a name may be remembered."""
        return self.ttls.get(name, DEFAULT_TTL)

    def lasting(self, question: DnsQuestion) -> int:
        """For how many seconds the answer to a question may be remembered: the least along its chain of aliases."""
        name: str = question.name
        spans: list[int] = []
        for _ in range(8):
            if (name, question.type) in self.rows:
                return min(*spans, self.ttl(name)) if spans else self.ttl(name)
            alias = self.rows.get((name, "CNAME"))
            if alias is None:
                break
            spans.append(self.ttl(name))
            name = str(alias[0])
        return DENIED_TTL


class DnsResolver(Protocol):
    """Whoever answers questions: zones, or a machine that remembers."""

    def answer(self, question: DnsQuestion) -> DnsAnswer:
        """The answer."""


def answered(asking: DnsQueries[T], zones: DnsResolver) -> T:
    """Run a computation to its end, answering its questions from `zones`."""
    try:
        question = next(asking)
        while True:
            question = asking.send(zones.answer(question))
    except StopIteration as end:
        value: T = end.value
        return value


def zones_of(
    records: Iterable[tuple[str, RecordType, Mx | str]],
    broken: Iterable[str] = (),
    ttls: Mapping[str, int] | None = None,
) -> Zones:
    """Zones from single records, in order of appearance."""
    rows: dict[tuple[str, str], tuple[Mx | str, ...]] = {}
    for name, kind, row in records:
        rows[name, kind] = (*rows.get((name, kind), ()), row)
    return Zones(rows, frozenset(broken), dict(ttls or {}))

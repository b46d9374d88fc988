"""Numbers to watch: families of samples in Prometheus' manner, and counters over hops and steps, by place.

Nothing is counted where it happens. A tally reads the journal, from where it stopped the last time; a lab that starts
again with its journal has the same numbers as before. Pure, and the same for every driver of the lab.

No label takes what mail brings with it (addresses, Message-IDs, names of connectors and certificates): the number of
series depends on the configuration alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import assert_never

from lab.evidence.hop_facts import enhanced, place, taken
from lab.evidence.journal import Journal
from lab.evidence.misplacement import Placement, TopologyAt
from lab.model import steps
from lab.model.decision import Basis, Verdict
from lab.model.topology import Topology
from lab.model.trace import Hop, HopHead
from lab.model.value import dataclass
from lab.scenario.model import Variant

Labels = tuple[str, ...]
"""Values, in the order of the family's label names."""


class MetricKind(StrEnum):
    """What a number may do."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class MetricDeclaration:
    """What a family is called and means. A counter's name is without `_total`, which the text adds."""

    name: str
    about: str
    labels: Labels = ()
    kind: MetricKind = MetricKind.COUNTER


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values were at most each bound, the last one infinite, and their sum."""

    below: tuple[tuple[float, int], ...]
    """Cumulative."""
    total: float


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """A family with its samples."""

    declared: MetricDeclaration
    samples: Mapping[Labels, float | Histogram] = field(default_factory=dict)


MESSAGES = MetricDeclaration(
    "mflab_messages", "Messages taken over, once for each place on their way.", ("place",)
)
DELIVERIES = MetricDeclaration("mflab_deliveries", "Messages put into a mailbox.", ("place",))
DUPLICATES = MetricDeclaration(
    "mflab_duplicates", "Messages put into a mailbox that has one with that Message-ID already.", ("place",)
)
MISPLACED = MetricDeclaration(
    "mflab_misplaced_messages",
    "Messages in a tenant that neither their sender nor their recipients lead to, by what made it take them.",
    ("place", "basis"),
)
ATTRIBUTIONS = MetricDeclaration(
    "mflab_attributions",
    "Decisions of front ends whom a message speaks for, one for each recipient.",
    ("tenant", "basis", "verdict"),
)
REFUSALS = MetricDeclaration(
    "mflab_refusals", "Refusals at SMTP, by the command that was refused.", ("place", "stage", "status")
)
DEFERRALS = MetricDeclaration(
    "mflab_deferrals", "Attempts that failed and will be made again.", ("place", "status")
)
NDRS = MetricDeclaration("mflab_ndrs", "Non-delivery reports, by who made them.", ("maker", "status"))
DROPS = MetricDeclaration(
    "mflab_drops", "Recipients given up without a report: there was nobody to tell.", ("place",)
)

COUNTED: tuple[MetricDeclaration, ...] = (
    MESSAGES,
    DELIVERIES,
    DUPLICATES,
    MISPLACED,
    ATTRIBUTIONS,
    REFUSALS,
    DEFERRALS,
    NDRS,
    DROPS,
)
OTHER = "other"
NONE = "none"
STAGES = ("mail", "rcpt", "data")
_SEEDED = ("5.7.51", "5.7.64")
"""Statuses of misrouting, told as 0 from the start: an alert sees a change, not a series that begins."""
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_MOST_STATUSES = 100
"""A peer's words must not make series without end; what Exchange says is half as much."""


class Tally:
    """Counts what it is told, and knows how far it has read."""

    def __init__(self, variant: Variant, topology_at: TopologyAt | None = None) -> None:
        self._placement = Placement(variant, topology_at)
        self._counts: dict[MetricDeclaration, Counter[Labels]] = {kind: Counter() for kind in COUNTED}
        for declared, labels in _seeds(variant.topology):
            self._counts[declared][labels] = 0
        self._position = 0
        self._seen: dict[int, int] = {}
        """Steps counted of each hop, by its index."""
        self._statuses = set(_SEEDED)
        self._delivered: set[tuple[str, str]] = set()

    def read(self, journal: Journal, most: int | None = None) -> bool:
        """Count what the journal was told since the last time, `most` things of it; whether there is more."""
        until = journal.position if most is None else min(self._position + most, journal.position)
        for index, head, so_far in journal.since(self._position, until):
            self.count(index, head, so_far)
        self._position = until
        return until < journal.position

    def count(self, index: int, head: HopHead, so_far: Sequence[steps.Step]) -> None:
        """Count the steps of a hop that have not been counted yet, and the hop itself if it is new."""
        hop = Hop(head, tuple(so_far))
        done = self._seen.get(index)
        if done is None:
            self._arrival(hop)
        self._seen[index] = len(hop.steps)
        for step in hop.steps[done or 0 :]:
            self._step(hop, step)
        for step in _reports(hop.steps[done or 0 :]):
            self._add(NDRS, place(hop), self._status(step.status))

    def families(self) -> tuple[MetricFamily, ...]:
        """All counters as they are now."""
        return tuple(MetricFamily(declared, dict(self._counts[declared])) for declared in COUNTED)

    def _arrival(self, hop: Hop) -> None:
        if not taken(hop):
            return
        self._add(MESSAGES, place(hop))
        if self._placement.misplaced(hop):
            self._add(MISPLACED, place(hop), _basis(hop))

    def _step(self, hop: Hop, step: steps.Step) -> None:
        match step:
            case steps.Delivered():
                self._delivery(hop, step)
            case steps.Attributed():
                verdict = step.direction or Verdict.REFUSED
                self._add(ATTRIBUTIONS, step.tenant or NONE, step.basis.value, verdict.value)
            case steps.Refused():
                self._add(REFUSALS, place(hop), step.stage.value, self._replied(step))
            case steps.Deferred():
                self._add(DEFERRALS, place(hop), self._replied(step))
            case steps.Dropped():
                self._add(DROPS, place(hop))
            case (
                steps.Submitted()
                | steps.Connected()
                | steps.Accepted()
                | steps.Authenticated()
                | steps.Promoted()
                | steps.Resolved()
                | steps.Expanded()
                | steps.Merged()
                | steps.Ruled()
                | steps.Routed()
                | steps.Sent()
                | steps.Bounced()
            ):
                pass  # details of the way; bounces are counted by report
            case _:
                assert_never(step)

    def _delivery(self, hop: Hop, step: steps.Delivered) -> None:
        self._add(DELIVERIES, place(hop))
        copy = (hop.head.message_id, step.mailbox.lower())
        if copy in self._delivered and hop.head.message_id:
            self._add(DUPLICATES, place(hop))
        self._delivered.add(copy)

    def _add(self, declared: MetricDeclaration, *labels: str) -> None:
        self._counts[declared][labels] += 1

    def _replied(self, step: steps.Refused | steps.Deferred) -> str:
        return self._status(enhanced(step.reply))

    def _status(self, status: str) -> str:
        if not _STATUS.fullmatch(status):
            return OTHER
        if len(self._statuses) < _MOST_STATUSES:
            self._statuses.add(status)
        return status if status in self._statuses else OTHER


def count(
    hops: Iterable[Hop], variant: Variant, topology_at: TopologyAt | None = None
) -> tuple[MetricFamily, ...]:
    """The counters of a run that is over."""
    tally = Tally(variant, topology_at)
    for index, hop in enumerate(hops):
        tally.count(index, hop.head, hop.steps)
    return tally.families()


def places(topology: Topology) -> tuple[str, ...]:
    """Everywhere that a message can be: tenants, hosts, and front ends that know no tenant yet."""
    regions = (region.node for region in topology.regions.values())
    return (*(f"tenant:{name}" for name in topology.tenants), *topology.hosts, *regions)


def _reports(since: Iterable[steps.Step]) -> Iterable[steps.Bounced]:
    """One step for each NDR: a report may tell of several recipients."""
    return {step.ndr: step for step in since if isinstance(step, steps.Bounced) and step.ndr}.values()


def _basis(hop: Hop) -> str:
    """What made the tenant take the message for its own; `none` where nobody had to decide (its own report)."""
    decided = (step for step in hop.all(steps.Attributed) if step.tenant == hop.head.tenant)
    return next((step.basis.value for step in decided), Basis.NONE.value)


def _seeds(topology: Topology) -> Iterator[tuple[MetricDeclaration, Labels]]:
    """What is told as 0 before it happens."""
    for where in places(topology):
        for declared in (MESSAGES, DELIVERIES, DUPLICATES, DROPS):
            yield declared, (where,)
        for status in _SEEDED:
            yield NDRS, (where, status)
            yield REFUSALS, (where, "rcpt", status)
            yield DEFERRALS, (where, status)
    for tenant in topology.tenants:
        yield from ((MISPLACED, (f"tenant:{tenant}", basis.value)) for basis in Basis)
    for tenant in (*topology.tenants, NONE):
        for basis in Basis:
            yield from ((ATTRIBUTIONS, (tenant, basis.value, verdict.value)) for verdict in Verdict)

"""All scenarios, played once: each mail that arrived, beside the trace that knows what happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from lab.drivers.run_outcome import RunOutcome
from lab.drivers.simulator import simulate
from lab.evidence.hop_facts import taken
from lab.model.names import Domain
from lab.model.steps import Attributed, Bounced, Step
from lab.model.topology import Topology
from lab.model.trace import Hop, MessageTrace
from lab.model.transport import Mailboxed
from lab.scenario.load import load
from lab.scenario.model import Variant

SCENARIOS = Path(__file__).parents[3] / "scenarios"
_BASIS = {"certificate": "connector", "address": "connector", "recipient": "recipient"}


@dataclass(frozen=True)
class Play:
    """A variant and its outcome."""

    file: str
    variant: Variant
    outcome: RunOutcome

    @property
    def name(self):
        return f"{self.file}/{self.variant.name}"

    @property
    def topologies(self) -> tuple[Topology, ...]:
        """What held at one time or another."""
        return (self.variant.topology, *(moment.topology for moment in self.variant.timeline))


@dataclass(frozen=True)
class Mail:
    """A mail in a mailbox, its own trace and, of a report, that of the message it is about."""

    play: Play
    found: Mailboxed
    trace: MessageTrace
    about: MessageTrace | None

    @property
    def where(self):
        return f"{self.play.name} {self.found.message.message_id}"

    @property
    def stays(self) -> tuple[Hop, ...]:
        return stays(self.trace)

    @property
    def bounces(self) -> tuple[tuple[Hop, Step], ...]:
        """What was given up with this report, and where."""
        mine = self.found.message.message_id
        hops = self.about.hops if self.about else ()
        return tuple((h, s) for h in hops for s in h.all(Bounced) if s.ndr == mine)


@lru_cache(maxsize=1)
def variants() -> tuple[tuple[str, Variant], ...]:
    files = (path for path in sorted(SCENARIOS.rglob("*.yaml")) if "common" not in path.parts)
    return tuple(
        (path.stem, variant)
        for path in files
        for variant in load(path).variants.values()
        if variant.only in (None, "simulator")
    )


@cache
def play(number: int) -> Play:
    file, variant = variants()[number]
    return Play(file, variant, simulate(variant))


def plays(every: int = 1) -> tuple[Play, ...]:
    """Every so many variants, played once however many tests ask."""
    return tuple(play(number) for number in range(0, len(variants()), every))


def mails(every: int = 1) -> tuple[Mail, ...]:
    return tuple(mail for each in plays(every) for mail in _mails(each))


def mail_of(start: str) -> Mail:
    """The first report whose variant is named so: `file/variant`."""
    number = next(n for n, (file, variant) in enumerate(variants()) if f"{file}/{variant.name}" == start)
    return next(mail for mail in _mails(play(number)) if mail.about is not None)


def _mails(play: Play) -> Iterator[Mail]:
    known = dict(_every(play.outcome.traces.values(), None))
    for found in play.outcome.delivered:
        trace, about = known[found.message.message_id]
        yield Mail(play, found, trace, about)


def _every(traces, about):
    for trace in traces:
        yield trace.message_id, (trace, about)
        yield from _every(trace.reports, trace)


def stays(trace: MessageTrace | None) -> tuple[Hop, ...]:
    """The hops at which a tenant had the message."""
    return tuple(hop for hop in trace.hops if taken(hop) and hop.head.tenant) if trace else ()


def basis(hop: Hop) -> str:
    decided = hop.first(Attributed)
    return _BASIS[decided.basis] if decided else "mailbox"


def owners(play: Play, domain: str) -> set[str]:
    """The tenants that have a domain, at one time or another."""
    return {
        tenant.name
        for topology in play.topologies
        for tenant in topology.tenants.values()
        if domain and tenant.accepts(Domain(domain))
    }


def called(play: Play, tenant) -> set[str]:
    """The tenants of the scenario that a diagnosis may mean."""
    by_id = {t.name for topology in play.topologies for t in topology.tenants.values() if t.id == tenant.id}
    return by_id if tenant.id else owners(play, tenant.domain)

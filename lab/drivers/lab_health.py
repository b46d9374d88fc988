"""How a running lab is: what its queue, servers and disk have to say in numbers, and whether it is ready."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from datetime import datetime

from lab import __version__
from lab.drivers.embedded import Embedded
from lab.errors import LabBug, WireError
from lab.evidence.metrics import Histogram, Labels, MetricDeclaration, MetricFamily, MetricKind, places
from lab.model.dns import DnsQuestion, ServFail
from lab.model.names import Domain
from lab.model.value import dataclass
from lab.wire.resolver import Resolver

INFO = MetricDeclaration(
    "mflab_info", "What runs; always 1.", ("version", "scenario", "variant"), MetricKind.GAUGE
)
QUEUED = MetricDeclaration("mflab_queue_messages", "Messages in queues.", ("place",), MetricKind.GAUGE)
OLDEST = MetricDeclaration(
    "mflab_queue_oldest_age_seconds",
    "For how long the oldest message has been queued.",
    ("place",),
    MetricKind.GAUGE,
)
SESSIONS = MetricDeclaration("mflab_smtp_sessions", "SMTP connections to servers.", ("node",))
OPEN_SESSIONS = MetricDeclaration(
    "mflab_smtp_open_sessions", "SMTP connections that are open.", ("node",), MetricKind.GAUGE
)
QUERIES = MetricDeclaration(
    "mflab_dns_queries", "Queries that the DNS server has answered.", ("type", "rcode")
)
COMMIT_SECONDS = MetricDeclaration(
    "mflab_store_commit_seconds", "Time that transactions of the store take.", kind=MetricKind.HISTOGRAM
)
BUGS = MetricDeclaration("mflab_bugs", "Things that broke in the lab itself.")
PATIENCE = 2.0
"""Seconds that a part of the lab gets to show that it is there."""
_TYPES = ("A", "MX", "PTR", "TXT")
_CODES = ("NOERROR", "NXDOMAIN", "SERVFAIL")


def vitals(lab: Embedded, scenario: str) -> tuple[MetricFamily, ...]:
    """All numbers that are not about what happened to mail."""
    return (
        MetricFamily(INFO, {(__version__, scenario, lab.variant.name): 1}),
        *_queues(lab, lab.clock.now()),
        *_sessions(lab),
        MetricFamily(QUERIES, _queries(lab)),
        MetricFamily(COMMIT_SECONDS, {(): Histogram(lab.store.took.below, lab.store.took.total)}),
        MetricFamily(BUGS, {(): len(lab.bugs)}),
    )


def _queries(lab: Embedded) -> dict[Labels, float]:
    counts: dict[Labels, float] = {(kind, code): 0 for kind in _TYPES for code in _CODES}
    counts.update(lab.dns.counts)
    return counts


def _queues(lab: Embedded, now: datetime) -> tuple[MetricFamily, ...]:
    count: dict[Labels, float] = {(place,): 0 for place in places(lab.topology)}
    oldest = dict(count)
    for item in lab.queued():
        where = (f"tenant:{item.tenant}" if item.tenant else item.node,)
        count[where] = count.get(where, 0) + 1
        oldest[where] = max(oldest.get(where, 0), (now - item.arrived).total_seconds())
    return MetricFamily(QUEUED, count), MetricFamily(OLDEST, oldest)


def _sessions(lab: Embedded) -> tuple[MetricFamily, ...]:
    taken: Counter[Labels] = Counter()
    still: dict[Labels, float] = defaultdict(float)
    for node, listener in lab.listeners():
        taken[(node,)] += listener.taken
        still[(node,)] += listener.connections
    return MetricFamily(SESSIONS, taken), MetricFamily(OPEN_SESSIONS, still)


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    """One thing that a lab needs to work."""

    what: str
    trouble: str = ""
    """What is wrong; '' if nothing is."""


async def ready(lab: Embedded) -> tuple[ReadinessCheck, ...]:
    """Whether the store takes something, all servers listen, and DNS answers."""
    store, dns = await asyncio.gather(_store(lab), _dns(lab))
    closed = sorted({node for node, listener in lab.listeners() if not listener.is_open})
    return store, ReadinessCheck("listeners", f"closed: {', '.join(closed)}" if closed else ""), dns


async def _store(lab: Embedded) -> ReadinessCheck:
    try:
        async with asyncio.timeout(PATIENCE):
            await lab.store.check()
    except (WireError, LabBug, TimeoutError) as error:
        return ReadinessCheck("store", str(error) or f"no answer within {PATIENCE:g} s")
    return ReadinessCheck("store")


async def _dns(lab: Embedded) -> ReadinessCheck:
    """Asked over the wire: a name that is not there is an answer as well."""
    resolver = Resolver("127.0.0.1", lab.dns_port, timeout=PATIENCE, tries=1)
    answer = await resolver.answer(DnsQuestion(Domain("ready.invalid"), "A"))
    return ReadinessCheck("dns", "no answer" if isinstance(answer, ServFail) else "")

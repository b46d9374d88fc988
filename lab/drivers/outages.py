"""Which outage holds when, and what it means for those who want to reach somebody or ask DNS. Pure.

Simulator and embedded lab act as if; the containers really have it, and ask here only when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from lab.core.dns_cache import DnsCache
from lab.core.smtp_delivery import TIMED_OUT, ConnectFailed, Dial
from lab.model.dns import DnsAnswer, DnsQuestion, ServFail
from lab.model.outage import How, Outage
from lab.model.topology import Topology
from lab.scenario.model import Variant

_FORGETS = (How.KILLED, How.RESTARTED)


class Outages:
    """The outages of one run."""

    def __init__(self, outages: Iterable[Outage], topology: Topology, starts: datetime) -> None:
        self.all = tuple(outages)
        self._starts = starts
        self._node = topology.nodes()

    @classmethod
    def of(cls, variant: Variant, starts: datetime) -> Outages:
        """Those of a variant that starts at a moment."""
        return cls(variant.outages, variant.topology, starts)

    def __bool__(self) -> bool:
        return bool(self.all)

    @property
    def changes(self) -> tuple[datetime, ...]:
        """When one begins or ends, in order."""
        return tuple(sorted({at for outage in self.all for at in (self.begin(outage), self.end(outage))}))

    def begin(self, outage: Outage) -> datetime:
        """When it begins."""
        return self._starts + outage.at

    def end(self, outage: Outage) -> datetime:
        """From when on it is over."""
        return self.begin(outage) + outage.lasts

    def hinders(self, dial: Dial, now: datetime) -> ConnectFailed | None:
        """Why a connection does not come about; None if it may. No answer is all that a client sees of any outage."""
        caller, called = self._node.get(dial.bind), self._node.get(dial.target.address)
        for outage in self._holding(now):
            if outage.how is How.DROPPED:
                hindered = caller in outage.nodes and called in outage.nodes
            else:
                hindered = called in outage.nodes or (outage.how is How.CUT_OFF and caller in outage.nodes)
            if hindered and caller != called:
                return ConnectFailed(TIMED_OUT)
        return None

    def asleep(self, node: str, now: datetime) -> datetime | None:
        """Until when a node stands still; None if it works."""
        ends = [self.end(stop) for stop in self._holding(now) if stop.stands_still and node in stop.nodes]
        return max(ends, default=None)

    def without_dns(self, address: str, now: datetime) -> bool:
        """Whether nobody answers a machine's questions."""
        node = self._node.get(address)
        return any(outage.how is How.CUT_OFF and node in outage.nodes for outage in self._holding(now))

    def forgot(self, address: str, now: datetime) -> datetime | None:
        """When a machine last lost what it remembered; None if it never has."""
        node = self._node.get(address)
        lost = (self.begin(outage) for outage in self.all if outage.how in _FORGETS and node in outage.nodes)
        return max((moment for moment in lost if moment <= now), default=None)

    def _holding(self, now: datetime) -> Iterator[Outage]:
        return (outage for outage in self.all if self.begin(outage) <= now < self.end(outage))


class MachineMemory:
    """What a machine remembers of DNS. Some outages make it forget, others keep it from asking.

    Without it a front end would spend a third of its time for a message on asking the same questions again.
    """

    def __init__(self, outages: Outages, address: str) -> None:
        self._outages = outages
        self._address = address
        self._cache = DnsCache()
        self._forgot: datetime | None = None
        """The last loss of memory that was seen to."""

    def answer(self, question: DnsQuestion, now: datetime) -> DnsAnswer | None:
        """What is known; a failure where nobody can be asked, None where somebody has to be."""
        if not self._outages:
            return self._cache.find(question, now)
        lost = self._outages.forgot(self._address, now)
        if lost != self._forgot:
            self._forgot, self._cache = lost, DnsCache()
        known = self._cache.find(question, now)
        return ServFail() if known is None and self._outages.without_dns(self._address, now) else known

    def keep(self, question: DnsQuestion, answer: DnsAnswer, ttl: int, now: datetime) -> None:
        """Remember an answer that was given `now` for `ttl` seconds."""
        self._cache.keep(question, answer, ttl, now)

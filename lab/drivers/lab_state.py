"""What a lab holds in memory, whatever drives it: its queue, its journal and its mailboxes; and names for what is in them."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable
from datetime import datetime

from lab.evidence.journal import Journal
from lab.model.topology import Host, Topology
from lab.model.transport import Heard, Mailboxed, QueueItem, Settlement


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


class LabState:
    """Items in the order of their time, and what nodes have made of those before them."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.journal = Journal()
        self.mailboxes: list[Mailboxed] = []
        self._queue: list[tuple[datetime, int, QueueItem]] = []
        self._order = 0

    def _push(self, item: QueueItem, until: datetime | None = None) -> None:
        self._order += 1
        heapq.heappush(self._queue, (until or item.due, self._order, item))

    def _enter(self, heard: Heard) -> None:
        """What a node took or refused."""
        if heard.head is not None:
            self.journal.begin(heard.head, heard.steps)
        for hop in heard.others:
            self.journal.begin(hop.head, hop.steps)
        for item in heard.queue:
            self._push(item)

    def _apply(self, item: QueueItem, settlement: Settlement) -> None:
        if settlement.steps:
            self.journal.append(item.hop, settlement.steps)
        for head in settlement.heads:
            self.journal.begin(head)
        self.mailboxes.extend(settlement.mailboxes)
        for later in settlement.queue:
            self._push(later)

    def _machine(self, item: QueueItem) -> Host:
        """The machine that works on an item: where it asks DNS from."""
        host = self.topology.hosts.get(item.node)
        if host is not None:
            return host
        return next(r.outbound[0] for r in self.topology.regions.values() if r.node == item.node)

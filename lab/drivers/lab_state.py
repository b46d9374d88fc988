"""What a lab holds in memory, whatever drives it: its queue, its journal and its mailboxes."""

from __future__ import annotations

import heapq
from datetime import datetime

from lab.evidence.journal import Journal
from lab.model.topology import Host, Topology
from lab.model.transport import Heard, Mailboxed, QueueItem, Settlement


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

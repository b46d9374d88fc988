"""The first body of the lab: virtual clock, no sockets. Runs the same nodes and the same courier as the wire."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from lab.core import smtp_delivery
from lab.drivers import garbage_collection
from lab.drivers.configuration_history import History
from lab.drivers.lab_state import LabState, SeededIds
from lab.drivers.outages import MachineMemory, Outages
from lab.drivers.run_outcome import MessageSchedule, RunOutcome, send
from lab.errors import LabBug
from lab.model.dns import DnsAnswer, DnsQueries, DnsQuestion, answered
from lab.model.outage import Outage
from lab.model.reply import Reply
from lab.model.topology import Host, Topology
from lab.model.transport import (
    Attempt,
    Connection,
    Context,
    Heard,
    Node,
    QueueItem,
    Route,
    Tls,
    Transaction,
)
from lab.scenario.model import Variant

T = TypeVar("T")
SESSION_TAKES = timedelta(milliseconds=250)
"""Lab time of one SMTP session, so that traces read like logs."""


class Simulator(LabState):
    """A lab in memory."""

    def __init__(
        self,
        topology: Topology,
        starts: datetime,
        *,
        seed: int = 0,
        history: History | None = None,
        outages: Iterable[Outage] = (),
    ) -> None:
        super().__init__(topology)
        self.history = history or History(topology, starts)
        self.outages = Outages(outages, topology, starts)
        self.now = starts
        self.ids = SeededIds(seed)
        self.nodes: Mapping[str, Node] = self.history.nodes
        self._book = topology.addresses()
        self._hosts = _hosts_by_address(topology)
        self._port = 40000
        self._context = Context(starts, self.ids)
        self._memories: dict[str, MachineMemory] = {}
        """By address, what a machine remembers of DNS."""

    def keep(self, heard: Heard) -> None:
        """Write down what a node took or refused."""
        self._enter(heard)

    def run(self, until: datetime | None = None) -> None:
        """Work until nothing is left to do, or the next thing is due after `until`."""
        while self._queue and (until is None or self._queue[0][0] <= until):
            due, _, item = heapq.heappop(self._queue)
            self.now = max(self.now, due)
            waking = self.outages.asleep(item.node, self.now) if self.outages else None
            if waking is not None:
                self._push(item, waking)
            else:
                self._work(item)

    def pending(self) -> tuple[QueueItem, ...]:
        """What is still queued."""
        return tuple(item for _, _, item in sorted(self._queue, key=lambda entry: entry[:2]))

    def context(self) -> Context:
        """Time and names, for a node."""
        if self._context.now is not self.now:
            self._context = Context(self.now, self.ids)
        return self._context

    def _work(self, item: QueueItem) -> None:
        node = self.nodes[item.node]
        place = self._machine(item).address
        settlement = self.answered(node.dispatch(item, self.context()), place)
        self._apply(item, settlement)
        if settlement.relay is None:
            return
        attempt = self._carry(item, settlement.relay)
        self._apply(item, self.answered(node.settle(item, settlement.relay, attempt, self.context()), place))

    def answered(self, asking: DnsQueries[T], address: str) -> T:
        """Run a computation to its end as the machine with that address: from its memory, then from the lab's zones."""
        if self.history.steady and not self.outages:
            return answered(asking, self.topology.zones)
        if address not in self._memories:
            self._memories[address] = MachineMemory(self.outages, address)
        return answered(asking, _MachineResolver(self, self._memories[address]))

    def _host(self, address: str) -> Host:
        """The machine on an address as it is now."""
        now = self.history.machine(address, self.now) if not self.history.steady else None
        return now or self._hosts[address]

    # -- the courier's questions, answered by calling nodes

    def _carry(self, item: QueueItem, route: Route) -> Attempt:
        talk = smtp_delivery.deliver(item, route)
        session: _Session | None = None
        answer: smtp_delivery.ClientEvent = None
        try:
            ask = next(talk)
            while True:
                if isinstance(ask, smtp_delivery.Dial):
                    session, answer = self._dial(ask)
                elif session is not None:
                    answer = session.answer(ask)
                else:
                    raise LabBug(f"the courier asked {ask} without a connection")
                ask = talk.send(answer)
        except StopIteration as end:
            self.now += SESSION_TAKES
            attempt: Attempt = end.value
            return attempt

    def _dial(self, dial: smtp_delivery.Dial) -> tuple[_Session | None, smtp_delivery.ClientEvent]:
        name = self._book.get(dial.target.address)
        if name is None:
            return None, smtp_delivery.ConnectFailed(smtp_delivery.OUTSIDE)
        hindrance = self.outages.hinders(dial, self.now) if self.outages else None
        if hindrance is not None:
            return None, hindrance
        if self._hosts[dial.target.address].down:
            return None, smtp_delivery.ConnectFailed(smtp_delivery.CONNECTION_REFUSED)
        self._port += 1
        connection = Connection(
            client=dial.source,
            server=dial.target.address,
            key=f"{dial.source}:{self._port}>{dial.target.address}",
            session=self.ids.hex(16),
            started=self.now,
        )
        session = _Session(self, self.nodes[name], self._host(dial.target.address), connection)
        return session, smtp_delivery.ConnectionOpened(
            session.node.greeting(connection, self.context()), connection.key
        )


class _MachineResolver:
    """A machine's view of DNS."""

    def __init__(self, lab: Simulator, memory: MachineMemory) -> None:
        self._lab = lab
        self._memory = memory

    def answer(self, question: DnsQuestion) -> DnsAnswer:
        """What is known, or what the name servers say now."""
        now = self._lab.now
        answer = self._memory.answer(question, now)
        if answer is None:
            zones = self._lab.history.zones(now)
            answer = zones.answer(question)
            self._memory.keep(question, answer, zones.lasting(question), now)
        return answer


class _Session:
    """One connection between two nodes of the simulator."""

    def __init__(self, lab: Simulator, node: Node, host: Host, connection: Connection) -> None:
        self.lab = lab
        self.node = node
        self.host = host
        self.connection = connection

    def answer(self, ask: smtp_delivery.ClientAction) -> smtp_delivery.ClientEvent:
        """What the server says."""
        if isinstance(ask, smtp_delivery.Hello):
            return self._hello(ask)
        if isinstance(ask, smtp_delivery.StartTls):
            return self._start_tls(ask)
        if isinstance(ask, smtp_delivery.SendTransaction):
            return self._hand(ask)
        if isinstance(ask, smtp_delivery.HangUp):
            return None
        raise LabBug(f"the courier asked {ask} in the middle of a connection")

    def _hello(self, hello: smtp_delivery.Hello) -> smtp_delivery.HelloReply:
        self.connection = self.connection.greeted(hello.name)
        refusal = self.node.hello(self.connection, self.lab.context())
        first, *offered = self.node.extensions(self.connection)
        return smtp_delivery.HelloReply(refusal or Reply(250, "", first), frozenset(offered))

    def _start_tls(
        self, ask: smtp_delivery.StartTls
    ) -> smtp_delivery.TlsEstablished | smtp_delivery.TlsRefused:
        certificates = self.lab.history.certificates
        server = certificates.get(self.host.certificate or "")
        client = certificates.get(ask.certificate or "")
        tls = Tls()
        self.connection = self.connection.encrypted(tls, client)
        return smtp_delivery.TlsEstablished(tls, server, client.label if client else "")

    def _hand(self, hand: smtp_delivery.SendTransaction) -> smtp_delivery.TransactionReplies:
        transaction = Transaction(hand.reverse_path, hand.parameters)
        mail = self._hear(self.node.mail(self.connection, transaction, self.lab.context()))
        if not mail.reply.positive:
            return smtp_delivery.TransactionReplies(mail.reply, {}, None)
        replies: dict[str, Reply] = {}
        for address, dsn in hand.recipients:
            heard = self._hear(self.node.rcpt(self.connection, transaction, address, self.lab.context()))
            replies[address.key] = heard.reply
            if heard.reply.positive:
                transaction = transaction.having(address, dsn, heard)
        if not transaction.recipients:
            return smtp_delivery.TransactionReplies(mail.reply, replies, None)
        data = self._hear(self.node.data(self.connection, transaction, hand.message, self.lab.context()))
        return smtp_delivery.TransactionReplies(mail.reply, replies, data.reply)

    def _hear(self, asking: DnsQueries[Heard]) -> Heard:
        heard: Heard = self.lab.answered(asking, self.host.address)
        self.lab.keep(heard)
        return heard


def _hosts_by_address(topology: Topology) -> dict[str, Host]:
    hosts = {host.address: host for host in topology.hosts.values()}
    for region in topology.regions.values():
        hosts.update({host.address: host for host in region.front_ends})
    return hosts


def simulate(variant: Variant, *, seed: int = 0) -> RunOutcome:
    """Run one variant to its end."""
    lab = Simulator(
        variant.topology, variant.starts, seed=seed, history=History.of(variant), outages=variant.outages
    )
    schedule = MessageSchedule(variant.messages, variant.starts)
    with garbage_collection.waiting():
        while (moment := schedule.next) is not None:
            lab.run(moment)
            schedule.settle(lab.journal.hops)
            if schedule.next == moment:
                lab.now = max(lab.now, moment)
                for spec in schedule.due(lab.now):
                    schedule.sent[spec.key], heard = send(spec, lab.history, lab.context())
                    lab.keep(heard)
        lab.run()
    return RunOutcome(
        variant=variant,
        driver="simulator",
        hops=lab.journal.hops(),
        delivered=tuple(lab.mailboxes),
        messages=schedule.sent,
        started=variant.starts,
        took=lab.now - variant.starts,
    )

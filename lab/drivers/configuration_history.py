"""Which configuration is in force where and when, if it changes while the lab runs.

Machines of the customers change at once. Exchange Online takes its time (R33): of n front ends the k-th knows a change
after k/n of `config_propagation_delay`, a hub after the whole of it. A connection keeps the configuration that its
server had when it began.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from lab.core.authentication.signature_suite import CLAIMS, Suite
from lab.core.authentication.signers import with_keys
from lab.model.certificate import CertificateIdentity
from lab.model.dns import DnsQueries, Zones
from lab.model.message import Message
from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.topology import Host, Region, Topology
from lab.model.transport import (
    Attempt,
    Connection,
    Context,
    Heard,
    Node,
    QueueItem,
    Route,
    Settlement,
    Submission,
    Transaction,
)
from lab.model.value import dataclass
from lab.nodes import build
from lab.scenario.model import ConfigurationMoment, Variant

AT_ONCE = timedelta()


@dataclass(frozen=True)
class ConfigurationVersion:
    """What holds from a moment on."""

    since: datetime
    topology: Topology
    nodes: Mapping[str, Node]


def _version(since: datetime, topology: Topology, suite: Suite) -> ConfigurationVersion:
    published = topology if suite is CLAIMS else with_keys(topology, suite)
    return ConfigurationVersion(since, published, build(published, suite))


class History:
    """All configurations of a run, and the nodes that always act by the one in force."""

    def __init__(
        self,
        topology: Topology,
        starts: datetime,
        timeline: Iterable[ConfigurationMoment] = (),
        suite: Suite = CLAIMS,
    ) -> None:
        later = tuple(_version(starts + moment.at, moment.topology, suite) for moment in timeline)
        self.versions = (_version(starts, topology, suite), *later)
        self._since = [version.since for version in later]
        self._delay = timedelta(seconds=topology.switches.config_propagation_delay)
        self._cloud = frozenset(region.node for region in topology.regions.values())
        self._lags = {
            address: lag for r in topology.regions.values() for address, lag in lags(r, self._delay).items()
        }
        self.nodes: Mapping[str, Node] = (
            {name: ChangingNode(name, self) for name in topology.addresses().values()}
            if later
            else self.versions[0].nodes
        )
        self.certificates: Mapping[str, CertificateIdentity] = {
            name: certificate
            for version in self.versions
            for name, certificate in version.topology.certificates.items()
        }

    @classmethod
    def of(cls, variant: Variant, starts: datetime | None = None, suite: Suite = CLAIMS) -> History:
        """The history of a variant that starts at its own time, or another one; `suite` signs for all."""
        return cls(variant.topology, starts or variant.starts, variant.timeline, suite)

    @property
    def steady(self) -> bool:
        """Whether nothing ever changes."""
        return not self._since

    @property
    def changes(self) -> tuple[datetime, ...]:
        """When the configuration changes."""
        return tuple(self._since)

    def at(self, moment: datetime, lag: timedelta = AT_ONCE) -> ConfigurationVersion:
        """What holds at a moment, for somebody who hears of changes with a delay."""
        if self.steady:
            return self.versions[0]
        return self.versions[bisect_right(self._since, moment - lag)]

    def listening(self, name: str, connection: Connection) -> Node:
        """The node as the machine that was connected to knew it when the connection began."""
        return self.at(connection.started, self._lags.get(connection.server, AT_ONCE)).nodes[name]

    def working(self, name: str, moment: datetime) -> Node:
        """The node as its queue knows it."""
        return self.at(moment, self._delay if name in self._cloud else AT_ONCE).nodes[name]

    def workers(self, moment: datetime) -> Mapping[str, Node]:
        """All nodes as their queues know them."""
        if self.steady:
            return self.nodes
        return {name: self.working(name, moment) for name in self.nodes}

    def topology(self, moment: datetime) -> Topology:
        """Who exists, with the tenants as their hubs know them."""
        now, cloud = self.at(moment).topology, self.at(moment, self._delay).topology
        return now if now is cloud else replace(now, tenants=cloud.tenants)

    def zones(self, moment: datetime) -> Zones:
        """What the name servers say; who has asked before may remember something else."""
        return self.at(moment).topology.zones

    def machine(self, address: str, moment: datetime) -> Host | None:
        """The machine that listens on an address."""
        topology = self.at(moment).topology
        fronts = (host for region in topology.regions.values() for host in region.front_ends)
        return next((host for host in (*topology.hosts.values(), *fronts) if host.address == address), None)


def lags(region: Region, delay: timedelta) -> dict[str, timedelta]:
    """After what time each front end of a region knows a change; the region's offset says which one is the first."""
    count = len(region.front_ends)
    return {
        host.address: delay * ((number + region.offset) % count + 1) / count
        for number, host in enumerate(region.front_ends)
    }


class ChangingNode:
    """A node whose configuration changes; SMTP moments go by the connection's begin, the queue goes by the clock."""

    def __init__(self, name: str, history: History) -> None:
        self.name = name
        self._history = history

    def _heard_by(self, connection: Connection) -> Node:
        return self._history.listening(self.name, connection)

    def greeting(self, connection: Connection, context: Context) -> Reply:
        """The banner."""
        return self._heard_by(connection).greeting(connection, context)

    def extensions(self, connection: Connection) -> tuple[str, ...]:
        """The EHLO answer."""
        return self._heard_by(connection).extensions(connection)

    def hello(self, connection: Connection, context: Context) -> Reply | None:
        """A refusal of EHLO, or None."""
        return self._heard_by(connection).hello(connection, context)

    def postmaster(self, connection: Connection) -> Address:
        """Who a bare postmaster is."""
        return self._heard_by(connection).postmaster(connection)

    def mail(self, connection: Connection, transaction: Transaction, context: Context) -> DnsQueries[Heard]:
        """MAIL FROM."""
        return self._heard_by(connection).mail(connection, transaction, context)

    def rcpt(
        self, connection: Connection, transaction: Transaction, recipient: Address, context: Context
    ) -> DnsQueries[Heard]:
        """RCPT TO."""
        return self._heard_by(connection).rcpt(connection, transaction, recipient, context)

    def data(
        self, connection: Connection, transaction: Transaction, message: Message, context: Context
    ) -> DnsQueries[Heard]:
        """End of data."""
        return self._heard_by(connection).data(connection, transaction, message, context)

    def submit(self, submission: Submission, context: Context) -> Heard:
        """A mailbox of this system sends."""
        return self._history.working(self.name, context.now).submit(submission, context)

    def dispatch(self, item: QueueItem, context: Context) -> DnsQueries[Settlement]:
        """What to do with an item that is due."""
        return self._history.working(self.name, context.now).dispatch(item, context)

    def settle(
        self, item: QueueItem, route: Route, attempt: Attempt, context: Context
    ) -> DnsQueries[Settlement]:
        """What to do after the attempt."""
        return self._history.working(self.name, context.now).settle(item, route, attempt, context)

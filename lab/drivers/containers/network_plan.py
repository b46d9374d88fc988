"""Where the machines of a scenario are in containers: networks, addresses, the router. Pure: no engine is asked.

Docker gives a container one address in a network. A machine whose only address is in 198.51.100.0/24 takes that one; any
other is *held*: a helper container owns the network namespace and adds the addresses, and the program shares it. A router
connects the two public ranges, which lie on one Docker network, and translates the addresses of inside hosts.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from itertools import chain, count
from typing import NamedTuple

from lab.errors import DriverError
from lab.model.address_plan import INSIDE as INSIDE_RANGES
from lab.model.address_plan import PUBLIC
from lab.model.topology import Topology
from lab.model.value import dataclass
from lab.scenario.model import Variant

INTERNET, INSIDE = "internet", "inside"
WIRE, OTHER = PUBLIC
"""The range of the Docker network, and the one that holders and the router add to it."""
LAN = INSIDE_RANGES[0]
NAT = "nat"
"""Profile of what only other variants than the first need: inside hosts."""
RESERVED = frozenset(("dns", "router", "setup", "runner", "tools", "postfix", "exim"))
"""Names of services that are no machine of a scenario."""
_DNS, _LAST = 53, 255
_ALONE = "give it another address, or take one variant at a time"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNetwork:
    """A Docker network. Its gateway address is the router's, never the engine's."""

    name: str
    subnet: str
    gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMachine:
    """A machine with one program: a host, or all machines of a region of Exchange Online."""

    name: str
    """Its service or container: the scenario's key, `eop-eur`."""
    addresses: tuple[str, ...]
    """Where it listens and sends from; any of them names it to `mflab part node --at`."""
    network: str
    docker: str
    """The address that Docker gives it, or its holder."""
    profile: str = ""

    @property
    def held(self) -> bool:
        """Whether a holder has to own its network namespace."""
        return self.addresses != (self.docker,)

    @property
    def holder(self) -> str:
        """The name of its holder."""
        return f"{self.name}-net"

    @property
    def names(self) -> tuple[str, ...]:
        """Its containers."""
        return (self.holder, self.name) if self.held else (self.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRouter:
    """What connects the ranges."""

    docker: str
    docker_inside: str | None
    """Its address in the inside network, where there is one."""
    gateways: tuple[str, ...]
    """What it adds to its internet side: one address in each public range."""
    nats: Mapping[str, Mapping[str, str]]
    """By variant: the public address of each inside host that has one."""

    @property
    def nat(self) -> Mapping[str, str]:
        """Public address by inside address; the first variant wins where they differ."""
        return {inside: seen for nat in reversed(tuple(self.nats.values())) for inside, seen in nat.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """All that has to be started so that any of some variants can run."""

    networks: tuple[PlannedNetwork, ...]
    machines: tuple[PlannedMachine, ...]
    dns: str
    tools: str
    """An address for whoever wants to look around, as a stranger."""
    router: PlannedRouter

    def at(self, address: str) -> PlannedMachine:
        """The machine with an address."""
        return next(machine for machine in self.machines if address in machine.addresses)


class _Node(NamedTuple):
    """A machine before it has a place: a host at one address, or a region."""

    name: str
    where: str = ""


def plan(variants: Iterable[Variant]) -> NetworkPlan:
    """The machines of all variants, each once.

    Raises DriverError for what containers cannot do: two machines at one address, or more machines than addresses.
    """
    all_variants = tuple(variants)
    nodes = _nodes(all_variants)
    nats = {variant.name: _nat(variant) for variant in all_variants}
    own = {address for addresses in nodes.values() for address in addresses}
    used = own | {seen for nat in nats.values() for seen in nat.values()}
    _check(own, used, nats)
    dns = _first(_free(WIRE, used, range(_DNS, _LAST)))
    spare, other = _free(WIRE, {*used, dns}), _free(OTHER, used)
    gateways, docker = (_first(spare), _first(other)), _first(spare)
    networks, docker_inside = [PlannedNetwork(name=INTERNET, subnet=str(WIRE), gateway=gateways[0])], None
    if any(map(_is_inside, own)):
        lan = _free(LAN, used)
        networks.append(PlannedNetwork(name=INSIDE, subnet=str(LAN), gateway=_first(lan)))
        docker_inside = _first(lan)
    router = PlannedRouter(docker=docker, docker_inside=docker_inside, gateways=gateways, nats=nats)
    needed = {address for addresses in _nodes(all_variants[:1]).values() for address in addresses}
    machines = tuple(_machines(nodes, needed, spare))
    return NetworkPlan(
        networks=tuple(networks), machines=machines, dns=dns, tools=_first(spare), router=router
    )


def _nodes(variants: Iterable[Variant]) -> dict[_Node, tuple[str, ...]]:
    """The addresses of each machine. A host that moves is one at each of its addresses; a region is one with all of them."""
    addresses_of: dict[_Node, dict[str, None]] = {}
    owners: dict[str, _Node] = {}
    for node, addresses in (owned for topology in _times(variants) for owned in _written(topology)):
        for address in addresses:
            owner = owners.setdefault(address, node)
            if owner != node and not (owner.where and node.where):
                raise DriverError(
                    f"{address} is {owner.name} in one variant and {node.name} in another; {_ALONE}"
                )
            addresses_of.setdefault(owner, {})[address] = None
    return {node: tuple(addresses) for node, addresses in addresses_of.items()}


def _times(variants: Iterable[Variant]) -> Iterator[Topology]:
    for variant in variants:
        yield variant.topology
        yield from (moment.topology for moment in variant.timeline)


def _written(topology: Topology) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    for host in topology.hosts.values():
        yield _Node(host.name, host.address), (host.address,)
    for region in topology.regions.values():
        yield _Node(region.node), tuple(server.address for server in (*region.front_ends, *region.senders))


def _nat(variant: Variant) -> dict[str, str]:
    hosts = [host for topology in _times([variant]) for host in topology.hosts.values()]
    return {host.address: host.nat for host in hosts if host.nat and host.nat != host.address}


def _check(own: Collection[str], used: Collection[str], nats: Mapping[str, Mapping[str, str]]) -> None:
    """What one variant says may be impossible for real packets, or beside what another says."""
    for address in used:
        if any(IPv4Address(address) in (network[0], network[-1]) for network in (WIRE, OTHER, LAN)):
            raise DriverError(
                f"{address} is the network itself or its broadcast address; give it another one"
            )
    for inside, seen in ((inside, seen) for nat in nats.values() for inside, seen in nat.items()):
        if not _is_inside(inside):
            raise DriverError(f"{inside} has `nat: {seen}`, but is no inside address; take one from {LAN}")
        if seen in own:
            raise DriverError(f"{seen} is where {inside} is seen, and a machine has it as well; {_ALONE}")


def _machines(
    nodes: Mapping[_Node, tuple[str, ...]], needed: Container[str], spare: Iterator[str]
) -> Iterator[PlannedMachine]:
    taken = set(RESERVED)
    for node, addresses in nodes.items():
        inside, alone = _is_inside(addresses[0]), len(addresses) == 1
        machine = PlannedMachine(
            name=_name(node, inside, taken),
            addresses=addresses,
            network=INSIDE if inside else INTERNET,
            docker=addresses[0] if alone and (inside or IPv4Address(addresses[0]) in WIRE) else _first(spare),
            profile=NAT if inside and addresses[0] not in needed else "",
        )
        taken |= {machine.name, machine.holder}
        yield machine


def _name(node: _Node, inside: bool, taken: Container[str]) -> str:
    """`exchange`, `exchange-inside` where that is another address of it, `exchange-2` for one more."""
    name = node.name if node.where else node.name.replace(":", "-").lower()
    numbered = (f"{name}-{number}" for number in count(2))
    names = chain((name,), (f"{name}-inside",) if inside else (), numbered)
    return next(free for free in names if free not in taken and f"{free}-net" not in taken)


def _is_inside(address: str) -> bool:
    return IPv4Address(address) in LAN


def _free(network: IPv4Network, used: Container[str], numbers: Iterable[int] = ()) -> Iterator[str]:
    """Addresses of a network that nobody has, the highest first unless said otherwise."""
    downwards = range(network.num_addresses - 2, 0, -1)
    return (address for address in (str(network[n]) for n in (numbers or downwards)) if address not in used)


def _first(free: Iterator[str]) -> str:
    for address in free:
        return address
    raise DriverError(
        "the scenario has more machines than addresses are left for the lab's own; leave some out"
    )

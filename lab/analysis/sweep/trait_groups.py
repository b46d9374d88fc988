"""Which tenants share what: by index, never by comparing all pairs.

Two tenants are of one group when something that one has could take part in a decision about the other's connections,
under any position of the switches. So whatever a decision about a tenant's connections looks at lies in its group (and
in the recipient's tenant, which the asker brings): deciding in the group is deciding among all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import NamedTuple, TypeVar

from lab.analysis.sweep.types import Customer, SharedTrait, TenantConnection, TraitKind
from lab.core.directory import ip_number
from lab.model.names import DomainPattern
from lab.model.tenant import ConnectorType
from lab.model.value import dataclass

K = TypeVar("K", str, int)
_Owners = dict[K, "int | list[int]"]
"""Nearly everything has one owner; a list for each would take gigabytes."""


class TenantTraits(NamedTuple):
    """What of one customer could be another's too; plain values, so that they travel quickly between processes."""

    name: str
    line: int
    domains: tuple[str, ...]
    """Accepted domains: one tenant has each."""
    values: tuple[str, ...]
    """TlsSenderCertificateName of what can claim a connection: enabled OnPremises connectors (R69)."""
    networks: tuple[tuple[int, int], ...]
    """Their SenderIPAddresses: the first bits as a number, and how many."""
    shown: tuple[str, ...]
    """Names in certificates that its connections show."""
    sources: tuple[int, ...]
    """Addresses that its connections come from."""
    gateways: tuple[str, ...]
    connectors: int
    connections: int


def traits(customer: Customer) -> TenantTraits:
    """What of a customer may be shared."""
    tenant = customer.tenant
    claiming = [
        connector
        for connector in tenant.inbound_connectors
        if connector.enabled and connector.connector_type is ConnectorType.ON_PREMISES
    ]
    values = (connector.tls_sender_certificate_name for connector in claiming)
    networks = (network for connector in claiming for network in connector.sender_ip_addresses)
    return TenantTraits(
        name=customer.name,
        line=customer.line,
        domains=tuple(str(accepted.domain_name) for accepted in tenant.accepted_domains),
        values=tuple(dict.fromkeys(str(value) for value in values if value)),
        networks=tuple({(int(n.network_address) >> (32 - n.prefixlen), n.prefixlen) for n in networks}),
        shown=tuple(
            dict.fromkeys(name for connection in customer.connections for name in _names(connection))
        ),
        sources=tuple({ip_number(connection.address) for connection in customer.connections}),
        gateways=tuple(dict.fromkeys(_gateways(customer))),
        connectors=len(tenant.inbound_connectors),
        connections=len(customer.connections),
    )


def _names(connection: TenantConnection) -> Iterator[str]:
    """As the core compares them; what is no domain name never matches."""
    for name in connection.certificate.names if connection.certificate else ():
        try:
            yield str(DomainPattern.parse(name))
        except ValueError:
            continue


def _gateways(customer: Customer) -> Iterator[str]:
    for connector in customer.tenant.outbound_connectors:
        yield from (host.lower() for host in connector.smart_hosts if connector.enabled)
    for connection in customer.connections:
        if connection.certificate is not None:
            yield f"{connection.address} showing {' '.join(connection.certificate.names)}"


@dataclass(slots=True)
class TraitIndex:
    """The tenants by each trait that they have."""

    count: int = 0
    values: _Owners[str] = field(default_factory=dict)
    shown: _Owners[str] = field(default_factory=dict)
    gateways: _Owners[str] = field(default_factory=dict)
    sources: _Owners[int] = field(default_factory=dict)
    networks: dict[int, _Owners[int]] = field(default_factory=dict)
    """By prefix length, then by the first bits."""

    def add(self, traits: TenantTraits) -> None:
        """The next tenant."""
        number = self.count
        self.count += 1
        texts = ((self.values, traits.values), (self.shown, traits.shown), (self.gateways, traits.gateways))
        for table, keys in texts:
            for key in keys:
                _own(table, key, number)
        for source in traits.sources:
            _own(self.sources, source, number)
        for first, bits in traits.networks:
            _own(self.networks.setdefault(bits, {}), first, number)

    def shared(self) -> Iterator[SharedTrait]:
        """Everything that two tenants or more have in common, in a settled order."""
        yield from _settled(TraitKind.CERTIFICATE_VALUE, self._by_value())
        yield from _settled(TraitKind.CERTIFICATE_NAME, _common(self.shown))
        yield from _settled(TraitKind.RANGE, self._by_range())
        yield from _settled(
            TraitKind.ADDRESS, ((_dotted(source), owners) for source, owners in _common(self.sources))
        )
        yield from _settled(TraitKind.GATEWAY, _common(self.gateways))

    def _by_value(self) -> Iterator[tuple[str, set[int]]]:
        """For each connector value, its owners and whoever has a value or shows a name that fits it."""
        sharing: dict[str, set[int]] = defaultdict(set)
        for table in (self.values, self.shown):
            for pattern, owners in table.items():
                for value in self._values_near(pattern):
                    if table is self.shown or value != pattern:
                        sharing[value].update(_all(owners))
        for value, owners in self.values.items():
            wildcard = f"*.{value.partition('.')[2]}"
            if not value.startswith("*.") and wildcard in self.shown:  # R77
                sharing[value].update(_all(self.shown[wildcard]))
            if value in sharing:
                sharing[value].update(_all(owners))
            elif isinstance(owners, list):
                sharing[value] = set(owners)
        return iter(sharing.items())

    def _values_near(self, pattern: str) -> Iterator[str]:
        """The connector values that a name fits, as the directory of the core looks for them (R72-R79)."""
        domain = pattern.removeprefix("*.")
        if domain in self.values:
            yield domain
        while domain:
            if f"*.{domain}" in self.values:
                yield f"*.{domain}"
            domain = domain.partition(".")[2]

    def _by_range(self) -> Iterator[tuple[str, set[int]]]:
        """For each range of a connector, its owners and whoever has a range or an address in it."""
        sharing: dict[tuple[int, int], set[int]] = defaultdict(set)
        ranges = [
            (first, bits, owners) for bits, table in self.networks.items() for first, owners in table.items()
        ]
        ranges += [(source, 32, owners) for source, owners in self.sources.items()]
        for first, bits, owners in ranges:
            for wider, table in self.networks.items():
                key = first >> (bits - wider) if wider <= bits else None
                if key is not None and key in table:
                    sharing[key, wider].update(_all(owners))
        for (first, bits), members in sharing.items():
            members.update(_all(self.networks[bits][first]))
            yield f"{_dotted(first << (32 - bits))}/{bits}", members


def groups(count: int, shared: Iterable[SharedTrait]) -> list[tuple[int, ...]]:
    """All `count` tenants, those of one group together: the groups in order of their first, each in order.

    A tenant that shares nothing is a group by itself.
    """
    above = list(range(count))

    def top(number: int) -> int:
        while above[number] != number:
            above[number] = number = above[above[number]]
        return number

    for trait in shared:
        first = top(trait.tenants[0])
        for other in trait.tenants[1:]:
            root = top(other)
            first, root = min(first, root), max(first, root)
            above[root] = first
    by_top: dict[int, list[int]] = defaultdict(list)
    for number in range(count):
        by_top[top(number)].append(number)
    return [tuple(members) for members in by_top.values()]


def _own(table: _Owners[K], key: K, number: int) -> None:
    owners = table.get(key)
    if owners is None:
        table[key] = number
    elif isinstance(owners, list):
        owners.append(number)
    else:
        table[key] = [owners, number]


def _all(owners: int | list[int]) -> Sequence[int]:
    return owners if isinstance(owners, list) else (owners,)


def _common(table: _Owners[K]) -> Iterator[tuple[K, set[int]]]:
    return ((key, set(owners)) for key, owners in table.items() if isinstance(owners, list))


def _settled(kind: TraitKind, owned: Iterable[tuple[str, set[int]]]) -> list[SharedTrait]:
    traits = [SharedTrait(kind, what, tuple(sorted(owners))) for what, owners in owned if len(owners) > 1]
    return sorted(traits, key=lambda trait: (trait.tenants[0], trait.what))


def _dotted(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))

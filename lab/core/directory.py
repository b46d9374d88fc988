"""All tenants, found by index: a decision takes the same time whether there are ten tenants or a hundred thousand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lab.core.certificate_matching import NameMatch, name_match, near_miss
from lab.model.names import Domain, DomainPattern
from lab.model.switches import Switches
from lab.model.tenant import ConnectorType, InboundConnector, Tenant
from lab.model.value import value


def ip_number(address: str) -> int:
    """A dotted IPv4 address as a number; ValueError when it is none."""
    parts = address.split(".")
    if len(parts) != 4:
        raise ValueError(f"{address!r} is no IPv4 address")
    number = 0
    for part in parts:
        if not (part.isascii() and part.isdigit() and int(part) < 256):
            raise ValueError(f"{address!r} is no IPv4 address")
        number = number << 8 | int(part)
    return number


@value()
class Candidate:
    """An OnPremises connector that a connection fits, by certificate name (`match`) or by address (None)."""

    tenant: Tenant
    connector: InboundConnector
    match: NameMatch | None

    @property
    def order(self) -> tuple[object, ...]:
        """The better first, independent of the order of the configuration (R81): certificate, rank, then names."""
        rank = self.match.rank if self.match else (-1, -1, -1)
        return (*(-part for part in rank), self.tenant.name, self.connector.name)

    @property
    def value_accepted(self) -> bool:
        """R83: an exact value must itself be an accepted domain; of `*.x`, x (or a parent with MatchSubDomains)."""
        value = self.connector.tls_sender_certificate_name
        if value is None:
            return False
        accepted = self.tenant.accepts(value.domain)
        return accepted is not None and (value.wildcard or accepted.domain_name == value.domain)


DirectoryEntry = tuple[Tenant, InboundConnector]


class TenantDirectory:
    """Tenants by accepted domain, and their enabled OnPremises connectors by certificate value and by address."""

    def __init__(self, tenants: Iterable[Tenant]) -> None:
        self.tenants: Mapping[str, Tenant] = {tenant.name: tenant for tenant in tenants}
        self._domains: dict[str, Tenant] = {}
        self._trees: dict[str, Tenant] = {}
        self._exact: dict[str, list[DirectoryEntry]] = {}
        self._wild: dict[str, list[DirectoryEntry]] = {}
        self._children: dict[str, list[DirectoryEntry]] = {}
        self._networks: dict[int, dict[int, list[DirectoryEntry]]] = {}
        for tenant in self.tenants.values():
            self._index(tenant)
        self._lengths = tuple(
            (32 - bits, self._networks[bits]) for bits in sorted(self._networks, reverse=True)
        )

    def owner(self, domain: Domain | None) -> Tenant | None:
        """The tenant that accepts `domain`: by name, or by a parent with MatchSubDomains (R140)."""
        if domain is None:
            return None
        found = self._domains.get(domain)
        if found is not None or not self._trees:
            return found
        return next((self._trees[parent] for parent in domain.parents() if parent in self._trees), None)

    def by_certificate(self, names: tuple[DomainPattern, ...], switches: Switches) -> list[Candidate]:
        """Connectors of all tenants that one of the names fits; each once, with its best match (R81)."""
        best: dict[tuple[str, str], Candidate] = {}
        for name in names:
            for tenant, connector in self._near(name):
                match = name_match(connector.tls_sender_certificate_name, name, switches)  # type: ignore[arg-type]
                if match is None:
                    continue
                key = (tenant.name, connector.name)
                known = best.get(key)
                if known is None or known.match is None or match.rank > known.match.rank:
                    best[key] = Candidate(tenant, connector, match)
        return list(best.values())

    def near_misses(self, names: tuple[DomainPattern, ...], switches: Switches) -> tuple[str, ...]:
        """Rules by which a connector would have matched in another position of their switches: a verdict without
        a match relies on them."""
        found = (
            near_miss(value, name, switches)
            for name in names
            for _, connector in self._near(name)
            if (value := connector.tls_sender_certificate_name) is not None
        )
        return tuple(dict.fromkeys(rule for rule in found if rule))

    def by_address(self, address: int) -> list[Candidate]:
        """Connectors of all tenants whose SenderIPAddresses hold the address (R21)."""
        found: dict[tuple[str, str], Candidate] = {}
        for shift, table in self._lengths:
            for tenant, connector in table.get(address >> shift, ()):
                found[tenant.name, connector.name] = Candidate(tenant, connector, None)
        return list(found.values())

    def _index(self, tenant: Tenant) -> None:
        self._domains[tenant.initial_domain] = tenant
        for accepted in tenant.accepted_domains:
            self._domains[accepted.domain_name] = tenant
            if accepted.match_sub_domains:
                self._trees[accepted.domain_name] = tenant
        for connector in tenant.inbound_connectors:
            if connector.enabled and connector.connector_type is ConnectorType.ON_PREMISES:  # R69
                self._index_connector((tenant, connector))

    def _index_connector(self, entry: DirectoryEntry) -> None:
        value = entry[1].tls_sender_certificate_name
        if value is not None and value.domain is not None:
            table = self._wild if value.wildcard else self._exact
            table.setdefault(value.domain, []).append(entry)
            if not value.wildcard:
                self._children.setdefault(value.domain.partition(".")[2], []).append(entry)
        for network in entry[1].sender_ip_addresses:
            table_of = self._networks.setdefault(network.prefixlen, {})
            number = int(network.network_address) >> (32 - network.prefixlen)
            table_of.setdefault(number, []).append(entry)

    def _near(self, name: DomainPattern) -> Iterator[DirectoryEntry]:
        """The few connectors whose value can fit `name` under any position of the switches."""
        domain = name.domain
        if domain is None:
            return
        yield from self._exact.get(domain, ())
        if name.wildcard:
            yield from self._children.get(domain, ())
        wild = self._wild
        if not wild:
            return
        rest: str = domain
        while rest:
            yield from wild.get(rest, ())
            rest = rest.partition(".")[2]

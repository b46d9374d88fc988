"""What one configuration does differently from another, in the words of those who have to change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.model.tenant import InboundConnector, Tenant
from lab.model.topology import Host, Topology


def changes(before: Topology, after: Topology) -> tuple[str, ...]:
    """The differences that decide who is taken for whom: certificates, addresses, connectors, accepted domains."""
    return tuple(_changes(before, after))


def _changes(before: Topology, after: Topology) -> Iterator[str]:
    for name, host in after.hosts.items():
        if name in before.hosts:
            yield from _host(before.hosts[name], host, before, after)
    for name, tenant in after.tenants.items():
        if name in before.tenants:
            yield from _tenant(before.tenants[name], tenant)


def _host(old: Host, new: Host, before: Topology, after: Topology) -> Iterator[str]:
    was, now = _shown(old, before), _shown(new, after)
    if was != now:
        yield f"{new.name} shows {now} (not {was})"
    elif old.client_certificate and not new.client_certificate:
        yield f"{new.name} shows no client certificate"
    if old.source != new.source:
        yield f"{new.name} comes from {new.source} (not {old.source})"


def _shown(host: Host, topology: Topology) -> str:
    known = topology.certificates.get(host.certificate or "")
    if known is None:
        return "nothing"
    faults = ", ".join(sorted(known.faults))
    return f"{', '.join(known.names)}{f', {faults}' if faults else ''}"


def _tenant(old: Tenant, new: Tenant) -> Iterator[str]:
    if old.region != new.region:
        yield f"tenant {new.name} lives in {new.region} (not {old.region})"
    yield from _connectors(old, new)
    yield from _rules(old, new)
    domains, former = _domains(new), _domains(old)
    added, gone = [d for d in domains if d not in former], [d for d in former if d not in domains]
    if added:
        yield f"{_these(added)} of tenant {new.name}"
    if gone:
        yield f"no longer {_these(gone)} of tenant {new.name}"


def _connectors(old: Tenant, new: Tenant) -> Iterator[str]:
    former = {connector.name: connector for connector in old.inbound_connectors}
    for connector in new.inbound_connectors:
        was = former.pop(connector.name, None)
        if was is None:
            yield f'tenant {new.name} has a connector "{connector.name}"'
        elif knows_by(was) != knows_by(connector):
            yield f'"{connector.name}" in {new.name} wants {knows_by(connector)}'
    yield from (f'tenant {new.name} has no connector "{name}"' for name in former)


def _rules(old: Tenant, new: Tenant) -> Iterator[str]:
    former = {rule.name: rule for rule in old.transport_rules}
    for rule in new.transport_rules:
        was = former.pop(rule.name, None)
        if was is None:
            yield f'tenant {new.name} has a mail flow rule "{rule.name}"'
        elif was != rule:
            yield f'the mail flow rule "{rule.name}" of tenant {new.name} differs'
    yield from (f'tenant {new.name} has no mail flow rule "{name}"' for name in former)


def knows_by(connector: InboundConnector) -> str:
    """What an inbound connector knows its clients by."""
    value = connector.tls_sender_certificate_name
    if value is not None:
        return f"TlsSenderCertificateName {value}"
    addresses = ", ".join(str(each).removesuffix("/32") for each in connector.sender_ip_addresses)
    return f"SenderIPAddresses {addresses}" if addresses else "nothing in particular"


def _domains(tenant: Tenant) -> list[str]:
    return [str(domain.domain_name) for domain in tenant.accepted_domains]


def _these(domains: Iterable[str]) -> str:
    told = list(domains)
    return f"{', '.join(told)} {'is an accepted domain' if len(told) == 1 else 'are accepted domains'}"

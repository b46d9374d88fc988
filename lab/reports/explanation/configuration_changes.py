"""What one configuration does differently from another, in the words of those who have to change it."""

from __future__ import annotations

from collections.abc import Iterator

from lab.model.tenant import InboundConnector, Tenant
from lab.model.topology import Host, Topology
from lab.sentence import Sentence, listed, sentence
from lab.words.reasons import faults


def changes(before: Topology, after: Topology) -> Iterator[Sentence]:
    """The differences that decide which tenant a connection is attributed to: certificates, addresses, connectors, accepted domains."""
    for name, host in after.hosts.items():
        if name in before.hosts:
            yield from _host(before.hosts[name], host, before, after)
    for name, tenant in after.tenants.items():
        if name in before.tenants:
            yield from _tenant(before.tenants[name], tenant)


def _host(old: Host, new: Host, before: Topology, after: Topology) -> Iterator[Sentence]:
    was, now = _shown(old, before), _shown(new, after)
    if was != now:
        yield sentence("{host} shows {shown} (not {former})", host=new.name, shown=now, former=was)
    elif old.client_certificate and not new.client_certificate:
        yield sentence("{host} shows no client certificate", host=new.name)
    if old.source != new.source:
        template = "{host} comes from {address} (not {former})"
        yield sentence(template, host=new.name, address=new.source, former=old.source)


def _shown(host: Host, topology: Topology) -> Sentence:
    certificate = topology.certificates.get(host.certificate or "")
    if certificate is None:
        return sentence("nothing")
    faulty = (faults(sorted(certificate.faults)),) if certificate.faults else ()
    return listed((*certificate.names, *faulty))


def _tenant(old: Tenant, new: Tenant) -> Iterator[Sentence]:
    if old.region != new.region:
        moved = "tenant {tenant} lives in {region} (not {former})"
        yield sentence(moved, tenant=new.name, region=new.region, former=old.region)
    yield from _connectors(old, new)
    yield from _rules(old, new)
    domains, former = _domains(new), _domains(old)
    added, gone = [d for d in domains if d not in former], [d for d in former if d not in domains]
    if added:
        template = "{domains} is an accepted domain of tenant {tenant}"
        several = "{domains} are accepted domains of tenant {tenant}"
        yield sentence(several if added[1:] else template, domains=", ".join(added), tenant=new.name)
    if gone:
        template = "{domains} is no longer an accepted domain of tenant {tenant}"
        several = "{domains} are no longer accepted domains of tenant {tenant}"
        yield sentence(several if gone[1:] else template, domains=", ".join(gone), tenant=new.name)


def _connectors(old: Tenant, new: Tenant) -> Iterator[Sentence]:
    former = {connector.name: connector for connector in old.inbound_connectors}
    for connector in new.inbound_connectors:
        was = former.pop(connector.name, None)
        if was is None:
            has = 'tenant {tenant} has a connector "{connector}"'
            yield sentence(has, tenant=new.name, connector=connector.name)
        elif _knows_by(was) != _knows_by(connector):
            wants = '"{connector}" in {tenant} wants {property}'
            yield sentence(wants, connector=connector.name, tenant=new.name, property=_knows_by(connector))
    none = 'tenant {tenant} has no connector "{connector}"'
    yield from (sentence(none, tenant=new.name, connector=name) for name in former)


def _rules(old: Tenant, new: Tenant) -> Iterator[Sentence]:
    former = {rule.name: rule for rule in old.transport_rules}
    for rule in new.transport_rules:
        was = former.pop(rule.name, None)
        if was is None:
            yield sentence('tenant {tenant} has a mail flow rule "{rule}"', tenant=new.name, rule=rule.name)
        elif was != rule:
            differs = 'the mail flow rule "{rule}" of tenant {tenant} differs'
            yield sentence(differs, rule=rule.name, tenant=new.name)
    none = 'tenant {tenant} has no mail flow rule "{rule}"'
    yield from (sentence(none, tenant=new.name, rule=name) for name in former)


def _knows_by(connector: InboundConnector) -> Sentence:
    """What an inbound connector knows its clients by."""
    value = connector.tls_sender_certificate_name
    if value is not None:
        return sentence("TlsSenderCertificateName {value}", value=value)
    if not connector.sender_ip_addresses:
        return sentence("no certificate and no address")
    return sentence("SenderIPAddresses {addresses}", addresses=addresses(connector))


def addresses(connector: InboundConnector) -> str:
    """Its SenderIPAddresses as they are written."""
    return ", ".join(str(network).removesuffix("/32") for network in connector.sender_ip_addresses)


def _domains(tenant: Tenant) -> list[str]:
    return [str(domain.domain_name) for domain in tenant.accepted_domains]

"""From a scenario to customers: whose mail leaves by which machine, as the scenario's own connectors say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lab.analysis.sweep.types import Customer, MailUse, TenantConnection
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import Tenant
from lab.model.topology import Host, Topology

_SERVICE = ".mail.protection.outlook.com"
_ROUTING = ".mail.onmicrosoft.com"


def customers(topology: Topology, prefix: str = "") -> Iterator[Customer]:
    """The tenants of a configuration with the connections that carry their mail; `prefix` makes names unique.

    What a tenant knows of its recipients is left out: a sweep asks for the tenant.
    """
    for tenant in topology.tenants.values():
        found = {(c.host, c.address): c for c in _connections(tenant, topology)}
        bare = replace(tenant, name=prefix + tenant.name, recipients={}, transport_rules=(), dbeb=False)
        yield Customer(tenant=bare, connections=tuple(found.values()))


def _connections(tenant: Tenant, topology: Topology) -> Iterator[TenantConnection]:
    for host in topology.hosts.values():
        ways = tuple(dict.fromkeys(_ways(host, tenant, topology)))
        if ways:
            yield _connection(host, ways, topology)


def _connection(host: Host, ways: tuple[MailUse, ...], topology: Topology) -> TenantConnection:
    shown = topology.certificates.get(host.certificate or "") if host.client_certificate else None
    return TenantConnection(host=host.name, address=host.source, certificate=shown, sends=ways)


def _ways(host: Host, tenant: Tenant, topology: Topology) -> Iterator[MailUse]:
    """What a machine hands to Exchange Online of this tenant's mail."""
    own = [org for org in topology.organizations.values() if _belongs(org, tenant)]
    if host.holds_mailboxes:
        for organization in own:
            if host.organization == organization.name:
                yield from _of_exchange(organization)
    elif host.is_filter:
        if any(host.organization == org.name or _sends_by(org, host) for org in own):
            to_service = any(name.endswith(_SERVICE) for name in host.smart_hosts)
            yield MailUse.RELAY if to_service else MailUse.INTERNET
        leads_here = any(name.endswith(_SERVICE) for name in host.forwards_to)
        if leads_here and any(tenant.accepts(domain) for domain in host.accepts_domains):
            yield MailUse.INBOUND


def _of_exchange(organization: OnPremOrganization) -> Iterator[MailUse]:
    for connector in organization.send_connectors:
        if not connector.enabled:
            continue
        spaces = [space.pattern for space in connector.address_spaces]
        to_service = any(host.endswith(_SERVICE) for host in connector.smart_hosts)
        everything = any(pattern.is_any for pattern in spaces)
        if any(f".{pattern.domain}".endswith(_ROUTING) for pattern in spaces) or (
            to_service and not everything
        ):
            yield MailUse.HYBRID
        elif to_service:
            yield MailUse.RELAY
        elif not connector.smart_hosts:
            yield MailUse.INTERNET


def _belongs(organization: OnPremOrganization, tenant: Tenant) -> bool:
    """Whether they are two sides of one company: a domain in common, other than that of routing addresses."""
    return any(
        tenant.accepts(each.domain_name) and not each.domain_name.endswith("onmicrosoft.com")
        for each in organization.accepted_domains
    )


def _sends_by(organization: OnPremOrganization, host: Host) -> bool:
    names: Mapping[str, object] = dict.fromkeys((host.name, str(host.fqdn), host.address))
    return any(name in names for c in organization.send_connectors if c.enabled for name in c.smart_hosts)

"""Which tenants may see a message, by rule: those that the sender's and the recipient's own configuration lead it to.

A message of the own company to a foreign recipient must not pass the own tenant, unless a cloud mailbox or the service
itself sent it (with centralized transport too, R146). What is found in another tenant's trace is an alarm.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab.core.cloudnames import SERVICE, front_door
from lab.model.dns import Mx
from lab.model.names import Address, Domain
from lab.model.tenant import RecipientKind, Tenant
from lab.model.topology import Role, Topology
from lab.scenario.model import Party

_NOTICE = "tenant:"


def tenants_meant(sender: Party, recipient: Party, topology: Topology) -> frozenset[str]:
    """Names of the tenants that a message of this sender to this recipient may pass."""
    domain = recipient.address.domain
    found = {*_with_mailbox(recipient.address, topology), *_by_mx(domain, topology)}
    found |= {*_sent_from(sender, topology), *_routed_to(sender, domain, topology)}
    return frozenset(found)


def homes(recipient: Party, topology: Topology) -> frozenset[str]:
    """Names of the tenants that have the recipient: mail may come there twice, by way of on-premises."""
    return frozenset(_with_mailbox(recipient.address, topology))


def _with_mailbox(address: Address, topology: Topology) -> Iterator[str]:
    """The tenant that has the recipient; a mail user is only a pointer to somebody elsewhere (R144)."""
    for tenant in topology.tenants.values():
        recipient = tenant.find(address)
        if recipient is not None and recipient.kind is not RecipientKind.MAIL_USER:
            yield tenant.name


def _by_mx(domain: Domain, topology: Topology) -> Iterator[str]:
    """The tenant whose front ends the recipient domain's MX leads to."""
    hosts = (row.host for row in topology.zones.rows.get((domain, "MX"), ()) if isinstance(row, Mx))
    for host in hosts:
        yield from _behind(host, topology)


def _sent_from(sender: Party, topology: Topology) -> Iterator[str]:
    """The tenant whose mailbox, or whose service, it comes from."""
    if sender.via is not None:
        if sender.via.startswith(_NOTICE):
            yield sender.via.removeprefix(_NOTICE)
        return
    for tenant in topology.tenants.values():
        found = tenant.find(sender.address)
        if found is not None and found.kind is RecipientKind.MAILBOX:
            yield tenant.name


def _routed_to(sender: Party, domain: Domain, topology: Topology) -> Iterator[str]:
    """Tenants that somebody chose as next hop: a send connector, a filter's fixed route, a service past the MX (R246)."""
    host = topology.hosts.get(sender.via or "")
    if host is not None and host.role is Role.SERVICE and host.past_mx:
        yield from (tenant.name for tenant in topology.tenants.values() if tenant.accepts(domain))
    for organization in topology.organizations.values():
        if organization.find(sender.address) is None:
            continue
        for connector in organization.send_connectors:
            if any(space.pattern.covers(domain) for space in connector.address_spaces):
                yield from _all_behind(connector.smart_hosts, topology)
        for gateway in topology.hosts.values():
            if gateway.organization == organization.name:
                yield from _all_behind(gateway.smart_hosts, topology)


def _all_behind(hosts: tuple[str, ...], topology: Topology) -> Iterator[str]:
    for host in hosts:
        yield from _behind(host, topology)


def _behind(host: str, topology: Topology) -> Iterator[str]:
    """The tenant whose front door a host name is."""
    if Domain(host.lower()).is_under(SERVICE):
        yield from (tenant.name for tenant in topology.tenants.values() if _has_door(tenant, host.lower()))


def _has_door(tenant: Tenant, host: str) -> bool:
    return any(front_door(each.domain_name) == host for each in tenant.accepted_domains)

"""Which tenants may see a message, by rule: those that the sender's and the recipient's own configuration lead it to.

A message of the own company to a foreign recipient must not pass the own tenant, unless a cloud mailbox or the service
itself sent it (with centralized transport too, R146). What is found in another tenant's trace is an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.core.service_host_names import SERVICE, front_door
from lab.model.dns import Mx
from lab.model.names import Address, Domain
from lab.model.tenant import Recipient, RecipientKind
from lab.model.topology import Topology
from lab.scenario.builders.correspondents import address_owners
from lab.scenario.model import MatrixParty

_NOTICE = "tenant:"
_POINTERS = (RecipientKind.MAIL_USER, RecipientKind.CONTACT)


def tenants_meant(sender: MatrixParty, ends: Iterable[Address], topology: Topology) -> frozenset[str]:
    """Names of the tenants that a message of this sender with these `ends` may pass."""
    copies = (tenants_led_to(sender, address, topology) for address in ends)
    return origin(sender, topology).union(*copies)


def origin(sender: MatrixParty, topology: Topology) -> frozenset[str]:
    """The tenant whose mailbox, or whose service, it comes from; nothing if it starts elsewhere."""
    if sender.via is not None:
        return frozenset({sender.via.removeprefix(_NOTICE)} if sender.via.startswith(_NOTICE) else ())
    own = ((tenant.name, tenant.find(sender.address)) for tenant in topology.tenants.values())
    return frozenset(
        name for name, person in own if person is not None and person.kind is RecipientKind.MAILBOX
    )


def tenants_led_to(sender: MatrixParty, recipient: Address, topology: Topology) -> frozenset[str]:
    """Names of the tenants that one copy is led to: by its envelope recipient, and by what routes this sender's mail."""
    return frozenset(
        {
            *_with_mailbox(recipient, topology),
            *_by_mx(recipient.domain, topology),
            *_by_filter(recipient.domain, topology),
            *_routed_to(sender, recipient.domain, topology),
        }
    )


def homes(ends: Iterable[Address], topology: Topology) -> frozenset[str]:
    """Names of the tenants that have the recipient: mail may come there twice, by way of on-premises."""
    return frozenset(name for address in ends for name in _with_mailbox(address, topology))


def refused(sender: MatrixParty, recipient: MatrixParty, topology: Topology) -> bool:
    """Whether the recipient is not for this sender: for colleagues only, or only for some of them."""
    for target in _known(recipient.address, topology):
        listed = {allowed.key for allowed in target.accept_only_from}
        if (target.require_sender_authentication and not sender.own) or (
            listed and sender.address.key not in listed
        ):
            return True
    return False


def ends(address: Address, topology: Topology) -> tuple[Address, ...]:
    """Where mail for an address may go on to: members of a group, a forwarding, the address of a contact."""
    met, waiting = {address.key: address}, [address]
    while waiting:
        for recipient in _known(waiting.pop(), topology):
            further = (*recipient.members, recipient.forwarding, recipient.external)
            fresh = [onward for onward in further if onward is not None and onward.key not in met]
            met |= {onward.key: onward for onward in fresh}
            waiting += fresh
    return tuple(met.values())


def _known(address: Address, topology: Topology) -> Iterator[Recipient]:
    """The recipient objects of an address, in those directories that are responsible for its domain."""
    for owner in address_owners(topology):
        recipient = owner.find(address) if owner.accepts(address.domain) else None
        if recipient is not None:
            yield recipient


def _with_mailbox(address: Address, topology: Topology) -> Iterator[str]:
    """The tenant that has the recipient; mail users and contacts only point to somebody elsewhere (R144)."""
    for tenant in topology.tenants.values():
        recipient = tenant.find(address)
        if recipient is not None and recipient.kind not in _POINTERS:
            yield tenant.name


def _by_mx(domain: Domain, topology: Topology) -> Iterator[str]:
    """The tenant whose front ends the recipient domain's MX leads to."""
    hosts = (row.host for row in topology.zones.rows.get((domain, "MX"), ()) if isinstance(row, Mx))
    for host in hosts:
        yield from _behind(host, topology)


def _by_filter(domain: Domain, topology: Topology) -> Iterator[str]:
    """Tenants that a filter which receives for the domain hands it to."""
    for host in topology.hosts.values():
        if host.is_filter and domain in host.accepts_domains:
            for next_hop in host.forwards_to:
                yield from _through(next_hop, domain, topology)


def _routed_to(sender: MatrixParty, domain: Domain, topology: Topology) -> Iterator[str]:
    """Tenants that somebody chose as next hop: a send connector, a filter's fixed route, a service past the MX (R246)."""
    host = topology.hosts.get(sender.via or "")
    if host is not None and host.is_service and host.past_mx:
        yield from _accepting(domain, topology)
    for next_hop in _next_hops(sender, domain, topology):
        yield from _through(next_hop, domain, topology)


def _next_hops(sender: MatrixParty, domain: Domain, topology: Topology) -> Iterator[str]:
    """The smart hosts of whoever sends for this sender."""
    host = topology.hosts.get(sender.via or "")
    for organization in topology.organizations.values():
        sends = host is not None and host.organization == organization.name
        if not sends and organization.find(sender.address) is None:
            continue
        for connector in organization.send_connectors:
            if any(space.pattern.covers(domain) for space in connector.address_spaces):
                yield from connector.smart_hosts
        for gateway in topology.hosts.values():
            if gateway.organization == organization.name:
                yield from gateway.smart_hosts


def _through(next_hop: str, domain: Domain, topology: Topology) -> Iterator[str]:
    """Tenants that a next hop stands for: the one whose door it is and, as RCPT TO decides there, the recipient's (R15)."""
    yield from _behind(next_hop, topology)
    if Domain(next_hop.lower()).is_under(SERVICE):
        yield from _accepting(domain, topology)


def _accepting(domain: Domain, topology: Topology) -> Iterator[str]:
    return (tenant.name for tenant in topology.tenants.values() if tenant.accepts(domain))


def _behind(host: str, topology: Topology) -> Iterator[str]:
    """The tenant whose front door a host name is."""
    if Domain(host.lower()).is_under(SERVICE):
        for tenant in topology.tenants.values():
            if host.lower() in [front_door(accepted.domain_name) for accepted in tenant.accepted_domains]:
                yield tenant.name

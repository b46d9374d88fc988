"""Who could write to whom: one address for each class of people that a scenario has.

The three partners of the six basic messages (on-premises, cloud, foreign), and those that are forgotten: people whom only
the cloud knows, `t.onmicrosoft.com` and `t.mail.onmicrosoft.com` addresses (R239, R240, R242), groups and Teams channels
(R241), partners in other tenants and regions, and Microsoft's services (R231-R238).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from lab.model.names import Address, Domain
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import Recipient, RecipientKind, Tenant
from lab.model.topology import Host, Topology
from lab.model.value import dataclass
from lab.scenario.model import MatrixParty
from lab.scenario.syntax.scalar_values import unused_name

AddressOwner: TypeAlias = OnPremOrganization | Tenant
_MOERA = ".onmicrosoft.com"
_ROUTING = ".mail.onmicrosoft.com"
_CHANNELS = ".teams.ms"
_VOICEMAIL = Address("noreply", Domain("skype.voicemail.microsoft.com"))
_GROUPS = {
    RecipientKind.DISTRIBUTION_GROUP: "list",
    RecipientKind.GROUP: "group",
    RecipientKind.CONTACT: "contact",
}
"""What other recipients are called here."""


@dataclass(frozen=True, slots=True)
class OwnCompany:
    """The company that a matrix is made for: organisations and tenants that share domains."""

    organizations: tuple[OnPremOrganization, ...]
    tenants: tuple[Tenant, ...]

    def has(self, domain: Domain) -> bool:
        """Whether a domain is one of the company's."""
        return any(accepted.covers(domain) for owner in self.owners for accepted in owner.accepted_domains)

    @property
    def owners(self) -> tuple[AddressOwner, ...]:
        """Whoever has a directory."""
        return (*self.organizations, *self.tenants)


@dataclass(frozen=True, slots=True)
class Correspondents:
    """Everybody who can write, and everybody who can be written to."""

    senders: tuple[MatrixParty, ...]
    recipients: tuple[MatrixParty, ...]


def address_owners(topology: Topology) -> tuple[AddressOwner, ...]:
    """Whoever has a directory: the organisations, then the tenants."""
    return (*topology.organizations.values(), *topology.tenants.values())


def own_company(topology: Topology) -> OwnCompany:
    """The first organisation with all that shares a domain with it; the first tenant where there is none."""
    first = next(iter(address_owners(topology)), None)
    if first is None:
        return OwnCompany((), ())
    domains = {accepted.domain_name for accepted in first.accepted_domains}
    tenants = tuple(t for t in topology.tenants.values() if domains & _domains(t))
    for tenant in tenants:
        domains |= _domains(tenant)
    return OwnCompany(tuple(o for o in topology.organizations.values() if domains & _domains(o)), tenants)


def _domains(owner: AddressOwner) -> set[Domain]:
    return {accepted.domain_name for accepted in owner.accepted_domains}


def cast(topology: Topology) -> Correspondents:
    """Everybody that a scenario has, one for each class."""
    own = own_company(topology)
    mailboxes = _named([*_on_premises(own), *_in_cloud(own), *_foreign(topology, own)])
    others = _named([*_other_addresses(own), *_groups(own), *_channels(topology)])
    services = _named([*_services(topology), *_notices(topology, own)])
    return Correspondents((*mailboxes, *services), (*mailboxes, *others))


def _first(
    name: str, addresses: Iterable[Address], about: str, *, own: bool = True, via: str | None = None
) -> Iterator[MatrixParty]:
    """The first of these people, who stands for all of the class."""
    for address in islice(addresses, 1):
        yield MatrixParty(name=name, address=address, own=own, via=via, about=about)


def _on_premises(own: OwnCompany) -> Iterator[MatrixParty]:
    for organization in own.organizations:
        yield from _first("onprem", _mailbox_addresses(organization), "mailbox on-premises")


def _in_cloud(own: OwnCompany) -> Iterator[MatrixParty]:
    """A mailbox that on-premises knows, one that it does not, and one that has no other address (R242)."""
    for tenant in own.tenants:
        addresses = _mailbox_addresses(tenant)
        named = [address for address in addresses if not address.domain.endswith(_MOERA)]
        known = [address for address in named if not own.organizations or _is_known(address, own)]
        unknown = [address for address in named if address not in known]
        moera = [address for address in addresses if address not in named]
        yield from _first("cloud", known, "mailbox in the cloud")
        yield from _first("cloud-only", unknown, "mailbox in the cloud that on-premises does not know")
        yield from _first("moera", moera, "mailbox in the cloud that has only its onmicrosoft.com address")


def _is_known(address: Address, own: OwnCompany) -> bool:
    return any(organization.find(address) is not None for organization in own.organizations)


def _foreign(topology: Topology, own: OwnCompany) -> Iterator[MatrixParty]:
    """Partners: on-premises, in a tenant of the same or of another region, and outside Exchange Online."""
    regions = {tenant.region for tenant in own.tenants}
    for tenant in topology.tenants.values():
        if tenant not in own.tenants:
            near = tenant.region in regions
            name, where = ("same-region", "the same region") if near else ("other-region", "another region")
            about = f"mailbox in a foreign tenant of {where}"
            yield from _first(name, _mailbox_addresses(tenant), about, own=False)
    for organization in topology.organizations.values():
        if organization not in own.organizations:
            addresses = _mailbox_addresses(organization)
            yield from _first("their-onprem", addresses, "mailbox of a foreign Exchange", own=False)
    for host in topology.hosts.values():
        if host.is_final and not host.is_service and host.accepts_domains:
            yield from _first("outside", [_somebody(host)], "mailbox on the internet", own=False)


def _somebody(host: Host) -> Address:
    return next(iter(host.mailboxes.values()), None) or Address("somebody", host.accepts_domains[0])


def _other_addresses(own: OwnCompany) -> Iterator[MatrixParty]:
    """Further addresses of a cloud mailbox that the sender may know: the routing address, the onmicrosoft.com one."""
    for tenant in own.tenants:
        mailboxes = _mailboxes(tenant)
        proxies = [proxy for mailbox in mailboxes for proxy in mailbox.proxies]
        if all(not mailbox.primary.domain.endswith(_MOERA) for mailbox in mailboxes):
            initial = (proxy for proxy in proxies if proxy.domain == tenant.initial_domain)
            yield from _first("moera", initial, "onmicrosoft.com address of a mailbox that has others")
        domain = f"{tenant.initial_domain.removesuffix(_MOERA)}{_ROUTING}"
        routing = (proxy for proxy in proxies if proxy.domain == domain)
        yield from _first("routing", routing, "routing address of a mailbox in the cloud")


def _groups(own: OwnCompany) -> Iterator[MatrixParty]:
    """Groups and contacts; what both sides know under one address is one, and a contact may point to a group."""
    recipients = [recipient for owner in own.owners for recipient in distinct(owner.recipients.values())]
    groups = {recipient.primary.key for recipient in recipients if recipient.kind.is_group}
    for kind, name in _GROUPS.items():
        fitting = (
            recipient.primary
            for recipient in recipients
            if recipient.kind is kind and (kind.is_group or recipient.primary.key not in groups)
        )
        yield from _first(name, fitting, kind.value)


def _channels(topology: Topology) -> Iterator[MatrixParty]:
    for host in topology.hosts.values():
        if host.is_service and any(domain.endswith(_CHANNELS) for domain in host.accepts_domains):
            yield from _first("channel", [_somebody(host)], "Teams channel", own=False)


def _services(topology: Topology) -> Iterator[MatrixParty]:
    """Hosts of services that have somebody who sends."""
    for host in topology.hosts.values():
        channel = any(domain.endswith(_CHANNELS) for domain in host.accepts_domains)
        if host.is_service and host.mailboxes and not channel:
            about = "Microsoft's service"
            yield from _first(host.name, [_somebody(host)], about, own=False, via=host.name)


def _notices(topology: Topology, own: OwnCompany) -> Iterator[MatrixParty]:
    """What is made inside the own tenant, in scenarios that have services at all."""
    if all(not host.is_service for host in topology.hosts.values()):
        return
    for tenant in own.tenants:
        via = f"tenant:{tenant.name}"
        yield from _first("voicemail", [_VOICEMAIL], "Cloud Voicemail, made in the service", via=via)
        sender = Address("noreply", tenant.default_domain)
        yield from _first("notice", [sender], "notification sent from the own domain", via=via)


def _mailboxes(owner: AddressOwner) -> list[Recipient]:
    recipients = distinct(owner.recipients.values())
    return [recipient for recipient in recipients if recipient.kind is RecipientKind.MAILBOX]


def _mailbox_addresses(owner: AddressOwner) -> list[Address]:
    return [mailbox.primary for mailbox in _mailboxes(owner)]


def distinct(found: Iterable[Recipient]) -> list[Recipient]:
    """Directories list a recipient under each of its addresses."""
    return list({recipient.primary.key: recipient for recipient in found}.values())


def _named(parties: Iterable[MatrixParty]) -> tuple[MatrixParty, ...]:
    """Each with a name of its own: the second of a class is `cloud-2`."""
    made: dict[str, MatrixParty] = {}
    for party in parties:
        name = unused_name(party.name, made)
        made[name] = replace(party, name=name)
    return tuple(made.values())

"""Who exists and where: hosts, regions, organisations, tenants, zones. The frozen outcome of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

from lab.model.certificate import CertificateIdentity
from lab.model.dns import Zones
from lab.model.names import Address, Domain
from lab.model.onprem import OnPremOrganization
from lab.model.reply import Reply
from lab.model.roles import Role, traits
from lab.model.switches import Switches
from lab.model.tenant import RecipientKind, Tenant
from lab.model.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A machine with one program. `name` is the scenario's key, `fqdn` its name on the wire."""

    name: str
    role: Role
    fqdn: Domain
    address: str
    """Where it listens, dotted IPv4."""
    nat: str | None = None
    """The public address that others see it come from; its own if unset."""
    organization: str | None = None
    certificate: str | None = None
    """Profile of the certificate it shows as a server, and as a client too (see `client_certificate`)."""
    certificates: tuple[str, ...] = ()
    """Exchange: the profiles in its certificate store, the newest last; only `certificate` if empty."""
    client_certificate: bool = True
    """Whether it shows its certificate as a client at all."""
    offers_tls: bool = True
    helo: Domain | None = None
    smart_hosts: tuple[str, ...] = ()
    """Gateway: where outgoing mail goes instead of MX."""
    accepts_domains: tuple[Domain, ...] = ()
    """Gateway: domains it takes in for others; internet: domains it is the final server of."""
    forwards_to: tuple[str, ...] = ()
    """Gateway: host that gets the mail for `accepts_domains`."""
    relay_from: tuple[str, ...] = ()
    """Gateway: addresses that may relay through it."""
    mailboxes: Mapping[str, Address] = field(default_factory=dict)
    """Internet: known mailboxes by key; empty means every local part is known."""
    strict_spf: bool = False
    """Refuse mail whose SPF result is fail (R176)."""
    adds_headers: tuple[tuple[str, str], ...] = ()
    """Gateway: header fields that it puts on what it passes on, such as a loop mark."""
    past_mx: bool = False
    """Service: hand mail to the recipient's tenant, wherever the MX leads (R246)."""
    dkim_signs: frozenset[Domain] = frozenset()
    """Author domains it signs for (R173)."""
    disclaimer: str = ""
    """Gateway: text that it appends to plain text that passes, which breaks the signatures of others."""
    arc_seals: Domain | None = None
    """Gateway: the domain that it seals incoming mail as (ARC); it then says what it found of the sender, too."""
    refuses_with: Reply | None = None
    """Internet: its answer to every recipient, in words that this lab's servers do not have (R203)."""
    down: bool = False
    """Nothing listens there: connections are refused."""
    back_pressure: bool = False
    """Exchange: it is short of resources and takes no message (R192)."""
    max_hops: int = 60
    expires_after: timedelta = timedelta(days=2)

    @property
    def holds_mailboxes(self) -> bool:
        """Whether it holds the mailboxes of its organisation: Exchange."""
        return traits(self.role).holds_mailboxes

    @property
    def is_filter(self) -> bool:
        """Whether it is an organisation's spam filter."""
        return traits(self.role).is_filter

    @property
    def is_final(self) -> bool:
        """Whether it is the final server of domains of its own."""
        return traits(self.role).is_final

    @property
    def is_service(self) -> bool:
        """Whether it is one of Microsoft's own services."""
        return traits(self.role).is_service

    @property
    def speaks_tls(self) -> bool:
        """Whether it offers STARTTLS: it needs a certificate for that."""
        return self.offers_tls and self.certificate is not None

    @property
    def source(self) -> str:
        """The address its connections come from, as the other side sees it."""
        return self.nat or self.address

    @property
    def ehlo(self) -> Domain:
        """What it says in EHLO."""
        return self.helo or self.fqdn


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region of Exchange Online: all its MX names lead to the same front ends (R159)."""

    name: str
    """Three letters, `EUR`."""
    front_ends: tuple[Host, ...]
    outbound: tuple[Host, ...]
    high_risk: tuple[Host, ...]
    """The pool for NDRs to the internet and spam (R151)."""
    relay: tuple[Host, ...]
    """The pool for relayed mail that nobody vouches for; it is not in the service's SPF record (R46, R151)."""
    offset: int = 0

    @property
    def senders(self) -> tuple[Host, ...]:
        """Every machine that mail leaves from."""
        return (*self.outbound, *self.high_risk, *self.relay)

    @property
    def node(self) -> str:
        """The name of the region's node: `eop:EUR`."""
        return f"eop:{self.name}"


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Everything a lab runs on. Pure data: no keys, no sockets, no clock."""

    hosts: Mapping[str, Host]
    """On-premises, gateway and internet hosts, by scenario key."""
    regions: Mapping[str, Region]
    organizations: Mapping[str, OnPremOrganization]
    tenants: Mapping[str, Tenant]
    zones: Zones
    certificates: Mapping[str, CertificateIdentity]
    """What a peer of the lab sees of each certificate profile."""
    switches: Switches = field(default_factory=Switches)

    def services(self) -> frozenset[str]:
        """The addresses that Microsoft's other services come from (R245)."""
        return frozenset(host.source for host in self.hosts.values() if host.is_service)

    def addresses(self) -> dict[str, str]:
        """Every address of the lab with the name of the node behind it; nothing else may be connected to."""
        book = {host.address: name for name, host in self.hosts.items()}
        for region in self.regions.values():
            book.update({fe.address: region.node for fe in region.front_ends})
        return book

    def nodes(self) -> dict[str, str]:
        """The name of the node behind every address, those that mail only leaves from too."""
        senders = {host.address: region.node for region in self.regions.values() for host in region.senders}
        return {**senders, **self.addresses()}

    def mailbox_node(self, address: Address) -> str | None:
        """The node whose mailbox an address is; None if it has none in this lab."""
        for name, host in self.hosts.items():
            if host.holds_mailboxes:
                recipient = self.organizations[host.organization or ""].find(address)
                if recipient is not None and recipient.kind is RecipientKind.MAILBOX:
                    return name
            elif host.is_final and address.domain in host.accepts_domains:
                return name
        for tenant in self.tenants.values():
            recipient = tenant.find(address)
            if recipient is not None and recipient.kind is RecipientKind.MAILBOX:
                return self.regions[tenant.region].node
        return None

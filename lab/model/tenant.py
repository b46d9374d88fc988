"""A tenant of Exchange Online and the objects its administrator sees.

Field names are Exchange's parameter names in snake case; the scenario language spells them as PowerShell does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from ipaddress import IPv4Network

from lab.model.names import Address, Domain, DomainPattern
from lab.model.rules import TransportRule
from lab.model.value import dataclass


class ConnectorType(StrEnum):
    """R56, R86."""

    PARTNER = "Partner"
    ON_PREMISES = "OnPremises"


class DomainType(StrEnum):
    """R136, R138, R139."""

    AUTHORITATIVE = "Authoritative"
    INTERNAL_RELAY = "InternalRelay"
    EXTERNAL_RELAY = "ExternalRelay"


class TlsSettings(StrEnum):
    """R90; no value means opportunistic TLS."""

    ENCRYPTION_ONLY = "EncryptionOnly"
    CERTIFICATE_VALIDATION = "CertificateValidation"
    DOMAIN_VALIDATION = "DomainValidation"


@dataclass(frozen=True, slots=True)
class AcceptedDomain:
    """A domain the organisation receives for."""

    domain_name: Domain
    domain_type: DomainType = DomainType.AUTHORITATIVE
    match_sub_domains: bool = False
    default: bool = False

    def covers(self, domain: Domain) -> bool:
        """Whether `domain` is this one, or under it with MatchSubDomains (R83, R140)."""
        return domain == self.domain_name or (self.match_sub_domains and domain.is_under(self.domain_name))


def covering(accepted: tuple[AcceptedDomain, ...], domain: Domain | None) -> AcceptedDomain | None:
    """The accepted domain that covers `domain`, the most specific first; None if none does."""
    if domain is None:
        return None
    best = None
    for own in accepted:  # not by max(): a front end asks this of each candidate, and some are thousands
        if own.covers(domain) and (best is None or len(own.domain_name) > len(best.domain_name)):
            best = own
    return best


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundConnector:
    """`New-InboundConnector` (R56-R71)."""

    name: str
    connector_type: ConnectorType = ConnectorType.PARTNER
    enabled: bool = True
    sender_domains: tuple[DomainPattern, ...] = (DomainPattern(None, wildcard=True),)
    sender_ip_addresses: tuple[IPv4Network, ...] = ()
    tls_sender_certificate_name: DomainPattern | None = None
    require_tls: bool = True
    restrict_domains_to_certificate: bool = False
    restrict_domains_to_ip_addresses: bool = False
    cloud_services_mail_enabled: bool = False
    treat_messages_as_internal: bool = False
    connector_source: str = "Default"
    comment: str = ""
    ef_skip_last_ip: bool = False
    ef_skip_ips: tuple[IPv4Network, ...] = ()
    ef_users: tuple[Address, ...] = ()
    blocked: bool = False
    """The lab's own word: the service flagged the connector as compromised (R40)."""

    @property
    def restricts(self) -> bool:
        """Whether mail that does not fit is refused (R22, R61, R62)."""
        return self.restrict_domains_to_certificate or self.restrict_domains_to_ip_addresses

    @property
    def skips(self) -> bool:
        """Whether Enhanced Filtering is on (R67)."""
        return self.ef_skip_last_ip or bool(self.ef_skip_ips)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundConnector:
    """`New-OutboundConnector` (R86-R98)."""

    name: str
    connector_type: ConnectorType = ConnectorType.PARTNER
    enabled: bool = True
    recipient_domains: tuple[DomainPattern, ...] = ()
    all_accepted_domains: bool = False
    use_mx_record: bool = True
    smart_hosts: tuple[str, ...] = ()
    tls_settings: TlsSettings | None = None
    tls_domain: DomainPattern | None = None
    route_all_messages_via_on_premises: bool = False
    is_transport_rule_scoped: bool = False
    cloud_services_mail_enabled: bool = False
    test_mode: bool = False
    sender_rewriting_enabled: bool = False
    connector_source: str = "Default"
    comment: str = ""


class RecipientKind(StrEnum):
    """What a recipient object is, seen from the directory that holds it."""

    MAILBOX = "mailbox"
    """A mailbox in this very system."""
    MAIL_USER = "mail user"
    """In the cloud: a synced on-prem mailbox (R144). On-premises: a remote mailbox (R106)."""
    CONTACT = "mail contact"
    """Somebody elsewhere, known here under an own address."""
    DISTRIBUTION_GROUP = "distribution group"
    GROUP = "Microsoft 365 group"
    """In the cloud only: a mailbox of its own, and members who get copies (R241)."""

    @property
    def is_group(self) -> bool:
        """Whether it has members."""
        return self in (RecipientKind.DISTRIBUTION_GROUP, RecipientKind.GROUP)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient object: where its mail ends, and under which addresses it is known."""

    kind: RecipientKind
    primary: Address
    proxies: tuple[Address, ...] = ()
    external: Address | None = None
    """ExternalEmailAddress / RemoteRoutingAddress (targetAddress) of a mail user or contact."""
    members: tuple[Address, ...] = ()
    """Of a group, by primary address where they are known here."""
    require_sender_authentication: bool = False
    """RequireSenderAuthenticationEnabled: only internal mail is taken (R119)."""
    accept_only_from: tuple[Address, ...] = ()
    """AcceptMessagesOnlyFrom; empty means everybody."""
    forwarding: Address | None = None
    """ForwardingSmtpAddress of a mailbox."""
    keeps_copy: bool = False
    """DeliverToMailboxAndForward."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingLimits:
    """How many external recipients a tenant may have in 24 hours, and how many it has had when the lab starts.

    What is sent in the lab does not add to the count: each message is judged against it alone.
    """

    licences: int | None = None
    """Paid mailboxes; the limit is 500 x licences^0.7 + 9500 (R50). None: no such limit."""
    trial: bool = False
    """A trial tenant: 5,000 (R50)."""
    already_sent: int = 0
    """External recipients in the last 24 hours."""
    already_sent_from_moera: int | None = None
    """Those of them from onmicrosoft.com addresses, of whom 100 are allowed (R53). None: no such limit."""

    @property
    def external_recipients(self) -> int | None:
        """The limit of R50."""
        if self.trial:
            return 5000
        return None if self.licences is None else int(500 * self.licences**0.7 + 9500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One customer of Exchange Online."""

    name: str
    id: str
    """The tenant GUID."""
    initial_domain: Domain
    region: str
    age: int = 0
    """Place in order of creation, 0 the oldest (for the `oldest` tie-break, R18)."""
    accepted_domains: tuple[AcceptedDomain, ...] = ()
    recipients: Mapping[str, Recipient] = field(default_factory=dict)
    """By address key, proxy addresses included."""
    inbound_connectors: tuple[InboundConnector, ...] = ()
    outbound_connectors: tuple[OutboundConnector, ...] = ()
    reject_direct_send: bool = False
    dbeb: bool = True
    honor_dmarc: bool = True
    transport_rules: tuple[TransportRule, ...] = ()
    """Mail flow rules in order of priority."""
    limits: SendingLimits | None = None
    trusted_arc_sealers: frozenset[Domain] = frozenset()
    """`Set-ArcConfig -ArcTrustedSealers`: whose word overrides a DMARC failure (R174)."""
    dkim_domains: frozenset[Domain] = frozenset()
    """Domains with DKIM enabled (`Get-DkimSigningConfig`); all else is signed with the initial domain (R171)."""

    def accepts(self, domain: Domain | None) -> AcceptedDomain | None:
        """The accepted domain that covers `domain`, the most specific first."""
        return covering(self.accepted_domains, domain)

    @property
    def default_domain(self) -> Domain:
        """The default accepted domain, the initial domain if none is marked."""
        return next((d.domain_name for d in self.accepted_domains if d.default), self.initial_domain)

    def find(self, address: Address) -> Recipient | None:
        """The recipient object known under `address`."""
        return self.recipients.get(address.key)

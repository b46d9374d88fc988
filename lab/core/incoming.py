"""The recipient's tenant looks at an anonymous client: partner connectors, Direct Send, the directory at the edge."""

from __future__ import annotations

from lab.core.certificate_matching import name_match
from lab.core.client_credentials import Credentials
from lab.model.decision import Reason
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.reply import Reply
from lab.model.switches import Switches
from lab.model.tenant import ConnectorType, DomainType, InboundConnector, Tenant
from lab.model.value import value

PARTNER = Reply(
    550,
    "5.7.51",
    "TenantInboundAttribution; There is a partner connector configured that matched the message's recipient domain. "
    "The connector had either the RestrictDomainsToIPAddresses or RestrictDomainsToCertificate set",
)
DIRECT_SEND = Reply(
    550,
    "5.7.68",
    "TenantInboundAttribution; Direct Send not allowed for this organization from unauthorized sources",
)
UNKNOWN = Reply(550, "5.4.1", "Recipient address rejected: Access denied.")
NEEDS_TLS = Reply(451, "5.7.3", "STARTTLS is required to send mail")


@value()
class Admission:
    """Whether a tenant takes an anonymous message in, and through which partner connector."""

    reason: Reason
    rules: tuple[str, ...]
    connector: InboundConnector | None = None
    reply: Reply | None = None
    """The refusal; None admits."""


def admit(
    tenant: Tenant,
    credentials: Credentials,
    reverse_path: ReversePath,
    recipient: Address,
    switches: Switches,
) -> Admission:
    """Steps of section 1.D in order: partner connectors, RejectDirectSend, directory-based edge blocking."""
    fitting = _fitting(tenant, reverse_path.domain, switches)
    connector: InboundConnector | None = None
    rules: tuple[str, ...] = ()
    if fitting:
        meant = [c for c in fitting if _names(c, credentials, switches)]
        connector = next((c for c in meant if credentials.tls or not c.require_tls), None)
        rules = ("R22", "R23", "R57")
        exempt = credentials.service and switches.service_mail_exempt  # U17
        if connector is None and fitting[0].restricts and exempt:
            rules = (*rules, "R246")
        elif connector is None and meant:
            return Admission(Reason.PARTNER_NEEDS_TLS, (*rules, "R60", "R43"), meant[0], NEEDS_TLS)
        elif connector is None:
            proof = "R61" if fitting[0].restrict_domains_to_certificate else "R62"
            return Admission(Reason.PARTNER_RESTRICTS, (*rules, proof, "R38", "R43"), fitting[0], PARTNER)
    if reverse_path.is_null and _spared_for_null(tenant):
        rules = (*rules, "R57")
    if connector is None and tenant.accepts(reverse_path.domain):
        if tenant.reject_direct_send and switches.reject_direct_send_available:
            return Admission(Reason.DIRECT_SEND, ("R39", "R51", "R43"), None, DIRECT_SEND)
        rules = ("R44",)
    if blocked_at_edge(tenant, recipient):
        return Admission(Reason.UNKNOWN_RECIPIENT, (*rules, "R136", "R43"), connector, UNKNOWN)
    return Admission(Reason.PARTNER if connector else Reason.ANONYMOUS, rules, connector)


def _fitting(tenant: Tenant, domain: Domain | None, switches: Switches) -> list[InboundConnector]:
    """Partner connectors for that sender domain: restricting ones first (R23), of these the most specific."""
    fitting: list[tuple[bool, int, InboundConnector]] = []
    for connector in tenant.inbound_connectors:
        if not connector.enabled or connector.connector_type is not ConnectorType.PARTNER:
            continue
        if not connector.restricts and switches.partner_scope != "sender_domain_also":
            continue
        rank = max((p.rank for p in connector.sender_domains if _means(p, domain)), default=-1)
        if rank >= 0:
            fitting.append((connector.restricts, rank, connector))
    if not fitting:
        return []
    best = max((restricts, rank) for restricts, rank, _ in fitting)
    return sorted((c for restricts, rank, c in fitting if (restricts, rank) == best), key=lambda c: c.name)


def in_scope(connector: InboundConnector, reverse_path: ReversePath, switches: Switches) -> bool:
    """Whether SenderDomains lets an OnPremises connector mean the sender: it does not matter, but by switch (R57, U8)."""
    if switches.onpremises_sender_domains == "ignored":
        return True
    return any(_means(pattern, reverse_path.domain) for pattern in connector.sender_domains)


def _spared_for_null(tenant: Tenant) -> bool:
    """Whether a restriction does not hold only because a null reverse-path has no domain (R57, assumed)."""
    partners = (
        c for c in tenant.inbound_connectors if c.enabled and c.connector_type is ConnectorType.PARTNER
    )
    return any(c.restricts and not any(p.is_any for p in c.sender_domains) for c in partners)


def _means(pattern: DomainPattern, domain: Domain | None) -> bool:
    """A null reverse-path has no domain: only the bare `*` means it."""
    return pattern.is_any if domain is None else pattern.covers(domain)


def _names(connector: InboundConnector, credentials: Credentials, switches: Switches) -> bool:
    """Whether the client is the one that a partner connector is about; if it restricts nothing, anybody is."""
    if connector.restrict_domains_to_ip_addresses:
        return any(
            credentials.number >> (32 - n.prefixlen) == int(n.network_address) >> (32 - n.prefixlen)
            for n in connector.sender_ip_addresses
        )
    if connector.restrict_domains_to_certificate:
        value = connector.tls_sender_certificate_name
        return value is not None and any(name_match(value, name, switches) for name in credentials.names)
    return True


def blocked_at_edge(tenant: Tenant, recipient: Address) -> bool:
    """Directory-based edge blocking: unknown recipients of authoritative domains (R136, R137)."""
    accepted = tenant.accepts(recipient.domain)
    if not tenant.dbeb or accepted is None or accepted.domain_type is not DomainType.AUTHORITATIVE:
        return False
    return tenant.find(recipient) is None

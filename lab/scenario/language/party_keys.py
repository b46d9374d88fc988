"""The keys of everybody who takes part: hosts, organisations, tenants, certificates, names."""

from __future__ import annotations

from lab.model.certificate import KeyUsage, Validity
from lab.model.roles import Role
from lab.scenario.language.exchange_objects import (
    ACCEPTED_DOMAIN,
    INBOUND,
    OUTBOUND,
    RECEIVE,
    REMOTE_DOMAIN,
    SEND,
)
from lab.scenario.language.mail_flow_rules import HEADER, RULE
from lab.scenario.syntax.records import declared, flag, key, named, optional, required, several
from lab.scenario.syntax.scalar_values import (
    DATE,
    DOMAIN,
    HELO,
    INITIAL,
    IPV4,
    LINE,
    MAILBOX,
    MX,
    NAME,
    PATTERN,
    RECORD_NAME,
    REFUSAL,
    REGION_NAME,
    SMART_HOST,
    SPAN,
    SPELLED_DOMAIN,
    TEXT,
    WHOLE,
    from_enum,
    word,
)

POLICY = word("none", "quarantine", "reject")


class HostKeys:
    """A machine."""

    role = optional(
        from_enum([Role.EXCHANGE, Role.GATEWAY, Role.INTERNET, Role.SERVICE]),
        "What program runs on it: exchange or gateway; at top level internet, or service for one of Microsoft's.",
    )
    address = required(IPV4, "Where it listens and, without `nat`, where its connections come from.")
    nat = optional(IPV4, "The public address that others see it come from; several hosts may share it.")
    fqdn = optional(DOMAIN, "Its name; ex01.DOMAIN for Exchange, the HELO name or mail.DOMAIN for others.")
    helo = optional(HELO, "What it says in EHLO; its name if unset. Attribution ignores it (R20).")
    certificate = optional(
        NAME, "The certificate (key under `certificates:`) it shows, as server and client."
    )
    certificates = several(
        NAME, "Exchange: all certificates in its store, the newest last; `certificate` if unset (R115)."
    )
    client_certificate = flag("Whether it shows its certificate as a client at all.", default=True)
    offers_tls = flag("Whether it offers STARTTLS as a server.", default=True)
    smart_hosts = several(SMART_HOST, "Gateway: where outgoing mail goes instead of to the MX.")
    accepts_domains = several(DOMAIN, "Gateway: domains it takes in; the organisation's domains if unset.")
    forwards_to = several(
        SMART_HOST, "Gateway: where incoming mail goes; the organisation's Exchange if unset."
    )
    relay_from = several(
        IPV4, "Gateway: clients that may relay; the organisation's Exchange servers if unset."
    )
    domains = several(DOMAIN, "Internet or service host: domains it is the final server of.")
    mailboxes = several(MAILBOX, "Internet or service host: its mailboxes; if none are listed, all exist.")
    dmarc = optional(POLICY, "Internet or service host: DMARC policy of its domains.")
    strict_spf = flag("Whether it refuses mail whose SPF result is fail (R176).")
    adds_headers = named(HEADER, LINE, "Gateway: header fields for what it passes on, such as a loop mark.")
    dkim_signs = several(DOMAIN, "Author domains that it signs for, with the selector `gateway` (R173).")
    disclaimer = key(TEXT, "Gateway: text that it appends to plain text; it breaks others' signatures.", "")
    arc_seals = optional(
        DOMAIN, "Gateway: the domain that it seals incoming mail as (ARC), selector `gateway`."
    )
    past_mx = flag("Service host: hand mail to the recipient's tenant, wherever the MX leads (R246).")
    refuses_with = optional(
        REFUSAL, "Internet host: its answer to every recipient, such as 550 5.4.1 Relay Access Denied (R203)."
    )
    down = flag("Whether nothing listens there: connections are refused (R150).")
    back_pressure = flag("Exchange: short of resources, it takes no message for now (R192).")
    max_hops = key(WHOLE, "Received lines at which it sees a loop.", 60)
    expires_after = optional(SPAN, "How long it tries before it gives up; 2d.")


class RecipientKeys:
    """A recipient object."""

    address = required(MAILBOX, "The primary address.")
    proxies = several(MAILBOX, "Further addresses.")
    external = optional(
        MAILBOX, "ExternalEmailAddress or RemoteRoutingAddress: where its mail goes (R106, R144)."
    )
    forwarding = optional(
        MAILBOX, "Mailbox: where it passes its mail on (R152).", name="ForwardingSmtpAddress"
    )
    keeps_copy = flag("Mailbox: whether it keeps what it passes on.", name="DeliverToMailboxAndForward")
    require_sender_authentication = flag(
        "Whether only internal mail is taken (R119).", name="RequireSenderAuthenticationEnabled"
    )
    accept_only_from = several(
        MAILBOX, "The only ones who may write here; all if unset.", name="AcceptMessagesOnlyFrom"
    )
    synced = flag(
        "On-premises: whether the tenant knows it too; public folders and dynamic groups may be forgotten (R244).",
        default=True,
    )


class ContactKeys:
    """A mail contact."""

    address = required(MAILBOX, "The address it has here.")
    proxies = RecipientKeys.proxies
    external = required(MAILBOX, "ExternalEmailAddress: where its mail goes.")
    require_sender_authentication = RecipientKeys.require_sender_authentication
    accept_only_from = RecipientKeys.accept_only_from
    synced = RecipientKeys.synced


class GroupKeys:
    """A group of either kind."""

    address = required(MAILBOX, "The primary address.")
    proxies = RecipientKeys.proxies
    members = several(MAILBOX, "Who gets its mail: recipients of the organisation, or anybody.")
    require_sender_authentication = flag(
        "Whether only internal mail is taken (R119).", default=True, name="RequireSenderAuthenticationEnabled"
    )
    accept_only_from = RecipientKeys.accept_only_from
    synced = RecipientKeys.synced


class LimitKeys:
    """Sending limits."""

    licences = optional(WHOLE, "Paid mailboxes; 500 x licences^0.7 + 9500 external recipients a day.")
    trial = flag("A trial tenant: 5,000 external recipients a day.")
    already_sent = key(WHOLE, "External recipients of the 24 hours before the start.", 0)
    already_sent_from_moera = optional(
        WHOLE, "Those of onmicrosoft.com senders; 100 a day (R53).", name="already_sent_from_onmicrosoft"
    )


class HybridKeys:
    """What the Hybrid Configuration Wizard is told."""

    tenant = required(NAME, "The organisation's own tenant.")
    certificate_name = required(
        PATTERN, "Name of the certificate: TlsSenderCertificateName and TlsDomain (R71, R111)."
    )
    organization_guid = optional(
        LINE, "The GUID in the names of all objects (R112); made from the name if unset."
    )
    centralized_transport = flag("Centralized mail transport, CMT (R92).")
    smart_host = optional(
        SMART_HOST, "Where the tenant delivers to on-premises; the Exchange server if unset (R111)."
    )


class OrganizationConfigKeys:
    """`Set-OrganizationConfig`."""

    reject_direct_send = flag(
        "Refuse anonymous mail from own domains with 5.7.68 (R39).", name="RejectDirectSend"
    )


class CertificateKeys:
    """A certificate."""

    profile = optional(NAME, "A kind from certs/profiles.yaml to start from, such as expired.")
    names = several(LINE, "The first is the CN; all are SANs too.")
    san = flag("Whether it has SANs at all (R10).", default=True)
    issuer = key(
        NAME, "public or public-NAME: trusted by all; any other word: a CA that nobody trusts (R8).", "public"
    )
    self_signed = flag("Signed by itself (R9).")
    missing_intermediate = flag("The intermediate CA's certificate is not sent (R126).")
    validity = key(from_enum(Validity), "Against the lab's clock (R127).", Validity.CURRENT)
    not_after = optional(
        DATE,
        "Its last day in real life, for `mflab check` to warn of; the lab's clock goes by `validity` alone.",
    )
    key_usage = key(from_enum(KeyUsage), "Extended key usage (R129).", KeyUsage.BOTH)
    key = key(word("ec", "rsa"), "P-256, or RSA with 2048 bit.", "ec")


class ServiceHostKeys:
    """A machine of Exchange Online."""

    address = required(IPV4, "Its address.")
    fqdn = required(SPELLED_DOMAIN, "Its name, spelled as in logs.")
    helo = optional(HELO, "What it says in EHLO.")


class DnsRowKeys:
    """The records of one name; a null takes away what was derived."""

    a = several(IPV4, "Addresses.", name="A")
    mx = several(MX, "Mail exchangers: `10 mail.contoso.example`; `0 .` accepts no mail.", name="MX")
    txt = several(TEXT, "Texts, SPF and DMARC among them.", name="TXT")
    ptr = several(DOMAIN, "Reverse names; the name is then an in-addr.arpa one.", name="PTR")
    cname = several(DOMAIN, "The name this one is an alias of.", name="CNAME")
    ttl = optional(WHOLE, "For how many seconds a host that has asked may remember them; 3600.")


HOST = declared("host", "A machine with one program.", HostKeys)
RECIPIENT = declared(
    "recipient", "A recipient object.", RecipientKeys, short=RecipientKeys.address, whole=True
)
CONTACT = declared(
    "mail contact", "Somebody elsewhere, under an address of one's own.", ContactKeys, whole=True
)
GROUP = declared("group", "A group; each member gets a copy.", GroupKeys, whole=True)
LIMITS = declared(
    "sending limits",
    "What a tenant may send to the outside in a day; messages of the lab are judged, and not added up (R50, R53).",
    LimitKeys,
)
HYBRID = declared("hybrid", "What the Hybrid Configuration Wizard creates, in short (R101-R112).", HybridKeys)
CERTIFICATE = declared("certificate", "A certificate; keys are made when the lab starts.", CertificateKeys)
SERVICE_HOST = declared("service host", "A machine of Exchange Online.", ServiceHostKeys, whole=True)
DNS_ROW = declared("dns entry", "Records of one name.", DnsRowKeys)
ORGANIZATION_CONFIG = declared("OrganizationConfig", "Set-OrganizationConfig.", OrganizationConfigKeys)


class OrganizationKeys:
    """The on-premises side of a company."""

    domains = several(DOMAIN, "Its mail domains; they are AcceptedDomains on-premises too.")
    accepted_domains = several(
        ACCEPTED_DOMAIN, "Further ones, or the same with settings.", name="AcceptedDomains"
    )
    mailboxes = several(RECIPIENT, "Mailboxes on its Exchange servers.")
    remote_mailboxes = several(RECIPIENT, "Mailboxes in the cloud, known here too (R106).")
    mail_contacts = several(CONTACT, "Mail contacts; synchronised with a hybrid tenant.")
    distribution_groups = several(GROUP, "Distribution groups; synchronised with a hybrid tenant.")
    hosts = named(NAME, HOST, "Its machines, by a name that is unique in the scenario.")
    send_connectors = several(SEND, "Send connectors.", name="SendConnectors")
    receive_connectors = several(RECEIVE, "Receive connectors.", name="ReceiveConnectors")
    remote_domains = several(REMOTE_DOMAIN, "Remote domains (R104).", name="RemoteDomains")
    transport_rules = several(RULE, "Mail flow rules.", name="TransportRules")
    hybrid = optional(HYBRID, "A hybrid configuration with a tenant.")
    spf_includes_exchange_online = flag(
        "Whether its SPF record includes Exchange Online (R166).", default=True
    )
    dmarc = optional(POLICY, "DMARC policy of its domains; no record if unset.")


class TenantKeys:
    """A customer of Exchange Online."""

    id = optional(LINE, "The tenant GUID; made from the name if unset.")
    initial_domain = required(INITIAL, "Its NAME.onmicrosoft.com.")
    region = key(REGION_NAME, "Where it lives: EUR, NAM, APC or another three letters (R31).", "EUR")
    accepted_domains = several(ACCEPTED_DOMAIN, "The initial domain is always one.", name="AcceptedDomains")
    mailboxes = several(RECIPIENT, "Mailboxes in the cloud.")
    mail_contacts = several(CONTACT, "Mail contacts.")
    groups = several(GROUP, "Microsoft 365 groups: with a mailbox of their own, in the cloud only (R241).")
    distribution_groups = several(GROUP, "Distribution groups of the cloud.")
    mail_users = several(RECIPIENT, "Mail users: recipients whose mail ends elsewhere (R144).")
    inbound_connectors = several(INBOUND, "Inbound connectors.", name="InboundConnectors")
    outbound_connectors = several(OUTBOUND, "Outbound connectors.", name="OutboundConnectors")
    transport_rules = several(RULE, "Mail flow rules.", name="TransportRules")
    inbound_connectors_prohibited = flag(
        "A new tenant that may not have OnPremises inbound connectors (R34, R47)."
    )
    sending_limits = optional(LIMITS, "Limits on mail to the outside.")
    organization_config = optional(
        ORGANIZATION_CONFIG, "Organisation-wide settings.", name="OrganizationConfig"
    )
    dbeb = flag("Directory-Based Edge Blocking of unknown recipients (R136).", default=True)
    honor_dmarc = flag("Refuse what fails a DMARC policy of reject (R175).", default=True)
    trusted_arc_sealers = several(
        DOMAIN,
        "Set-ArcConfig: sealers whose word overrides a DMARC failure (R174).",
        name="ArcTrustedSealers",
    )
    dkim = several(DOMAIN, "Domains with DKIM enabled; all else is signed with the initial domain (R171).")
    dmarc = optional(POLICY, "DMARC policy of its domains; no record if unset.")


class RegionKeys:
    """A region of Exchange Online."""

    front_ends = several(SERVICE_HOST, "What the MX names of its tenants lead to (R159).")
    outbound = several(SERVICE_HOST, "The outbound pool.")
    high_risk = several(SERVICE_HOST, "The pool for NDRs and spam (R151).")
    relay = several(SERVICE_HOST, "The pool for relayed mail that failed authentication (R151).")
    offset = key(WHOLE, "Its place in the order in which front ends learn of changes.", 0)


class DnsKeys:
    """What the lab's DNS says."""

    derive = flag("Whether records are derived from the scenario; if not, `records` is all.", default=True)
    records = named(RECORD_NAME, DNS_ROW, "Records by name; each type given replaces what was derived.")
    servfail = several(RECORD_NAME, "Names whose name server fails.")


POOLS = (RegionKeys.front_ends, RegionKeys.outbound, RegionKeys.high_risk, RegionKeys.relay)
"""The machines of a region by what they do."""
ORGANIZATION = declared("organization", "The on-premises side of a company.", OrganizationKeys)
TENANT = declared("tenant", "A customer of Exchange Online.", TenantKeys)
REGION = declared("region", "A region of Exchange Online; derived, so seldom needed.", RegionKeys)
DNS = declared("dns", "What the lab's DNS says; derived from the scenario.", DnsKeys)

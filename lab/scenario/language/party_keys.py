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
from lab.scenario.syntax.records import RecordKey, declared, named, optional, required, several
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
    TRUTH,
    WHOLE,
    from_enum,
    word,
)

POLICY = word("none", "quarantine", "reject")


class HostKeys:
    """A machine."""

    role = optional(
        "role",
        from_enum([Role.EXCHANGE, Role.GATEWAY, Role.INTERNET, Role.SERVICE]),
        "What program runs on it: exchange or gateway; at top level internet, or service for one of Microsoft's.",
    )
    address = required(
        "address", IPV4, "Where it listens and, without `nat`, where its connections come from."
    )
    nat = optional(
        "nat", IPV4, "The public address that others see it come from; several hosts may share it."
    )
    fqdn = optional(
        "fqdn", DOMAIN, "Its name; ex01.DOMAIN for Exchange, the HELO name or mail.DOMAIN for others."
    )
    helo = optional("helo", HELO, "What it says in EHLO; its name if unset. Attribution ignores it (R20).")
    certificate = optional(
        "certificate", NAME, "The certificate (key under `certificates:`) it shows, as server and client."
    )
    certificates = several(
        "certificates",
        NAME,
        "Exchange: all certificates in its store, the newest last; `certificate` if unset (R115).",
    )
    client_certificate = RecordKey(
        "client_certificate", TRUTH, "Whether it shows its certificate as a client at all.", True
    )
    offers_tls = RecordKey("offers_tls", TRUTH, "Whether it offers STARTTLS as a server.", True)
    smart_hosts = several(
        "smart_hosts", SMART_HOST, "Gateway: where outgoing mail goes instead of to the MX."
    )
    accepts_domains = several(
        "accepts_domains", DOMAIN, "Gateway: domains it takes in; the organisation's domains if unset."
    )
    forwards_to = several(
        "forwards_to", SMART_HOST, "Gateway: where incoming mail goes; the organisation's Exchange if unset."
    )
    relay_from = several(
        "relay_from", IPV4, "Gateway: clients that may relay; the organisation's Exchange servers if unset."
    )
    domains = several("domains", DOMAIN, "Internet or service host: domains it is the final server of.")
    mailboxes = several(
        "mailboxes", MAILBOX, "Internet or service host: its mailboxes; if none are listed, all exist."
    )
    dmarc = optional("dmarc", POLICY, "Internet or service host: DMARC policy of its domains.")
    strict_spf = RecordKey(
        "strict_spf", TRUTH, "Whether it refuses mail whose SPF result is fail (R176).", False
    )
    adds_headers = named(
        "adds_headers", HEADER, LINE, "Gateway: header fields for what it passes on, such as a loop mark."
    )
    dkim_signs = several(
        "dkim_signs", DOMAIN, "Author domains that it signs for, with the selector `gateway` (R173)."
    )
    disclaimer = RecordKey(
        "disclaimer", TEXT, "Gateway: text that it appends to plain text; it breaks others' signatures.", ""
    )
    arc_seals = optional(
        "arc_seals", DOMAIN, "Gateway: the domain that it seals incoming mail as (ARC), selector `gateway`."
    )
    past_mx = RecordKey(
        "past_mx",
        TRUTH,
        "Service host: hand mail to the recipient's tenant, wherever the MX leads (R246).",
        False,
    )
    refuses_with = optional(
        "refuses_with",
        REFUSAL,
        "Internet host: its answer to every recipient, such as 550 5.4.1 Relay Access Denied (R203).",
    )
    down = RecordKey("down", TRUTH, "Whether nothing listens there: connections are refused (R150).", False)
    back_pressure = RecordKey(
        "back_pressure", TRUTH, "Exchange: short of resources, it takes no message for now (R192).", False
    )
    max_hops = RecordKey("max_hops", WHOLE, "Received lines at which it sees a loop.", 60)
    expires_after = optional("expires_after", SPAN, "How long it tries before it gives up; 2d.")


class RecipientKeys:
    """A recipient object."""

    address = required("address", MAILBOX, "The primary address.")
    proxies = several("proxies", MAILBOX, "Further addresses.")
    external = optional(
        "external", MAILBOX, "ExternalEmailAddress or RemoteRoutingAddress: where its mail goes (R106, R144)."
    )
    forwarding = optional("ForwardingSmtpAddress", MAILBOX, "Mailbox: where it passes its mail on (R152).")
    keeps_copy = RecordKey(
        "DeliverToMailboxAndForward", TRUTH, "Mailbox: whether it keeps what it passes on.", False
    )
    authenticated = RecordKey(
        "RequireSenderAuthenticationEnabled", TRUTH, "Whether only internal mail is taken (R119).", False
    )
    only_from = several("AcceptMessagesOnlyFrom", MAILBOX, "The only ones who may write here; all if unset.")
    synced = RecordKey(
        "synced",
        TRUTH,
        "On-premises: whether the tenant knows it too; public folders and dynamic groups may be forgotten (R244).",
        True,
    )


class ContactKeys:
    """A mail contact."""

    address = required("address", MAILBOX, "The address it has here.")
    proxies = RecipientKeys.proxies
    external = required("external", MAILBOX, "ExternalEmailAddress: where its mail goes.")
    authenticated = RecipientKeys.authenticated
    only_from = RecipientKeys.only_from
    synced = RecipientKeys.synced


class GroupKeys:
    """A group of either kind."""

    address = required("address", MAILBOX, "The primary address.")
    proxies = RecipientKeys.proxies
    members = several("members", MAILBOX, "Who gets its mail: recipients of the organisation, or anybody.")
    authenticated = RecordKey(
        "RequireSenderAuthenticationEnabled", TRUTH, "Whether only internal mail is taken (R119).", True
    )
    only_from = RecipientKeys.only_from
    synced = RecipientKeys.synced


class LimitKeys:
    """Sending limits."""

    licences = optional(
        "licences", WHOLE, "Paid mailboxes; 500 x licences^0.7 + 9500 external recipients a day."
    )
    trial = RecordKey("trial", TRUTH, "A trial tenant: 5,000 external recipients a day.", False)
    already_sent = RecordKey(
        "already_sent", WHOLE, "External recipients of the 24 hours before the start.", 0
    )
    already_sent_from_moera = optional(
        "already_sent_from_onmicrosoft", WHOLE, "Those of onmicrosoft.com senders; 100 a day (R53)."
    )


class HybridKeys:
    """What the Hybrid Configuration Wizard is told."""

    tenant = required("tenant", NAME, "The organisation's own tenant.")
    certificate_name = required(
        "certificate_name",
        PATTERN,
        "Name of the certificate: TlsSenderCertificateName and TlsDomain (R71, R111).",
    )
    organization_guid = optional(
        "organization_guid", LINE, "The GUID in the names of all objects (R112); made from the name if unset."
    )
    centralized_transport = RecordKey(
        "centralized_transport", TRUTH, "Centralized mail transport, CMT (R92).", False
    )
    smart_host = optional(
        "smart_host",
        SMART_HOST,
        "Where the tenant delivers to on-premises; the Exchange server if unset (R111).",
    )


class OrganizationConfigKeys:
    """`Set-OrganizationConfig`."""

    reject_direct_send = RecordKey(
        "RejectDirectSend", TRUTH, "Refuse anonymous mail from own domains with 5.7.68 (R39).", False
    )


class CertificateKeys:
    """A certificate."""

    profile = optional("profile", NAME, "A kind from certs/profiles.yaml to start from, such as expired.")
    names = several("names", LINE, "The first is the CN; all are SANs too.")
    san = RecordKey("san", TRUTH, "Whether it has SANs at all (R10).", True)
    issuer = RecordKey(
        "issuer",
        NAME,
        "public or public-NAME: trusted by all; any other word: a CA that nobody trusts (R8).",
        "public",
    )
    self_signed = RecordKey("self_signed", TRUTH, "Signed by itself (R9).", False)
    missing_intermediate = RecordKey(
        "missing_intermediate", TRUTH, "The intermediate CA's certificate is not sent (R126).", False
    )
    validity = RecordKey("validity", from_enum(Validity), "Against the lab's clock (R127).", Validity.CURRENT)
    not_after = optional(
        "not_after",
        DATE,
        "Its last day in real life, for `mflab check` to warn of; the lab's clock goes by `validity` alone.",
    )
    key_usage = RecordKey("key_usage", from_enum(KeyUsage), "Extended key usage (R129).", KeyUsage.BOTH)
    key = RecordKey("key", word("ec", "rsa"), "P-256, or RSA with 2048 bit.", "ec")


class ServiceHostKeys:
    """A machine of Exchange Online."""

    address = required("address", IPV4, "Its address.")
    fqdn = required("fqdn", SPELLED_DOMAIN, "Its name, spelled as in logs.")
    helo = optional("helo", HELO, "What it says in EHLO.")


class DnsRowKeys:
    """The records of one name; a null takes away what was derived."""

    a = several("A", IPV4, "Addresses.")
    mx = several("MX", MX, "Mail exchangers: `10 mail.contoso.example`; `0 .` accepts no mail.")
    txt = several("TXT", TEXT, "Texts, SPF and DMARC among them.")
    ptr = several("PTR", DOMAIN, "Reverse names; the name is then an in-addr.arpa one.")
    cname = several("CNAME", DOMAIN, "The name this one is an alias of.")
    ttl = optional("ttl", WHOLE, "For how many seconds a host that has asked may remember them; 3600.")


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

    domains = several("domains", DOMAIN, "Its mail domains; they are AcceptedDomains on-premises too.")
    accepted_domains = several("AcceptedDomains", ACCEPTED_DOMAIN, "Further ones, or the same with settings.")
    mailboxes = several("mailboxes", RECIPIENT, "Mailboxes on its Exchange servers.")
    remote_mailboxes = several(
        "remote_mailboxes", RECIPIENT, "Mailboxes in the cloud, known here too (R106)."
    )
    mail_contacts = several("mail_contacts", CONTACT, "Mail contacts; synchronised with a hybrid tenant.")
    distribution_groups = several(
        "distribution_groups", GROUP, "Distribution groups; synchronised with a hybrid tenant."
    )
    hosts = named("hosts", NAME, HOST, "Its machines, by a name that is unique in the scenario.")
    send_connectors = several("SendConnectors", SEND, "Send connectors.")
    receive_connectors = several("ReceiveConnectors", RECEIVE, "Receive connectors.")
    remote_domains = several("RemoteDomains", REMOTE_DOMAIN, "Remote domains (R104).")
    transport_rules = several("TransportRules", RULE, "Mail flow rules.")
    hybrid = optional("hybrid", HYBRID, "A hybrid configuration with a tenant.")
    spf_includes_exchange_online = RecordKey(
        "spf_includes_exchange_online", TRUTH, "Whether its SPF record includes Exchange Online (R166).", True
    )
    dmarc = optional("dmarc", POLICY, "DMARC policy of its domains; no record if unset.")


class TenantKeys:
    """A customer of Exchange Online."""

    id = optional("id", LINE, "The tenant GUID; made from the name if unset.")
    initial_domain = required("initial_domain", INITIAL, "Its NAME.onmicrosoft.com.")
    region = RecordKey(
        "region", REGION_NAME, "Where it lives: EUR, NAM, APC or another three letters (R31).", "EUR"
    )
    accepted_domains = several("AcceptedDomains", ACCEPTED_DOMAIN, "The initial domain is always one.")
    mailboxes = several("mailboxes", RECIPIENT, "Mailboxes in the cloud.")
    mail_contacts = several("mail_contacts", CONTACT, "Mail contacts.")
    groups = several(
        "groups", GROUP, "Microsoft 365 groups: with a mailbox of their own, in the cloud only (R241)."
    )
    distribution_groups = several("distribution_groups", GROUP, "Distribution groups of the cloud.")
    mail_users = several("mail_users", RECIPIENT, "Mail users: recipients whose mail ends elsewhere (R144).")
    inbound_connectors = several("InboundConnectors", INBOUND, "Inbound connectors.")
    outbound_connectors = several("OutboundConnectors", OUTBOUND, "Outbound connectors.")
    transport_rules = several("TransportRules", RULE, "Mail flow rules.")
    inbound_connectors_prohibited = RecordKey(
        "inbound_connectors_prohibited",
        TRUTH,
        "A new tenant that may not have OnPremises inbound connectors (R34, R47).",
        False,
    )
    sending_limits = optional("sending_limits", LIMITS, "Limits on mail to the outside.")
    organization_config = optional("OrganizationConfig", ORGANIZATION_CONFIG, "Organisation-wide settings.")
    dbeb = RecordKey("dbeb", TRUTH, "Directory-Based Edge Blocking of unknown recipients (R136).", True)
    honor_dmarc = RecordKey("honor_dmarc", TRUTH, "Refuse what fails a DMARC policy of reject (R175).", True)
    trusted_arc_sealers = several(
        "ArcTrustedSealers", DOMAIN, "Set-ArcConfig: sealers whose word overrides a DMARC failure (R174)."
    )
    dkim = several(
        "dkim", DOMAIN, "Domains with DKIM enabled; all else is signed with the initial domain (R171)."
    )
    dmarc = optional("dmarc", POLICY, "DMARC policy of its domains; no record if unset.")


class RegionKeys:
    """A region of Exchange Online."""

    front_ends = several("front_ends", SERVICE_HOST, "What the MX names of its tenants lead to (R159).")
    outbound = several("outbound", SERVICE_HOST, "The outbound pool.")
    high_risk = several("high_risk", SERVICE_HOST, "The pool for NDRs and spam (R151).")
    relay = several("relay", SERVICE_HOST, "The pool for relayed mail that failed authentication (R151).")
    offset = RecordKey("offset", WHOLE, "Its place in the order in which front ends learn of changes.", 0)


class DnsKeys:
    """What the lab's DNS says."""

    derive = RecordKey(
        "derive", TRUTH, "Whether records are derived from the scenario; if not, `records` is all.", True
    )
    records = named(
        "records", RECORD_NAME, DNS_ROW, "Records by name; each type given replaces what was derived."
    )
    servfail = several("servfail", RECORD_NAME, "Names whose name server fails.")


POOLS = (RegionKeys.front_ends, RegionKeys.outbound, RegionKeys.high_risk, RegionKeys.relay)
"""The machines of a region by what they do."""
ORGANIZATION = declared("organization", "The on-premises side of a company.", OrganizationKeys)
TENANT = declared("tenant", "A customer of Exchange Online.", TenantKeys)
REGION = declared("region", "A region of Exchange Online; derived, so seldom needed.", RegionKeys)
DNS = declared("dns", "What the lab's DNS says; derived from the scenario.", DnsKeys)

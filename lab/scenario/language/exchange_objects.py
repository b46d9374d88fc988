"""Exchange's objects: their keys come from the model's dataclasses, spelled as PowerShell spells the parameters."""

from __future__ import annotations

from dataclasses import MISSING, fields
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Network
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from lab.model.names import Address, Domain, DomainPattern
from lab.model.onprem import AddressSpace, ReceiveConnector, RemoteDomain, SendConnector
from lab.model.tenant import AcceptedDomain, InboundConnector, OutboundConnector
from lab.scenario.syntax.records import Fields, RecordKey, RecordSchema
from lab.scenario.syntax.scalar_values import (
    CAPABILITY,
    CERTIFICATE_NAME,
    DOMAIN,
    FILLED,
    LINE,
    MAILBOX,
    NETWORK,
    PATTERN,
    SMART_HOST,
    SPACE,
    TRUTH,
    from_enum,
)
from lab.scenario.syntax.value_kinds import Many, ValueKind

M = TypeVar("M")

_KINDS: dict[type, ValueKind[Any]] = {
    bool: TRUTH,
    str: LINE,
    Domain: DOMAIN,
    DomainPattern: PATTERN,
    AddressSpace: SPACE,
    IPv4Network: NETWORK,
    Address: MAILBOX,
}
_BY_FIELD: dict[str, ValueKind[Any]] = {
    "name": FILLED,
    "smart_hosts": Many(SMART_HOST),
    "tls_domain_capabilities": Many(CAPABILITY),
    "tls_certificate_name": CERTIFICATE_NAME,
}
_SPELLED = {"ef": "EF", "ip": "IP", "ips": "IPs", "mx": "MX", "dns": "DNS"}
OWN = frozenset({"blocked"})
"""Keys of the lab's own; no cmdlet knows them."""

_DOCS = {
    "name": "The connector's name; it appears in traces.",
    "domain_name": "The domain.",
    "domain_type": "Authoritative, InternalRelay, or (on-premises only) ExternalRelay (R136-R139).",
    "match_sub_domains": "Whether all sub-domains are accepted too (R140).",
    "default": "The default accepted domain; postmaster's domain in NDRs to the outside.",
    "connector_type": "OnPremises identifies the organisation's own servers; Partner may restrict (R22, R56).",
    "enabled": "A disabled connector takes part in nothing (R69).",
    "sender_domains": "Sender domains that a Partner connector is for (R57).",
    "sender_ip_addresses": "Client addresses: IPv4, single or /24 to /32 (R58).",
    "tls_sender_certificate_name": "Domain or *.domain that the client certificate's names are compared with (R59).",
    "require_tls": "Whether TLS is demanded (R60).",
    "restrict_domains_to_certificate": "Partner only: other certificates are refused with 5.7.51 (R61).",
    "restrict_domains_to_ip_addresses": "Partner only: other addresses are refused with 5.7.51 (R62).",
    "cloud_services_mail_enabled": "Hybrid header handling; the wizard sets it (R64).",
    "treat_messages_as_internal": "OnPremises only: mail counts as internal (R65).",
    "connector_source": "Default, HybridWizard or Migrated; says nothing about behaviour (R70).",
    "comment": "For the reader.",
    "ef_skip_last_ip": "Enhanced Filtering: judge the sender before the client (R67).",
    "ef_skip_ips": "Enhanced Filtering: hops that are skipped to find the sender (R67).",
    "ef_users": "Enhanced Filtering: only mail for these recipients; everybody if none is listed (R67).",
    "blocked": "The lab's own key: the service took the connector for compromised (R40).",
    "recipient_domains": "Recipient domains: domain, *.domain or * (R87).",
    "all_accepted_domains": "OnPremises only: the connector is for all accepted domains (R88).",
    "use_mx_record": "Deliver by MX; otherwise to the smart hosts (R89).",
    "smart_hosts": "Next hops: hosts of the scenario by key, host names or addresses (R89).",
    "tls_settings": "Nothing: opportunistic; EncryptionOnly, CertificateValidation, DomainValidation (R90).",
    "tls_domain": "With DomainValidation: the name the peer's certificate must have (R91).",
    "route_all_messages_via_on_premises": "Centralized mail transport (R92, R146).",
    "is_transport_rule_scoped": "Used only when a mail flow rule names it (R93).",
    "test_mode": "Used only by connector validation, never for mail (R95).",
    "sender_rewriting_enabled": "OnPremises only: SRS towards on-premises (R96).",
    "address_spaces": "What the connector is for, and its cost: smtp:*.contoso.example;10.",
    "dns_routing_enabled": "Deliver by MX; false if there are smart hosts.",
    "fqdn": "Name in EHLO or in the banner; the server's own if unset.",
    "tls_auth_level": "How the peer's certificate is judged, as TlsSettings (R90).",
    "tls_certificate_name": "The certificate: a key under `certificates:`, or <I>issuer<S>subject (R115); the host's own if unset (R249).",
    "target_delivery_domain": "Routing addresses are made in this domain; no effect on the way of a message (R104).",
    "trusted_mail_inbound_enabled": "Set by the wizard; no effect on the way of a message (R104).",
    "tls_domain_capabilities": "Peers that may hand over cross-premises headers (R103).",
}

_EVERYWHERE = """
    Identity DistinguishedName Guid Id AdminDisplayName WhenCreated WhenChanged WhenCreatedUTC WhenChangedUTC
    OrganizationId OrganizationalUnitRoot ExchangeVersion ExchangeObjectId ObjectCategory ObjectClass ObjectState IsValid
"""
SHOWN = frozenset(_EVERYWHERE.lower().split())
"""What `Get-…` shows of every object and no cmdlet sets, in lower case."""
_PASTED: dict[type, str] = {
    AcceptedDomain: """
        Name AddressBookEnabled AuthenticationType CanHaveCloudCache CatchAllRecipientID DomainCapability EmailOnly
        ExternallyManaged FederatedOrganizationLink InitialDomain IsCoexistenceDomain IsDefaultFederatedDomain
        MailFlowPartner NameServers OutboundOnly PendingCompletion PendingFederatedAccountNamespace
        PendingFederatedDomain PendingRemoval RawAuthenticationType SendingFromDomainDisabled SendingToDomainDisabled
    """,
    InboundConnector: """
        AssociatedAcceptedDomains ClientHostNames EFSkipIPs EFSkipLastIP EFSkipMailGateway EFTestMode EFUsers
        ScanAndDropRecipients TrustedOrganizations
    """,
    OutboundConnector: """
        IsValidated LastValidationTimestamp LinkForModifiedConnector MtaStsMode RecipientDomainsEx SmtpDaneMode
        TenantOwnedConnector ValidationRecipients
    """,
    SendConnector: """
        AuthenticationCredential CertificateSubject ConnectedDomains ConnectionInactivityTimeOut ConnectorType
        DomainSecureEnabled ErrorPolicies ForceHELO FrontendProxyEnabled HomeMTA HomeMtaServerId IgnoreSTARTTLS
        IsScopedConnector IsSmtpConnector LinkedReceiveConnector MaxMessageSize Port ProtocolLoggingLevel Region
        RequireOorg SmartHostAuthMechanism SmartHostsString SmtpMaxMessagesPerConnection SourceIPAddress
        SourceRoutingGroup SourceTransportServers UseExternalDNSServersEnabled
    """,
    ReceiveConnector: """
        AdvertiseClientSettings AuthMechanism Banner BareLinefeedRejectionEnabled BinaryMimeEnabled Bindings
        ChunkingEnabled Comment ConnectionInactivityTimeout ConnectionTimeout DefaultDomain
        DeliveryStatusNotificationEnabled DomainSecureEnabled EightBitMimeEnabled Enabled EnableAuthGSSAPI
        EnhancedStatusCodesEnabled ExtendedProtectionPolicy LiveCredentialEnabled LongAddressesEnabled
        MaxAcknowledgementDelay MaxHeaderSize MaxHopCount MaxInboundConnection MaxInboundConnectionPercentagePerSource
        MaxInboundConnectionPerSource MaxLocalHopCount MaxLogonFailures MaxMessageSize MaxProtocolErrors
        MaxRecipientsPerMessage MessageRateLimit MessageRateSource OrarEnabled PermissionGroups PipeliningEnabled
        ProtocolLoggingLevel ProxyEnabled RejectReservedSecondLevelRecipientDomains
        RejectReservedTopLevelRecipientDomains RejectSingleLabelRecipientDomains RemoteIPRanges RequireEHLODomain
        Server ServiceDiscoveryFqdn SizeEnabled SmtpUtf8Enabled SuppressXAnonymousTls TarpitInterval
        TransportRole
    """,
    RemoteDomain: """
        AllowedOOFType AutoForwardEnabled AutoReplyEnabled ByteEncoderTypeFor7BitCharsets CharacterSet ContentType
        DeliveryReportEnabled DisplaySenderName IsInternal LineWrapSize MeetingForwardNotificationEnabled
        MessageCountThreshold NDRDiagnosticInfoEnabled NDREnabled NonMimeCharacterSet PreferredInternetCodePageForShiftJis
        RequiredCharsetCoverage SmtpDaneMandatoryModeEnabled TNEFEnabled TrustedMailOutboundEnabled
        UseSimpleDisplayName
    """,
}
"""What `Get-…` shows besides; a pasted configuration may have it."""


def parameter(field_name: str, cls: type) -> str:
    """`require_tls` -> `RequireTls`; send and receive connectors spell it `RequireTLS`."""
    if field_name in OWN:
        return field_name
    if cls in (SendConnector, ReceiveConnector) and field_name == "require_tls":
        return "RequireTLS"
    return "".join(_SPELLED.get(part, part.capitalize()) for part in field_name.split("_"))


def exchange_record(cls: type, name: str, doc: str, short: str | None = None) -> RecordSchema:
    """The record of a model class: one key per field."""
    hints = get_type_hints(cls)
    keys = tuple(
        RecordKey(
            parameter(field.name, cls),
            _BY_FIELD.get(field.name) or _kind(hints[field.name]),
            _DOCS[field.name],
            None if field.default is MISSING else field.default,
            required=field.default is MISSING,
        )
        for field in fields(cls)
    )
    unused = frozenset((_EVERYWHERE + _PASTED[cls]).lower().split()) - {key.name.lower() for key in keys}
    return RecordSchema(name, doc, keys, short, whole=True, any_case=True, not_emulated=unused)


def _kind(hint: Any) -> ValueKind[Any]:
    if get_origin(hint) is tuple:
        return Many(_kind(get_args(hint)[0]))
    if isinstance(hint, UnionType):
        return _kind(next(arg for arg in get_args(hint) if arg is not type(None)))
    if issubclass(hint, StrEnum):
        return from_enum(hint)
    return _KINDS[hint]


def arguments(read: Fields, cls: type) -> dict[str, Any]:
    """What was written, as arguments of the model class; a null chooses the default."""
    arguments: dict[str, Any] = {}
    for name, key, default in _spelled(cls):
        if key in read.values:
            arguments[name] = read.values[key]
        elif key in read.nulls and default is not MISSING:
            arguments[name] = default
    return arguments


@cache
def _spelled(cls: type) -> tuple[tuple[str, str, Any], ...]:
    """The fields of a class, with their parameters and defaults."""
    return tuple((field.name, parameter(field.name, cls), field.default) for field in fields(cls))


def parameters(made: object) -> dict[str, Any]:
    """The parameters of a model object that differ from their defaults, the required ones always."""
    cls: type = type(made)
    values = [(key, getattr(made, name), default) for name, key, default in _spelled(cls)]
    return {key: value for key, value, default in values if default is MISSING or value != default}


ACCEPTED_DOMAIN = exchange_record(
    AcceptedDomain, "AcceptedDomain", "A domain that mail is received for.", short="DomainName"
)
INBOUND = exchange_record(InboundConnector, "InboundConnector", "New-InboundConnector (R56-R71).")
OUTBOUND = exchange_record(OutboundConnector, "OutboundConnector", "New-OutboundConnector (R86-R98).")
REMOTE_DOMAIN = exchange_record(RemoteDomain, "RemoteDomain", "New-RemoteDomain (R104).")
SEND = exchange_record(SendConnector, "SendConnector", "New-SendConnector (R101).")
RECEIVE = exchange_record(ReceiveConnector, "ReceiveConnector", "New-ReceiveConnector (R103).")
EXCHANGE_RECORDS = {
    record.name: record for record in (ACCEPTED_DOMAIN, INBOUND, OUTBOUND, REMOTE_DOMAIN, SEND, RECEIVE)
}
"""By the noun of their cmdlets."""

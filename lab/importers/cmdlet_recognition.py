"""Which cmdlet an object came from: by its type, by the name of its file, else by the properties that only it has."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

_LISTED = """
    AcceptedDomain ArcConfig DistributionGroup DkimSigningConfig DynamicDistributionGroup ExchangeCertificate ExchangeServer
    HybridConfiguration InboundConnector MailContact MailUser Mailbox OrganizationConfig OrganizationRelationship
    OutboundConnector ReceiveConnector Recipient RemoteDomain RemoteMailbox SendConnector TransportConfig TransportRule
    UnifiedGroup
"""
KINDS = tuple(_LISTED.split())
"""The nouns that mean something for mail flow."""

RESOLVED = "DnsRecord"
"""What `Resolve-DnsName` prints; becomes records, and is no kind of exported object."""

_TYPES = {
    "adorganizationconfig": "OrganizationConfig",
    "domaincontentconfig": "RemoteDomain",
    "dnsrecord": RESOLVED,
    "dkimsigningconfigurationpresentationobject": "DkimSigningConfig",
    "organizationconfiguration": "OrganizationConfig",
    "reducedrecipient": "Recipient",
    "rule": "TransportRule",
    "smtpsendconnectorconfig": "SendConnector",
    "tenantinboundconnector": "InboundConnector",
    "tenantoutboundconnector": "OutboundConnector",
    "transportconfigcontainer": "TransportConfig",
    "transportruleconfiguration": "TransportRule",
}
"""Last part of the .NET type, where it is not the noun itself."""
_NOUNS = {kind.lower(): kind for kind in KINDS}

_MARKS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (kind, frozenset(name.lower() for name in names.split()))
    for kind, names in (
        ("InboundConnector", "ConnectorType SenderDomains SenderIPAddresses"),
        ("InboundConnector", "SenderDomains RestrictDomainsToIPAddresses"),
        ("InboundConnector", "SenderDomains TlsSenderCertificateName"),
        ("OutboundConnector", "RecipientDomains SmartHosts"),
        ("OutboundConnector", "RecipientDomains UseMXRecord"),
        ("OutboundConnector", "UseMXRecord RouteAllMessagesViaOnPremises"),
        ("SendConnector", "AddressSpaces SmartHosts"),
        ("SendConnector", "AddressSpaces DNSRoutingEnabled"),
        ("SendConnector", "AddressSpaces SourceTransportServers"),
        ("ReceiveConnector", "Bindings RemoteIPRanges"),
        ("ReceiveConnector", "RemoteIPRanges PermissionGroups"),
        ("HybridConfiguration", "OnPremisesSmartHost TlsCertificateName"),
        ("HybridConfiguration", "ReceivingTransportServers SendingTransportServers"),
        ("ExchangeCertificate", "Thumbprint Services CertificateDomains"),
        ("ExchangeCertificate", "Thumbprint Services Subject"),
        ("ExchangeServer", "ServerRole AdminDisplayVersion"),
        ("DkimSigningConfig", "Selector1CNAME Selector2CNAME"),
        ("ArcConfig", "ArcTrustedSealers"),
        ("TransportRule", "Priority Mode State Conditions"),
        ("TransportRule", "Priority RuleVersion"),
        ("TransportRule", "Priority SentToScope FromScope"),
        ("TransportConfig", "JournalingReportNdrTo SafetyNetHoldTime"),
        ("TransportConfig", "TLSReceiveDomainSecureList TLSSendDomainSecureList"),
        ("RemoteDomain", "DomainName TrustedMailOutboundEnabled"),
        ("RemoteDomain", "DomainName AllowedOOFType"),
        ("AcceptedDomain", "DomainName DomainType"),
        ("OrganizationConfig", "IsDehydrated DefaultPublicFolderMailbox"),
        ("OrganizationConfig", "RejectDirectSend Name"),
        ("RemoteMailbox", "RemoteRoutingAddress RemoteRecipientType"),
        ("Mailbox", "PrimarySmtpAddress ProhibitSendQuota"),
        ("UnifiedGroup", "PrimarySmtpAddress AccessType"),
        ("DynamicDistributionGroup", "PrimarySmtpAddress RecipientFilter RecipientContainer"),
        ("DistributionGroup", "PrimarySmtpAddress MemberJoinRestriction"),
        ("MailContact", "PrimarySmtpAddress ExternalEmailAddress MacAttachmentFormat UsePreferMessageFormat"),
        ("Recipient", "PrimarySmtpAddress RecipientTypeDetails"),
        (RESOLVED, "Name NameExchange Preference"),
        (RESOLVED, "Name Strings Section"),
        (RESOLVED, "Name IPAddress Section"),
        (RESOLVED, "Name NameHost Section"),
    )
)
"""Properties that together tell a kind; the first that fits decides. Each has no more than `Select-Object` would keep."""

_RECIPIENTS = frozenset(
    {
        *("DistributionGroup", "DynamicDistributionGroup", "MailContact", "MailUser", "Mailbox", "Recipient"),
        *("RemoteMailbox", "UnifiedGroup"),
    }
)
_NAMED = re.compile(
    rf"(?:(?<![A-Za-z])|(?<=Get))({'|'.join(sorted(KINDS, key=len, reverse=True))})(?:s|es)?(?![A-Za-z])",
    re.IGNORECASE,
)
"""A noun by itself: not the one in `CASMailbox` or `MailboxStatistics`."""


def kind(types: Iterable[str], file: str, properties: Iterable[str]) -> str:
    """The noun; '' if nothing tells. A type says what an object is; a file's name may be wrong, and then its properties
    are believed, but for recipients, whose cmdlets print the same ones."""
    return _kind(tuple(types), file, tuple(properties))


@lru_cache(maxsize=1024)  # a thousand mailboxes of one file have the same properties
def _kind(types: tuple[str, ...], file: str, properties: tuple[str, ...]) -> str:
    typed = next(filter(None, map(_of_type, types)), "")
    if typed:
        return typed
    named, shown = of_file(file), _of_properties(properties)
    if named and (not shown or named in _RECIPIENTS or _fits(named, properties)):
        return named
    return shown


def of_file(file: str) -> str:
    """The noun in a file's name: `Get-InboundConnector.json`, `contoso_GetSendConnector.xml`, `Mailboxes.csv`."""
    nouns = _NAMED.findall(file.rpartition("/")[2])
    return _NOUNS[nouns[-1].lower()] if nouns else ""


def noun(word: str) -> str:
    """The kind that a word names, in any case; '' if none."""
    return _NOUNS.get(word.lower(), "")


def _of_type(name: str) -> str:
    """`Deserialized.Microsoft.Exchange.Data.Directory.Management.Mailbox`, `#Exchange.InboundConnector`."""
    last = re.split(r"[.#/+]", name.strip())[-1].lower()
    if last.startswith("dnsrecord_"):  # Microsoft.DnsClient.Commands.DnsRecord_MX
        return RESOLVED
    return _TYPES.get(last) or _NOUNS.get(last, "")


def _of_properties(properties: Collection[str]) -> str:
    there = {name.lower() for name in properties}
    return next((named for named, marks in _MARKS if marks <= there), "")


def _fits(named: str, properties: Collection[str]) -> bool:
    """Whether one of a kind's own marks is there, or it has none and cannot be told by them."""
    there = {name.lower() for name in properties}
    own = [marks for marked, marks in _MARKS if marked == named]
    return not own or any(marks <= there for marks in own)

"""What Exchange and Exchange Online write into a message on its way: who took it, for whom, how far it is trusted.

Two worlds of headers, and a firewall between them (R181): `X-MS-Exchange-Organization-*` means something inside
one organisation only. Between the two halves of a hybrid organisation they travel as CrossPremises headers
(`lab.core.cross_premises`); what other tenants may see are the CrossTenant headers of the exit (R122).
New fields go on top of the message.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from lab.core.dates import arrival_date
from lab.core.received import fold
from lab.model.decision import Direction
from lab.model.message import Header, Message
from lab.model.names import Domain
from lab.model.tenant import Tenant
from lab.model.value import value

ORGANIZATION = "X-MS-Exchange-Organization-"
CROSS_PREMISES = "X-MS-Exchange-CrossPremises-"
CROSS_TENANT = "X-MS-Exchange-CrossTenant-"
NETWORK_MESSAGE_ID = ORGANIZATION + "Network-Message-Id"
AUTH_AS = ORGANIZATION + "AuthAs"
AUTH_SOURCE = ORGANIZATION + "AuthSource"
_STRIPPED = "X-MS-Exchange-Transport-CrossTenantHeadersStripped"
_PROMOTED = "X-MS-Exchange-Transport-CrossTenantHeadersPromoted"
_STAMPED = "X-MS-Exchange-Transport-CrossTenantHeadersStamped"
_SET_ASIDE = {
    "authentication-results": "Authentication-Results-Original",
    "x-forefront-antispam-report": "X-Forefront-Antispam-Report-Untrusted",
    "x-microsoft-antispam": "X-Microsoft-Antispam-Untrusted",
}
"""Judgements of the system before: kept, but under a name that nobody acts on (R168)."""


class SendingEntity(StrEnum):
    """Where a message comes from, in the eyes of the tenant that sends it on (R123)."""

    HOSTED = "Hosted"
    """A cloud mailbox, or an NDR made by Exchange Online."""
    HYBRID_ON_PREM = "HybridOnPrem"
    """Came through an OnPremises connector."""
    INTERNET = "Internet"
    """Anonymous."""


@value(kw_only=True)
class EntryFacts:
    """What a front end knows when it takes a message for a tenant."""

    front_end: str
    hub: str
    client: str
    """Source address as seen."""
    client_host: str = ""
    """Its PTR name, '' if it has none."""
    helo: str
    tenant: Tenant
    direction: Direction
    network_message_id: str
    now: datetime
    internal: bool = False
    """Promoted (R119) or TreatMessagesAsInternal (R65)."""
    suspect: bool = False
    """Composite authentication failed: it is junk (R169)."""


@value(kw_only=True)
class ExitFacts:
    """What a hub knows when it sends a message out of a tenant."""

    hub: str
    tenant: Tenant
    entity: SendingEntity
    arrived: datetime
    network_message_id: str
    author: str = ""
    """The From header's address (P2)."""
    reverse_path_domain: Domain | None = None
    """P1 as it came, before SRS."""
    internal: bool = False
    auth_source: str = ""
    """Who judged the sender: the front end, the server that vouched for it (R117), or the cloud mailbox's hub."""
    client: str = ""
    """Address of the SMTP client it came from; '' for mail of a cloud mailbox."""
    helo: str = ""


def firewall(message: Message) -> Message:
    """The message without headers that only an organisation's own servers may write (R181, R64)."""
    return message.without(ORGANIZATION, CROSS_PREMISES)


def set_aside(message: Message) -> Message:
    """The message with the judgements of an earlier system renamed, so that they no longer count (R168)."""
    if _SET_ASIDE.keys().isdisjoint(message.named()):
        return message
    renamed = (Header(_SET_ASIDE.get(h.name.lower(), h.name), h.raw) for h in message.headers)
    return Message(tuple(renamed), message.body)


def foreign_tenant(message: Message, front_end: str, *, from_service: bool) -> Message:
    """The message with another tenant's CrossTenant headers dealt with at entry (R122).

    Those that Exchange Online itself wrote (`from_service`: the client is one of its own outbound hosts) are
    kept and marked as promoted: they tell the recipient by which tenant the mail came. All others are forged.
    """
    if not message.has(CROSS_TENANT):
        return message
    stripped = Header.of(_STRIPPED, front_end)
    if from_service:
        return message.on_top((stripped, Header.of(_PROMOTED, front_end)))
    return message.without(CROSS_TENANT).on_top((stripped,))


def entry_stamps(entry: EntryFacts) -> tuple[Header, ...]:
    """What a tenant's entry writes after attribution (R24, R25, R179, R180), top first."""
    label, hub_label = _label(entry.front_end), _label(entry.hub)
    stamps = [
        _organization("ExpirationStartTime", arrival_date(entry.now)),
        _organization("ExpirationStartTimeReason", "OriginalSubmit"),
        _organization("ExpirationInterval", "1:00:00:00.0000000"),
        _organization("ExpirationIntervalReason", "OriginalSubmit"),
        Header(NETWORK_MESSAGE_ID, f"\r\n {entry.network_message_id}"),
        Header.of("X-EOPAttributedMessage", "0"),
        Header.of("X-EOPTenantAttributedMessage", f"{entry.tenant.id}:0"),
        _organization("MessageDirectionality", entry.direction.value),
        Header.of("X-MS-PublicTrafficType", "Email"),
        Header.of("X-MS-TrafficTypeDiagnostic", f"{label}:EE_|{hub_label}:EE_"),
    ]
    if not entry.internal:  # an internal message brings its own, or gets them from `as_internal`
        stamps += auth_stamps(entry.front_end, "Anonymous")
        stamps.append(_organization("SCL", "5" if entry.suspect else "1"))
    return (
        *stamps,
        Header.of("X-MS-Office365-Filtering-Correlation-Id", entry.network_message_id),
        Header.of("X-MS-Exchange-AntiSpam-Relay", "0"),
        antispam_report(entry),
        Header.of("X-Microsoft-Antispam", "BCL:0;ARA:13230040;"),
    )


def auth_stamps(server: str, auth_as: str, mechanism: str = "") -> tuple[Header, ...]:
    """Who vouches for the sender: `Internal` with a mechanism (`04`: a mailbox's own session) or `Anonymous`."""
    stamps = (_organization("AuthSource", server), Header.of(AUTH_AS, auth_as))
    return (*stamps, _organization("AuthMechanism", mechanism)) if mechanism else stamps


def mailbox_stamps(server: str, network_message_id: str) -> tuple[Header, ...]:
    """What a server writes into a message of its own mailbox (R117: mechanism 04, SCL -1)."""
    return (
        *auth_stamps(server, "Internal", "04"),
        _organization("SCL", "-1"),
        Header(NETWORK_MESSAGE_ID, f"\r\n {network_message_id}"),
    )


def is_internal(message: Message) -> bool:
    """Whether this organisation's servers vouch for the sender (R119)."""
    return message.get(AUTH_AS) == "Internal"


def antispam_report(entry: EntryFacts) -> Header:
    """`X-Forefront-Antispam-Report` (R178, R179): `DIR:OUT` and `IPV:CAL` mark mail of a connector."""
    originating = entry.direction is Direction.ORIGINATING
    scl, verdict = (-1, "SKI") if entry.internal else (5, "SPM") if entry.suspect else (1, "NSPM")
    category = "SPOOF" if entry.suspect and not entry.internal else "NONE"
    ip_verdict, direction = ("CAL", "OUT;SFP:1101") if originating else ("NLI", "INB")
    return Header(
        "X-Forefront-Antispam-Report",
        f"\r\n CIP:{entry.client};CTRY:;LANG:en;SCL:{scl};SRV:;IPV:{ip_verdict};SFV:{verdict};"
        f"\r\n H:{entry.helo};PTR:{entry.client_host or 'InfoDomainNonexistent'};CAT:{category};"
        f"\r\n SFS:(13230040)(366016);DIR:{direction};",
    )


def exit_stamps(leaving: ExitFacts) -> tuple[Header, ...]:
    """What a tenant's exit writes, for the next tenant and the recipient to see (R25, R121-R124), top first."""
    tenant = leaving.tenant
    stamps = [
        Header.of("X-OriginatorOrg", originator_org(leaving)),
        _cross_tenant("OriginalArrivalTime", arrival_date(leaving.arrived)),
        Header(CROSS_TENANT + "Network-Message-Id", f"\r\n {leaving.network_message_id}"),
        _cross_tenant("Id", tenant.id),
    ]
    if leaving.client:
        origin = f"TenantId={tenant.id};Ip=[{leaving.client}];Helo=[{leaving.helo}]"
        stamps.append(Header(CROSS_TENANT + "OriginalAttributedTenantConnectingIp", f"\r\n {origin}"))
    stamps += [
        Header(CROSS_TENANT + "AuthSource", fold(leaving.auth_source or leaving.hub, used=36)),
        _cross_tenant("AuthAs", "Internal" if leaving.internal else "Anonymous"),
        _cross_tenant("FromEntityHeader", leaving.entity.value),
    ]
    if leaving.entity is SendingEntity.HOSTED and leaving.author:
        stamps.append(_cross_tenant("MailboxType", "HOSTED"))
        stamps.append(Header(CROSS_TENANT + "UserPrincipalName", f"\r\n {leaving.author}"))
    stamps.append(Header.of(_STAMPED, leaving.hub))
    stamps.append(Header.of("X-MS-Exchange-SenderADCheck", "1" if _vouched(leaving) else "2"))
    return tuple(stamps)


def originator_org(leaving: ExitFacts) -> Domain:
    """The organisation a message claims to be from: an accepted P2 or P1 domain, else the initial one (R121, R153)."""
    return _vouched(leaving) or leaving.tenant.initial_domain


def _vouched(leaving: ExitFacts) -> Domain | None:
    """The P2 domain, else the P1 domain, if it is an accepted one (R124)."""
    for domain in (_domain_of(leaving.author), leaving.reverse_path_domain):
        if domain is not None and leaving.tenant.accepts(domain):
            return domain
    return None


def _domain_of(author: str) -> Domain | None:
    try:
        return Domain.parse(author.rpartition("@")[2])
    except ValueError:
        return None


def _label(host: str) -> str:
    return host.partition(".")[0]


def _organization(name: str, value: str) -> Header:
    return Header.of(ORGANIZATION + name, value)


def _cross_tenant(name: str, value: str) -> Header:
    return Header.of(CROSS_TENANT + name, value)

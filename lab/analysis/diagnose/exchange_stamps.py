"""Header fields that Exchange Online stamps on a message, and the names of its servers.

The fields say for which tenant it took the message, and why (R24, R25, R122-R124, R179). Names: R160, R182.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lab.core.header_stamps import AUTH_AS, CROSS_TENANT, ORGANIZATION
from lab.model.message import Header, Message
from lab.model.value import value
from lab.reports.findings.diagnosis import EvidenceTenant, TieToTenant

ATTRIBUTED = "X-EOPTenantAttributedMessage"
REPORT = "X-Forefront-Antispam-Report"
DIRECTION = ORGANIZATION + "MessageDirectionality"
ID = CROSS_TENANT + "Id"
ENTITY = CROSS_TENANT + "FromEntityHeader"
CONNECTING = CROSS_TENANT + "OriginalAttributedTenantConnectingIp"
STAMPED = "X-MS-Exchange-Transport-CrossTenantHeadersStamped"
ORIGINATOR = "X-OriginatorOrg"
CONSUMER = "84df9e7f-e9f6-40af-b435-aaaaaaaaaaaa"
"""The tenant of Outlook.com's own mailboxes."""
_SERVICE = re.compile(
    r"\.(?:prod\.outlook\.com|prod\.exchangelabs\.com|protection\.outlook\.com|outlook\.office365\.com|mx\.microsoft"
    r"|(?:protection|prod)\.partner\.outlook\.cn|protection\.office365\.us)$",
    re.IGNORECASE,
)
_OUTBOUND = re.compile(r"(?:^|\.)outbound\.protection\.(?:partner\.)?outlook\.(?:com|cn)$", re.IGNORECASE)
_FOREST = re.compile(r"\.([A-Z0-9]+)\.PROD\.(?:OUTLOOK|EXCHANGELABS)\.COM$", re.IGNORECASE)
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,10}", re.IGNORECASE)
_CONNECTING = re.compile(r"TenantId=([0-9a-fA-F-]{36});\s*Ip=\[([^\]]*)\];\s*Helo=\[([^\]]*)\]")
_MESSAGE_FIELDS = frozenset(
    {"from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type"}
)
_ENTITIES = {
    "HybridOnPrem": TieToTenant.CONNECTOR,
    "Internet": TieToTenant.RECIPIENT,
    "Hosted": TieToTenant.MAILBOX,
}


@value(kw_only=True)
class Stamps:
    """What was stamped around one stay."""

    tenant: EvidenceTenant = EvidenceTenant()
    by: TieToTenant = TieToTenant.UNKNOWN
    direction: str = ""
    internal: bool | None = None
    hub: str = ""
    """The hub that stamped the exit."""


def is_service(host: str) -> bool:
    """Whether a name is in the domains that only servers of Exchange Online have."""
    return bool(_SERVICE.search(host.rstrip(".")))


def is_outbound(host: str) -> bool:
    """Whether a name is that of a machine that brings mail out of Exchange Online."""
    return bool(_OUTBOUND.search(host.rstrip(".")))


def label(host: str) -> str:
    """The first label in upper case: some stamps give a server its whole name, others only this."""
    return host.partition(".")[0].strip().upper()


def forest(host: str) -> str:
    """The forest in a server's name, upper case: `EURPRD29` (R188); '' where there is none."""
    match = _FOREST.search(host)
    return match[1].upper() if match else ""


def around_stay(message: Message, entry: Iterable[int], leaving: Iterable[int], *, hub: str) -> Stamps:
    """The stamps of one stay, by the numbers of the header fields where its entry and its exit stamp.

    Of equal names the topmost counts on entry and the lowest on exit: below the service's own fields may be a
    stranger's of the same name, above an exit's those of the next entry.
    """
    on_entry = _first(message.headers[at] for at in entry)
    on_exit = _first(message.headers[at] for at in reversed(tuple(leaving)))
    stamped_by = on_exit.get(STAMPED.lower())
    if stamped_by and label(stamped_by) != label(hub):
        on_exit = {}
    return _read(on_entry, on_exit)


def below_all(message: Message, lines: Sequence[int]) -> tuple[Stamps, Stamps]:
    """The stamps of an entry and of an exit that stand below the lowest `Received` line.

    None where a name that decides has two different values there: a stranger wrote one of them.
    """
    loose = message.headers[own_fields(message, max(lines, default=-1)) :]
    values: dict[str, set[str]] = {}
    for header in loose:
        values.setdefault(header.name.lower(), set()).add(header.value)

    def unique(name: str) -> bool:
        return len(values.get(name.lower(), ())) == 1

    fields = _first(loose)
    entry = _read(fields, {}) if unique(ATTRIBUTED) else Stamps()
    return entry, _read({}, fields) if unique(ID) and unique(STAMPED) else Stamps()


def own_fields(message: Message, line: int) -> int:
    """The number of the first field below a line that is the message's own: servers stamp above these."""
    for at in range(line + 1, len(message.headers)):
        if message.headers[at].name.lower() in _MESSAGE_FIELDS:
            return at
    return len(message.headers)


def exit_below(message: Message, line: int) -> Stamps:
    """What the exit stamped below the oldest `Received` line: the lowest of each name."""
    return _read({}, _first(reversed(message.headers[line + 1 :])))


def guid(text: str) -> str:
    """The GUID at the beginning of a stamp, in lower case; '' if it was made unreadable."""
    match = _GUID.match(text.strip())
    return match[0].lower() if match else ""


def connecting(text: str) -> tuple[str, str, str]:
    """(tenant, address, EHLO name) of `OriginalAttributedTenantConnectingIp`; ('', '', '') if it is no such value."""
    match = _CONNECTING.search(text)
    return (guid(match[1]), match[2], match[3]) if match else ("", "", "")


def by_report(text: str) -> tuple[TieToTenant, str]:
    """What `X-Forefront-Antispam-Report` says (R179): by a connector of the tenant, or from outside."""
    parts = {name.strip(): said for name, _, said in (part.partition(":") for part in text.split(";"))}
    if parts.get("DIR") == "INB":
        return TieToTenant.RECIPIENT, "Incoming"
    if parts.get("DIR") == "OUT" and parts.get("IPV") == "CAL":
        return TieToTenant.CONNECTOR, "Originating"
    return TieToTenant.UNKNOWN, ""


def domain(text: str) -> str:
    """A domain in lower case, '' if it is none."""
    match = _DOMAIN.fullmatch(text.strip())
    return match[0].lower() if match else ""


def _first(fields: Iterable[Header]) -> dict[str, str]:
    """The first value of each name, names in lower case."""
    values: dict[str, str] = {}
    for field in fields:
        values.setdefault(field.name.lower(), field.value)
    return values


def _read(entry: dict[str, str], leaving: dict[str, str]) -> Stamps:
    on_entry, on_exit = guid(entry.get(ATTRIBUTED.lower(), "")), guid(leaving.get(ID.lower(), ""))
    agreed = not (on_entry and on_exit and on_entry != on_exit)
    id_ = on_entry or on_exit if agreed else ""
    org = domain(leaving.get(ORIGINATOR.lower(), "")) if agreed and on_exit else ""
    by, direction = _tied(entry, leaving)
    auth_as = entry.get(AUTH_AS.lower()) or leaving.get(f"{CROSS_TENANT}AuthAs".lower(), "")
    return Stamps(
        tenant=EvidenceTenant(id=id_, domain=org),
        by=by,
        direction=direction,
        internal={"Internal": True, "Anonymous": False}.get(auth_as),
        hub=leaving.get(STAMPED.lower(), ""),
    )


def _tied(entry: dict[str, str], leaving: dict[str, str]) -> tuple[TieToTenant, str]:
    """By the antispam report, else by the exit's stamp: a consumer mailbox's own mail leaves as `Internet`."""
    report = entry.get(REPORT.lower()) or entry.get(f"{REPORT}-Untrusted".lower()) or ""
    by, reported = by_report(report)
    direction = entry.get(DIRECTION.lower(), "") or reported
    by = by or _ENTITIES.get(leaving.get(ENTITY.lower(), ""), TieToTenant.UNKNOWN)
    return by, direction if direction in ("Originating", "Incoming") else ""

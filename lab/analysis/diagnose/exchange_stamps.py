"""What Exchange Online writes into a message about the tenant that it speaks for, read back (R24, R25, R122-R124, R179)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from lab.core.header_stamps import AUTH_AS, CROSS_TENANT, ORGANIZATION
from lab.evidence.diagnosis import EvidenceTenant, TieToTenant
from lab.model.message import Header, Message
from lab.model.value import value

ATTRIBUTED = "X-EOPTenantAttributedMessage"
REPORT = "X-Forefront-Antispam-Report"
_UNTRUSTED = f"{REPORT}-Untrusted"
DIRECTION = ORGANIZATION + "MessageDirectionality"
ID = CROSS_TENANT + "Id"
ENTITY = CROSS_TENANT + "FromEntityHeader"
CONNECTING = CROSS_TENANT + "OriginalAttributedTenantConnectingIp"
STAMPED = "X-MS-Exchange-Transport-CrossTenantHeadersStamped"
ORIGINATOR = "X-OriginatorOrg"
_CROSS_AUTH_AS = CROSS_TENANT + "AuthAs"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,10}", re.IGNORECASE)
_CONNECTING = re.compile(r"TenantId=([0-9a-fA-F-]{36});\s*Ip=\[([^\]]*)\];\s*Helo=\[([^\]]*)\]")
_OWN = frozenset({"from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type"})
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
    entered: bool = False
    """Whether the stamp of the entry names the tenant (and not only that of the exit)."""
    hub: str = ""
    """The hub that stamped the exit."""


def in_stretch(message: Message, entry: Iterable[int], leaving: Iterable[int], *, hub: str) -> Stamps:
    """What stands in the stretches of the entry (the topmost counts) and of the exit (the lowest counts).

    Below the service's own fields may be a stranger's of the same name, above an exit's those of the next entry.
    """
    on_entry = _first(message.headers[at] for at in entry)
    on_exit = _first(message.headers[at] for at in reversed(tuple(leaving)))
    if on_exit.get(STAMPED.lower()) and _label(on_exit[STAMPED.lower()]) != _label(hub):
        on_exit = {}
    return _read(on_entry, on_exit)


def below_all(message: Message, lines: Sequence[int]) -> tuple[Stamps, Stamps]:
    """What an entry and what an exit stamped that stands below the lowest `Received` line.

    Nothing of either if a name that decides has two different values there: somebody else wrote one of them.
    """
    loose = message.headers[own_fields(message, max(lines, default=-1)) :]
    values: dict[str, set[str]] = {}
    for header in loose:
        values.setdefault(header.name.lower(), set()).add(header.value)
    found = _first(loose)
    entry = _read(found, {}) if _one(values, ATTRIBUTED) else Stamps()
    return entry, _read({}, found) if _one(values, ID) and _one(values, STAMPED) else Stamps()


def own_fields(message: Message, line: int) -> int:
    """Where the fields of the message itself begin below a line: what a server stamps on top stands above them."""
    for at in range(line + 1, len(message.headers)):
        if message.headers[at].name.lower() in _OWN:
            return at
    return len(message.headers)


def _one(values: Mapping[str, set[str]], name: str) -> bool:
    return len(values.get(name.lower(), ())) == 1


def exit_below(message: Message, line: int) -> Stamps:
    """What the exit stamped below a line that nobody's is below: the lowest of each name."""
    return _read({}, _first(reversed(message.headers[line + 1 :])))


def guid(text: str) -> str:
    """The GUID at the beginning of a stamp, in lower case; '' if it was made unreadable."""
    found = _GUID.match(text.strip())
    return found[0].lower() if found else ""


def connecting(text: str) -> tuple[str, str, str]:
    """(tenant, address, EHLO name) of `OriginalAttributedTenantConnectingIp`; ('', '', '') if it is no such value."""
    found = _CONNECTING.search(text)
    return (guid(found[1]), found[2], found[3]) if found else ("", "", "")


def by_report(text: str) -> tuple[TieToTenant, str]:
    """What `X-Forefront-Antispam-Report` says (R179): by a connector of the tenant, or from outside."""
    parts = {name.strip(): told for name, _, told in (part.partition(":") for part in text.split(";"))}
    if parts.get("DIR") == "INB":
        return TieToTenant.RECIPIENT, "Incoming"
    if parts.get("DIR") == "OUT" and parts.get("IPV") == "CAL":
        return TieToTenant.CONNECTOR, "Originating"
    return TieToTenant.UNKNOWN, ""


def domain(text: str) -> str:
    """A domain in lower case, '' if it is none."""
    found = _DOMAIN.fullmatch(text.strip())
    return found[0].lower() if found else ""


def _first(fields: Iterable[Header]) -> dict[str, str]:
    """The first value of each name, names in lower case."""
    found: dict[str, str] = {}
    for field in fields:
        found.setdefault(field.name.lower(), field.value)
    return found


def _read(entry: dict[str, str], leaving: dict[str, str]) -> Stamps:
    on_entry, on_exit = guid(entry.get(ATTRIBUTED.lower(), "")), guid(leaving.get(ID.lower(), ""))
    agreed = not (on_entry and on_exit and on_entry != on_exit)
    by, direction = _tied(entry, leaving)
    known = agreed and (on_entry or on_exit)
    org = domain(leaving.get(ORIGINATOR.lower(), "")) if agreed and on_exit else ""
    return Stamps(
        tenant=EvidenceTenant(id=known, domain=org) if known else EvidenceTenant(),
        by=by,
        direction=direction,
        internal=_internal(entry, leaving),
        entered=bool(on_entry),
        hub=leaving.get(STAMPED.lower(), ""),
    )


def _tied(entry: dict[str, str], leaving: dict[str, str]) -> tuple[TieToTenant, str]:
    """The report's word, else the exit's: a consumer mailbox's own mail leaves as `Internet`."""
    told = by_report(entry.get(REPORT.lower()) or entry.get(_UNTRUSTED.lower()) or "")
    direction = entry.get(DIRECTION.lower(), "") or told[1]
    if direction not in ("Originating", "Incoming"):
        direction = ""
    by = told[0] or _ENTITIES.get(leaving.get(ENTITY.lower(), ""), TieToTenant.UNKNOWN)
    return by, direction


def _internal(entry: dict[str, str], leaving: dict[str, str]) -> bool | None:
    told = entry.get(AUTH_AS.lower()) or leaving.get(_CROSS_AUTH_AS.lower())
    return {"Internal": True, "Anonymous": False}.get(told or "")


def _label(host: str) -> str:
    return host.partition(".")[0].strip().upper()

"""Message traces of a tenant and tracking logs of Exchange: rows read as attempts (R206-R228)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

from lab.analysis.diagnose.exchange_stamps import domain, guid
from lab.analysis.diagnose.postfix_attempts import hub_of
from lab.analysis.diagnose.status_meaning import refusal
from lab.analysis.diagnose.trace_tables import PlainRow
from lab.reports.findings.diagnosis import DeliveryAttempt, EvidenceKind, EvidenceTenant, TieToTenant

_PROPERTY = re.compile(r'<MEP Name="(\w{1,40})" \w{1,10}="([^"]{0,2000})"')
_TO = re.compile(r"transferred to: ([\w.-]{1,253})")
_REASON = re.compile(r"Reason: (.*)", re.DOTALL)
_FAILED = frozenset({"fail", "defer", "drop"})
_ENDS = _FAILED | {"deliver", "send", "expand"}
_TRACKED = {"SEND": "sent", "FAIL": "failed", "DEFER": "deferred", "DELIVER": "delivered", "DROP": "dropped"}
_REPLY = re.compile(r"(?:^|;)\s*([245]\d\d[ -][^;]{0,2000})")


def kind_of(rows: Sequence[PlainRow]) -> EvidenceKind:
    """By the columns."""
    names = {name for row in rows[:5] for name in row}
    if "eventid" in names and "source" in names:
        return EvidenceKind.TRACKING_LOG
    return EvidenceKind.TRACE_DETAIL if "event" in names and "detail" in names else EvidenceKind.MESSAGE_TRACE


def attempts(rows: Sequence[PlainRow], kind: EvidenceKind) -> tuple[DeliveryAttempt, ...]:
    """What the rows tell, in their order."""
    if kind is EvidenceKind.TRACKING_LOG:
        return tuple(_tracked(rows))
    return tuple(_detailed(rows)) if kind is EvidenceKind.TRACE_DETAIL else tuple(map(_summary, rows))


def _summary(row: PlainRow) -> DeliveryAttempt:
    """A row of Get-MessageTraceV2, or of the enhanced summary report (R207, R216)."""
    recipient, _, events = row.get("recipientstatus", "").partition("##")
    client = row.get("fromip") or row.get("originalclientip", "")
    return DeliveryAttempt(
        at=_moment(row.get("received") or row.get("origintimestamp") or row.get("origintimestamputc", "")),
        message_id=row.get("messageid", ""),
        sender=row.get("senderaddress", ""),
        recipient=row.get("recipientaddress") or recipient,
        address=row.get("toip", ""),
        outcome=row.get("status") or events.rpartition(",")[2].strip(),
        client=client,
        tenant=EvidenceTenant(domain=domain(row.get("organization", ""))),
        connector=row.get("connectorid", ""),
        by=_tie(row.get("directionality", ""), client),
    )


def _detailed(rows: Iterable[PlainRow]) -> Iterator[DeliveryAttempt]:
    """The events of each message and recipient: its arrival joined with each of its ends (R211, R212)."""
    arrivals: dict[tuple[str, str], DeliveryAttempt] = {}
    for row in rows:
        key = (row.get("messagetraceid") or row.get("messageid", ""), row.get("recipientaddress", ""))
        event = row.get("event", "").strip().lower()
        properties = {name: unescape(said) for name, said in _PROPERTY.findall(row.get("data", ""))}
        if event in ("receive", "submit"):
            arrivals[key] = _arrival(row, properties)
        elif event in _ENDS:
            yield _end(arrivals.get(key) or _arrival(row, {}), row, properties, event)


def _arrival(row: PlainRow, properties: dict[str, str]) -> DeliveryAttempt:
    client = properties.get("ClientIP", "")
    submitted = row.get("event", "").lower() == "submit"
    return DeliveryAttempt(
        message_id=row.get("messageid", ""),
        sender=row.get("senderaddress", ""),
        recipient=row.get("recipientaddress", ""),
        client=client,
        hub=properties.get("ServerHostName", ""),
        connector=properties.get("ConnectorId", ""),
        by=TieToTenant.MAILBOX if submitted else _tie(properties.get("Directionality", ""), client),
    )


def _end(arrival: DeliveryAttempt, row: PlainRow, properties: dict[str, str], event: str) -> DeliveryAttempt:
    detail = row.get("detail", "")
    sent, reason = _TO.search(detail), _REASON.search(detail) if event in _FAILED else None
    host = properties.get("ServerHostName", "") or (sent[1] if sent else "")
    reply = reason[1] if reason else ""
    return replace(
        arrival,
        at=_moment(row.get("date", "")),
        relay=host,
        address=properties.get("ServerIP", ""),
        outcome=event,
        reply=reply,
        refusal=refusal(arrival.recipient, "", reply, host) if reply else None,
    )


def _tracked(rows: Iterable[PlainRow]) -> Iterator[DeliveryAttempt]:
    """SEND, FAIL, DEFER and DELIVER of an on-premises server, or of an extended report (R215, R223)."""
    for row in rows:
        outcome = _TRACKED.get(row.get("eventid", "").upper())
        if outcome is not None:
            recipients = (row.get("recipientaddress") or row.get("recipients", "")).split(";")
            yield from (_one_tracked(row, outcome, recipient) for recipient in recipients[:200])


def _one_tracked(row: PlainRow, outcome: str, recipient: str) -> DeliveryAttempt:
    context = row.get("sourcecontext", "")
    failed = outcome in ("failed", "deferred")
    host = row.get("serverhostname", "") if failed or outcome == "sent" else ""
    reply = row.get("recipientstatus", "") if failed else ""
    accepted = _REPLY.search(context) if outcome == "sent" else None
    tenant = guid(row.get("tenantid", ""))
    client = row.get("originalclientip", "")
    return DeliveryAttempt(
        at=_moment(row.get("datetime") or row.get("timestamp", "")),
        message_id=row.get("messageid", ""),
        sender=row.get("returnpath") or row.get("senderaddress") or row.get("sender", ""),
        recipient=recipient,
        relay=host,
        address=row.get("serverip", "") if host else "",
        outcome=outcome,
        reply=accepted[1] if accepted else reply,
        hub=hub_of(context),
        connector=row.get("connectorid", ""),
        client=client,
        tenant=EvidenceTenant(id=tenant),
        by=_tie(row.get("directionality", ""), client) if tenant else TieToTenant.UNKNOWN,
        refusal=refusal(recipient, "", reply, host) if reply else None,
    )


def _tie(directionality: str, client: str) -> TieToTenant:
    """Incoming mail goes by its recipient; the tenant's own came from a mailbox, or through a connector."""
    match directionality.strip():
        case "1" | "Incoming":
            return TieToTenant.RECIPIENT
        case "2" | "Originating":
            return TieToTenant.CONNECTOR if client else TieToTenant.MAILBOX
        case _:
            return TieToTenant.UNKNOWN


def _moment(text: str) -> datetime | None:
    """ISO 8601; PowerShell's other forms depend on the machine's language, and are left alone."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

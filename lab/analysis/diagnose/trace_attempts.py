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
from lab.evidence.diagnosis import (
    Certainty,
    DeliveryAttempt,
    EvidenceKind,
    EvidenceRefusal,
    EvidenceTenant,
    TieToTenant,
)

_PROPERTY = re.compile(r'<MEP Name="(\w{1,40})" \w{1,10}="([^"]{0,2000})"')
_DIRECTIONS = {"1": "Incoming", "2": "Originating"}
_TO = re.compile(r"transferred to: ([\w.-]{1,253})")
_REASON = re.compile(r"Reason: (.*)", re.DOTALL)
_FAILED = frozenset({"fail", "defer", "drop"})
_ENDS = frozenset({"deliver", "send", "fail", "defer", "drop", "expand"})
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
    outcome = row.get("status") or (events.rpartition(",")[2].strip() if events else "")
    direction = _direction(row.get("directionality", ""))
    client = row.get("fromip") or row.get("originalclientip", "")
    return DeliveryAttempt(
        at=_moment(row.get("received") or row.get("origintimestamp") or row.get("origintimestamputc", "")),
        message_id=row.get("messageid", ""),
        sender=row.get("senderaddress", ""),
        recipient=row.get("recipientaddress") or recipient,
        address=row.get("toip", ""),
        outcome=outcome,
        client=client,
        tenant=EvidenceTenant(domain=domain(row.get("organization", ""))),
        connector=row.get("connectorid", ""),
        by=_by(direction, client) if direction else TieToTenant.UNKNOWN,
    )


def _detailed(rows: Iterable[PlainRow]) -> Iterator[DeliveryAttempt]:
    """The events of each message and recipient: its arrival joined with each of its ends (R211, R212)."""
    arrivals: dict[tuple[str, str], DeliveryAttempt] = {}
    for row in rows:
        key = (row.get("messagetraceid") or row.get("messageid", ""), row.get("recipientaddress", ""))
        event = row.get("event", "").strip().lower()
        told = {name: unescape(said) for name, said in _PROPERTY.findall(row.get("data", ""))}
        if event in ("receive", "submit"):
            arrivals[key] = _arrival(row, told)
            continue
        if event in _ENDS:
            yield _end(arrivals.get(key, _arrival(row, {})), row, told, event)


def _arrival(row: PlainRow, told: dict[str, str]) -> DeliveryAttempt:
    direction = _direction(told.get("Directionality", ""))
    client = told.get("ClientIP", "")
    submitted = row.get("event", "").lower() == "submit"
    return DeliveryAttempt(
        message_id=row.get("messageid", ""),
        sender=row.get("senderaddress", ""),
        recipient=row.get("recipientaddress", ""),
        client=client,
        hub=told.get("ServerHostName", ""),
        connector=told.get("ConnectorId", ""),
        by=TieToTenant.MAILBOX if submitted else _by(direction, client) if direction else TieToTenant.UNKNOWN,
    )


def _end(arrival: DeliveryAttempt, row: PlainRow, told: dict[str, str], event: str) -> DeliveryAttempt:
    detail = row.get("detail", "")
    sent, reason = _TO.search(detail), _REASON.search(detail)
    host = told.get("ServerHostName", "") or (sent[1] if sent else "")
    failed = event in _FAILED and reason is not None
    return replace(
        arrival,
        at=_moment(row.get("date", "")),
        relay=host,
        address=told.get("ServerIP", ""),
        outcome=event,
        reply=reason[1] if failed and reason else "",
        refusal=_refused(arrival.recipient, reason[1] if failed and reason else "", host),
    )


def _refused(recipient: str, words: str, host: str) -> EvidenceRefusal | None:
    return refusal(recipient, "", words, host) if words else None


def _tracked(rows: Iterable[PlainRow]) -> Iterator[DeliveryAttempt]:
    """SEND, FAIL, DEFER and DELIVER of an on-premises server, or of an extended report (R215, R223)."""
    for row in rows:
        outcome = _TRACKED.get(row.get("eventid", "").upper())
        if outcome is None:
            continue
        recipients = (row.get("recipientaddress") or row.get("recipients", "")).split(";")
        for recipient in recipients[:200]:
            yield _one_tracked(row, outcome, recipient)


def _one_tracked(row: PlainRow, outcome: str, recipient: str) -> DeliveryAttempt:
    context = _REPLY.search(row.get("sourcecontext", ""))
    status = row.get("recipientstatus", "")
    host = row.get("serverhostname", "") if outcome in ("sent", "failed", "deferred") else ""
    direction = _direction(row.get("directionality", ""))
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
        reply=context[1]
        if context and outcome == "sent"
        else status
        if outcome in ("failed", "deferred")
        else "",
        hub=hub_of(row.get("sourcecontext", "")),
        connector=row.get("connectorid", ""),
        client=client,
        tenant=EvidenceTenant(id=tenant),
        by=_by(direction, client) if tenant and direction else TieToTenant.UNKNOWN,
        refusal=refusal(recipient, "", status, host)
        if outcome in ("failed", "deferred") and status
        else None,
        sure=Certainty.SEEN,
    )


def _direction(told: str) -> str:
    bare = told.strip()
    return _DIRECTIONS.get(bare, bare if bare in ("Incoming", "Originating") else "")


def _by(direction: str, client: str) -> TieToTenant:
    """Incoming mail goes by its recipient; the tenant's own came from a mailbox, or through a connector."""
    if direction == "Incoming":
        return TieToTenant.RECIPIENT
    return TieToTenant.CONNECTOR if client else TieToTenant.MAILBOX


def _moment(told: str) -> datetime | None:
    """ISO 8601; PowerShell's other forms depend on the machine's language, and are left alone."""
    try:
        found = datetime.fromisoformat(told.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

"""Message traces of a tenant and tracking logs of Exchange: rows read as attempts (R206-R228)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

from lab.analysis.diagnose.codes import refusal
from lab.analysis.diagnose.gateway import hub_of
from lab.analysis.diagnose.rows import Row
from lab.analysis.diagnose.stamps import domain, guid
from lab.evidence.diagnosis import By, Handed, Kind, Refusal, Sure, Tenant

_PROPERTY = re.compile(r'<MEP Name="(\w{1,40})" \w{1,10}="([^"]{0,2000})"')
_DIRECTIONS = {"1": "Incoming", "2": "Originating"}
_TO = re.compile(r"transferred to: ([\w.-]{1,253})")
_REASON = re.compile(r"Reason: (.*)", re.DOTALL)
_FAILED = frozenset({"fail", "defer", "drop"})
_ENDS = frozenset({"deliver", "send", "fail", "defer", "drop", "expand"})
_TRACKED = {"SEND": "sent", "FAIL": "failed", "DEFER": "deferred", "DELIVER": "delivered", "DROP": "dropped"}
_REPLY = re.compile(r"(?:^|;)\s*([245]\d\d[ -][^;]{0,2000})")


def kind_of(rows: Sequence[Row]) -> Kind:
    """By the columns."""
    names = {name for row in rows[:5] for name in row}
    if "eventid" in names and "source" in names:
        return Kind.TRACKING_LOG
    return Kind.TRACE_DETAIL if "event" in names and "detail" in names else Kind.MESSAGE_TRACE


def attempts(rows: Sequence[Row], kind: Kind) -> tuple[Handed, ...]:
    """What the rows tell, in their order."""
    if kind is Kind.TRACKING_LOG:
        return tuple(_tracked(rows))
    return tuple(_detailed(rows)) if kind is Kind.TRACE_DETAIL else tuple(map(_summary, rows))


def _summary(row: Row) -> Handed:
    """A row of Get-MessageTraceV2, or of the enhanced summary report (R207, R216)."""
    recipient, _, events = row.get("recipientstatus", "").partition("##")
    outcome = row.get("status") or (events.rpartition(",")[2].strip() if events else "")
    direction = _direction(row.get("directionality", ""))
    client = row.get("fromip") or row.get("originalclientip", "")
    return Handed(
        at=_moment(row.get("received") or row.get("origintimestamp") or row.get("origintimestamputc", "")),
        message_id=row.get("messageid", ""),
        sender=row.get("senderaddress", ""),
        recipient=row.get("recipientaddress") or recipient,
        address=row.get("toip", ""),
        outcome=outcome,
        client=client,
        tenant=Tenant(domain=domain(row.get("organization", ""))),
        connector=row.get("connectorid", ""),
        by=_by(direction, client) if direction else By.UNKNOWN,
    )


def _detailed(rows: Iterable[Row]) -> Iterator[Handed]:
    """The events of each message and recipient: its arrival joined with each of its ends (R211, R212)."""
    arrivals: dict[tuple[str, str], Handed] = {}
    for row in rows:
        key = (row.get("messagetraceid") or row.get("messageid", ""), row.get("recipientaddress", ""))
        event = row.get("event", "").strip().lower()
        told = {name: unescape(said) for name, said in _PROPERTY.findall(row.get("data", ""))}
        if event in ("receive", "submit"):
            arrivals[key] = _arrival(row, told)
            continue
        if event in _ENDS:
            yield _end(arrivals.get(key, _arrival(row, {})), row, told, event)


def _arrival(row: Row, told: dict[str, str]) -> Handed:
    direction = _direction(told.get("Directionality", ""))
    client = told.get("ClientIP", "")
    submitted = row.get("event", "").lower() == "submit"
    return Handed(
        message_id=row.get("messageid", ""),
        sender=row.get("senderaddress", ""),
        recipient=row.get("recipientaddress", ""),
        client=client,
        hub=told.get("ServerHostName", ""),
        connector=told.get("ConnectorId", ""),
        by=By.MAILBOX if submitted else _by(direction, client) if direction else By.UNKNOWN,
    )


def _end(arrival: Handed, row: Row, told: dict[str, str], event: str) -> Handed:
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


def _refused(recipient: str, words: str, host: str) -> Refusal | None:
    return refusal(recipient, "", words, host) if words else None


def _tracked(rows: Iterable[Row]) -> Iterator[Handed]:
    """SEND, FAIL, DEFER and DELIVER of an on-premises server, or of an extended report (R215, R223)."""
    for row in rows:
        outcome = _TRACKED.get(row.get("eventid", "").upper())
        if outcome is None:
            continue
        recipients = (row.get("recipientaddress") or row.get("recipients", "")).split(";")
        for recipient in recipients[:200]:
            yield _one_tracked(row, outcome, recipient)


def _one_tracked(row: Row, outcome: str, recipient: str) -> Handed:
    context = _REPLY.search(row.get("sourcecontext", ""))
    status = row.get("recipientstatus", "")
    host = row.get("serverhostname", "") if outcome in ("sent", "failed", "deferred") else ""
    direction = _direction(row.get("directionality", ""))
    tenant = guid(row.get("tenantid", ""))
    client = row.get("originalclientip", "")
    return Handed(
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
        tenant=Tenant(id=tenant),
        by=_by(direction, client) if tenant and direction else By.UNKNOWN,
        refusal=refusal(recipient, "", status, host)
        if outcome in ("failed", "deferred") and status
        else None,
        sure=Sure.SEEN,
    )


def _direction(told: str) -> str:
    bare = told.strip()
    return _DIRECTIONS.get(bare, bare if bare in ("Incoming", "Originating") else "")


def _by(direction: str, client: str) -> By:
    """Incoming mail goes by its recipient; the tenant's own came from a mailbox, or through a connector."""
    if direction == "Incoming":
        return By.RECIPIENT
    return By.CONNECTOR if client else By.MAILBOX


def _moment(told: str) -> datetime | None:
    """ISO 8601; PowerShell's other forms depend on the machine's language, and are left alone."""
    try:
        found = datetime.fromisoformat(told.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

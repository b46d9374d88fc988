"""A mail server's log, as Postfix writes it: to whom it gave what, under which certificate, and what was said (R188, R247)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import UTC, datetime

from lab.analysis.diagnose.evidence_limits import MAX_ROWS, MAX_VALUE
from lab.analysis.diagnose.service_hosts import is_outbound, is_service
from lab.analysis.diagnose.status_meaning import refusal
from lab.evidence.diagnosis import DeliveryAttempt
from lab.evidence.postfix_lines import PostfixLine, lines, relay_of, reply_of
from lab.model.value import dataclass

_HUB = re.compile(r"Hostname=([A-Za-z0-9.-]{1,253})")
_SHOWN = re.compile(r"lab: (\w+): client certificate sent to (\S+)\[([\d.]+)\]:\d+: subject_CN=(.+)$")
_HOST = re.compile(r"(?:<\d+>)?(?:\w{3} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT\S+) (\S+) ")
_NO_YEAR = datetime(1972, 1, 1, tzinfo=UTC)
"""A leap year, for logs that do not say theirs."""


@dataclass(slots=True)
class _Log:
    """What is known so far, by queue id."""

    senders: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    shown: dict[tuple[str, str], str] = field(default_factory=dict)
    """The certificate, by queue id and server."""


def attempts(text: Iterable[str]) -> tuple[DeliveryAttempt, ...]:
    """Every hand-over and refusal in a log, in its order."""
    log = _Log()
    return tuple(_read([each[:MAX_VALUE] for each in text][:MAX_ROWS], log))


def host_of(text: Iterable[str]) -> str:
    """The machine that the log is of, as syslog names it; '' if there is no such line."""
    return next((found[1] for found in map(_HOST.match, text) if found), "")


def hub_of(reply: str) -> str:
    """The server of Exchange Online that took a message, as its 250 says (R188)."""
    found = _HUB.search(reply)
    return found[1] if found and is_service(found[1]) else ""


def _read(text: list[str], log: _Log) -> Iterator[DeliveryAttempt]:
    for raw in text:
        certificate = _SHOWN.search(raw)
        if certificate:
            log.shown[certificate[1], certificate[3]] = certificate[4].strip()
        for line in _lines(raw):
            yield from _told(line, log)


def _lines(raw: str) -> Iterator[PostfixLine]:
    """At most one; a date that is none makes a line that says nothing."""
    try:
        yield from lines([re.sub(r"^<\d{1,3}>", "", raw.rstrip("\r\n"))], _NO_YEAR)
    except ValueError:
        return


def _told(line: PostfixLine, log: _Log) -> Iterator[DeliveryAttempt]:
    match line.kind:
        case "active":
            log.senders[line.queue_id] = line.found["sender"] or "<>"
        case "message_id":
            log.ids[line.queue_id] = line.found["value"]
        case "handed":
            yield _handed(line, log)
        case "reject":
            yield _rejected(line)
        case _:
            return


def _handed(line: PostfixLine, log: _Log) -> DeliveryAttempt:
    found = line.found
    reply, host, address = reply_of(found["said"])
    relay = (host, address) if host else relay_of(found["relay"])
    recipient = found["original"] or found["recipient"]
    failed = found["status"] in ("bounced", "deferred", "expired")
    return DeliveryAttempt(
        at=_year(line.at),
        queue_id=line.queue_id,
        message_id=log.ids.get(line.queue_id, ""),
        sender=log.senders.get(line.queue_id, ""),
        recipient=recipient,
        relay=relay[0],
        address=relay[1],
        outcome=found["status"],
        reply=reply,
        hub=hub_of(reply),
        certificate=log.shown.get((line.queue_id, relay[1]), ""),
        refusal=refusal(recipient, found["dsn"], reply, host) if failed else None,
    )


def _rejected(line: PostfixLine) -> DeliveryAttempt:
    """Mail that this server did not take itself."""
    found = line.found
    return DeliveryAttempt(
        at=_year(line.at),
        queue_id=line.queue_id,
        sender=found["sender"] or "<>",
        recipient=found["recipient"],
        outcome="rejected",
        reply=found["reply"],
        client=f"{found['name']} [{found['address']}]",
        refusal=refusal(found["recipient"], "", found["reply"]),
    )


def of_the_service(each: DeliveryAttempt) -> bool:
    """Whether Exchange Online is the other side."""
    client = each.client.partition(" ")[0]
    return (
        is_service(each.relay)
        or bool(each.hub)
        or is_outbound(client)
        or bool(each.refusal and each.refusal.service)
    )


def _year(at: datetime) -> datetime | None:
    return at if at.year != _NO_YEAR.year and at.year != _NO_YEAR.year - 1 else None

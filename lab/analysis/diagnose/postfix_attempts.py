"""A mail server's log, as Postfix writes it: each delivery attempt, its certificate, and the reply (R188, R247)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import UTC, datetime

from lab.analysis.diagnose.evidence_file import MAX_ROWS, MAX_VALUE
from lab.analysis.diagnose.exchange_stamps import is_outbound, is_service
from lab.analysis.diagnose.status_meaning import refusal
from lab.evidence.postfix_lines import PostfixLine, lines, relay_of, reply_of
from lab.model.value import dataclass
from lab.reports.findings.diagnosis import DeliveryAttempt

_HUB = re.compile(r"Hostname=([A-Za-z0-9.-]{1,253})")
_CERTIFICATE = re.compile(r"lab: (\w+): client certificate sent to (\S+)\[([\d.]+)\]:\d+: subject_CN=(.+)$")
_HOST = re.compile(r"(?:<\d+>)?(?:\w{3} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT\S+) (\S+) ")
_NO_YEAR = datetime(1972, 1, 1, tzinfo=UTC)
"""A leap year, for logs that do not say theirs."""


@dataclass(slots=True)
class _Queue:
    """What earlier lines say of the messages in the queue, by queue id."""

    senders: dict[str, str] = field(default_factory=dict)
    message_ids: dict[str, str] = field(default_factory=dict)
    certificates: dict[tuple[str, str], str] = field(default_factory=dict)
    """By queue id and server."""


def attempts(log: Iterable[str]) -> tuple[DeliveryAttempt, ...]:
    """Every hand-over and refusal in a log, in its order."""
    return tuple(_attempts([line[:MAX_VALUE] for line in log][:MAX_ROWS]))


def host_of(log: Iterable[str]) -> str:
    """The machine that the log is of, as syslog names it; '' if there is no such line."""
    return next((match[1] for match in map(_HOST.match, log) if match), "")


def hub_of(reply: str) -> str:
    """The server of Exchange Online that took a message, as its 250 says (R188)."""
    match = _HUB.search(reply)
    return match[1] if match and is_service(match[1]) else ""


def of_the_service(attempt: DeliveryAttempt) -> bool:
    """Whether Exchange Online is the other side."""
    refused = attempt.refusal is not None and attempt.refusal.service
    client = attempt.client.partition(" ")[0]
    return is_service(attempt.relay) or bool(attempt.hub) or is_outbound(client) or refused


def _attempts(log: list[str]) -> Iterator[DeliveryAttempt]:
    queue = _Queue()
    for text in log:
        certificate = _CERTIFICATE.search(text)
        if certificate:
            queue.certificates[certificate[1], certificate[3]] = certificate[4].strip()
        for line in _parsed(text):
            match line.kind:
                case "active":
                    queue.senders[line.queue_id] = line.parts["sender"] or "<>"
                case "message_id":
                    queue.message_ids[line.queue_id] = line.parts["value"]
                case "handed":
                    yield _handed(line, queue)
                case "reject":
                    yield _rejected(line)
                case _:
                    pass


def _parsed(text: str) -> Iterator[PostfixLine]:
    """At most one; a date that is none makes a line that says nothing."""
    try:
        yield from lines([re.sub(r"^<\d{1,3}>", "", text.rstrip("\r\n"))], _NO_YEAR)
    except ValueError:
        return


def _handed(line: PostfixLine, queue: _Queue) -> DeliveryAttempt:
    fields = line.parts
    reply, host, address = reply_of(fields["said"])
    relay, address = (host, address) if host else relay_of(fields["relay"])
    recipient = fields["original"] or fields["recipient"]
    failed = fields["status"] in ("bounced", "deferred", "expired")
    return DeliveryAttempt(
        at=_year(line.at),
        queue_id=line.queue_id,
        message_id=queue.message_ids.get(line.queue_id, ""),
        sender=queue.senders.get(line.queue_id, ""),
        recipient=recipient,
        relay=relay,
        address=address,
        outcome=fields["status"],
        reply=reply,
        hub=hub_of(reply),
        certificate=queue.certificates.get((line.queue_id, address), ""),
        refusal=refusal(recipient, fields["dsn"], reply, host) if failed else None,
    )


def _rejected(line: PostfixLine) -> DeliveryAttempt:
    """Mail that this server did not take itself."""
    fields = line.parts
    return DeliveryAttempt(
        at=_year(line.at),
        queue_id=line.queue_id,
        sender=fields["sender"] or "<>",
        recipient=fields["recipient"],
        outcome="rejected",
        reply=fields["reply"],
        client=f"{fields['name']} [{fields['address']}]",
        refusal=refusal(fields["recipient"], "", fields["reply"]),
    )


def _year(at: datetime) -> datetime | None:
    return None if at.year in (_NO_YEAR.year, _NO_YEAR.year - 1) else at

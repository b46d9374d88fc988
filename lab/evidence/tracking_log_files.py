"""The message tracking log of an on-premises Exchange server as files, and `Get-MessageTrackingLog` (R221, R226)."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence

from lab.evidence.hop_facts import iso
from lab.evidence.tracking_events import FIELDS, SOFTWARE, TrackingEvent, rows
from lab.model.trace import Hop

_SUBMISSION = {("RECEIVE", "STOREDRIVER"), ("SUBMIT", "STOREDRIVER")}


def log_files(hops: Iterable[Hop], host: str) -> dict[str, str]:
    """The files that Exchange would have written, by name: one an hour and service, CSV with header lines (R221)."""
    files: dict[str, list[TrackingEvent]] = defaultdict(list)
    for row in rows(hops, host):
        files[f"MSGTRK{_service(row)}{row.at:%Y%m%d%H}-1.LOG"].append(row)
    return {name: _file(content) for name, content in files.items()}


def log_file(hops: Iterable[Hop], hosts: Iterable[str]) -> str:
    """All rows of some hosts in order of time under one head, as somebody joins the files to read them; '' without any."""
    seen = tuple(hops)
    content = sorted((row for host in hosts for row in rows(seen, host)), key=lambda row: row.at)
    return _file(content) if content else ""


def message_tracking_log(hops: Iterable[Hop], host: str) -> list[dict[str, object]]:
    """What `Get-MessageTrackingLog` returns, with the names of its properties (R226)."""
    return [_object(row) for row in rows(hops, host)]


def _service(row: TrackingEvent) -> str:
    """The service that logs the event: mailbox submission, mailbox delivery, else transport."""
    if (row.event, row.source) in _SUBMISSION:
        return "MS"
    return "MD" if (row.event, row.source) == ("DELIVER", "STOREDRIVER") else ""


def _file(content: Sequence[TrackingEvent]) -> str:
    text_file = io.StringIO()
    text_file.write(
        "#Software: Microsoft Exchange Server\r\n"
        f"#Version: {SOFTWARE}\r\n"
        "#Log-Type: Message Tracking Log\r\n"
        f"#Date: {iso(content[0].at)}\r\n"
        f"#Fields: {','.join(FIELDS)}\r\n"
    )
    csv.writer(text_file, lineterminator="\r\n").writerows(row.values() for row in content)
    return text_file.getvalue()


def _object(row: TrackingEvent) -> dict[str, object]:
    value = dict(zip(FIELDS, row.values(), strict=True))
    return {
        "Timestamp": value["date-time"],
        "ClientIp": value["client-ip"],
        "ClientHostname": value["client-hostname"],
        "ServerIp": value["server-ip"],
        "ServerHostname": value["server-hostname"],
        "SourceContext": value["source-context"],
        "ConnectorId": value["connector-id"],
        "Source": value["source"],
        "EventId": value["event-id"],
        "InternalMessageId": value["internal-message-id"],
        "MessageId": value["message-id"],
        "NetworkMessageId": value["network-message-id"],
        "Recipients": list(row.recipients),
        "RecipientStatus": list(row.statuses),
        "TotalBytes": row.hop.head.size,
        "RecipientCount": len(row.recipients),
        "RelatedRecipientAddress": value["related-recipient-address"],
        "Reference": [row.reference] if row.reference else [],
        "MessageSubject": value["message-subject"],
        "Sender": value["sender-address"],
        "ReturnPath": value["return-path"],
        "Directionality": value["directionality"],
        "TenantId": value["tenant-id"],
        "OriginalClientIp": value["original-client-ip"],
        "MessageInfo": value["message-info"],
        "MessageLatency": str(row.at - row.hop.head.arrived),
        "EventData": [part for part in value["custom-data"].split(";") if part],
    }

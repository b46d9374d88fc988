"""A delivery report: who made it, about which recipients, with which replies, and the message that it gives back.

It is read by RFC 3464 where it follows that, by Exchange's own texts where it does not (R200-R202): a report that
somebody pasted from a mail program has nothing else.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from lab.analysis.diagnose import ndr_text
from lab.analysis.diagnose.evidence_file import MAX_RECIPIENTS
from lab.analysis.diagnose.exchange_stamps import ID, ORIGINATOR, domain, guid, is_service
from lab.analysis.diagnose.journey import journey
from lab.analysis.diagnose.mime import MimeEntity, header_fields
from lab.analysis.diagnose.status_meaning import given_up, refusal
from lab.model.message import Message
from lab.reports.findings.diagnosis import DeliveryReport, EvidenceRefusal, EvidenceTenant

_BREAKS = re.compile(rb"\r\n|\r|\n")
_BLANK = re.compile(rb"\n[ \t]*\n")
_REACHED = frozenset({"delivered", "relayed", "expanded", "delayed"})
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


def entity_with_report(mail: MimeEntity) -> MimeEntity | None:
    """The report itself: the mail in hand, or one that is attached to it; None if there is none."""
    for entity in mail.walk():
        if any(part.is_status for part in entity.parts) or entity.kind == "multipart/report":
            return entity
    return mail if ndr_text.has_report(mail) else None


def report(entity: MimeEntity) -> DeliveryReport:
    """What it says."""
    text = ndr_text.read(entity)
    about_message, about_recipients = _status(entity)
    maker = _typed(about_message, "Reporting-MTA") or text.maker
    tenant = EvidenceTenant()
    if is_service(maker):  # the exit's stamps, else the address that it comes from (R198, R243)
        fields = entity.message
        organization = domain(fields.get(ORIGINATOR) or "") or domain(fields.author.rpartition("@")[2])
        tenant = EvidenceTenant(id=guid(fields.get(ID) or ""), domain=organization)
    return DeliveryReport(
        maker=maker,
        service=is_service(maker),
        tenant=tenant,
        received_from=_typed(about_message, "Received-From-MTA"),
        refusals=tuple(_refusals(about_recipients, maker)) or text.refusals,
        reached=tuple(_recipient(fields) for fields in about_recipients if _is_reached(fields)),
        original=text.original if entity.returned is None else journey(entity.returned),
    )


def _status(entity: MimeEntity) -> tuple[Message | None, list[Message]]:
    """The fields about the message, and those about each recipient."""
    part = next((part for part in entity.walk() if part.is_status), None)
    if part is None:
        return None, []
    blocks = [block for block in _BLANK.split(_BREAKS.sub(b"\n", part.content())) if block.strip()]
    groups = [header_fields(block) for block in blocks[: MAX_RECIPIENTS + 1]]
    about_message = next((fields for fields in groups if fields.get("Reporting-MTA")), None)
    names = ("Final-Recipient", "Action", "Status")
    return about_message, [fields for fields in groups if any(fields.get(name) for name in names)]


def _refusals(recipients: list[Message], maker: str) -> Iterator[EvidenceRefusal]:
    for fields in recipients:
        if not _is_reached(fields):
            status = (fields.get("Status") or "").partition(" ")[0]
            remote, reply = _typed(fields, "Remote-MTA"), fields.get("Diagnostic-Code") or ""
            yield given_up(refusal(_recipient(fields), status, reply, remote, maker=maker))


def _is_reached(fields: Message) -> bool:
    return (fields.get("Action") or "").strip().lower() in _REACHED


def _recipient(fields: Message) -> str:
    return _typed(fields, "Final-Recipient") or _typed(fields, "Original-Recipient")


def _typed(fields: Message | None, name: str) -> str:
    """`dns;host` without its type; the escapes of RFC 6533 read."""
    value = (fields.get(name) or "") if fields else ""
    bare = value.partition(";")[2].strip() or value.strip()
    return _ESCAPED.sub(_character, bare.partition(" (")[0].strip("<>"))


def _character(escape: re.Match[str]) -> str:
    number = int(escape[1], 16)
    return chr(number) if number <= sys.maxunicode else "\N{REPLACEMENT CHARACTER}"

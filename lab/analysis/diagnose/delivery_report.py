"""A delivery report taken apart: who made it, about whom, in which words, and the message that it gives back.

By RFC 3464 where it is followed, by Exchange's own texts where it is not (R200-R202): a report that somebody has pasted
from his mail program has nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.analysis.diagnose import ndr_text
from lab.analysis.diagnose.evidence_limits import MAX_RECIPIENTS
from lab.analysis.diagnose.exchange_stamps import ID, ORIGINATOR, domain, guid
from lab.analysis.diagnose.journey import journey
from lab.analysis.diagnose.mime import MimeEntity, header_fields
from lab.analysis.diagnose.service_hosts import is_service
from lab.analysis.diagnose.status_meaning import given_up, refusal
from lab.evidence.diagnosis import DeliveryReport, EvidenceRefusal, EvidenceTenant, Journey
from lab.model.message import Message

_BREAKS = re.compile(rb"\r\n|\r|\n")
_BLANK = re.compile(rb"\n[ \t]*\n")
_GOOD = frozenset({"delivered", "relayed", "expanded", "delayed"})
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_UNICODE = 0x10FFFF


def entity_with_report(whole: MimeEntity) -> MimeEntity | None:
    """The report itself: the mail in hand, or one that is attached to it; None if there is none."""
    for each in whole.walk():
        if any(part.is_status for part in each.parts) or each.kind == "multipart/report":
            return each
    return whole if ndr_text.reads_like_one(whole) else None


def report(found: MimeEntity) -> DeliveryReport:
    """What it says."""
    human = ndr_text.read(found)
    first, recipients = _status(found)
    maker = _typed(first, "Reporting-MTA") or human.maker
    settled = tuple(_refusals(recipients, maker)) or human.refusals
    return DeliveryReport(
        maker=maker,
        service=is_service(maker),
        tenant=_tenant(found.message, maker),
        received_from=_typed(first, "Received-From-MTA"),
        refusals=settled,
        reached=tuple(_recipient(each) for each in recipients if _action(each) in _GOOD),
        original=_original(found) or human.original,
    )


def _status(found: MimeEntity) -> tuple[Message | None, list[Message]]:
    """The fields about the message, and those about each recipient."""
    part = next((each for each in found.walk() if each.is_status), None)
    if part is None:
        return None, []
    blocks = [block for block in _BLANK.split(_BREAKS.sub(b"\n", part.content())) if block.strip()][
        : MAX_RECIPIENTS + 1
    ]
    read = [header_fields(block) for block in blocks]
    about = [each for each in read if any(each.get(name) for name in ("Final-Recipient", "Action", "Status"))]
    first = next((each for each in read if each.get("Reporting-MTA")), None)
    return first, about


def _refusals(recipients: list[Message], maker: str) -> Iterator[EvidenceRefusal]:
    for each in recipients:
        if _action(each) in _GOOD:
            continue
        status = (each.get("Status") or "").partition(" ")[0]
        remote = _typed(each, "Remote-MTA")
        yield given_up(
            refusal(_recipient(each), status, each.get("Diagnostic-Code") or "", remote, maker=maker)
        )


def _action(fields: Message) -> str:
    return (fields.get("Action") or "").strip().lower()


def _recipient(fields: Message) -> str:
    return _typed(fields, "Final-Recipient") or _typed(fields, "Original-Recipient")


def _typed(fields: Message | None, name: str) -> str:
    """`dns;host` without its type; the escapes of RFC 6533 read."""
    value = (fields.get(name) or "") if fields else ""
    bare = value.partition(";")[2].strip() or value.strip()
    return _ESCAPED.sub(_character, bare.partition(" (")[0].strip("<>"))


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if number <= _UNICODE else "\N{REPLACEMENT CHARACTER}"


def _tenant(fields: Message, maker: str) -> EvidenceTenant:
    """Whose server made it: the exit's stamps, else the address that it comes from (R198, R243)."""
    if not is_service(maker):
        return EvidenceTenant()
    author = domain(fields.author.rpartition("@")[2])
    org = domain(fields.get(ORIGINATOR) or "")
    return EvidenceTenant(id=guid(fields.get(ID) or ""), domain=org or author)


def _original(found: MimeEntity) -> Journey | None:
    """The message that came back, or its header section; a report that is returned itself counts as a message."""
    back = next((part for part in found.parts if part.is_returned), None)
    return journey(back.parts[0].message) if back is not None and back.parts else None

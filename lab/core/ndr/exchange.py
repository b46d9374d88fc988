"""Reports as Exchange Online and on-premises Exchange send them (R198-R203)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import replace
from datetime import UTC, datetime

from lab.core.dates import mail_date
from lab.core.ndr import classic_text, online_text
from lab.core.ndr.delivery_status import exchange_status
from lab.core.ndr.mime import Part, ascii_only, multipart, quoted_printable, unstructured
from lab.core.ndr.original_message import Original, part, read
from lab.core.ndr.status import wraps
from lab.core.ndr.types import Failure, Maker, Success
from lab.core.received import fold
from lab.model.message import Header, Message
from lab.model.transport import Context, QueueItem

ATTACH_LIMIT = 10 * 1024 * 1024
"""Octets up to which the original comes back whole (InternalDsnMaxMessageAttachSize)."""
_SUBJECTS = {"delivered": "Delivered", "relayed": "Relayed", "expanded": "Expanded"}
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def failure_report(item: QueueItem, failed: tuple[Failure, ...], maker: Maker, context: Context) -> Message:
    """The NDR on `failed`."""
    original = read(item.message)
    if maker.kind == "exchange-online":
        failed = tuple(
            replace(failure, reply=wraps(failure.reply)) if failure.remote else failure for failure in failed
        )
        texts = online_text.texts(item, original, failed, maker.host)
    else:
        texts = classic_text.texts(original, failed, maker.host)
    returned = part(original, headers_only=item.ret.upper() == "HDRS", limit=ATTACH_LIMIT)
    parts = (_human(texts, context), exchange_status(item, failed, maker), returned)
    return _assembled("Undeliverable", item, original, parts, maker, context)


def success_report(item: QueueItem, reached: tuple[Success, ...], maker: Maker, context: Context) -> Message:
    """The report on recipients that were reached; only headers come back (RFC 3461 4.3)."""
    original = read(item.message)
    returned = part(original, headers_only=True, limit=0)
    parts = (_human(classic_text.success(reached), context), exchange_status(item, reached, maker), returned)
    return _assembled(_SUBJECTS[reached[0].action], item, original, parts, maker, context)


def _human(texts: tuple[str, str], context: Context) -> Part:
    boundary = context.ids.guid()
    plain, html = texts
    content = multipart(boundary, (quoted_printable("plain", plain), quoted_printable("html", html)))
    head = f'Content-Type: multipart/alternative; differences=Content-Type;\r\n\tboundary="{boundary}"'
    return Part(head, content)


def _assembled(
    verb: str, item: QueueItem, original: Original, parts: tuple[Part, ...], maker: Maker, context: Context
) -> Message:
    boundary = context.ids.guid()
    kind = f'multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"'
    headers = [
        Header.of("MIME-Version", "1.0"),
        Header.of("From", maker.from_header),
        Header.of("To", str(item.reverse_path)),
        Header.of("Date", mail_date(context.now)),
        Header.of("Content-Type", kind),
    ]
    if any(part.eight_bit for part in parts):
        headers.append(Header.of("Content-Transfer-Encoding", "8bit"))
    if verb == "Undeliverable":
        headers.append(Header("X-MS-Exchange-Message-Is-Ndr", ""))
    headers.append(Header.of("Content-Language", "en-US"))
    headers.append(Header.of("Message-ID", f"<{context.ids.guid()}@{maker.host}>"))
    headers += _thread(original, context)
    headers.append(unstructured("Subject", f"{verb}: {original.subject}"))
    headers.append(Header.of("Auto-Submitted", "auto-replied"))
    if maker.kind == "exchange-online":
        headers.append(
            Header.of("Authentication-Results", "spf=none (sender IP is ) smtp.mailfrom=<>;")
        )  # R170
    headers.append(Header.of("Return-Path", "<>"))
    return Message(tuple(headers), multipart(boundary, parts))


def _thread(original: Original, context: Context) -> list[Header]:
    """The fields that put the report beside its original in the sender's mailbox."""
    headers = []
    fields = original.fields
    if fields.get("message-id"):
        reference = fold(ascii_only(fields["message-id"])[:900], used=12)
        headers += [Header("In-Reply-To", reference), Header("References", reference)]
    topic = fields.get("thread-topic") or original.subject
    if topic:
        headers.append(unstructured("Thread-Topic", topic))
    headers.append(Header.of("Thread-Index", thread_index(fields.get("thread-index"), context)))
    return headers


def thread_index(parent: str | None, context: Context) -> str:
    """Outlook's conversation index, [MS-OXOMSG] 2.2.1.3: the parent's with five octets more, or a new one."""
    try:
        stem = b64decode(parent or "", validate=True)
    except (Error, ValueError):
        stem = b""
    filetime = int((context.now - _EPOCH).total_seconds()) * 10_000_000
    if not 22 <= len(stem) <= 200:
        guid = bytes.fromhex(context.ids.guid().replace("-", ""))
        return b64encode(filetime.to_bytes(8, "big")[:6] + guid).decode()
    begun = int.from_bytes(stem[:6] + b"\0\0", "big")
    delta = max(filetime - begun, 0) >> 18 & 0x7FFFFFFF
    return b64encode(stem + delta.to_bytes(4, "big") + b"\x10").decode()

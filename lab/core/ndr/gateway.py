"""Reports as a Postfix-like filter sends them."""

from __future__ import annotations

from lab.core.dates import postfix_date
from lab.core.ndr.delivery_status import postfix_status, said
from lab.core.ndr.mime import CRLF, Part, multipart
from lab.core.ndr.original_message import part, read
from lab.core.ndr.types import Failure, Maker, Success
from lab.core.received import fold
from lab.model.message import Header, Message
from lab.model.transport import Context, QueueItem

BOUNCE_SIZE_LIMIT = 50_000
"""Octets up to which the original comes back whole (`bounce_size_limit`)."""
_SORRY = """\
I'm sorry to have to inform you that your message could not\r
be delivered to one or more recipients. It's attached below.\r
\r
For further assistance, please send mail to postmaster.\r
\r
If you do so, please include this problem report. You can\r
delete your own text from the attached returned message.\r
"""
_DONE = """\
Your message was successfully delivered to the destination(s)\r
listed below. If the message was delivered to mailbox you will\r
receive no further notifications. Otherwise you may still receive\r
notifications of mail delivery errors from other systems.\r
"""


def failure_report(item: QueueItem, failed: tuple[Failure, ...], maker: Maker, context: Context) -> Message:
    """`Undelivered Mail Returned to Sender`."""
    returned = part(read(item.message), headers_only=item.ret.upper() == "HDRS", limit=BOUNCE_SIZE_LIMIT)
    text = "".join(map(_failed, failed))
    parts = (
        _notification(maker.host, _SORRY, text),
        postfix_status(item, failed, maker),
        _described(returned),
    )
    return _assembled("Undelivered Mail Returned to Sender", item, parts, maker, context)


def success_report(item: QueueItem, reached: tuple[Success, ...], maker: Maker, context: Context) -> Message:
    """`Successful Mail Delivery Report`; only headers come back (RFC 3461 4.3)."""
    returned = part(read(item.message), headers_only=True, limit=0)
    text = "".join(_reached(reach) for reach in reached)
    parts = (
        _notification(maker.host, _DONE, text),
        postfix_status(item, reached, maker),
        _described(returned),
    )
    return _assembled("Successful Mail Delivery Report", item, parts, maker, context)


def _failed(failure: Failure) -> str:
    said_by = f"host {failure.remote} said: " if failure.remote else ""
    return _entry(f"<{failure.recipient}>: {said_by}{said(failure.reply)}")


def _reached(one: Success) -> str:
    how = f"delivery via {one.remote}: 250 2.0.0 Ok" if one.remote else "delivered to mailbox"
    return _entry(f"<{one.recipient}>: {how}")


def _entry(text: str) -> str:
    return fold(text, used=0, indent="    ")[1:] + CRLF + CRLF


def _notification(host: str, greeting: str, told: str) -> Part:
    text = f"This is the mail system at host {host}.\r\n\r\n{greeting}\r\n{' ' * 19}The mail system\r\n\r\n{told}"
    charset = "us-ascii" if text.isascii() else "utf-8"
    head = f"Content-Description: Notification\r\nContent-Type: text/plain; charset={charset}"
    if charset == "utf-8":
        head += "\r\nContent-Transfer-Encoding: 8bit"
    return Part(head, text.encode(), eight_bit=charset == "utf-8")


def _described(returned: Part) -> Part:
    what = "Message Headers" if "rfc822-headers" in returned.head else "Message"
    return returned._replace(head=f"Content-Description: Undelivered {what}\r\n{returned.head}")


def _assembled(
    subject: str, item: QueueItem, parts: tuple[Part, ...], maker: Maker, context: Context
) -> Message:
    queue_id = context.ids.hex(11)
    boundary = f"{queue_id}.{int(context.now.timestamp())}/{maker.host}"
    headers = [
        Header.of("Date", postfix_date(context.now)),
        Header.of("From", maker.from_header),
        Header.of("Subject", subject),
        Header.of("To", str(item.reverse_path.address)),
        Header.of("Auto-Submitted", "auto-replied"),
        Header.of("MIME-Version", "1.0"),
        Header.of(
            "Content-Type", f'multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"'
        ),
    ]
    if any(part.eight_bit for part in parts):
        headers.append(Header.of("Content-Transfer-Encoding", "8bit"))
    headers.append(Header.of("Message-Id", f"<{context.now:%Y%m%d%H%M%S}.{queue_id}@{maker.host}>"))
    preamble = "This is a MIME-encapsulated message.\r\n\r\n"
    return Message(tuple(headers), multipart(boundary, parts, preamble))

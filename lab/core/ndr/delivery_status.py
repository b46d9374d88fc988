"""The machine-readable part of a report, RFC 3464, with the fields in the order of each maker (R200)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lab.core.dates import mail_date, postfix_date
from lab.core.ndr.mime import CRLF, Part, ascii_only, long_field
from lab.core.ndr.status import status_of
from lab.core.ndr.types import Failure, Maker, Success
from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.transport import QueueItem

_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_HEAD = "Content-Type: message/delivery-status"


def typed(address: Address) -> str:
    """`rfc822;user@b.example`, or `utf-8;` with the escapes of RFC 6533 3 that keep the part ASCII."""
    if address.is_ascii:
        return f"rfc822;{address}"
    local = "".join(c if c.isascii() and c not in "\\+=" else f"\\x{{{ord(c):X}}}" for c in address.local)
    return f"utf-8;{local}@{address.domain}"


def exchange_status(item: QueueItem, ends: Iterable[Failure | Success], maker: Maker) -> Part:
    """As Exchange and Exchange Online write it."""
    lines = _envelope_id(item)
    lines.append(f"Reporting-MTA: dns;{maker.host}")
    if item.helo:
        lines.append(f"Received-From-MTA: dns;{ascii_only(item.helo)}")
    lines.append(f"Arrival-Date: {mail_date(item.arrived)}")
    for end in ends:
        lines.append("")
        lines += _original_recipient(item, end.recipient)
        lines.append(f"Final-Recipient: {typed(end.recipient)}")
        lines += _outcome(end)
        if end.remote:
            lines.append(f"Remote-MTA: dns;{end.remote}")
        lines.append(long_field("X-Display-Name", ascii_only(end.display or str(end.recipient))))
    return Part(_HEAD, CRLF.join((*lines, "")).encode())


def _outcome(end: Failure | Success) -> list[str]:
    if isinstance(end, Success):
        return [f"Action: {end.action}", "Status: 2.0.0"]
    return [
        "Action: failed",
        f"Status: {status_of(end.reply)}",
        long_field("Diagnostic-Code", f"smtp;{said(end.reply)}"),
    ]


def postfix_status(item: QueueItem, ends: Iterable[Failure | Success], maker: Maker) -> Part:
    """As Postfix writes it: blanks behind the semicolons, its queue id and the sender."""
    lines = [f"Reporting-MTA: dns; {maker.host}", *_envelope_id(item)]
    lines.append(f"X-Postfix-Queue-ID: {ascii_only(item.id)}")
    if item.reverse_path.address:
        lines.append(f"X-Postfix-Sender: {typed(item.reverse_path.address).replace(';', '; ', 1)}")
    lines.append(f"Arrival-Date: {postfix_date(item.arrived)}")
    for end in ends:
        lines += ("", f"Final-Recipient: {typed(end.recipient).replace(';', '; ', 1)}")
        lines += _original_recipient(item, end.recipient) or [f"Original-Recipient: {typed(end.recipient)}"]
        lines.append(f"Action: {'failed' if isinstance(end, Failure) else end.action}")
        lines.append(f"Status: {status_of(end.reply) if isinstance(end, Failure) else '2.0.0'}")
        if end.remote:
            lines.append(f"Remote-MTA: dns; {end.remote}")
        if isinstance(end, Failure):
            kind = "smtp" if end.remote else "X-Postfix"
            lines.append(long_field("Diagnostic-Code", f"{kind}; {said(end.reply)}"))
    return Part(f"Content-Description: Delivery report{CRLF}{_HEAD}", CRLF.join((*lines, "")).encode())


def said(reply: Reply) -> str:
    """A reply in one line of ASCII, trailer included."""
    return ascii_only(str(reply))


def _envelope_id(item: QueueItem) -> list[str]:
    return [long_field("Original-Envelope-Id", _unxtext(item.envid))] if item.envid else []


def _original_recipient(item: QueueItem, recipient: Address) -> list[str]:
    parameters = item.dsn.get(recipient.key)
    if parameters is None or not parameters.orcpt:
        return []
    return [long_field("Original-Recipient", _unxtext(parameters.orcpt))]


def _unxtext(text: str) -> str:
    """RFC 3461 4: `+2B` is a plus sign."""
    return ascii_only(_XTEXT.sub(lambda found: chr(int(found[1], 16)), text))

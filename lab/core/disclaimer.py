"""A disclaimer below a message: what `ApplyHtmlDisclaimerText` does to the body. It breaks every DKIM signature."""

from __future__ import annotations

import re
from hashlib import sha256
from html import unescape

from lab.model.message import Header, Message

_TAGS = re.compile(r"<[^>]*>")
_END = re.compile(rb"</body>", re.IGNORECASE)
_READABLE = ("", "7bit", "8bit")


def with_disclaimer(message: Message, html: str) -> Message:
    """The message with the text appended; a body that cannot be written into is wrapped (FallbackAction `Wrap`)."""
    kind = (message.get("Content-Type") or "text/plain").partition(";")[0].strip().lower()
    encoding = (message.get("Content-Transfer-Encoding") or "").lower()
    if encoding not in _READABLE or kind not in ("text/plain", "text/html"):
        return _wrapped(message, html)
    if kind == "text/plain":
        return Message(message.headers, message.body + _plain(html).encode() + b"\r\n")
    text = html.encode()
    end = _END.search(message.body)
    cut = end.start() if end else len(message.body)
    return Message(message.headers, message.body[:cut] + text + b"\r\n" + message.body[cut:])


def _plain(html: str) -> str:
    return unescape(_TAGS.sub("", html)).strip()


def _wrapped(message: Message, html: str) -> Message:
    """A new message with the text, and the original as an attachment."""
    boundary = sha256(bytes(message)).hexdigest()[:32]
    parts = (
        f"--{boundary}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"
        f"--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    body = parts.encode() + bytes(message) + f"\r\n--{boundary}--\r\n".encode()
    kept = tuple(header for header in message.headers if not header.name.lower().startswith("content-"))
    return Message((*kept, Header.of("Content-Type", f'multipart/mixed; boundary="{boundary}"')), body)

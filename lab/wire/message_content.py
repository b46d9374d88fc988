"""What may be between DATA and its end, or in the chunks of BDAT."""

from __future__ import annotations

from lab.model.reply import Reply
from lab.wire import server_replies

LINE_LIMIT = 998
"""Octets of a text line without its CRLF, RFC 5322 2.1.1."""


def objection(content: bytes) -> Reply | None:
    """Why text cannot be taken; binary content (BODY=BINARYMIME) is not asked about.

    A bare CR or LF is refused and not mended: the next system could take it for a line end, and with it a part of
    this message for a message of its own.
    """
    line_ends = content.count(b"\r\n")
    if content.count(b"\n") != line_ends or content.count(b"\r") != line_ends or b"\0" in content:
        return server_replies.INVALID_CHARACTERS
    if _has_long_line(content):
        return server_replies.TEXT_LINE_TOO_LONG
    return None


def _has_long_line(content: bytes) -> bool:
    """Leaps from the last line end in reach to the next, so most octets are never looked at."""
    start, size = 0, len(content)
    while size - start > LINE_LIMIT:
        end = content.rfind(b"\n", start, start + LINE_LIMIT + 2)
        if end < 0:
            return True
        start = end + 1
    return False

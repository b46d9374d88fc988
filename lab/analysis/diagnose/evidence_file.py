"""The file with the evidence: how much of it is read, in which encoding it is, and whether it is a mail.

Whoever sends a mail decides what is in it. So everything that is read from one has a limit.
"""

from __future__ import annotations

import codecs
import re

MAX_OCTETS = 32 * 1024 * 1024
"""Of a file; a larger one is cut there, and the diagnosis says so."""
MAX_FIELDS = 2000
"""Header fields of one message."""
MAX_VALUE = 8192
"""Characters of a field's value."""
MAX_DEPTH = 6
"""Messages and multiparts inside each other."""
MAX_PARTS = 100
"""Parts of the whole message."""
MAX_RECIPIENTS = 200
"""Recipients of a report (R155: as many as a transaction has)."""
MAX_HOPS = 60
"""`Received` lines; the service gives up long before (R162)."""
MAX_ROWS = 100_000
"""Lines of a log, rows of a trace."""
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FIELD = re.compile(rb"[!-9;-~]{1,100}:")
_MAIL_FIELD = re.compile(
    rb"^(?:received|from|return-path|message-id|subject|date|to|mime-version|delivered-to|x-ms-exchange-[\w-]+"
    rb"|x-eop[\w-]+|authentication-results|dkim-signature|arc-seal|content-type|reporting-mta):",
    re.IGNORECASE | re.MULTILINE,
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"!BDN")


class NotText(ValueError):  # noqa: N818 - it is said of the file, not of the program
    """The file holds no text; the message says what to do instead."""


def as_utf8(octets: bytes) -> bytes:
    """The octets without a byte order mark; UTF-16, which Windows writes, as UTF-8.

    Raises NotText for Outlook's own format and for archives.
    """
    if octets.startswith(_OLE):
        raise NotText(
            "this is an Outlook .msg file: open it and save it as .eml, or paste its internet headers into a text file"
        )
    if octets.startswith(_ARCHIVES):
        raise NotText("this is an archive: unpack it first")
    for bom, encoding in _BOMS:
        if octets.startswith(bom):
            return octets.removeprefix(bom).decode(encoding, "replace").encode()
    head = octets[:256]
    if len(head) >= 8 and not (
        any(head[1::2]) and any(head[::2])
    ):  # UTF-16 without a mark: every other octet is 0
        return octets.decode("utf-16-le" if octets[1:2] == b"\0" else "utf-16-be", "replace").encode()
    return octets


def is_mail(octets: bytes) -> bool:
    """Whether it begins like a mail or its header section: fields, among them one that mail has."""
    head = octets[: 64 * 1024].lstrip(b"\r\n\t ")
    if head.startswith((b"From ", b">From ")):
        head = head.partition(b"\n")[2]
    section = head.partition(b"\n\n")[0].replace(b"\r\n", b"\n")
    return bool(_FIELD.match(head) and _MAIL_FIELD.search(section))

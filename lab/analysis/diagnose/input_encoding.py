"""What has been given: text in some encoding, a mail or something else."""

from __future__ import annotations

import codecs
import re

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FIELD = re.compile(rb"[!-9;-~]{1,100}:")
_NEEDED = re.compile(
    rb"^(?:received|from|return-path|message-id|subject|date|to|mime-version|delivered-to|x-ms-exchange-[\w-]+"
    rb"|x-eop[\w-]+|authentication-results|dkim-signature|arc-seal|content-type|reporting-mta):",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD = 64 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"!BDN")


class NotText(ValueError):  # noqa: N818 - it is said of the file, not of the program
    """The file holds no text; says what to do instead."""


def as_utf8(octets: bytes) -> bytes:
    """The octets without a byte order mark; UTF-16, which Windows writes, as UTF-8.

    Raises Unreadable for Outlook's own format, archives, and what is mostly no text.
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
    if _looks_wide(octets):
        return octets.decode("utf-16-le" if octets[1:2] == b"\0" else "utf-16-be", "replace").encode()
    return octets


def is_mail(octets: bytes) -> bool:
    """Whether it begins like a mail or its header section: fields, among them one that mail has."""
    head = octets[:_HEAD].lstrip(b"\r\n\t ")
    if head.startswith((b"From ", b">From ")):
        head = head.partition(b"\n")[2]
    return bool(_FIELD.match(head)) and bool(
        _NEEDED.search(head.partition(b"\n\n")[0].replace(b"\r\n", b"\n"))
    )


def _looks_wide(octets: bytes) -> bool:
    """UTF-16 without a mark: every other octet of its beginning is 0."""
    head = octets[:256]
    return len(head) >= 8 and (not any(head[1::2]) or not any(head[::2]))

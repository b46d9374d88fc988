"""A message as a person reads it: who, what, when, and the text part."""

from __future__ import annotations

import email
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message as Part
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

from lab.model.message import Message
from lab.reports.text.printable import one_line, printable

_SHOWN = ("From", "To", "Subject", "Date")
_SILENT = frozenset({"style", "script", "head", "title"})
_BREAKING = frozenset({"p", "br", "div", "tr", "li", "table", "h1", "h2", "h3", "h4", "pre"})


def field(message: Message, name: str) -> str:
    """A header field's value with its encoded words decoded, '' without such a field."""
    value = message.get(name) or ""
    try:
        return one_line(str(make_header(decode_header(value))))
    except (HeaderParseError, LookupError, ValueError):  # no charset of that name, or not written in it
        return one_line(value)


def arrived(message: Message) -> datetime | None:
    """When it came in: what the topmost Received field says, else its Date; None when neither can be read."""
    received = (message.get("Received") or "").rpartition(";")[2]
    for date in (received, message.get("Date") or ""):
        try:
            return parsedate_to_datetime(date.strip()).astimezone(UTC)
        except ValueError:
            continue
    return None


def as_read(message: Message) -> str:
    """What a mail program shows, ending in a line break; below it, what else the message carries."""
    whole = email.message_from_bytes(bytes(message))
    leaves = list(_leaves(whole))
    shown = _best(leaves)
    head = [f"{name + ':':<9}{field(message, name)}" for name in _SHOWN if message.get(name) is not None]
    body = printable(_text(shown)).strip("\n") if shown is not None else "(no text)"
    others = ", ".join(dict.fromkeys(_named(part) for part in leaves if part is not shown))
    below = ["", f"(also in it: {others})"] if others else []
    return "\n".join([*head, "", body, *below]) + "\n"


def _leaves(part: Part) -> Iterator[Part]:
    """The parts that hold something; an attached message or report is one."""
    if part.get_content_maintype() != "multipart" or not part.is_multipart():
        yield part
        return
    inner = part.get_payload()
    assert isinstance(inner, list), "a multipart has parts"
    for child in inner:
        assert isinstance(child, Part), "parts are messages themselves"
        yield from _leaves(child)


def _best(parts: list[Part]) -> Part | None:
    """The first plain text, else the first HTML."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
                return part
    return None


def _text(part: Part) -> str:
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes), "a leaf has octets"
    try:
        text = octets.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = octets.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(_Reader.read(text)) if part.get_content_type() == "text/html" else text


def _named(part: Part) -> str:
    name = part.get_filename()
    return one_line(f"{part.get_content_type()} {name}" if name else part.get_content_type())


class _Reader(HTMLParser):
    """The words of an HTML page, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = [""]
        self._silent = 0

    @classmethod
    def read(cls, page: str) -> Iterator[str]:
        """Its lines that say something."""
        reader = cls()
        reader.feed(page)
        reader.close()
        return (line for line in map(one_line, reader._lines) if line)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """A block begins a line; what is between some tags is not for people."""
        self._silent += tag in _SILENT
        if tag in _BREAKING:
            self._lines.append("")

    def handle_endtag(self, tag: str) -> None:
        """A block ends its line; cells of a table stand apart."""
        self._silent = max(0, self._silent - (tag in _SILENT))
        if tag in _BREAKING:
            self._lines.append("")
        self._lines[-1] += " " if tag == "td" else ""

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self._silent:
            self._lines[-1] += data

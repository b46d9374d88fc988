"""A mail as it lies in a file, parsed: never an exception, whatever is in it, and never more than the limits.

The standard library's parser keeps to the grammar; bounces do not. This one looks for what a diagnosis needs: header
fields, text parts, `message/delivery-status`, and the message that comes back.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp
from collections.abc import Iterator

from lab.analysis.diagnose.evidence_file import MAX_DEPTH, MAX_FIELDS, MAX_PARTS, MAX_VALUE
from lab.model.message import Header, Message
from lab.model.value import value

_BREAKS = re.compile(rb"\r\n|\r|\n")
_PARAMETER = re.compile(r';\s*([\w*-]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')
_CHARSET = re.compile(
    r"(us-)?ascii|utf-?(7|8|16|32)(-?[lb]e)?|(iso-?8859|windows|cp|ibm)[-_]?\d{1,5}|iso-2022-(jp|kr)(-\w{1,4})?"
    r"|shift[-_]?jis|euc-?(jp|kr)|gb(2312|k|18030)|big5|koi8-[ru]|ks_c_5601-1987|tis-620|latin-?1",
    re.IGNORECASE,
)
"""Those of mail. Python's other codecs are no charsets (`zlib`), or slow on purpose-made input (`punycode`)."""
_ENCODED = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]*)?\?([bq])\?([^?\s]*)\?=", re.IGNORECASE)
_BETWEEN = re.compile(r"(=\?[^?\s]{1,60}\?[bq]\?[^?\s]*\?=)\s+(?==\?)", re.IGNORECASE)
_RETURNED = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})


@value()
class MimeEntity:
    """A message or one of its parts."""

    message: Message
    """Its header fields, and its content as it is encoded."""
    parts: tuple[MimeEntity, ...] = ()
    """Of a multipart; of a message in a message, that one."""

    @property
    def kind(self) -> str:
        """Its media type in lower case; `text/plain` if it has none."""
        media_type = (self.message.get("Content-Type") or "").partition(";")[0].strip().lower()
        return media_type if "/" in media_type else "text/plain"

    @property
    def is_status(self) -> bool:
        """Whether it is the part of a report for machines (RFC 3464, RFC 6533)."""
        return self.kind in _STATUS

    @property
    def is_returned(self) -> bool:
        """Whether it is a message that came back, or its header section."""
        return self.kind in _RETURNED

    @property
    def returned(self) -> Message | None:
        """Of a report: the message that it gives back, or the header section of it."""
        return next((part.parts[0].message for part in self.parts if part.is_returned and part.parts), None)

    def parameter(self, name: str) -> str:
        """A parameter of its Content-Type, or ''."""
        parameters = ";" + (self.message.get("Content-Type") or "").partition(";")[2]
        for key, quoted, bare in _PARAMETER.findall(parameters):
            if key.lower() == name:
                return re.sub(r"\\(.)", r"\1", quoted) if quoted else str(bare)
        return ""

    def content(self) -> bytes:
        """Its content, decoded from base64 or quoted-printable as far as it is that."""
        match (self.message.get("Content-Transfer-Encoding") or "").strip().lower():
            case "base64":
                return _base64(self.message.body)
            case "quoted-printable":
                return a2b_qp(self.message.body)
            case _:
                return self.message.body

    def text(self) -> str:
        """Its content as text with line feeds; what is not in its charset becomes a mark."""
        return in_charset(self.content(), self.parameter("charset")).replace("\r\n", "\n").replace("\r", "\n")

    def walk(self) -> Iterator[MimeEntity]:
        """It and all below it, in the order of the file."""
        yield self
        for part in self.parts:
            yield from part.walk()


def header_fields(octets: bytes) -> Message:
    """The fields of a message or of a header section with any line ends; what is above the first field is left out."""
    lines = _BREAKS.sub(b"\r\n", octets).lstrip(b"\r\n")
    if lines.startswith((b"From ", b">From ")):  # of an mbox
        lines = lines.partition(b"\r\n")[2]
    message = Message.parse(lines)
    headers = (Header(header.name, header.raw[:MAX_VALUE]) for header in message.headers[:MAX_FIELDS])
    return Message(tuple(headers), message.body)


def in_charset(octets: bytes, charset: str) -> str:
    """Octets as text; in UTF-8 where the charset is none of mail."""
    bare = charset.strip()
    try:
        return octets.decode(bare if _CHARSET.fullmatch(bare) else "utf-8", "replace")
    except (LookupError, UnicodeError):
        return octets.decode("utf-8", "replace")


def decoded_words(text: str) -> str:
    """A header's value with its encoded words (RFC 2047) decoded; what is none of them is left as it is."""
    return _ENCODED.sub(_decoded_word, _BETWEEN.sub(r"\1", text))


def _decoded_word(word: re.Match[str]) -> str:
    charset, encoding, content = word.groups()
    octets = content.encode("ascii", "replace")
    decoded = _base64(octets) if encoding in "bB" else a2b_qp(octets.replace(b"_", b" "))
    return in_charset(decoded, charset)


def parse(octets: bytes) -> MimeEntity:
    """A whole message with its parts."""
    return _Parser().parse(octets, 0)


class _Parser:
    """Counts parts while a message is parsed."""

    def __init__(self) -> None:
        self._left = MAX_PARTS

    def parse(self, octets: bytes, depth: int) -> MimeEntity:
        self._left -= 1
        entity = MimeEntity(header_fields(octets))
        if depth >= MAX_DEPTH or self._left <= 0:
            return entity
        pieces: list[bytes] = []
        if entity.kind.startswith("multipart/") and entity.parameter("boundary"):
            pieces = _pieces(entity.message.body, entity.parameter("boundary"))
        elif entity.is_returned:
            pieces = [entity.content()]
        parts = (self.parse(piece, depth + 1) for piece in pieces if self._left > 0)
        return MimeEntity(entity.message, tuple(parts))


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """What is between the boundaries; the last boundary may be missing (RFC 2046 5.1.1 demands it, bounces are cut)."""
    mark = re.escape(b"--" + boundary.encode("utf-8", "surrogateescape"))
    pieces, begins = [], None
    for line in re.finditer(rb"(?:\A|\r\n)" + mark + rb"(--)?[ \t]*(?=\r\n|\Z)", body):
        if begins is not None:
            pieces.append(body[begins : line.start()])
        begins = None if line[1] else line.end()
        if line[1] or len(pieces) >= MAX_PARTS:
            break
    if begins is not None:
        pieces.append(body[begins:])
    return [_part(piece) for piece in pieces]


def _part(piece: bytes) -> bytes:
    """A part behind its boundary line; one that begins with an empty line has no fields, and is text."""
    rest = piece.removeprefix(b"\r\n")
    return b"Content-Type: text/plain\r\n" + rest if rest.startswith(b"\r\n") else rest


def _base64(octets: bytes) -> bytes:
    """As much as there is: padding is missing in what was cut off."""
    bare = re.sub(rb"[^A-Za-z0-9+/]", b"", octets)
    if len(bare) % 4 == 1:
        bare = bare[:-1]
    try:
        return a2b_base64(bare + b"=" * (-len(bare) % 4))
    except Error:
        return b""

"""Mail as it lies in a file, taken apart: never an exception, whatever is in it, and never more than the limits.

The standard library's parser keeps to the grammar; bounces do not. This one looks for what a diagnosis needs: header
fields, text parts, `message/delivery-status`, and the message that comes back.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp
from collections.abc import Iterator

from lab.analysis.diagnose.evidence_limits import MAX_DEPTH, MAX_FIELDS, MAX_PARTS, MAX_VALUE
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
        told = (self.message.get("Content-Type") or "").partition(";")[0].strip().lower()
        return told if "/" in told else "text/plain"

    @property
    def is_status(self) -> bool:
        """Whether it is the part of a report for machines (RFC 3464, RFC 6533)."""
        return self.kind in _STATUS

    @property
    def is_returned(self) -> bool:
        """Whether it is a message that came back, or its header section."""
        return self.kind in _RETURNED

    def parameter(self, name: str) -> str:
        """A parameter of its Content-Type, or ''."""
        return _parameter(self.message, name)

    def content(self) -> bytes:
        """Its content, decoded from base64 or quoted-printable as far as it is that."""
        encoding = (self.message.get("Content-Transfer-Encoding") or "").strip().lower()
        return _decoded(self.message.body, encoding)

    def text(self) -> str:
        """Its content as text with line feeds; what is not in its charset becomes a mark."""
        return in_charset(self.content(), self.parameter("charset")).replace("\r\n", "\n").replace("\r", "\n")

    def walk(self) -> Iterator[MimeEntity]:
        """It and all below it, in the order of the file."""
        yield self
        for part in self.parts:
            yield from part.walk()


def message(octets: bytes) -> MimeEntity:
    """A whole message, taken apart."""
    return _Taking().whole(octets, 0)


def header_fields(octets: bytes) -> Message:
    """The fields of a message or of a header section with any line ends; what is above the first field is left out."""
    lines = _BREAKS.sub(b"\r\n", octets).lstrip(b"\r\n")
    if lines.startswith((b"From ", b">From ")):  # of an mbox
        lines = lines.partition(b"\r\n")[2]
    found = Message.parse(lines)
    kept = tuple(Header(h.name, h.raw[:MAX_VALUE]) for h in found.headers[:MAX_FIELDS])
    return Message(kept, found.body)


def in_charset(octets: bytes, charset: str) -> str:
    """Octets as text; in UTF-8 where the charset is none of mail."""
    known = _CHARSET.fullmatch(charset.strip())
    try:
        return octets.decode(charset.strip() if known else "utf-8", "replace")
    except (LookupError, UnicodeError):
        return octets.decode("utf-8", "replace")


def words(text: str) -> str:
    """A header's value with its encoded words (RFC 2047) decoded; what is none of them is left as it is."""
    return _ENCODED.sub(_word, _BETWEEN.sub(r"\1", text))


def _word(found: re.Match[str]) -> str:
    charset, how, told = found.groups()
    octets = told.encode("ascii", "replace")
    content = _base64(octets) if how in "bB" else a2b_qp(octets.replace(b"_", b" "))
    return in_charset(content, charset)


class _Taking:
    """Counts parts while a message is taken apart."""

    def __init__(self) -> None:
        self._left = MAX_PARTS

    def whole(self, octets: bytes, depth: int) -> MimeEntity:
        self._left -= 1
        fields = header_fields(octets)
        entity = MimeEntity(fields)
        if depth >= MAX_DEPTH or self._left <= 0:
            return entity
        boundary = entity.parameter("boundary")
        if entity.kind.startswith("multipart/") and boundary:
            pieces = _pieces(fields.body, boundary)
            return MimeEntity(
                fields, tuple(self.whole(piece, depth + 1) for piece in pieces if self._left > 0)
            )
        if entity.is_returned:
            return MimeEntity(fields, (self.whole(entity.content(), depth + 1),))
        return entity


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """What is between the boundaries; the last boundary may be missing (RFC 2046 5.1.1 demands it, bounces are cut)."""
    mark = b"--" + boundary.encode("utf-8", "surrogateescape")
    line = re.compile(rb"(?:\A|\r\n)" + re.escape(mark) + rb"(--)?[ \t]*(?=\r\n|\Z)")
    pieces, begins = [], None
    for found in line.finditer(body):
        if begins is not None:
            pieces.append(body[begins : found.start()])
        begins = None if found[1] else found.end()
        if found[1] or len(pieces) >= MAX_PARTS:
            break
    if begins is not None:
        pieces.append(body[begins:])
    return [_part(piece) for piece in pieces]


def _part(piece: bytes) -> bytes:
    """A part behind its boundary line; one that begins with an empty line has no fields, and is text."""
    rest = piece.removeprefix(b"\r\n")
    return b"Content-Type: text/plain\r\n" + rest if rest.startswith(b"\r\n") else rest


def _parameter(fields: Message, name: str) -> str:
    for key, quoted, bare in _PARAMETER.findall(";" + (fields.get("Content-Type") or "").partition(";")[2]):
        if key.lower() == name:
            return re.sub(r"\\(.)", r"\1", quoted) if quoted else str(bare)
    return ""


def _decoded(octets: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return _base64(octets)
    return a2b_qp(octets) if encoding == "quoted-printable" else octets


def _base64(octets: bytes) -> bytes:
    """As much as there is: padding is missing in what was cut off."""
    bare = re.sub(rb"[^A-Za-z0-9+/]", b"", octets)
    try:
        return a2b_base64(bare[: len(bare) - len(bare) % 4] + _tail(bare))
    except Error:
        return b""


def _tail(bare: bytes) -> bytes:
    rest = bare[len(bare) - len(bare) % 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""

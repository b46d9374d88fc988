"""DNS records in text: zone files (RFC 1035 5) of any server, and the answers of dig, which have the same form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.ttl

from lab.errors import words_of
from lab.importers.text_decoding import TextSource, whole
from lab.importers.types import ExportLocation, Exports, FoundRecord, Notice
from lab.model.value import dataclass
from lab.sentence import Sentence, sentence

_TYPES = "A|AAAA|MX|TXT|CNAME|PTR|NS|SOA|SPF|SRV|CAA|TLSA|DS|DNAME|HINFO"
_LINE = re.compile(
    rf"^(?!;)\S*[^\S\n]+(?:\[AGE:\d+\][^\S\n]+)?(?:\d+[smhdw]?[^\S\n]+)?(?:IN[^\S\n]+)?(?:\d+[smhdw]?[^\S\n]+)?(?:{_TYPES})[^\S\n]+\S",
    re.MULTILINE | re.IGNORECASE,
)
_DIRECTIVE = re.compile(r"^\$(?:ORIGIN|TTL)\s", re.MULTILINE | re.IGNORECASE)
_PIECE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[()]|;[^\n]*+|[^\s"();]++|[^\S\n]++|\n', re.DOTALL)
_TTL = re.compile(r"[0-9]{1,10}|(?:[0-9]{1,10}[smhdw])+", re.IGNORECASE | re.ASCII)
_AGE = re.compile(r"\[AGE:\d+\]", re.IGNORECASE)
_NAMED = re.compile(r"(?:db\.)?((?:[a-z0-9_-]+\.)+[a-z0-9-]+)", re.IGNORECASE)
_LONGEST_NAME = 1024
"""Characters of 255 bytes with every one of them escaped."""
_MOST_TOLD = 20
_BROKEN = (dns.exception.DNSException, ValueError, KeyError, IndexError)


def is_zone(source: TextSource) -> bool:
    """By `$ORIGIN` or `$TTL`, or because its first lines are records."""
    if _DIRECTIVE.search(source.text):
        return True
    return source.text.lstrip().startswith("; <<>> DiG") or _LINE.search(source.text[:4096]) is not None


def read(source: TextSource) -> Exports:
    """Every record that can be read, and a notice for each line that cannot."""
    zone = _Zone(source)
    for entry in _entries(source.text):
        zone.take(entry)
    return Exports(records=tuple(zone.records), notices=tuple(zone.notices))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A logical line: parentheses joined, comments gone."""

    line: int
    indented: bool
    pieces: tuple[str, ...]


def _entries(text: str) -> Iterator[_Entry]:
    line, start, depth, indented = 1, 1, 0, False
    pieces: list[str] = []
    fresh = True  # nothing of this line has been seen
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece == "\n" and depth == 0:
            if pieces:
                yield _Entry(start, indented, tuple(pieces))
            pieces, fresh, start, indented = [], True, line + 1, False
        elif piece in ("(", ")"):
            depth = max(0, depth + (1 if piece == "(" else -1))
        elif piece.isspace():
            indented = indented or (fresh and not pieces)
        elif not piece.startswith(";"):
            pieces.append(piece)
        fresh = piece == "\n" and depth == 0
        line += piece.count("\n")
    if pieces:
        yield _Entry(start, indented, tuple(pieces))


class _Zone:
    """Reads entry after entry; each may lean on those before it."""

    def __init__(self, source: TextSource) -> None:
        self.file = source.file
        self.records: list[FoundRecord] = []
        self.notices: list[Notice] = []
        self.origin = _origin(source)
        self.owner = self.origin
        self.ttl: int | None = None

    def take(self, entry: _Entry) -> None:
        try:
            first = entry.pieces[0].upper()
            if first.startswith("$"):
                self._directive(first, entry)
            else:
                self._record(entry)
        except _BROKEN as broken:
            none, why = sentence("no record"), words_of(broken)
            self._tell(entry, sentence("no record: {why}", why=why) if why else none)

    def _directive(self, word: str, entry: _Entry) -> None:
        if word == "$ORIGIN":
            self.origin = _name(entry.pieces[1], self.origin)
        elif word == "$TTL":
            self.ttl = dns.ttl.from_text(entry.pieces[1][:_LONGEST_NAME])
        else:
            self._tell(entry, sentence("{word} is not followed; write the records out", word=word))

    def _record(self, entry: _Entry) -> None:
        pieces = [piece for piece in entry.pieces if not _AGE.fullmatch(piece)]
        if not entry.indented:
            self.owner = _name(pieces.pop(0), self.origin)
        if self.owner is None or not self.owner.is_absolute():
            raise ValueError(
                sentence(
                    "the name is relative, and nothing says to what; name the file like its zone, or add $ORIGIN"
                )
            )
        ttl = self._ttl(pieces)
        kind = pieces.pop(0).upper()
        self.records.append(
            FoundRecord(
                place=ExportLocation(self.file, entry.line),
                name=self.owner.to_text(omit_final_dot=True).lower(),
                type=kind,
                value=whole(_value(kind, " ".join(pieces), self.origin)),
                ttl=ttl,
            )
        )

    def _ttl(self, pieces: list[str]) -> int | None:
        """TTL and class stand in any order before the type, or not at all."""
        ttl = self.ttl
        for _ in range(2):
            if pieces[0].upper() in ("IN", "CH", "HS"):
                pieces.pop(0)
            elif _TTL.fullmatch(pieces[0]):
                ttl = dns.ttl.from_text(pieces.pop(0))
        return ttl

    def _tell(self, entry: _Entry, text: Sentence) -> None:
        if len(self.notices) < _MOST_TOLD:
            self.notices.append(Notice(ExportLocation(self.file, entry.line), text))


def _origin(source: TextSource) -> dns.name.Name | None:
    """A zone's file is often named like it: `db.contoso.example`, `contoso.example.zone`."""
    name = re.sub(r"\.(?:zone|dns|txt|db|hosts)$", "", source.name, flags=re.IGNORECASE)
    match = _NAMED.fullmatch(name)
    try:
        return dns.name.from_text(match[1]) if match else None
    except _BROKEN:
        return None


def _name(text: str, origin: dns.name.Name | None) -> dns.name.Name:
    if len(text) > _LONGEST_NAME:
        raise ValueError(sentence("a name of more than 255 bytes"))
    return dns.name.from_text(text, origin)


def _value(kind: str, text: str, origin: dns.name.Name | None) -> str:
    """As the scenario language writes it."""
    if kind not in _TYPES.split("|"):
        dns.rdatatype.from_text(kind)  # raises for what is no type at all
        return text
    read: Any = dns.rdata.from_text(dns.rdataclass.IN, kind, text, origin, relativize=False)
    return shown_record(kind, read)


def shown_record(kind: str, row: Any) -> str:
    """A row of dnspython's as the scenario language writes it."""
    if kind in ("TXT", "SPF"):
        return b"".join(row.strings).decode("utf-8", "replace")
    if kind == "MX":
        return f"{row.preference} {row.exchange.to_text(omit_final_dot=True).lower()}"
    if kind in ("CNAME", "PTR", "NS"):
        return str(row.target.to_text(omit_final_dot=True).lower())
    return str(row.to_text())

"""What `openssl s_client -showcerts` prints: the chain that a server shows to whoever comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lab.importers import certificates
from lab.importers.text_decoding import LineNumbers, TextSource
from lab.importers.types import ExportLocation, Exports, Notice
from lab.sentence import sentence

_SESSION = re.compile(r"^(?:Connecting to |CONNECTED\()", re.MULTILINE)
_SHOWN = re.compile(r"^(?:CONNECTED\(|Certificate chain|\s*Verify return code: )", re.MULTILINE)
_CONNECT = re.compile(r"s_client\b[^\n]{0,400}?-connect\s+[\"']?([A-Za-z0-9._:\[\]-]{1,255})")
_ADDRESS = re.compile(r"^Connecting to (\S{1,255})", re.MULTILINE)
_HOST = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+", re.IGNORECASE)
_AROUND = re.compile(r"^(?:openssl|s_?client)[-_ ]+|[-_]\d+$", re.IGNORECASE)
_VERIFY = re.compile(r"^\s*Verify return code: (\d+) \(([^)\n]{0,200})\)", re.MULTILINE)


def is_output(source: TextSource) -> bool:
    """Whether the certificates of a file come from a connection."""
    return _SHOWN.search(source.text) is not None


def read(source: TextSource) -> Exports:
    """The certificate of each connection, with the chain that came with it."""
    lines = LineNumbers(source.text)
    return Exports.joined(_session(source, lines, start, end) for start, end in _sessions(source.text))


def _sessions(text: str) -> Iterator[tuple[int, int]]:
    """Where each connection's output begins and ends; a command line may stand before the first word of s_client."""
    marks = [match.start() for match in _SESSION.finditer(text)]
    starts = [
        mark
        for before, mark in zip([0, *marks], marks, strict=False)
        if not (text.startswith("Connecting", before) and text.startswith("CONNECTED(", mark))
    ]  # both lines are of one connection
    yield from pairwise([0, *starts[1:], len(text)])


def _session(source: TextSource, lines: LineNumbers, start: int, end: int) -> Exports:
    text = source.text[start:end]
    blocks = certificates.pem_blocks(text)
    if not blocks:
        none = sentence("no certificate was shown")
        return Exports.noting(none, source.file, lines.at(start), serious=False)
    place = ExportLocation(source.file, lines.at(start + blocks[0][0]))
    chain = list(dict.fromkeys(data for _, data in blocks))
    exports = certificates.found(place, chain, _server(source, text, start))
    return Exports.joined((exports, Exports(notices=tuple(_doubts(place, text, exports)))))


def _server(source: TextSource, text: str, start: int) -> str:
    """From the command line if it was kept, from the file's name, else the address that s_client prints."""
    before = source.text[max(0, start - 300) : start] if start else ""
    asked = _CONNECT.findall(before)[-1:] or _CONNECT.findall(text)[:1]
    shown = _ADDRESS.search(text)
    named = _HOST.search(_AROUND.sub("", source.stem))
    return asked[0] if asked else named[0].lower() if named else shown[1] if shown else ""


def _doubts(place: ExportLocation, text: str, found: Exports) -> Iterator[Notice]:
    verify = _VERIFY.search(text)
    if verify is not None and verify[1] != "0":
        doubt = sentence("s_client could not verify it: {why} ({code})", why=verify[2], code=verify[1])
        yield Notice(place, doubt)
    for certificate in found.certificates:
        doubt = sentence(
            "the chain that was shown does not reach a known root; nobody who lacks {issuer} can verify it",
            issuer=certificate.issuer,
        )
        if certificate.public is None:
            yield Notice(place, doubt)

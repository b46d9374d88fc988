"""A folder of exports, read: each file by what is in it; its name decides only where the content leaves it open.

| what it begins with, or has in it | read as |
| --- | --- |
| ending `.pfx`, `.p12`, `.key`, `.jks`, name `sasl_passwd`, or `PRIVATE KEY` inside | refused, for it is a secret |
| `answers.yaml` in the folder itself | left for whoever assembles |
| bytes of DER | certificates |
| `<Objs` | Export-Clixml |
| `{` or `[` | ConvertTo-Json |
| `BEGIN CERTIFICATE` | certificates; with the words of `openssl s_client` around them, as a server's chain |
| `EXO...` or `xExch...` resources | Microsoft365DSC, ExchangeDsc |
| settings of Postfix | a gateway, with the maps in the same folder |
| `#TYPE`, ending `.csv`, or a header of known properties | Export-Csv |
| `$ORIGIN`, `$TTL`, or records | a zone, or answers of dig |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lab.errors import words_of
from lab.importers import (
    certificates,
    clixml,
    csv_files,
    dsc,
    json_files,
    openssl_output,
    postfix_files,
    zone_text,
)
from lab.importers.folder_files import LARGEST_TOGETHER, FolderFile, content, files
from lab.importers.text_decoding import TextSource, decoded
from lab.importers.types import ExportLocation, Exports, Notice
from lab.sentence import Sentence, sentence

_SECRET_ENDINGS = (".pfx", ".p12", ".key", ".jks", ".pvk", ".keystore")
_SECRET_NAME = re.compile(r"passw(?:or)?d[^/.]*(?:\.(?:txt|map|cf|db|lmdb))?$")
"""`sasl_passwd`, and what postmap makes of it."""
_PRIVATE = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY")
_ANSWERS = ("answers.yaml", "answers.yml")


def read(folder: Path) -> Exports:
    """All that is in the folder and its subfolders. What cannot be read becomes a notice; nothing of it is written.

    Raises OSError when the folder itself cannot be listed.
    """
    loose: list[TextSource] = []
    return postfix_files.with_maps(Exports.joined(_parts(folder, loose)), loose)


def _parts(folder: Path, loose: list[TextSource]) -> Iterator[Exports]:
    """What each file holds; what may be a map of a gateway goes to `loose`."""
    together = 0
    for file in files(folder):
        if isinstance(file, Notice):
            yield Exports(notices=(file,))
            continue
        part, size = _file(file)
        together += size
        if together > LARGEST_TOGETHER:
            text = sentence(
                "more than {size} MiB together; from here on nothing is read", size=LARGEST_TOGETHER // 2**20
            )
            yield Exports(notices=(Notice(ExportLocation(file.file), text, serious=True),))
            return
        if isinstance(part, TextSource):
            loose.append(part)
        else:
            yield part


def _file(found: FolderFile) -> tuple[Exports | TextSource, int]:
    """What is in a file, and its size."""
    name = found.file.lower()
    if name.endswith(_SECRET_ENDINGS) or _SECRET_NAME.search(name):
        return _secret(found.file), 0
    if name in _ANSWERS:
        return Exports(answers=found.file), 0
    data = content(found)
    if isinstance(data, Notice):
        return Exports(notices=(data,)), 0
    return _parsed(found.file, data), len(data)


def parsed(file: str, data: bytes) -> Exports:
    """What the bytes of one file are. Never raises: what nobody understands is told."""
    part = _parsed(file, data)
    return postfix_files.with_maps(Exports(), [part]) if isinstance(part, TextSource) else part


def _parsed(file: str, data: bytes) -> Exports | TextSource:
    """The file itself if it may be a map, which only its neighbours tell."""
    if not data.strip():
        return _notice(file, sentence("empty"))
    binary = certificates.from_bytes(file, data) if data.startswith(b"\x30") else None
    if binary is not None:
        return binary
    try:
        source = decoded(file, data)
    except ValueError as error:
        return _notice(file, sentence("{why}; left unread", why=words_of(error)))
    if _PRIVATE.search(source.text):
        return _secret(file)
    reader = next((reads for fits, reads in _READERS if fits(source)), None)
    if reader is None:
        return source if postfix_files.may_be_map(source) else _notice(file, postfix_files.UNKNOWN)
    doubt = (Notice(ExportLocation(file), source.doubt),) if source.doubt else ()
    return Exports.joined((reader(source), Exports(notices=doubt)))


def _begins(*marks: str) -> Callable[[TextSource], bool]:
    return lambda source: source.text[:4096].lstrip().startswith(marks)


def _has_certificates(source: TextSource) -> bool:
    return bool(certificates.pem_blocks(source.text))


_READERS: tuple[tuple[Callable[[TextSource], bool], Callable[[TextSource], Exports]], ...] = (
    (_begins("<"), clixml.read),
    (_begins("{", "["), json_files.read),
    (openssl_output.is_output, openssl_output.read),
    (_has_certificates, certificates.from_text),
    (dsc.is_configuration, dsc.read),
    (postfix_files.is_settings, postfix_files.read),
    (csv_files.is_csv, csv_files.read),
    (zone_text.is_zone, zone_text.read),
)
"""Asked in this order; the first that fits reads."""


def _secret(file: str) -> Exports:
    text = sentence(
        "a private key or passwords, by its content or its name: not read, not copied. Keep it out of "
        "the folder"
    )
    return Exports(notices=(Notice(ExportLocation(file), text, serious=True),))


def _notice(file: str, text: Sentence) -> Exports:
    return Exports(notices=(Notice(ExportLocation(file), text),))

"""A folder of exports, read: each file by what is in it; its name decides only where the content leaves it open.

| what it begins with, or has in it | read as |
| --- | --- |
| ending `.pfx`, `.p12`, `.key`, `.jks`, or `PRIVATE KEY` inside | refused, for it is a secret |
| `answers.yaml` in the folder itself | left for whoever assembles |
| bytes of DER | certificates |
| `<Objs` | Export-Clixml |
| `{` or `[` | ConvertTo-Json |
| `BEGIN CERTIFICATE` | certificates |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab.importers import certificates, clixml, fromjson
from lab.importers.nouns import Exports, Notice, Place
from lab.importers.text import Source, decoded
from lab.importers.walking import LARGEST_TOGETHER, Found, content, files

_SECRET_ENDINGS = (".pfx", ".p12", ".key", ".jks", ".pvk", ".keystore")
_PRIVATE = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY")
_ANSWERS = ("answers.yaml", "answers.yml")


def read(folder: Path) -> Exports:
    """All that is in the folder and its subfolders. What cannot be read becomes a notice; nothing of it is written.

    Raises OSError when the folder itself cannot be listed.
    """
    return Exports.joined(_parts(folder))


def _parts(folder: Path) -> Iterator[Exports]:
    together = 0
    for found in files(folder):
        if isinstance(found, Notice):
            yield Exports(notices=(found,))
            continue
        part, size = _file(found)
        together += size
        if together > LARGEST_TOGETHER:
            told = f"more than {LARGEST_TOGETHER // 2**20} MiB together; from here on nothing is read"
            yield Exports(notices=(Notice(Place(found.file), told, serious=True),))
            return
        yield part


def _file(found: Found) -> tuple[Exports, int]:
    """What is in a file, and its size."""
    name = found.file.lower()
    if name.endswith(_SECRET_ENDINGS):
        return _secret(found.file), 0
    if name in _ANSWERS:
        return Exports(answers=found.file), 0
    data = content(found)
    if isinstance(data, Notice):
        return Exports(notices=(data,)), 0
    return parsed(found.file, data), len(data)


def parsed(file: str, data: bytes) -> Exports:
    """What the bytes of one file are. Never raises: what nobody understands is told."""
    if not data.strip():
        return _notice(file, "empty")
    binary = certificates.from_bytes(file, data) if data.startswith(b"\x30") else None
    if binary is not None:
        return binary
    try:
        source = decoded(file, data)
    except ValueError as refused:
        return _notice(file, f"{refused}; left unread")
    if _PRIVATE.search(source.text):
        return _secret(file)
    doubt = (Notice(Place(file), source.doubt),) if source.doubt else ()
    return Exports.joined((_text(source), Exports(notices=doubt)))


def _text(source: Source) -> Exports:
    start = source.text.lstrip()
    if start.startswith("<"):
        return clixml.read(source)
    if start.startswith(("{", "[")):
        return fromjson.read(source)
    if certificates.pem_blocks(source.text):
        return certificates.from_text(source)
    return _notice(source.file, "nothing that is known here; left unread")


def _secret(file: str) -> Exports:
    told = "holds a private key, or is named like it: not read, not copied. Only the certificate is wanted; keep the key out"
    return Exports(notices=(Notice(Place(file), told, serious=True),))


def _notice(file: str, text: str) -> Exports:
    return Exports(notices=(Notice(Place(file), text),))

"""A folder of exports, read: each file by what is in it; its name decides only where the content leaves it open.

Files come in a stable order, and no more of them than is sane: only regular files, only inside.

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

import os
import re
import stat
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
from lab.importers.text_decoding import TextSource, decoded
from lab.importers.types import ExportLocation, Exports, Notice
from lab.model.value import dataclass
from lab.sentence import sentence

_SECRET_ENDINGS = (".pfx", ".p12", ".key", ".jks", ".pvk", ".keystore")
_SECRET_NAME = re.compile(r"passw(?:or)?d[^/.]*(?:\.(?:txt|map|cf|db|lmdb))?$")
"""`sasl_passwd`, and what postmap makes of it."""
_PRIVATE = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY")
LARGEST = 64 * 2**20
"""Bytes of one file."""
LARGEST_TOGETHER = 512 * 2**20
MOST_FILES = 5000
DEEPEST = 16
"""Folders in folders."""

_BY_THE_SYSTEM = frozenset({"desktop.ini", "thumbs.db"})
_ANSWERS = ("answers.yaml", "answers.yml")


@dataclass(frozen=True, slots=True)
class FolderFile:
    """One file of the folder."""

    file: str
    """Relative to it, with slashes."""
    path: Path


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
        if isinstance(file, Exports):
            yield file
            continue
        part, size = _file(file)
        together += size
        if together > LARGEST_TOGETHER:
            text = sentence(
                "more than {size} MiB together; from here on nothing is read", size=LARGEST_TOGETHER // 2**20
            )
            yield Exports.noting(text, file.file)
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
    if isinstance(data, Exports):
        return data, 0
    return _parsed(found.file, data), len(data)


def parsed(file: str, data: bytes) -> Exports:
    """What the bytes of one file are. Never raises: what nobody understands is told."""
    part = _parsed(file, data)
    return postfix_files.with_maps(Exports(), [part]) if isinstance(part, TextSource) else part


def _parsed(file: str, data: bytes) -> Exports | TextSource:
    """The file itself if it may be a map, which only its neighbours tell."""
    if not data.strip():
        return Exports.noting(sentence("empty"), file, serious=False)
    binary = certificates.from_bytes(file, data) if data.startswith(b"\x30") else None
    if binary is not None:
        return binary
    try:
        source = decoded(file, data)
    except ValueError as error:
        return Exports.noting(sentence("{why}; left unread", why=words_of(error)), file, serious=False)
    if _PRIVATE.search(source.text):
        return _secret(file)
    reader = next((reads for fits, reads in _READERS if fits(source)), None)
    if reader is None:
        none = Exports.noting(postfix_files.UNKNOWN, file, serious=False)
        return source if postfix_files.may_be_map(source) else none
    doubt = (Notice(ExportLocation(file), source.doubt),) if source.doubt else ()
    return Exports.joined((reader(source), Exports(notices=doubt)))


def _begins(*marks: str) -> Callable[[TextSource], bool]:
    return lambda source: source.text[:4096].lstrip().startswith(marks)


_READERS: tuple[tuple[Callable[[TextSource], bool], Callable[[TextSource], Exports]], ...] = (
    (_begins("<"), clixml.read),
    (_begins("{", "["), json_files.read),
    (openssl_output.is_output, openssl_output.read),
    (lambda source: bool(certificates.pem_blocks(source.text)), certificates.from_text),
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
    return Exports.noting(text, file)


def files(folder: Path) -> Iterator[FolderFile | Exports]:
    """Every file that may be read, and a notice for each that may not. Hidden ones are nobody's export.

    Raises OSError when the folder itself cannot be listed.
    """
    inside = folder.resolve(strict=True)
    for number, file in enumerate(_below(folder, "", 0)):
        if number == MOST_FILES:
            yield Exports.noting(
                sentence("more than {most} files; the rest is left unread", most=MOST_FILES), ""
            )
            return
        yield file if isinstance(file, Exports) else _checked(inside, file)


def content(found: FolderFile) -> bytes | Exports:
    """The bytes of a file, or why they are not read. What it is, is asked again of what was opened."""
    try:
        with open(os.open(found.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                return Exports.noting(sentence("no regular file; left unread"), found.file)
            data = opened.read(LARGEST + 1)
    except OSError as failed:
        return Exports.noting(sentence("cannot be read: {why}", why=failed.strerror), found.file)
    if len(data) > LARGEST:
        text = sentence("larger than {size} MiB; left unread", size=LARGEST // 2**20)
        return Exports.noting(text, found.file)
    return data


def _below(folder: Path, prefix: str, depth: int) -> Iterator[FolderFile | Exports]:
    if depth > DEEPEST:
        text = sentence("more than {most} folders deep; left unread", most=DEEPEST)
        yield Exports.noting(text, prefix.rstrip("/"))
        return
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        name = prefix + entry.name
        if entry.name.startswith(".") or entry.name.lower() in _BY_THE_SYSTEM:
            continue
        if not _is_folder(entry):
            yield FolderFile(name, Path(entry.path))
        elif entry.is_symlink():
            yield Exports.noting(sentence("a link to a folder; left unread"), name)
        else:
            try:
                yield from _below(Path(entry.path), f"{name}/", depth + 1)
            except OSError as failed:
                yield Exports.noting(sentence("cannot be listed: {why}", why=failed.strerror), name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _checked(inside: Path, found: FolderFile) -> FolderFile | Exports:
    """Links may lead to other files of the same folder, and only to files: a pipe would never end."""
    try:
        real = found.path.resolve(strict=True)
        regular = stat.S_ISREG(real.stat().st_mode)
    except (OSError, RuntimeError):  # a broken link, or one that leads to itself
        return Exports.noting(sentence("a link that leads nowhere; left unread"), found.file)
    if not real.is_relative_to(inside):
        return Exports.noting(sentence("a link out of the folder; left unread"), found.file)
    if not regular:
        return Exports.noting(sentence("no regular file; left unread"), found.file)
    return FolderFile(found.file, real)

"""The files of a folder, in a stable order, and no more of them than is sane: only regular files, only inside."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lab.importers.types import ExportLocation, Notice
from lab.model.value import dataclass
from lab.sentence import sentence

LARGEST = 64 * 2**20
"""Bytes of one file."""
LARGEST_TOGETHER = 512 * 2**20
MOST_FILES = 5000
DEEPEST = 16
"""Folders in folders."""

_BY_THE_SYSTEM = frozenset({"desktop.ini", "thumbs.db"})


@dataclass(frozen=True, slots=True)
class FolderFile:
    """One file of the folder."""

    file: str
    """Relative to it, with slashes."""
    path: Path


def files(folder: Path) -> Iterator[FolderFile | Notice]:
    """Every file that may be read, and a notice for each that may not. Hidden ones are nobody's export.

    Raises OSError when the folder itself cannot be listed.
    """
    inside = folder.resolve(strict=True)
    for number, file in enumerate(_below(folder, "", 0)):
        if number == MOST_FILES:
            text = sentence("more than {most} files; the rest is left unread", most=MOST_FILES)
            yield Notice(ExportLocation(""), text, serious=True)
            return
        yield file if isinstance(file, Notice) else _checked(inside, file)


def content(found: FolderFile) -> bytes | Notice:
    """The bytes of a file, or why they are not read. What it is, is asked again of what was opened."""
    place = ExportLocation(found.file)
    try:
        with open(os.open(found.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                return Notice(place, sentence("no regular file; left unread"), serious=True)
            data = opened.read(LARGEST + 1)
    except OSError as failed:
        return Notice(place, sentence("cannot be read: {why}", why=failed.strerror), serious=True)
    if len(data) > LARGEST:
        text = sentence("larger than {size} MiB; left unread", size=LARGEST // 2**20)
        return Notice(place, text, serious=True)
    return data


def _below(folder: Path, prefix: str, depth: int) -> Iterator[FolderFile | Notice]:
    if depth > DEEPEST:
        text = sentence("more than {most} folders deep; left unread", most=DEEPEST)
        yield Notice(ExportLocation(prefix.rstrip("/")), text, serious=True)
        return
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        name = prefix + entry.name
        if entry.name.startswith(".") or entry.name.lower() in _BY_THE_SYSTEM:
            continue
        if not _is_folder(entry):
            yield FolderFile(name, Path(entry.path))
        elif entry.is_symlink():
            yield Notice(ExportLocation(name), sentence("a link to a folder; left unread"), serious=True)
        else:
            yield from _listed(Path(entry.path), name, depth)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _listed(folder: Path, name: str, depth: int) -> Iterator[FolderFile | Notice]:
    try:
        yield from _below(folder, f"{name}/", depth + 1)
    except OSError as failed:
        yield Notice(
            ExportLocation(name), sentence("cannot be listed: {why}", why=failed.strerror), serious=True
        )


def _checked(inside: Path, found: FolderFile) -> FolderFile | Notice:
    """Links may lead to other files of the same folder, and only to files: a pipe would never end."""
    try:
        real = found.path.resolve(strict=True)
        regular = stat.S_ISREG(real.stat().st_mode)
    except (OSError, RuntimeError):  # a broken link, or one that leads to itself
        return Notice(
            ExportLocation(found.file), sentence("a link that leads nowhere; left unread"), serious=True
        )
    if not real.is_relative_to(inside):
        return Notice(
            ExportLocation(found.file), sentence("a link out of the folder; left unread"), serious=True
        )
    if not regular:
        return Notice(ExportLocation(found.file), sentence("no regular file; left unread"), serious=True)
    return FolderFile(found.file, real)

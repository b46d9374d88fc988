"""Files of `Export-Csv`: with or without `#TYPE`, with whatever separator the machine's culture has.

Everything is text here, and what was null is empty; lists are either joined by blanks or lost (`System.String[]`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from lab.errors import words_of
from lab.importers import cmdlet_recognition
from lab.importers.exported_objects import UnrecognisedObject, exports, refused
from lab.importers.text_decoding import TextSource, whole
from lab.importers.types import ExportLocation, Exports, Notice
from lab.sentence import sentence

MOST_COLUMNS = 2000
_ENDINGS = (".csv", ".tsv")


def is_csv(source: TextSource) -> bool:
    """By `#TYPE`, by the file's ending, or by a first line that is the header of a known kind."""
    if source.text.startswith("#TYPE ") or source.name.lower().endswith(_ENDINGS):
        return True
    header = _header(source.text.lstrip().split("\n", 1)[0])
    return len(header) > 2 and cmdlet_recognition.kind((), "", header) != ""


def read(source: TextSource) -> Exports:
    """A row is an object. A file that is broken somewhere gives none: half an export misleads."""
    types, skipped, text = _typed(source.text)
    first = text.split("\n", 1)[0]
    if len(_header(first)) > MOST_COLUMNS:
        return refused(source, skipped + 1, sentence("more than {most} columns", most=MOST_COLUMNS))
    rows = _Rows(source, skipped, types)
    try:
        objects = list(rows.objects(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(first))))
    except csv.Error as broken:
        return refused(source, 0, words_of(broken))
    return exports(source.file, objects, rows.notices)


def _typed(text: str) -> tuple[tuple[str, ...], int, str]:
    """The types of a `#TYPE` line, how many lines stand before the header, and the text from there."""
    before = text[: len(text) - len(text.lstrip("\r\n"))]
    rest = text[len(before) :]
    lines = before.count("\n")
    if not rest.startswith("#TYPE "):
        return (), lines, rest
    line, _, rest = rest.partition("\n")
    return (line.removeprefix("#TYPE ").strip(),), lines + 1, rest


def _separator(header: str) -> str:
    return max(",;\t", key=header.count)


def _header(line: str) -> list[str]:
    return [name.strip().strip('"') for name in line.strip().split(_separator(line))]


class _Rows:
    def __init__(self, source: TextSource, skipped: int, types: tuple[str, ...]) -> None:
        self.source, self.skipped, self.types = source, skipped, types
        self.notices: list[Notice] = []

    def objects(self, reader: Iterator[list[str]]) -> Iterator[UnrecognisedObject]:
        header = [whole(name.strip()) for name in next(reader, [])]
        end = reader.line_num  # type: ignore[attr-defined]  # csv.reader's own; it has no name in typing
        for row in reader:
            line, end = self.skipped + end + 1, reader.line_num  # type: ignore[attr-defined]  # as above
            if not any(row):
                continue
            if len(row) > len(header):
                self._odd(line, len(row), len(header))
            elif len(row) == 1 < len(header):
                self._odd(line, 1, len(header))
            else:
                yield self._object(header, row, line)

    def _object(self, header: list[str], row: list[str], line: int) -> UnrecognisedObject:
        values: dict[str, str] = {}
        for name, value in zip(header, row, strict=False):
            values.setdefault(name, whole(value))
        return UnrecognisedObject(line=line, values=values, types=self.types)

    def _odd(self, line: int, has: int, wanted: int) -> None:
        text = sentence(
            "a row of {has} where the header has {wanted}; it is left out", has=has, wanted=wanted
        )
        self.notices.append(Notice(ExportLocation(self.source.file, line), text, serious=True))

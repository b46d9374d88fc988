"""Tables as cmdlets, the admin center and Exchange write them: CSV, JSON, `Format-List`, tracking logs; read to plain rows.

Names of columns differ in case and punctuation from one form to the next (`event-id`, `EventId`, `event_id`); here they are
`eventid`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from lab.analysis.diagnose.evidence_file import MAX_ROWS, MAX_VALUE
from lab.model.value import value

PlainRow = Mapping[str, str]
_MAIL_COLUMNS = frozenset(
    [
        "senderaddress",
        "recipientaddress",
        "recipients",
        "recipientstatus",
        "messageid",
        "messagetraceid",
        "eventid",
        "event",
        "detail",
        "status",
        "connectorid",
        "sourcecontext",
        "fromip",
        "toip",
        "originalclientip",
    ]
)
"""Two of these make a table one of mail."""
_PAIR = re.compile(r"(\w{2,40})[ ]{0,40} : ?(.*)")
_FIELDS = "#fields:"
_DELIMITERS = (",", ";", "\t")


@value()
class TraceTables:
    """What a file holds of either kind."""

    rows: tuple[PlainRow, ...] = ()
    lines: tuple[str, ...] = ()
    """Of logs that are quoted inside JSON."""


def read(text: str) -> TraceTables:
    """The rows of a file; none if it is no table of mail."""
    if text.lstrip()[:1] in ("[", "{"):
        return _json(text)
    rows = tuple(_listed(text)) or tuple(_separated(text))
    return TraceTables(rows if rows and _is_mail(rows[0]) else ())


def _is_mail(columns: Iterable[str]) -> bool:
    return len(_MAIL_COLUMNS.intersection(columns)) >= 2


def _json(text: str) -> TraceTables:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return TraceTables()
    rows: list[PlainRow] = []
    lines: list[str] = []
    for item in islice(_objects(data, depth=0), MAX_ROWS):
        if isinstance(item, str):
            lines.append(item)
        else:
            rows.append(_row((name, _text(cell)) for name, cell in item.items()))
    return TraceTables(tuple(rows), tuple(lines))


def _objects(data: Any, depth: int) -> Iterator[dict[str, Any] | str]:
    """Objects with columns of mail, and strings in lists, wherever they are."""
    if depth > 6:
        return
    if isinstance(data, list):
        for item in data[:MAX_ROWS]:
            if isinstance(item, str):
                yield item
            else:
                yield from _objects(item, depth + 1)
    elif isinstance(data, dict) and _is_mail(map(_name, data)):
        yield data
    elif isinstance(data, dict):
        for item in data.values():
            yield from _objects(item, depth + 1)


def _text(cell: Any) -> str:
    if isinstance(cell, list):
        return ";".join(map(str, cell[:200]))[:MAX_VALUE]
    return "" if cell is None else str(cell)[:MAX_VALUE]


def _separated(text: str) -> Iterator[PlainRow]:
    """CSV with a head, from whatever program; of a tracking log the head is in a comment."""
    lines = text.splitlines()
    head = next((line for line in lines[:20] if line.lower().startswith(_FIELDS)), "")
    if head:
        names = head[len(_FIELDS) :].strip().split(",")
        content = [line for line in lines if not line.startswith("#")]
        delimiter = ","
    else:
        content = [line for line in lines if line.strip() and not line.startswith("#TYPE")]
        delimiter = max(_DELIMITERS, key=(content[0] if content else "").count)
        names = next(_cells(content[:1], delimiter), [])
        content = content[1:]
    if _is_mail(map(_name, names)):
        for cells in _cells(content[:MAX_ROWS], delimiter):
            yield _row(zip(names, (cell[:MAX_VALUE] for cell in cells), strict=False))


def _cells(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from filter(None, csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    except csv.Error:  # a field of 128 KiB, say; what came before is good
        return


def _listed(text: str) -> Iterator[PlainRow]:
    """`Format-List`: a property a line, an empty line between objects, long values going on below."""
    pairs: list[tuple[str, str]] = []
    for line in (*text.splitlines()[:MAX_ROWS], ""):
        pair = _PAIR.fullmatch(line.rstrip())
        if pair:
            pairs.append((pair[1], pair[2].strip()[:MAX_VALUE]))
        elif line.startswith("  ") and line.strip() and pairs:
            name, cell = pairs[-1]
            pairs[-1] = (name, f"{cell}{line.strip()}"[:MAX_VALUE])
        elif not line.strip() and pairs:
            yield _row(pairs)
            pairs = []


def _row(pairs: Iterable[tuple[str, str]]) -> PlainRow:
    return {_name(name): cell for name, cell in pairs}


def _name(written: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(written).lower())

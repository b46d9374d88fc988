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
from typing import Any

from lab.analysis.diagnose.evidence_limits import MAX_ROWS, MAX_VALUE
from lab.model.value import value

PlainRow = Mapping[str, str]
_KNOWN = frozenset(
    {
        "senderaddress",
        "recipientaddress",
        "recipients",
        "recipientstatus",
        "messageid",
        "messagetraceid",
        "eventid",
    }
    | {"event", "detail", "status", "connectorid", "sourcecontext", "fromip", "toip", "originalclientip"}
)
"""Two of these make a table one of ours."""
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
    begin = text.lstrip()[:1]
    if begin in ("[", "{"):
        return _json(text)
    found = tuple(_listed(text)) or tuple(_separated(text))
    return TraceTables(found if found and _ours(found[0]) else ())


def _ours(row: PlainRow) -> bool:
    return len(_KNOWN & row.keys()) >= 2


def _json(text: str) -> TraceTables:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return TraceTables()
    rows, lines = [], []
    for each in _objects(data, depth=0):
        if isinstance(each, str):
            lines.append(each)
        else:
            rows.append(_row((name, _text(told)) for name, told in each.items()))
        if len(rows) + len(lines) >= MAX_ROWS:
            break
    return TraceTables(tuple(row for row in rows if _ours(row)), tuple(lines))


def _objects(data: Any, depth: int) -> Iterator[dict[str, Any] | str]:
    """Objects with columns of ours, and strings in lists, wherever they are."""
    if depth > 6:
        return
    if isinstance(data, list):
        for each in data[:MAX_ROWS]:
            if isinstance(each, str):
                yield each
            else:
                yield from _objects(each, depth + 1)
    elif isinstance(data, dict):
        if len(_KNOWN & {_name(each) for each in data}) >= 2:
            yield data
            return
        for each in data.values():
            if isinstance(each, list | dict):
                yield from _objects(each, depth + 1)


def _text(told: Any) -> str:
    if isinstance(told, list):
        return ";".join(str(each) for each in told[:200])[:MAX_VALUE]
    return "" if told is None else str(told)[:MAX_VALUE]


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
        names = _cells(content[:1], delimiter)
        content = content[1:]
    if len(_KNOWN & set(map(_name, names))) < 2:
        return
    reader = csv.reader(io.StringIO("\n".join(content[:MAX_ROWS])), delimiter=delimiter)
    try:
        for cells in reader:
            if cells:
                yield _row(zip(names, (cell[:MAX_VALUE] for cell in cells), strict=False))
    except csv.Error:  # a field of 128 KiB, say; what came before is good
        return


def _cells(lines: list[str], delimiter: str) -> list[str]:
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        return []


def _listed(text: str) -> Iterator[PlainRow]:
    """`Format-List`: a property a line, an empty line between objects, long values going on below."""
    pairs: list[tuple[str, str]] = []
    for line in (*text.splitlines()[:MAX_ROWS], ""):
        found = _PAIR.fullmatch(line.rstrip())
        if found:
            pairs.append((found[1], found[2].strip()[:MAX_VALUE]))
        elif line.startswith("  ") and line.strip() and pairs:
            name, told = pairs[-1]
            pairs[-1] = (name, f"{told}{line.strip()}"[:MAX_VALUE])
        elif not line.strip() and pairs:
            yield _row(pairs)
            pairs = []


def _row(pairs: Iterable[tuple[str, str]]) -> PlainRow:
    return {_name(name): told for name, told in pairs}


def _name(written: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(written).lower())

"""The shapes in which ConvertTo-Json writes one and the same thing, made one.

Windows PowerShell wraps lists (`{"value": [...], "Count": 2}`), dates (`/Date(1700000000000)/`, or with their own
`DateTime`) and what came over remoting; enumerations are numbers, names, or both (`{"value": 1, "Value": "OnPremises"}`);
Exchange Online's cmdlets add `Name@odata.type` beside a property.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from lab.importers.text_decoding import whole
from lab.importers.types import ExportedValue
from lab.sentence import sentence

DEEPEST = 24
"""Levels of lists and tables that are kept; -Depth 10 is what anybody needs."""

_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_NOTE = re.compile(r"@(?:odata|data)\.[A-Za-z]+$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BESIDE = frozenset(
    (
        *("count", "length", "longlength", "rank", "syncroot", "isreadonly", "isfixedsize", "issynchronized"),
        *("datetime", "displayhint", "pscomputername", "runspaceid", "psshowcomputername", "pstypenames"),
        *("pspath", "psparentpath", "pschildname", "psdrive", "psprovider", "readcount"),
    )
)
"""What PowerShell hangs on a list, a date or a text; no property of its own."""


def value(read: object, levels: int = DEEPEST) -> ExportedValue:
    """A decoded JSON value as a property. Raises ValueError when it is nested more deeply than any export."""
    match read:
        case None | bool() | int():
            return read
        case float():
            return read if math.isfinite(read) else str(read)
        case str():
            return date(whole(read))
        case _ if levels == 0:
            raise ValueError(sentence("nested more than {most} levels deep", most=DEEPEST))
        case list():
            return tuple(value(item, levels - 1) for item in read)
        case dict():
            return _table(read, levels - 1)
        case _:
            raise ValueError(sentence("no JSON value: {type}", type=type(read).__name__))


def _table(read: Mapping[str, object], levels: int) -> ExportedValue:
    kept = {name: item for name, item in read.items() if not is_note(name)}
    wrapped = unwrapped(kept)
    if wrapped is not None:
        return value(wrapped[0], levels)
    return {whole(name): value(item, levels) for name, item in kept.items()}


def unwrapped(table: Mapping[str, object]) -> tuple[object] | None:
    """What a wrapper holds, in a tuple; None if the table is none. Of a number and a name the name is taken."""
    if "value" not in table:
        return None
    others = {name for name in table if name not in ("value", "Value") and name.lower() not in _BESIDE}
    if others or len(table) == 1:
        return None
    return (table.get("Value", table["value"]),)


def is_note(name: str) -> bool:
    """Whether it is about a property, not one: `@odata.type`, `SenderDomains@odata.type`, `Members@data.type`."""
    return "@" in name and (name.startswith("@") or _NOTE.search(name) is not None)


def date(text: str) -> str:
    """Milliseconds since 1970 as ISO 8601; any other text as it is."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return text
    try:
        return (_EPOCH + timedelta(milliseconds=int(match[1]))).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return text

"""What a property means, whichever cmdlet, culture and format wrote it.

Nothing here guesses: what cannot be read is None, or told as unread; missing, null and false stay three things.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, TypeAlias

from lab.importers.types import ExportedValue


class Missing(Enum):
    """The property is not there at all: not null, which says that nothing is set."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
PropertyValue: TypeAlias = "ExportedValue | Missing"

_TRUE = ("true", "$true", "yes", "1")
_FALSE = ("false", "$false", "no", "0")
_NULL = ("", "$null")
_BETWEEN = re.compile(r"[,\r\n]+|;(?!\d+(?:[\s,;]|$))|\s+")
"""What separates the items of a list that became one text; the `;1` of `smtp:*;1` does not."""


def get(values: Mapping[str, ExportedValue], *names: str) -> PropertyValue:
    """The property of the first of these names that is there, in any case; MISSING if none is."""
    by_lower = {name.lower(): name for name in values}
    key = next((by_lower[name.lower()] for name in names if name.lower() in by_lower), None)
    return MISSING if key is None else values[key]


def is_set(value: PropertyValue) -> bool:
    """Whether anything is there: null, empty text, an empty list and `$null` are nothing."""
    if isinstance(value, str):
        return value.strip().lower() not in _NULL
    return value is not MISSING and value is not None and value not in ((), {})


def truth(value: PropertyValue) -> bool | None:
    """`True`, `true`, `1`, `$true`, `Yes`; None for what is missing, null, or neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str):
        written = str(value).strip().lower()
        return True if written in _TRUE else False if written in _FALSE else None
    return None


def number(value: PropertyValue) -> int | None:
    """A whole number, also as text; None for everything else, `Unlimited` above all."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value, re.ASCII):
        return int(value)
    return None


def text(value: PropertyValue) -> str | None:
    """A single text without blanks around it: of a list the only item, of a table what names it; None if nothing is set."""
    if isinstance(value, tuple):
        return text(value[0]) if len(value) == 1 else None
    if isinstance(value, Mapping):
        return text(get(value, "Name", "Address", "Domain", "Value", "Identity"))
    if value is MISSING or not is_set(value):
        return None
    return str(value).strip()


def texts(value: PropertyValue, blanks: bool = True) -> tuple[str, ...]:
    """The items of a list, a single value, or a list that became one text (`a, b`, `{a, b}`, `a b`).

    Without `blanks`, a blank separates nothing: for names that have some.
    """
    if isinstance(value, tuple):
        return tuple(item for entry in value if (item := text(entry)) is not None)
    if not isinstance(value, str):
        single = text(value)
        return () if single is None else (single,)
    if not is_set(value):
        return ()
    inner = value.strip()
    if inner.startswith("{") and inner.endswith("}"):  # as Format-List prints a list
        inner = inner[1:-1]
    items = _BETWEEN.split(inner) if blanks else re.split(r"[,\r\n]+", inner)
    return tuple(item.strip() for item in items if item.strip() not in ("", "...", "…"))


def choice(value: PropertyValue, names: Sequence[str]) -> str | None:
    """The value of an enumeration: one of `names` in its spelling, by name in any case or by its number from 0."""
    index = number(value)
    if index is not None:
        return names[index] if 0 <= index < len(names) else None
    written = (text(value) or "").lower()
    return next((name for name in names if written and name.lower() == written), None)


def flags(value: PropertyValue, names: Mapping[int, str]) -> frozenset[str] | None:
    """The values of an enumeration of flags, by their numbers or as `Tls, BasicAuth`; None if one is unheard of."""
    total = number(value)
    if total is not None:
        flags = {name: bit for bit, name in names.items() if bit and total & bit == bit}
        return frozenset(flags) if sum(flags.values()) == total or total in (0, *names) else None
    spelling = {name.lower(): name for name in names.values()}
    written = [item.lower() for item in texts(value)]
    return (
        frozenset(spelling[item] for item in written) if all(item in spelling for item in written) else None
    )

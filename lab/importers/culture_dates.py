"""Dates as different cultures print them. 03/04/2026 is two days, and stays two."""

from __future__ import annotations

import re
from datetime import date

from lab.importers.property_values import PropertyValue, text
from lab.model.value import dataclass

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar jan jän",
            "february februar feb",
            "march märz mar mrz",
            "april apr",
            "may mai",
            "june juni jun",
            "july juli jul",
            "august aug",
            "september sep sept",
            "october oktober oct okt",
            "november nov",
            "december dezember dec dez",
        ),
        start=1,
    )
    for name in names.split()
}
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:\D.*)?", re.DOTALL)
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?:\D.*)?", re.DOTALL)
_EITHER = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})(?:\D.*)?", re.DOTALL)
_SPELT = re.compile(r"\b(?:(\d{1,2})\.?\s+)?([^\W\d_]{3,9})\.?\s+(?:(\d{1,2}),?\s+)?(\d{4})\b")

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Unclear:
    """A date that could be either day; the culture of the machine that wrote it is not known."""

    day_first: date
    month_first: date


def when(value: PropertyValue) -> date | Unclear | None:
    """The day of a date, or both that it could be; None for what is no date."""
    written = text(value)
    if written is None or len(written) > _LONGEST:
        return None
    if match := _YEAR_FIRST.fullmatch(written):
        return _day(match[1], match[2], match[3])
    if match := _DOTTED.fullmatch(written):
        return _day(match[3], match[2], match[1])
    if match := _EITHER.fullmatch(written):
        return _either(_day(match[3], match[2], match[1]), _day(match[3], match[1], match[2]))
    return _spelt(written)


def _spelt(written: str) -> date | None:
    """`Tuesday, November 24, 2026 1:00:00 PM`, `Dienstag, 24. November 2026`."""
    for match in _SPELT.finditer(written):
        month, day = _MONTHS.get(match[2].lower()), match[1] or match[3]
        if month is not None and day is not None:
            return _day(match[4], str(month), day)
    return None


def _either(day_first: date | None, month_first: date | None) -> date | Unclear | None:
    if day_first is None or month_first is None or day_first == month_first:
        return day_first or month_first
    return Unclear(day_first, month_first)


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None

"""The date forms that mail systems write, each from an aware datetime; English names whatever the locale."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_RFC5322 = re.compile(
    r"\s*(?:[A-Z][a-z]{2},)?\s*(\d{1,2})\s+([A-Z][a-z]{2})\s+(\d{4})\s+(\d\d):(\d\d):(\d\d)\s+([+-])(\d\d)(\d\d)"
)


def mail_date(when: datetime) -> str:
    """RFC 5322, as Exchange writes it: `Tue, 3 Mar 2026 09:15:02 +0000`."""
    t = when.astimezone(UTC)
    return (
        f"{_DAYS[t.weekday()]}, {t.day} {_MONTHS[t.month - 1]} {t.year:04d}"
        f" {t.hour:02d}:{t.minute:02d}:{t.second:02d} +0000"
    )


def postfix_date(when: datetime) -> str:
    """RFC 5322, as Postfix writes it, the day padded by a blank: `Tue,  3 Mar 2026 09:15:02 +0000 (UTC)`."""
    t = when.astimezone(UTC)
    return (
        f"{_DAYS[t.weekday()]}, {t.day:2d} {_MONTHS[t.month - 1]} {t.year:04d}"
        f" {t.hour:02d}:{t.minute:02d}:{t.second:02d} +0000 (UTC)"
    )


def arrival_date(when: datetime) -> str:
    """Exchange's own headers, to 100 microseconds: `03 Mar 2026 09:15:02.4350 (UTC)`."""
    t = when.astimezone(UTC)
    return (
        f"{t.day:02d} {_MONTHS[t.month - 1]} {t.year:04d}"
        f" {t.hour:02d}:{t.minute:02d}:{t.second:02d}.{t.microsecond // 100:04d} (UTC)"
    )


def us_date(when: datetime) -> str:
    """The human part of an NDR: `3/3/2026 9:15:02 AM`."""
    t = when.astimezone(UTC)
    half = "AM" if t.hour < 12 else "PM"
    return f"{t.month}/{t.day}/{t.year} {t.hour % 12 or 12}:{t.minute:02d}:{t.second:02d} {half}"


def read_date(text: str) -> datetime | None:
    """Read the form of RFC 5322 (numeric zone; comments ignored), None if `text` is something else."""
    match = _RFC5322.match(text)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    zone: timezone = UTC
    if (hours, minutes) != ("00", "00"):
        east = timedelta(hours=int(hours), minutes=int(minutes))
        zone = timezone(-east if sign == "-" else east)
    try:
        number = _MONTHS.index(month) + 1
        return datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=zone)
    except ValueError:  # a 31st of February, a month of no calendar
        return None

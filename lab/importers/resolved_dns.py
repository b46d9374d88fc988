"""Objects of `Resolve-DnsName` are DNS records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lab.importers.types import ExportedValue, ExportLocation, FoundRecord

_VALUES = {
    "MX": ("nameexchange",),
    "TXT": ("strings", "text"),
    "A": ("ipaddress", "ip4address"),
    "AAAA": ("ipaddress", "ip6address"),
    "CNAME": ("namehost", "server"),
    "PTR": ("namehost", "server"),
    "NS": ("namehost", "server"),
}
"""Which property has the value."""
_NUMBERS = {1: "A", 2: "NS", 5: "CNAME", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA"}


def records(place: ExportLocation, values: Mapping[str, ExportedValue]) -> Iterator[FoundRecord]:
    """The record of one object; none for what only says that a name is not there (SOA)."""
    there = {name.lower(): value for name, value in values.items()}
    kind = _kind(there)
    name, value = (
        there.get("name"),
        next((there[key] for key in _VALUES.get(kind, ()) if there.get(key)), None),
    )
    if not isinstance(name, str) or value is None:
        return
    text = "".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if kind == "MX":
        text = f"{there.get('preference') or 0} {text.rstrip('.')}"
    ttl = there.get("ttl")
    yield FoundRecord(
        place=place,
        name=name.rstrip(".").lower(),
        type=kind,
        value=text if kind == "TXT" else text.rstrip("."),
        ttl=ttl if isinstance(ttl, int) else None,
    )


def _kind(there: Mapping[str, ExportedValue]) -> str:
    """`Type` is a name or a number; where it is missing, the properties tell."""
    given = there.get("type", there.get("querytype"))
    if isinstance(given, str) and given.upper() in _VALUES:
        return given.upper()
    if isinstance(given, int | str) and str(given).isdigit():
        return _NUMBERS.get(int(given), "")
    values = {"nameexchange": "MX", "strings": "TXT", "ip4address": "A"}
    return next((kind for key, kind in values.items() if there.get(key)), "")

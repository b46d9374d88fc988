"""The certificate inside an object of `Get-ExchangeCertificate`: its public part, as DER in base64 or in numbers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from lab.importers.certificates import found
from lab.importers.types import ExportedValue, ExportLocation, Exports, Notice
from lab.sentence import sentence

_LONGEST = 64 * 1024
"""Bytes; a certificate has one to three thousand."""


def certificate_in(place: ExportLocation, values: Mapping[str, ExportedValue]) -> Exports:
    """What `RawData` holds; nothing where it is missing. The object itself tells names and dates then, less surely."""
    raw = next((value for name, value in values.items() if name.lower() == "rawdata"), None)
    if raw is None:
        return Exports()
    data = _bytes(raw)
    none = Notice(place, sentence("RawData holds no certificate"))
    return found(place, [data]) if data else Exports(notices=(none,))


def _bytes(raw: ExportedValue) -> bytes:
    """Export-Clixml writes base64, ConvertTo-Json a list of numbers, Export-Csv neither."""
    if isinstance(raw, str) and len(raw) < _LONGEST * 2:
        try:
            return base64.b64decode("".join(raw.split()), validate=True)
        except (binascii.Error, ValueError):
            return b""
    if isinstance(raw, tuple) and len(raw) < _LONGEST:
        numbers = [item for item in raw if isinstance(item, int) and 0 <= item < 256]
        return bytes(numbers) if len(numbers) == len(raw) else b""
    return b""

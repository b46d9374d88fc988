"""Cmdlets as an administrator pastes them: values quoted so that PowerShell takes them for nothing but values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from ipaddress import IPv4Network
from typing import Any

from lab.reports.text.printable import one_line

_QUOTES = "'\u2018\u2019\u201a\u201b"
"""PowerShell takes what word processors make of a single quote for one."""


class Expression(str):
    """Text that PowerShell is to read, and not a value."""

    __slots__ = ()


def cmdlet(name: str, parameters: Mapping[str, Any]) -> str:
    """One line: `Set-InboundConnector -Identity 'A' -RequireTls $true`."""
    return " ".join((name, *(f"-{key} {literal(value)}" for key, value in parameters.items())))


def literal(value: Any) -> str:
    """A value as PowerShell writes it. A list without items is `$null`, which clears a parameter."""
    match value:
        case Expression():
            return str(value)
        case None | () | []:
            return "$null"
        case bool():
            return "$true" if value else "$false"
        case int():
            return str(value)
        case tuple() | list() | frozenset():
            return ",".join(
                literal(item) for item in (sorted(value) if isinstance(value, frozenset) else value)
            )
        case Enum():
            return literal(value.value)
        case IPv4Network():
            return quoted(
                str(value.network_address) if value.prefixlen == value.max_prefixlen else str(value)
            )
        case _:
            return quoted(str(value))


def quoted(text: str) -> str:
    """In single quotes, in which nothing but a quote means anything, and on one line."""
    return "'" + "".join(char * 2 if char in _QUOTES else char for char in one_line(text)) + "'"


def changed(lists: tuple[str, ...], former: tuple[str, ...]) -> Expression:
    """What a list gains and loses: `@{Add='x'; Remove='y'}`."""
    added = [item for item in lists if item not in former]
    gone = [item for item in former if item not in lists]
    parts = [f"{verb}={literal(items)}" for verb, items in (("Add", added), ("Remove", gone)) if items]
    return Expression(f"@{{{'; '.join(parts)}}}")

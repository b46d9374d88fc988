"""Values of the model as plain data, and plain data as YAML that people read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from ipaddress import IPv4Network
from typing import Any

import yaml

PlainData = dict[str, Any]
_LONG = 120


def dumped(table: PlainData) -> str:
    """YAML, keys in their order."""
    text: str = yaml.dump(table, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_LONG)
    return text


class _Dumper(yaml.SafeDumper):
    """No anchors: a reader wants each thing where it is. Lists of single values stand in one line, texts in blocks."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - whatever it is
        return True

    def represent_items(self, data: list[Any]) -> yaml.Node:
        """In one line unless there are tables in it."""
        flow = not any(isinstance(item, dict | list) for item in data)
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flow)

    def represent_text(self, data: str) -> yaml.Node:
        """Several lines as a block."""
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


_Dumper.add_representer(list, _Dumper.represent_items)
_Dumper.add_multi_representer(dict, _Dumper.represent_dict)
_Dumper.add_representer(str, _Dumper.represent_text)


def plain(value: Any) -> Any:
    """Model values as YAML values."""
    match value:
        case Enum():
            return value.value
        case bool() | int() | float() | None:
            return value
        case IPv4Network():
            return str(value.network_address) if value.prefixlen == 32 else str(value)
        case timedelta():
            return _span(value)
        case tuple() | list() | frozenset():
            items = sorted(value) if isinstance(value, frozenset) else value
            return [plain(item) for item in items]
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case _:
            return str(value)


def _span(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for unit, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % unit == 0:
            return f"{seconds // unit}{letter}"
    return f"{seconds}s"

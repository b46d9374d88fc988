"""Steps and decisions as plain data, for programs and for comparisons: the keys that `--json` has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from lab.model.reply import Reply
from lab.model.steps import ServerContact, SignatureResult, Step

Plain = dict[str, object]

_CALLED = {"resolution": "kind", "group": "kind"}
"""Fields that are called otherwise in the published form."""
_APART = frozenset({"rules", "at", "cause"})
"""What all steps have, and what is no data of the step itself."""


def step_data(step: Step) -> Plain:
    """What a step says besides its kind, its rules and its time; what is unknown is ''."""
    data: Plain = {}
    for field in fields(step):
        value = getattr(step, field.name)
        if isinstance(value, ServerContact):
            data |= plain_fields(value)
        elif field.name not in _APART:
            data[_CALLED.get(field.name, field.name)] = "" if value is None else plain(value)
    return data


def plain_fields(value: Any) -> Plain:
    """The fields of a dataclass by name."""
    return {field.name: plain(getattr(value, field.name)) for field in fields(value)}


def plain(value: object) -> object:
    """A value as text, numbers, lists and objects."""
    if isinstance(value, Reply | SignatureResult):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return plain_fields(value) if is_dataclass(value) else value

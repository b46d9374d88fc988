"""Values of any type that the codec writes, made from the type itself."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import cache
from typing import Any

from hypothesis import strategies as st

from lab.model.decision import Decision, Explainable

# Header text may hold lone surrogates: undecodable octets of a message, kept by surrogateescape.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
MOMENTS = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001 - the zone comes from the next argument
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))]),
)
_PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(),
    bool: st.booleans(),
    datetime: MOMENTS,
    types.NoneType: st.none(),
}


@cache
def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of that type; of what can explain itself, the decision."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind is Explainable:
        return values_of(Decision)
    arguments = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values_of(each) for each in arguments])
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if origin is Mapping or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return st.dictionaries(TEXTS, values_of(arguments[1]), max_size=2)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    assert is_dataclass(kind), kind
    return st.deferred(lambda: _instances(kind))  # a phrase may hold phrases


def _instances(kind: Any) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{each.name: values_of(hints[each.name]) for each in fields(kind) if each.init})

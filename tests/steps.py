"""A builder of steps: whatever a test does not speak of has a plain value."""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from lab.model.reply import Reply
from lab.model.steps import ServerContact, Step

S = TypeVar("S", bound=Step)
KINDS: tuple[type[Step], ...] = typing.get_args(Step)
_CONTACT = frozenset(field.name for field in fields(ServerContact))


def step_of(kind: type[S], /, **data: Any) -> S:
    """A step of that class. Replies may be given as text, tuples as lists, and what is known of a server by itself."""
    defaults = _defaults(typing.cast(typing.Any, kind))
    contact = {name: data.pop(name) for name in _CONTACT - defaults.keys() if name in data}
    if contact:
        data["contact"] = ServerContact(**{name: _plain(value) for name, value in contact.items()})
    if isinstance(data.get("reply"), str):
        data["reply"] = Reply.parse(data["reply"])
    given = {name: _plain(value) for name, value in data.items()}
    return kind(**{name: value for name, value in defaults.items() if value is not MISSING} | given)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    """By name of each field its plain value; MISSING where the class has one of its own."""
    hints = typing.get_type_hints(kind)
    bare = {each.name: each.default is MISSING and each.default_factory is MISSING for each in fields(kind)}
    return {name: _default(hints[name]) if needed else MISSING for name, needed in bare.items()}


def _default(hint: Any) -> Any:
    if hint is Reply:
        return Reply(250, "2.0.0", "OK")
    if hint is ServerContact:
        return ServerContact()
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return None
    if typing.get_origin(hint) is tuple:
        return ()
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return hint()

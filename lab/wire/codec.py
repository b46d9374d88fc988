"""Values to JSON and back, directed by their types, so that a new field of a dataclass needs no line here.

Names and times are written as text (`a@b.example`, `<>`, ISO 8601), enums by their value, sets sorted, tuples and
lists as arrays. A member of a union carries its `kind`, and that says what to read. What made a step (`Explainable`) is
written as the decision that it explains, so that a journal that was read back tells as much as a live one.
"""

from __future__ import annotations

import base64
import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from operator import attrgetter
from typing import TypeVar

from lab.core.bounded_memory import BoundedMemory
from lab.model.decision import AttributionDecision, Decision, Explainable
from lab.model.message import Message
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.steps import Step
from lab.model.transport import QueueItem

T = TypeVar("T")
Json = object
"""What the json module takes."""
_Writer = Callable[[typing.Any], Json]
_Reader = Callable[[typing.Any], typing.Any]


def dumps(value: object, *, leave_out: tuple[str, ...] = ()) -> str:
    """A value as one line of ASCII JSON, without the fields named in `leave_out`.

    Raises TypeError when it holds something that cannot be read back.
    """
    if leave_out:
        kind: typing.Any = type(value)
        names = tuple(name for name in _names(kind) if name not in leave_out)
        return _encode(_fields_writer(kind, names)(value))
    return _encode(_checked(value) if type(value) is dict else value)


def loads(kind: type[T], text: str, **given: object) -> T:
    """Read a value of type `kind`; `given` are the fields that were left out.

    Fields that the text lacks take their defaults. Raises ValueError when the text holds no such value.
    """
    return decode(kind, json.loads(text), **given)


def decode(kind: type[T], data: Json, **given: object) -> T:
    """The value of type `kind` that `data` stands for; ValueError when there is none."""
    wanted: typing.Any = kind
    try:
        value: T = _read_fields(wanted, data, given) if given else _reader(wanted)(data)
        return value
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"no {kind.__name__}: {error}") from error


def dump_item(item: QueueItem) -> tuple[str, bytes]:
    """A queue item as JSON and the octets of its message."""
    return dumps(item, leave_out=("message",)), bytes(item.message)


def load_item(text: str, content: bytes) -> QueueItem:
    """The inverse of `dump_item`."""
    return loads(QueueItem, text, message=Message.parse(content))


def dump_steps(steps: Iterable[Step]) -> str:
    """Steps as JSON, with the decisions behind them."""
    return dumps(tuple(steps))


def load_steps(text: str) -> tuple[Step, ...]:
    """The inverse of `dump_steps`; ValueError for a kind of step that this version does not know."""
    steps: tuple[Step, ...] = decode(tuple[Step, ...], json.loads(text))
    return steps


def _address_of(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    return Address(local, Domain(domain))


def _path_of(text: str) -> ReversePath:
    return ReversePath(_address_of(text[1:-1])) if text != "<>" else ReversePath.NULL


@lru_cache(maxsize=256)  # a message has nine times in its queue item and its steps, and most are the same one
def utc(moment: datetime) -> str:
    """A moment as text of a fixed width, in UTC, so that it sorts as it compares; TypeError when it has no time zone."""
    if moment.tzinfo is None:
        raise TypeError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


_TEXTS: Mapping[type, tuple[_Writer, _Reader]] = {
    Address: (str, _address_of),
    ReversePath: (str, _path_of),
    Domain: (str, Domain),
    DomainPattern: (str, DomainPattern.parse),
    Message: (
        lambda m: base64.b64encode(bytes(m)).decode(),
        lambda text: Message.parse(base64.b64decode(text)),
    ),
    bytes: (lambda octets: base64.b64encode(octets).decode(), base64.b64decode),
    datetime: (utc, datetime.fromisoformat),
    timedelta: (timedelta.total_seconds, lambda seconds: timedelta(seconds=seconds)),
}
"""Types that are written in a form of their own."""


def _written(value: typing.Any) -> Json:
    """One level of what the json module does not know; it comes back for what is inside."""
    kind: typing.Any = type(value)
    return _writer(kind)(value)


# Text, numbers, arrays and objects are walked in C: 2 in 3 of the values of a queue item and its steps.
_encode = json.JSONEncoder(separators=(",", ":"), default=_written).encode


@cache
def _writer(kind: typing.Any) -> _Writer:
    if kind in _TEXTS:
        return _TEXTS[kind][0]
    if issubclass(kind, Enum):
        return lambda member: member.value
    if hasattr(kind, "explain") and not _tag(kind):
        return _explained
    if is_dataclass(kind):
        return _fields_writer(typing.cast(typing.Any, kind), _names(typing.cast(typing.Any, kind)))
    if issubclass(kind, Mapping):
        return _checked
    if issubclass(kind, set | frozenset):
        return lambda members: sorted(members, key=_encode)
    raise TypeError(f"a {kind.__name__} cannot be written down")


_REMEMBERED = BoundedMemory[int, tuple[Decision, Json]]()
_REMEMBERED.most = 1024
"""Attributions as JSON data, by identity: a front end gives the same one to all who ask the same."""


def _explained(cause: Explainable) -> Json:
    """The decision behind a step; that of a front end as it was written last time."""
    decision = cause.explain()
    if not isinstance(decision, AttributionDecision):
        return decision
    remembered = _REMEMBERED.get(id(decision))
    if remembered is None or remembered[0] is not decision:
        remembered = _REMEMBERED[id(decision)] = decision, json.loads(_encode(decision))
    return remembered[1]


@cache
def _fields_writer(kind: typing.Any, names: tuple[str, ...]) -> _Writer:
    """Writes fields, and the `kind` of a member of a union. Mappings are looked into: JSON takes any key."""
    written = ("kind", *names) if _tag(kind) else names
    hints = typing.get_type_hints(kind)
    mappings = tuple(name for name in names if _is_mapping(hints[name]))
    if len(written) < 2:
        return lambda value: {name: getattr(value, name) for name in written}
    get = attrgetter(*written)

    def write(value: typing.Any) -> Json:
        data = dict(zip(written, get(value), strict=True))
        for name in mappings:
            data[name] = _checked(data[name])
        return data

    return write


def _is_mapping(hint: typing.Any) -> bool:
    origin = typing.get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _checked(mapping: Mapping[typing.Any, object]) -> Json:
    """The same as a dict, if it can be read back: JSON turns the key 1 into "1" and says nothing."""
    for key, value in mapping.items():
        if not isinstance(key, str):
            raise TypeError(f"the key {key!r} is no text")
        if type(value) is dict:
            _checked(value)
    return dict(mapping)


@cache
def _names(kind: typing.Any) -> tuple[str, ...]:
    """The fields that are data; what is never compared and has a default is an attachment, unless it says otherwise."""
    return tuple(
        field.name
        for field in fields(kind)
        if field.init and (field.compare or field.default is MISSING or "written" in field.metadata)
    )


def _tag(kind: typing.Any) -> str:
    """The `kind` that a member of a union is told by; '' for other classes, and where it is a field like others."""
    tag = getattr(kind, "kind", "")
    return tag if isinstance(tag, str) else ""


def _read_fields(kind: typing.Any, data: Json, given: Mapping[str, object]) -> typing.Any:
    if not isinstance(data, dict):
        raise TypeError(f"{data!r} is no object")
    readers = _field_readers(kind)
    return kind(**{name: readers[name](value) for name, value in data.items()}, **given)


@cache
def _field_readers(kind: typing.Any) -> Mapping[str, _Reader]:
    hints = typing.get_type_hints(kind)
    return {name: _reader(hints[name]) for name in _names(kind)}


@cache
def _reader(kind: typing.Any) -> _Reader:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in _TEXTS:
        return _TEXTS[kind][1]
    if kind is Explainable:
        return _reader(Decision)
    if origin in (typing.Union, types.UnionType):
        return _union_reader(kind, arguments)
    if origin is tuple:
        return _tuple_reader(arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        read_value = _reader(arguments[1])
        return lambda data: {key: read_value(value) for key, value in data.items()}
    if isinstance(origin, type) and issubclass(origin, set | frozenset | list):
        read_member, make = _reader(arguments[0]), typing.cast(typing.Any, origin)
        return lambda data: make(read_member(value) for value in data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if is_dataclass(kind):
        return lambda data: _read_fields(kind, data, {})
    if kind in (str, int, float, bool, types.NoneType):
        return _exactly(kind)
    raise TypeError(f"a {kind} cannot be read back")


def _exactly(kind: type) -> _Reader:
    def read(data: Json) -> Json:
        if kind is float and isinstance(data, int):
            return float(data)
        if type(data) is not kind:
            raise TypeError(f"{data!r} is no {kind.__name__}")
        return data

    return read


def _union_reader(kind: typing.Any, arguments: tuple[typing.Any, ...]) -> _Reader:
    """Of members that JSON tells apart: None, text, array, and dataclasses by their `kind`, or one without."""
    some = [argument for argument in arguments if argument is not types.NoneType]
    if len(some) == 1:
        read = _reader(some[0])
        return lambda data: None if data is None else read(data)
    if str in some:
        readers = {_form(argument): _reader(argument) for argument in some}
        if len(readers) != len(some):
            raise TypeError(f"{kind}: JSON does not tell which of them it is")
        return lambda data: readers[type(data)](data)
    members = {_tag(argument): argument for argument in some}
    if "" in members or len(members) != len(some):
        raise TypeError(f"{kind}: JSON does not tell which of them it is")
    return lambda data: _read_member(members, data)


def _form(kind: typing.Any) -> type:
    """What the json module reads it as."""
    return str if kind is str else list if typing.get_origin(kind) is tuple else dict


def _read_member(members: Mapping[str, typing.Any], data: typing.Any) -> typing.Any:
    if not isinstance(data, dict) or data.get("kind") not in members:
        raise TypeError(f"{data!r} is none of {', '.join(members)}")
    member = members[data["kind"]]
    return _read_fields(member, {name: value for name, value in data.items() if name != "kind"}, {})


def _tuple_reader(arguments: tuple[typing.Any, ...]) -> _Reader:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        read = _reader(arguments[0])
        return lambda data: tuple([read(value) for value in data])
    readers = [_reader(argument) for argument in arguments]
    return lambda data: tuple([read(value) for read, value in zip(readers, data, strict=True)])

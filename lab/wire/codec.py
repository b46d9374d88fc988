"""Values to JSON and back, directed by their types, so that a new field of a dataclass needs no line here.

Names and times are written as text (`a@b.example`, `<>`, ISO 8601), enums by their value, sets sorted, tuples and
lists as arrays. What a type only knows as `object` (the data of a `Step`) is written by what it is and read back as
plain data, arrays as tuples. Decisions that hang on a step are not written: they live as long as the run that made
them.
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
from typing import TypeVar

from lab.model.message import Message
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.trace import Step, StepKind
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
        return _encode(_fields_writer(names)(value))
    return _encode(_checked(value) if type(value) is dict else value)


def loads(kind: type[T], text: str, **given: object) -> T:
    """Read a value of type `kind`; `given` are the fields that were left out.

    Fields that the text lacks take their defaults. Raises ValueError when the text holds no such value.
    """
    return decode(kind, json.loads(text), **given)


def encode(value: object) -> Json:
    """A value as JSON data; TypeError when it holds something that cannot be read back."""
    return json.loads(dumps(value))


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
    """Steps as JSON, without the decisions behind them."""
    return dumps(tuple(steps))


def load_steps(text: str) -> tuple[Step, ...]:
    """The inverse of `dump_steps`; a kind that this version does not know keeps its name."""
    steps: tuple[Step, ...] = decode(tuple[Step, ...], json.loads(text))
    return steps


def _address_of(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    return Address(local, Domain(domain))


def _path_of(text: str) -> ReversePath:
    return ReversePath(_address_of(text[1:-1])) if text != "<>" else ReversePath.NULL


def _kind_of(text: str) -> StepKind:
    """A step kind; one of a newer lab is shown by its name and equals none of ours."""
    try:
        return StepKind(text)
    except ValueError:
        kind = str.__new__(StepKind, text)
        kind._name_ = text
        kind._value_ = text
        return kind


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
    StepKind: (str, _kind_of),
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
    if is_dataclass(kind):
        return _fields_writer(_names(typing.cast(typing.Any, kind)))
    if issubclass(kind, Mapping):
        return _checked
    if issubclass(kind, set | frozenset):
        return lambda members: sorted(members, key=_encode)
    raise TypeError(f"a {kind.__name__} cannot be written down")


@cache
def _fields_writer(names: tuple[str, ...]) -> _Writer:
    def write(value: typing.Any) -> Json:
        data = {name: getattr(value, name) for name in names}
        for each in data.values():
            if type(each) is dict:
                _checked(each)
        return data

    return write


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
    """The fields that are data; what is never compared and has a default is an attachment."""
    return tuple(
        each.name for each in fields(kind) if each.init and (each.compare or each.default is MISSING)
    )


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
    if kind is object:
        return _plain
    if origin in (typing.Union, types.UnionType):
        return _optional_reader(kind, arguments)
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


def _optional_reader(kind: typing.Any, arguments: tuple[typing.Any, ...]) -> _Reader:
    some = [argument for argument in arguments if argument is not types.NoneType]
    if len(some) != 1:
        raise TypeError(f"{kind}: JSON does not tell which of the two it is")
    read = _reader(some[0])
    return lambda data: None if data is None else read(data)


def _tuple_reader(arguments: tuple[typing.Any, ...]) -> _Reader:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        read = _reader(arguments[0])
        return lambda data: tuple([read(value) for value in data])
    readers = [_reader(argument) for argument in arguments]
    return lambda data: tuple([read(value) for read, value in zip(readers, data, strict=True)])


def _plain(data: Json) -> Json:
    if isinstance(data, list):
        return tuple([_plain(value) for value in data])
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    return data

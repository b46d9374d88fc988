"""How values are declared: dataclasses whose methods are made when they are first called.

`dataclasses` writes up to seven methods for a class while its module is imported, and has Python compile each. The lab has
some 400 such classes, a call needs a fraction of their methods, and making all was a fifth of the time until a verb began
its work. The `dataclass` of this module leaves the fields to `dataclasses` and makes the methods at their first call, with
the same meaning; `fields`, `replace`, `asdict`, patterns and pickling work as ever. It knows no `order`, which
one class has, and no `InitVar`.

`@dataclass(frozen=True)` also keeps guard over each field while the program runs, and pays for it whenever an instance is
made: a seventh of the time of a journey, for a promise that mypy checks in the text, and without mypy this project
does not pass. So where many are made, a `@value` is a frozen dataclass to mypy, and to Python one with slots, equality and
a hash, but no guard. Its fields are never assigned to, except what an instance remembers of itself (`Message`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

T = TypeVar("T")
_EQ = "def __eq__(self, other): return {} == {} if other.__class__ is self.__class__ else NotImplemented"
_HASH = "def __hash__(self): return hash({})"


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def value(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
    """Make a class a value: `@value()`, or `@value(kw_only=True)`."""
    return _made(slots=True, unsafe_hash=True, kw_only=kw_only)


def _made(
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    eq: bool = True,
    unsafe_hash: bool = False,
) -> Callable[[type[T]], type[T]]:
    def made(plain: type[T]) -> type[T]:
        own = dict(vars(plain))
        cls: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(
            plain
        )
        given = fields(cls)
        if frozen:
            _guard(cls, frozenset(field.name for field in given), slots=slots)
        if "__init__" not in own:
            _later(cls, "__init__", lambda: _init(cls, given, frozen=frozen, slots=slots))
        if "__repr__" not in own:
            cls.__repr__ = _repr([field.name for field in given if field.repr])
        if eq and "__eq__" not in own:
            compared = [field.name for field in given if field.compare]
            _later(
                cls, "__eq__", lambda: (_EQ.format(_tuple("self", compared), _tuple("other", compared)), {})
            )
        if eq and own.get("__hash__") is None:
            cls.__hash__ = None
            if frozen or unsafe_hash:
                hashed = [
                    field.name for field in given if (field.compare if field.hash is None else field.hash)
                ]
                _later(cls, "__hash__", lambda: (_HASH.format(_tuple("self", hashed)), {}))
        return cls  # type: ignore[no-any-return] # it is `plain` again, or its double with slots

    return made


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, **settings):
        """As that of `dataclasses`, but see above."""
        return _made(**settings) if cls is None else _made()(cls)


def _later(cls: Any, name: str, write: Callable[[], tuple[str, dict[str, Any]]]) -> None:
    """A method that is compiled, and takes its own place, when it is first called."""

    def first(*args: Any, **named: Any) -> Any:
        text, namespace = write()
        exec(text, namespace)  # noqa: S102 - the text is from this module and has names of fields
        method = namespace[name]
        method.__qualname__, method.__module__ = f"{cls.__qualname__}.{name}", cls.__module__
        setattr(cls, name, method)
        return method(*args, **named)

    setattr(cls, name, first)


def _init(cls: Any, given: Iterable[Field[Any]], *, frozen: bool, slots: bool) -> tuple[str, dict[str, Any]]:
    """The text of `__init__`, and what is known to it."""
    namespace: dict[str, Any] = {"_set": object.__setattr__, "_missing": MISSING}
    before, behind, lines = ["self"], ["*"], []
    for field in given:
        name, taken, value = field.name, field.name, field.name
        if field.default is not MISSING:
            namespace[f"_{name}"], taken = field.default, f"{name}=_{name}"
            value = name if field.init else f"_{name}"
        elif field.default_factory is not MISSING:
            namespace[f"_{name}"], taken = field.default_factory, f"{name}=_missing"
            value = f"_{name}() if {name} is _missing else {name}" if field.init else f"_{name}()"
        if field.init:
            (behind if field.kw_only else before).append(taken)
        elif field.default_factory is MISSING and (field.default is MISSING or not slots):
            continue  # it has no value yet, or that of the class
        lines.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ", ".join([*before, *(behind if len(behind) > 1 else ())])
    return f"def __init__({parameters}):\n  " + "\n  ".join(lines or ["pass"]), namespace


def _tuple(of: str, names: Iterable[str]) -> str:
    return f"({''.join(f'{of}.{name},' for name in names)})"


def _repr(names: Iterable[str]) -> Callable[[object], str]:
    def shown(self: object) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({values})"

    return recursive_repr()(shown)


def _guard(cls: Any, names: frozenset[str], *, slots: bool) -> None:
    """Nobody changes it, or a field of a class below; pickling and copying set the fields all the same."""

    def assign(self: object, name: str, value: object) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def delete(self: object, name: str) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    def state(self: Any) -> list[object]:
        return [getattr(self, field.name) for field in fields(self)]

    def restore(self: Any, values: Iterable[object]) -> None:
        for field, value in zip(fields(self), values, strict=True):
            object.__setattr__(self, field.name, value)

    cls.__setattr__, cls.__delattr__ = assign, delete
    if slots:
        cls.__getstate__, cls.__setstate__ = state, restore

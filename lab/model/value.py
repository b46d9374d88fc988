"""How a value is declared where many are made: a dataclass that nobody changes.

`@dataclass(frozen=True)` keeps guard over each field while the program runs, and pays for it whenever an instance is
made: a seventh of the time of a journey, for a promise that mypy checks in the text, and without mypy this project
does not pass. So a `@value` is a frozen dataclass to mypy, and to Python one with slots, equality and a hash, but no
guard. Its fields are never assigned to, except what an instance remembers of itself (`Message`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
    """Make a class a value: `@value()`, or `@value(kw_only=True)`."""
    return dataclass(slots=True, unsafe_hash=True, kw_only=kw_only)

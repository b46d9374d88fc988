"""A dataclass whose methods are made later is one all the same: what `dataclasses` does is the measure."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar

import pytest

from lab.model import value


def declared(dataclass: Any, **settings: Any) -> Any:
    @dataclass(**settings)
    class Thing:
        """Something with every kind of field."""

        KIND: ClassVar[str] = "thing"
        name: str
        size: int = 1
        parts: list[int] = field(default_factory=list)
        secret: str = field(default="s", repr=False)
        mark: int = field(default=7, compare=False)
        own: int = field(default=5, init=False)
        made: list[int] = field(default_factory=list, init=False, compare=False)
        last: str = field(default="", kw_only=True)

    return Thing


SETTINGS: list[dict[str, Any]] = [
    {"frozen": frozen, "slots": slots, "kw_only": kw_only}
    for frozen in (True, False)
    for slots in (True, False)
    for kw_only in (True, False)
]
ALIKE = pytest.mark.parametrize(
    "settings", SETTINGS, ids=lambda each: "-".join(k for k, on in each.items() if on) or "plain"
)


@ALIKE
def test_instances_are_made_and_shown_as_by_dataclasses(settings: dict[str, Any]) -> None:
    ours, theirs = (declared(of, **settings) for of in (value.dataclass, dataclasses.dataclass))
    for given in ({}, {"size": 2}, {"parts": [1], "secret": "t"}, {"mark": 3, "last": "z"}):
        assert repr(ours(name="n", **given)) == repr(theirs(name="n", **given))
    assert ours(name="a").parts is not ours(name="a").parts
    assert ours.__match_args__ == theirs.__match_args__
    for wrong in ({}, {"name": "n", "own": 1}, {"name": "n", "more": 1}):
        for of in (ours, theirs):
            with pytest.raises(TypeError):
                of(**wrong)


@ALIKE
def test_instances_are_compared_as_by_dataclasses(settings: dict[str, Any]) -> None:
    for of in (value.dataclass, dataclasses.dataclass):
        cls = declared(of, **settings)
        one = cls(name="a", parts=())
        assert one == cls(name="a", parts=(), mark=8)
        assert one != cls(name="a", parts=(), secret="t")
        assert one != declared(of, **settings)(name="a", parts=())
        assert one != "a"
        if settings["frozen"]:
            assert hash(one) == hash(("a", 1, (), "s", 5, "")) == hash(cls(name="a", parts=(), mark=9))
        else:
            with pytest.raises(TypeError, match="unhashable"):
                hash(one)


@ALIKE
def test_fields_replace_and_copies(settings: dict[str, Any]) -> None:
    ours, theirs = (declared(of, **settings) for of in (value.dataclass, dataclasses.dataclass))
    assert [each.name for each in dataclasses.fields(ours)] == [
        each.name for each in dataclasses.fields(theirs)
    ]
    one = ours(name="a", parts=[1])
    assert dataclasses.replace(one, size=3) == ours(name="a", parts=[1], size=3)
    assert dataclasses.asdict(one) == dataclasses.asdict(theirs(name="a", parts=[1]))
    assert dataclasses.is_dataclass(ours)
    assert copy.copy(one) == copy.deepcopy(one) == one
    assert hasattr(one, "__dict__") is not settings["slots"]


@pytest.mark.parametrize("slots", [True, False])
def test_a_frozen_one_is_guarded(slots: bool) -> None:
    one = declared(value.dataclass, frozen=True, slots=slots)(name="a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name


@value.dataclass(frozen=True, slots=True)
class Pickled:
    """At the top of a module, where pickle finds it."""

    name: str
    size: int = 1


@value.value()
class Base:
    """One with a method of its own."""

    name: str
    seen: str = ""

    def __post_init__(self) -> None:
        self.seen = self.name.upper()  # type: ignore[misc] # a value, but nobody guards it

    def __repr__(self) -> str:
        return f"<{self.name}>"


@value.value()
class Derived(Base):
    """One more field."""

    more: int = 0


def test_it_is_pickled() -> None:
    assert pickle.loads(pickle.dumps(Pickled("a", 2))) == Pickled("a", 2)


def test_classes_below_have_methods_of_their_own() -> None:
    one = Derived("a", more=2)
    assert (one.seen, repr(Base("b")), one) == ("A", "<b>", Derived("a", more=2))
    assert one != Base("a")
    assert len({one, Derived("a", more=2), Derived("a"), Base("a"), Base("a")}) == 3


def test_a_method_takes_its_place_when_it_is_called() -> None:
    cls = declared(value.dataclass, frozen=True)
    before = cls.__init__
    cls(name="a")
    assert cls.__init__ is not before
    assert cls.__init__.__qualname__ == f"{cls.__qualname__}.__init__"

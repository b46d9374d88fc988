"""Values: equal by content, usable as keys, and without room for anything that was not declared."""

from __future__ import annotations

from dataclasses import field, fields, replace

import pytest

from lab.model.value import value


@value()
class Point:
    x: int
    y: int = 0
    seen: str = field(default="", compare=False)


@value(kw_only=True)
class Named:
    name: str


def test_values_of_one_content_are_one_key():
    assert Point(1) == Point(1, 0, "somewhere else")
    assert {Point(1): "found"}[Point(1, 0, "somewhere else")] == "found"
    assert Point(1) != Point(2)


def test_a_value_is_copied_with_changes_like_any_dataclass():
    assert replace(Point(1, 2), y=3) == Point(1, 3)
    assert [each.name for each in fields(Point)] == ["x", "y", "seen"]


def test_a_value_has_no_room_for_more():
    with pytest.raises(AttributeError):
        Point(1).z = 3  # type: ignore[attr-defined]


def test_fields_can_be_asked_for_by_name_only():
    assert Named(name="a").name == "a"
    with pytest.raises(TypeError):
        Named("a")  # type: ignore[call-arg]


def test_the_guard_over_the_fields_is_the_type_checker():
    point = Point(1)
    point.x = 2  # type: ignore[misc]  # mypy says that it is read-only; an ignore that nothing needs is an error too
    assert point.x == 2

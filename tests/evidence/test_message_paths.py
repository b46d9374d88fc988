"""Ways of a message that splits."""

from __future__ import annotations

import pytest

from lab.drivers.simulator import simulate
from lab.evidence.message_paths import in_a_line, ways
from tests.nodes.worlds import world


@pytest.mark.parametrize(
    ("paths", "line"),
    [
        ([], ""),
        ([("a", "b")], "a > b"),
        ([("a", "b"), ("a", "b")], "a > b"),
        ([("a", "b"), ("a", "c", "d")], "a > {b; c > d}"),
        ([("a",), ("a", "b")], "{a; a > b}"),
        ([("a", "b"), ("a", "b", "c")], "a > {b; b > c}"),
        ([("a", "x"), ("b", "x")], "{a > x; b > x}"),
    ],
)
def test_what_ways_have_in_common_is_said_once(paths, line):
    assert in_a_line(paths) == line


def test_each_final_recipient_has_a_way():
    over = """
organizations: {a: {distribution_groups: [{address: ext@a.example, members: [partner@b.example, cloud@a.example]}]}}
messages: {m: {from: user@a.example, to: ext@a.example}}
"""
    found = {way.recipients: way.path for way in ways(simulate(world(over)).trace("m"))}
    assert found == {
        ("partner@b.example",): ("ex", "gw", "tenant:a", "tenant:b"),
        ("cloud@a.example",): ("ex", "tenant:a"),
    }

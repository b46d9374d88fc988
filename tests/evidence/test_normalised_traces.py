"""Traces without what changes from run to run."""

import json
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.trace_assembly import traces
from lab.model.reply import Reply
from lab.model.steps import Accepted, Delivered, Refused, Routed, Submitted
from lab.model.trace import Hop
from tests.evidence.hops import NDR, OFFER, PARTNER, USER, a_hop, a_step, refusing_hop, sent, the_fault
from tests.normalised_traces import diff, lines, normalise

OTHER_NDR = "<0815@AM0PR01MB0001.eurprd01.prod.outlook.com>"


def normal(hops) -> Any:
    return normalise(traces(hops), {"offer": OFFER})


def another_run(hop: Hop) -> Hop:
    """The same hop on another day, with other ids, ports, sizes and words that depend on them."""
    later = timedelta(days=3, microseconds=7)

    def said(value: Any) -> Any:
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{each.name: said(getattr(value, each.name)) for each in fields(value)})
        if not isinstance(value, str) or isinstance(value, Enum):
            return value
        changed = value.replace(NDR, OTHER_NDR).replace("InternalId=1234567890123", "InternalId=77")
        changed = changed.replace("AM9PR10MB4321", "AM0PR10MB0007").replace(
            "5312 bytes in 0.201, 25.800", "9 bytes in 1.5, 6"
        )
        changed = changed.replace("DB3PEPF0000885C", "AM4PEPF00001A0B").replace(
            "2026-03-03T09:15:03.125Z", "2026-03-06T10:00:00.000Z"
        )
        changed = changed.replace("08DE7A1B2C3D4E60", "08DE7A1B2C3D0000").replace(
            "queued as 4F1A2B3C4D5", "queued as ABC"
        )
        return changed.replace(":102", ":333")

    steps = tuple(replace(said(step), at=(step.at or hop.head.arrived) + later) for step in hop.steps)
    texts: dict[str, Any] = {
        name: said(getattr(hop.head, name)) for name in ("message_id", "connection", "host")
    }
    ids: dict[str, Any] = {
        "id": f"again-{hop.head.id}",
        "network_message_id": "other",
        "size": hop.head.size + 1,
    }
    return Hop(replace(hop.head, arrived=hop.head.arrived + later, **texts, **ids), steps)


def test_two_runs_of_the_same_thing_are_equal():
    first, second = the_fault(), tuple(another_run(hop) for hop in the_fault())
    assert traces(first) != traces(second)
    assert diff(normal(first), normal(second)) == ""
    assert normal(first) == normal(second)


@given(st.permutations(the_fault()))
def test_the_order_in_which_hops_were_told_does_not_matter(hops):
    assert normal(hops) == normal(the_fault())


def test_the_result_is_plain_data():
    assert json.loads(json.dumps(normal(the_fault()))) == normal(the_fault())


def test_messages_are_called_by_their_keys_and_reports_by_number():
    found = normal(the_fault())
    assert list(found) == ["offer"]
    assert list(found["offer"]["reports"]) == ["ndr-1"]
    said = json.dumps(found)
    assert "<ndr-1>" in said
    assert NDR not in said
    assert OFFER not in said


def test_messages_without_a_key_are_numbered():
    assert list(normalise(traces(the_fault()))) == ["message-1"]


def test_a_refused_stranger_has_no_volatile_name():
    one, two = (normalise(traces([refusing_hop(id=f"refused-{digit * 16}")])) for digit in "AB")
    assert one == two


@pytest.mark.parametrize(
    ("step", "data"),
    [
        (a_step(Routed, recipients=[PARTNER]), {"connector": "Another"}),
        (a_step(Delivered, recipient=PARTNER), {"mailbox": "elsewhere@uclabor.example"}),
        (a_step(Refused, recipient=PARTNER), {"reply": Reply(550, "5.7.64", "TenantAttribution")}),
    ],
    ids=["routed", "delivered", "refused"],
)
def test_what_was_decided_makes_a_difference(step, data):
    plain, other = a_hop(step), a_hop(replace(step, **data))
    said = diff(normal([plain]), normal([other]), ("simulator", "embedded"))
    assert "--- simulator" in said
    assert f"+    {step.kind}" in said
    assert str(*data.values()) in said


def test_siblings_are_ordered_by_recipient_not_by_time():
    def run(first: float, second: float):
        links = ("198.51.100.25:1>203.0.113.1", "198.51.100.25:2>203.0.113.2")
        who = ("a@uclabor.example", "b@fabrikam.example")
        start = a_hop(
            *(sent("mx", link, 9, recipients=[to]) for link, to in zip(links, who, strict=True)),
            recipients=who,
        )
        ends = [
            a_hop(
                a_step(Accepted, recipients=[to]),
                a_step(Delivered, recipient=to, mailbox=to),
                node=to,
                seconds=when,
                connection=link,
                recipients=(to,),
            )
            for to, link, when in zip(who, links, (first, second), strict=True)
        ]
        return normal([start, *ends])

    assert run(1, 2) == run(2, 1)


def test_parts_of_a_split_message_are_ordered_by_recipient():
    arrived = a_step(Submitted, sender=USER, recipients=["a@x.example", "b@x.example"])
    one, two = (a_step(Delivered, recipient=who, mailbox=who) for who in ("a@x.example", "b@x.example"))
    assert normal([a_hop(arrived, one, two)]) == normal([a_hop(arrived, two, one)])


def test_rules_take_part():
    step = a_step(Routed, recipients=[PARTNER])
    assert normal([a_hop(step)]) != normal([a_hop(replace(step, rules=("R101",)))])


def test_lines_are_one_a_hop_and_step():
    said = list(lines(normal(the_fault())))
    hops = the_fault()
    assert len(said) == 2 + len(hops) + sum(len(hop.steps) for hop in hops)
    assert said[0] == f"offer: {PARTNER}=bounced"

"""The codec: what is written down is read back as it was."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.message import Message
from lab.model.names import Address, Domain, ReversePath
from lab.model.switches import Switches
from lab.model.trace import HopHead, Step, StepKind
from lab.model.transport import Direction, DsnParameters, Mailboxed, QueueItem
from lab.wire import codec

# Header text may hold lone surrogates: undecodable octets of a message, kept by surrogateescape.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
ADDRESSES = st.builds(
    Address,
    st.text(min_size=1, max_size=12),
    st.sampled_from(["a.example", "xn--bcher-kva.example"]).map(Domain),
)
PATHS = ADDRESSES.map(ReversePath) | st.just(ReversePath.NULL)
MOMENTS = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001 - the zone comes from the next argument
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))]),
)
MESSAGES = st.binary(max_size=200).map(Message.parse)
DSN = st.builds(DsnParameters, st.frozensets(st.sampled_from(["SUCCESS", "FAILURE", "DELAY"])), TEXTS)
ITEMS = st.builds(
    QueueItem,
    id=TEXTS,
    node=TEXTS,
    hop=TEXTS,
    tenant=st.none() | TEXTS,
    reverse_path=PATHS,
    recipients=st.lists(ADDRESSES, max_size=3).map(tuple),
    message=MESSAGES,
    arrived=MOMENTS,
    due=MOMENTS,
    expires=MOMENTS,
    attempts=st.integers(),
    direction=st.none() | st.sampled_from(Direction),
    report=st.booleans(),
    dsn=st.dictionaries(TEXTS, DSN, max_size=3),
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
STEPS = st.builds(
    Step,
    st.sampled_from(StepKind),
    st.dictionaries(TEXTS, PLAIN, max_size=4),
    st.lists(TEXTS, max_size=3).map(tuple),
    st.none() | MOMENTS,
)
HEADS = st.builds(
    HopHead,
    id=TEXTS,
    node=TEXTS,
    host=TEXTS,
    tenant=st.none() | TEXTS,
    message_id=TEXTS,
    arrived=MOMENTS,
    recipients=st.lists(TEXTS, max_size=3).map(tuple),
    size=st.integers(0),
    subject=TEXTS,
)


@given(ITEMS)
def test_queue_item_round_trips(item):
    text, content = codec.dump_item(item)
    assert text.isascii()
    assert codec.load_item(text, content) == item


@given(STEPS)
def test_step_round_trips(step):
    assert codec.load_steps(codec.dump_steps([step])) == (step,)


@given(HEADS)
def test_hop_head_round_trips(head):
    assert codec.loads(HopHead, codec.dumps(head)) == head


@given(st.builds(Mailboxed, ADDRESSES, ADDRESSES, MESSAGES))
def test_mailboxed_round_trips_with_its_message(mailboxed):
    assert codec.loads(Mailboxed, codec.dumps(mailboxed)) == mailboxed


@given(st.lists(MOMENTS, min_size=2, max_size=5))
def test_written_times_sort_as_the_moments_do(moments):
    written = sorted(moments, key=lambda moment: str(codec.encode(moment)))
    assert written == sorted(moments)


def test_unknown_step_kind_keeps_its_name():
    (step,) = codec.load_steps('[{"kind":"teleported","data":{"to":["mars"]},"rules":[]}]')
    assert (step.kind.value, str(step.kind), f"{step.kind}") == ("teleported",) * 3
    assert step.data == {"to": ("mars",)}
    assert all(step.kind is not kind for kind in StepKind)
    assert codec.load_steps(codec.dump_steps([step])) == (step,)


def test_decision_is_not_written():
    class Decision:
        def story(self):
            return ("because",)

    written = codec.dump_steps([Step(StepKind.ROUTED, {}, decision=Decision())])
    assert "decision" not in json.loads(written)
    assert codec.load_steps(written)[0].decision is None


def test_steps_inside_other_values_leave_their_decision_out_too():
    assert codec.encode((Step(StepKind.ROUTED, {}),)) == [
        {"kind": "routed", "data": {}, "rules": [], "at": None}
    ]


def test_missing_fields_take_their_defaults():
    text, content = codec.dump_item(an_item())
    document = json.loads(text)
    del document["attempts"], document["envid"]
    assert codec.load_item(json.dumps(document), content) == an_item()


def test_lists_in_step_data_come_back_as_tuples():
    step = Step(StepKind.SENT, {"recipients": ["a@a.example"], "tls": {"version": "TLS1_3"}})
    assert codec.load_steps(codec.dump_steps([step]))[0].data == {
        "recipients": ("a@a.example",),
        "tls": {"version": "TLS1_3"},
    }


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '"item"',
        "{",
        '{"kind":"sent"}',
        '{"kind":"sent","data":{},"surprise":1}',
        '{"kind":"sent","data":{},"rules":7}',
        '{"kind":"sent","data":{},"rules":[7]}',
        '{"kind":"sent","data":{},"at":"yesterday"}',
    ],
)
def test_text_that_is_no_step_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        codec.load_steps(f"[{text}]")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (object(), "a object cannot be written"),
        ({1: "one"}, "the key 1 is no text"),
        (datetime(2026, 1, 1), "no time zone"),  # noqa: DTZ001 - that is the point
    ],
    ids=["unknown-type", "number-as-key", "naive-time"],
)
def test_what_could_not_be_read_back_is_not_written(value, why):
    with pytest.raises(TypeError, match=why):
        codec.encode(value)


@dataclass(frozen=True)
class Mixed:
    pair: tuple[str, int]
    some: list[float]
    each: dict[str, Switches]
    wait: timedelta


def test_every_shape_a_field_may_take_round_trips():
    mixed = Mixed(("a", 1), [0.5, 2], {"x": Switches(seed=7)}, timedelta(seconds=1.5))
    assert codec.loads(Mixed, codec.dumps(mixed)) == mixed


@dataclass(frozen=True)
class Unclear:
    either: Switches | DsnParameters


@dataclass(frozen=True)
class Strange:
    number: complex


@pytest.mark.parametrize(
    ("kind", "why"), [(Unclear, "which of the two"), (Strange, "cannot be read back")], ids=["union", "type"]
)
def test_field_that_could_not_be_told_apart_is_refused(kind, why):
    with pytest.raises(ValueError, match=why):
        codec.decode(kind, {})


def an_item(**other: Any) -> QueueItem:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    values: dict[str, Any] = {
        "id": "1",
        "node": "exchange",
        "hop": "1",
        "tenant": None,
        "reverse_path": ReversePath.NULL,
        "recipients": (Address.parse("b@b.example"),),
        "message": Message.parse(b"Subject: x\r\n\r\nbody\r\n"),
        "arrived": now,
        "due": now,
        "expires": now + timedelta(days=1),
    }
    return QueueItem(**(values | other))

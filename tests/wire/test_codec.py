"""The codec: what is written down is read back as it was."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.attribution_result import Attribution
from lab.core.routing import choose_outbound, choose_send_connector
from lab.core.transport_rules import Branch
from lab.model.decision import Direction
from lab.model.message import Message
from lab.model.names import Address, Domain, ReversePath
from lab.model.onprem import OnPremOrganization
from lab.model.steps import Attributed, Merged, Routed, Ruled, Step, decision_of
from lab.model.switches import Switches
from lab.model.trace import Hop, HopHead
from lab.model.transport import DsnParameters, Mailboxed, QueueItem
from lab.wire import codec
from tests.core.worlds import a_tenant, decide, on_premises, partner
from tests.steps import step_of
from tests.strategies import MOMENTS, TEXTS, values_of

ADDRESSES = st.builds(
    Address,
    st.text(min_size=1, max_size=12),
    st.sampled_from(["a.example", "xn--bcher-kva.example"]).map(Domain),
)
PATHS = ADDRESSES.map(ReversePath) | st.just(ReversePath.NULL)
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


@given(st.lists(values_of(Step), max_size=3).map(tuple))
def test_steps_round_trip(steps):
    assert codec.load_steps(codec.dump_steps(steps)) == steps


@given(HEADS)
def test_hop_head_round_trips(head):
    assert codec.loads(HopHead, codec.dumps(head)) == head


@given(st.builds(Mailboxed, ADDRESSES, ADDRESSES, MESSAGES))
def test_mailboxed_round_trips_with_its_message(mailboxed):
    assert codec.loads(Mailboxed, codec.dumps(mailboxed)) == mailboxed


@given(st.lists(MOMENTS, min_size=2, max_size=5))
def test_written_times_sort_as_the_moments_do(moments):
    written = sorted(moments, key=lambda moment: str(json.loads(codec.dumps(moment))))
    assert written == sorted(moments)


@pytest.mark.parametrize(
    "text", ['{"kind":"teleported","to":["mars"],"rules":[]}', '{"recipient":"a@a.example"}', '{"kind":7}']
)
def test_a_step_of_a_kind_that_nobody_knows_is_a_value_error(text):
    with pytest.raises(ValueError, match="is none of submitted, connected,"):
        codec.load_steps(f"[{text}]")


def an_attribution() -> Attribution:
    """Decided with losers: two connectors of the sender's tenant, one of the recipient's."""
    shown = decide(
        a_tenant(
            "a", on_premises("Wide", cert="*.a.example"), on_premises("Off", cert="x.example", enabled=False)
        ),
        a_tenant("b", partner(senders=("a.example",), ips=("203.0.113.9",))),
        cert="mx.a.example",
    )
    assert len(shown.explain().candidates) == 3
    return shown


def test_a_decision_read_back_is_what_the_live_one_explains():
    live = an_attribution()
    (read,) = codec.load_steps(codec.dump_steps([step_of(Attributed, cause=live)]))
    assert isinstance(read, Attributed)
    assert read.cause == live.explain()
    assert decision_of(read) == live.explain()


def test_the_other_kinds_of_decision_are_read_back_too():
    b_example = Domain("b.example")
    causes = (
        choose_outbound(a_tenant("a"), b_example, hosted=True, switches=Switches()),
        choose_send_connector(OnPremOrganization(name="own"), b_example),
        Branch((Address("user", b_example),), Message.parse(b"\r\n")),
    )
    steps = [step_of(Ruled if isinstance(cause, Branch) else Routed, cause=cause) for cause in causes]
    read = codec.load_steps(codec.dump_steps(steps))
    assert [decision_of(step) for step in read] == [cause.explain() for cause in causes]


def test_one_decision_told_twice_is_written_twice_alike():
    """The codec remembers what it wrote of an attribution: another one must not be taken for it."""
    for _ in range(3):
        live = an_attribution()
        steps = [step_of(Attributed, recipient=name, cause=live) for name in ("one", "two")]
        assert [decision_of(step) for step in codec.load_steps(codec.dump_steps(steps))] == [
            live.explain()
        ] * 2


def test_steps_inside_other_values_take_their_decision_with_them():
    decision = choose_outbound(a_tenant("a"), Domain("b.example"), hosted=True, switches=Switches()).explain()
    head = HopHead(
        id="1", node="n", host="h", tenant=None, message_id="", arrived=datetime(2026, 1, 1, tzinfo=UTC)
    )
    (read,) = codec.loads(Hop, codec.dumps(Hop(head, (step_of(Routed, cause=decision),)))).steps
    assert decision_of(read) == decision


def test_a_step_is_written_with_its_kind_beside_its_fields():
    assert json.loads(codec.dumps((Merged(recipient="a@a.example", rules=("R156",)),))) == [
        {"kind": "merged", "rules": ["R156"], "at": None, "recipient": "a@a.example"}
    ]


def test_missing_fields_take_their_defaults():
    text, content = codec.dump_item(an_item())
    document = json.loads(text)
    del document["attempts"], document["envid"]
    assert codec.load_item(json.dumps(document), content) == an_item()


def test_arrays_come_back_as_tuples():
    (read,) = codec.load_steps('[{"kind":"merged","recipient":"a","rules":["R1","R2"]}]')
    assert read == Merged(recipient="a", rules=("R1", "R2"))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '"item"',
        "{",
        '{"kind":"merged"}',
        '{"kind":"merged","recipient":"a","surprise":1}',
        '{"kind":"merged","recipient":["a"]}',
        '{"kind":"merged","recipient":"a","rules":7}',
        '{"kind":"merged","recipient":"a","rules":[7]}',
        '{"kind":"merged","recipient":"a","at":"yesterday"}',
        '{"kind":"dropped","recipient":"a","reason":"because"}',
        '{"kind":"routed","recipients":[],"connector":"","how":"mx","targets":[],"cause":{"kind":"sent"}}',
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
        codec.dumps(value)


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
    ("kind", "why"), [(Unclear, "which of them"), (Strange, "cannot be read back")], ids=["union", "type"]
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

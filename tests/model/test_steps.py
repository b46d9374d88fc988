"""The closed set of steps: complete, told apart by kind, and the same after any transport."""

import inspect
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model import steps
from lab.model.decision import RoutingDecision
from lab.model.steps import (
    Attributed,
    Bounced,
    Connected,
    Contacting,
    Dropped,
    Ending,
    Refused,
    Routed,
    Ruled,
    Sent,
    Step,
    decision_of,
)
from lab.wire import codec
from tests.steps import KINDS, step_of
from tests.strategies import values_of


def test_the_union_has_every_class_with_a_kind():
    classes = {
        each for _, each in inspect.getmembers(steps, inspect.isclass) if each.__module__ == steps.__name__
    }
    assert set(KINDS) == {each for each in classes if isinstance(getattr(each, "kind", None), str)}
    assert len(KINDS) == 17


def test_kinds_are_distinct_and_are_the_names_of_the_classes():
    assert [each.kind for each in KINDS] == [each.__name__.lower() for each in KINDS]
    assert len({each.kind for each in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_is_about_all_its_recipients(kind: type[Step]) -> None:
    names = {each.name for each in fields(kind)}
    one, many = "a@a.example", ("a@a.example", "B@a.example")
    if "recipients" in names:
        assert step_of(kind, recipients=many).about == many
    elif "recipient" in names:
        assert step_of(kind, recipient=one).about == (one,)
        assert step_of(kind, recipient="").about == ()
    else:
        assert step_of(kind).about == ()


def test_whoever_contacts_or_ends_has_a_contact_or_recipients():
    having = {each for each in KINDS if "contact" in {field.name for field in fields(each)}}
    assert having == set(Contacting.__args__)
    assert {Sent, Bounced, Dropped} < set(Ending.__args__)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_step_is_the_same_after_transport_with_the_decision_behind_it(
    kind: Any, data: st.DataObject
) -> None:
    step = data.draw(values_of(kind))
    (read,) = codec.load_steps(codec.dump_steps([step]))
    assert type(read) is kind
    assert read == step
    assert decision_of(read) == decision_of(step)


def test_only_what_a_node_decided_has_a_cause():
    caused = {each for each in KINDS if "cause" in {field.name for field in fields(each)}}
    assert caused == {Attributed, Ruled, Routed}
    assert decision_of(step_of(Refused)) is decision_of(step_of(Connected)) is None


def test_a_decision_is_made_only_when_it_is_asked_for():
    class Counting:
        asked = 0

        def explain(self) -> RoutingDecision:
            self.asked += 1
            return RoutingDecision(
                on_premises=False, domain="b.example", connector=None, rules=(), candidates=(), switches={}
            )

    cause = Counting()
    step = step_of(Routed, cause=cause)
    assert (step, cause.asked) == (step_of(Routed), 0)
    assert decision_of(step) == Counting().explain()
    assert cause.asked == 1

"""What is known at a moment, and by whom (R214)."""

from datetime import timedelta

from lab.evidence.journal import known_by, shown_to
from lab.model.steps import Accepted, Sent, Submitted
from lab.model.trace import Hop
from tests.evidence.hops import a_head, a_step, at
from tests.steps import step_of

HOPS = (
    Hop(a_head("exchange", 0), (a_step(Submitted, 0), a_step(Sent, 20))),
    Hop(a_head("eop:EUR", 10, tenant="msxfaq"), (step_of(Accepted),)),
)


def shape(hops):
    return [(hop.head.node, [step.kind for step in hop.steps]) for hop in hops]


def test_what_happened_later_is_not_known():
    assert shape(known_by(HOPS, at(5))) == [("exchange", ["submitted"])]
    assert shape(known_by(HOPS, at(10))) == [("exchange", ["submitted"]), ("eop:EUR", ["accepted"])]
    assert known_by(HOPS, at(20)) == HOPS


def test_a_tenant_s_trace_is_behind_and_logs_are_not():
    now = at(10) + timedelta(seconds=599)
    assert shown_to("exchange", HOPS, now, 600) == HOPS
    assert shape(shown_to("tenant:msxfaq", HOPS, now, 600)) == [("exchange", ["submitted"])]
    assert shape(shown_to("tenant:msxfaq", HOPS, at(610), 600))[1] == ("eop:EUR", ["accepted"])

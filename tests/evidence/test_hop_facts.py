"""Reading hops and steps."""

from dataclasses import fields

import pytest

from lab.evidence.hop_facts import about, bare_path, connector_of, place, recipients, reply_of, taken
from lab.model.reply import Reply
from lab.model.steps import Accepted, Attributed, Connected, Refused, Routed, Sent, Submitted
from tests.evidence.hops import PARTNER, USER, a_hop, a_step, bounced
from tests.steps import KINDS


def test_recipients_of_a_step_are_compared_without_case():
    step = a_step(Sent, recipients=["A@uclabor.example", "b@uclabor.example"])
    assert step.about == ("A@uclabor.example", "b@uclabor.example")
    assert about(step, {"a@uclabor.example"})
    assert not about(step, {"c@uclabor.example"})


def test_refused_recipients_count_as_recipients_of_the_hop():
    hop = a_hop(a_step(Refused, recipient=USER), recipients=(PARTNER,))
    assert recipients(hop) == (PARTNER, USER)


@pytest.mark.parametrize(
    ("kinds", "was_taken"),
    [
        ((), True),
        ((Submitted,), True),
        ((Accepted,), True),
        ((Refused,), False),
        ((Refused, Accepted), True),
        ((Connected, Attributed, Refused), False),
    ],
)
def test_a_hop_is_taken_unless_all_was_refused(kinds, was_taken):
    assert taken(a_hop(*(a_step(kind) for kind in kinds))) is was_taken


def test_a_place_is_the_tenant_or_the_host():
    assert place(a_hop(node="eop:EUR", tenant="msxfaq")) == "tenant:msxfaq"
    assert place(a_hop(node="eop:EUR")) == "eop:EUR"
    assert place(a_hop(node="gateway")) == "gateway"


def test_the_connector_of_a_bounce_is_that_of_its_last_routing():
    first = a_step(Routed, recipients=[PARTNER], connector="First")
    last = a_step(Routed, recipients=[PARTNER], connector="Last")
    other = a_step(Routed, recipients=[USER], connector="Other")
    bounce = bounced()
    assert connector_of(a_hop(first, last, other, bounce), bounce) == "Last"
    assert connector_of(a_hop(other, bounce), bounce) == ""
    own = a_step(Sent, recipients=[PARTNER], connector="Own")
    assert connector_of(a_hop(first, own), own) == "Own"


@pytest.mark.parametrize("kind", KINDS)
def test_the_reply_that_a_step_tells_of_is_its_own_or_the_next_hosts(kind):
    told = a_step(kind, reply="451 4.7.0 later") if "reply" in {f.name for f in fields(kind)} else None
    assert reply_of(told or a_step(kind)) == (Reply(451, "4.7.0", "later") if told else None)


def test_reverse_paths_lose_their_brackets():
    assert [bare_path(path) for path in ("<>", f"<{USER}>", USER)] == ["", USER, USER]

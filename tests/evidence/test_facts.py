"""Reading hops and steps."""

import pytest

from lab.evidence.facts import about, bare_path, connector_of, named, place, recipients, taken, text, texts
from tests.evidence.hops import PARTNER, USER, a_hop, a_step, bounced


@pytest.mark.parametrize(
    ("value", "one", "many"),
    [
        (None, "", ()),
        ("", "", ()),
        ("a", "a", ("a",)),
        (["a", "b"], "['a', 'b']", ("a", "b")),
        (("a",), "('a',)", ("a",)),
        (3, "3", ("3",)),
    ],
)
def test_values_are_read_as_text_whatever_they_are(value, one, many):
    step = a_step("routed", key=value)
    assert (text(step, "key"), texts(step, "key")) == (one, many)


def test_a_missing_step_or_key_reads_as_nothing():
    assert text(None, "key") == text(a_step("routed"), "key") == ""
    assert texts(None, "key") == texts(a_step("routed"), "key") == ()


def test_recipients_of_a_step_are_compared_without_case():
    step = a_step("sent", recipients=["A@uclabor.example"], recipient="b@uclabor.example")
    assert named(step) == ("A@uclabor.example", "b@uclabor.example")
    assert about(step, {"a@uclabor.example"})
    assert not about(step, {"c@uclabor.example"})


def test_refused_recipients_count_as_recipients_of_the_hop():
    hop = a_hop(a_step("refused", recipient=USER), recipients=(PARTNER,))
    assert recipients(hop) == (PARTNER, USER)


@pytest.mark.parametrize(
    ("kinds", "was_taken"),
    [
        ((), True),
        (("submitted",), True),
        (("accepted",), True),
        (("refused",), False),
        (("refused", "accepted"), True),
        (("connected", "attributed", "refused"), False),
    ],
)
def test_a_hop_is_taken_unless_all_was_refused(kinds, was_taken):
    assert taken(a_hop(*(a_step(kind) for kind in kinds))) is was_taken


def test_a_place_is_the_tenant_or_the_host():
    assert place(a_hop(node="eop:EUR", tenant="msxfaq")) == "tenant:msxfaq"
    assert place(a_hop(node="eop:EUR")) == "eop:EUR"
    assert place(a_hop(node="gateway")) == "gateway"


def test_the_connector_of_a_bounce_is_that_of_its_last_routing():
    first = a_step("routed", recipients=[PARTNER], connector="First")
    last = a_step("routed", recipients=[PARTNER], connector="Last")
    other = a_step("routed", recipients=[USER], connector="Other")
    bounce = bounced()
    assert connector_of(a_hop(first, last, other, bounce), bounce) == "Last"
    assert connector_of(a_hop(other, bounce), bounce) == ""
    own = a_step("sent", recipients=[PARTNER], connector="Own")
    assert connector_of(a_hop(first, own), own) == "Own"


def test_reverse_paths_lose_their_brackets():
    assert [bare_path(path) for path in ("<>", f"<{USER}>", USER)] == ["", USER, USER]

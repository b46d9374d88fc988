"""The journal in memory."""

import pytest

from lab.errors import LabBug
from lab.evidence.journal import Journal
from lab.model.steps import Refused, Routed, Sent, Submitted
from tests.evidence.hops import a_head, a_step


def test_steps_are_added_to_the_hop_that_began():
    journal = Journal()
    journal.begin(a_head(id="a"), [a_step(Submitted)])
    journal.begin(a_head(id="b"))
    journal.append("a", [a_step(Routed), a_step(Sent)])
    kinds = {hop.head.id: [step.kind for step in hop.steps] for hop in journal.hops()}
    assert kinds == {"a": ["submitted", "routed", "sent"], "b": []}
    assert len(journal) == 2


def test_what_was_read_does_not_change_afterwards():
    journal = Journal()
    journal.begin(a_head(id="a"))
    before = journal.hops()
    journal.append("a", [a_step(Routed)])
    assert before[0].steps == ()


def test_a_session_may_see_several_messages_refused():
    journal = Journal()
    for recipient in ("one@uclabor.example", "two@uclabor.example"):
        journal.begin(a_head(id="08DE7A1B2C3D4E60"), [a_step(Refused, recipient=recipient)])
    assert len(journal.hops()) == 2


def test_steps_without_a_hop_are_a_bug():
    with pytest.raises(LabBug, match="never began"):
        Journal().append("nowhere", [a_step(Routed)])


def test_a_reader_that_comes_again_hears_what_is_new():
    journal = Journal()
    journal.begin(a_head(id="a"), [a_step(Submitted)])
    journal.begin(a_head(id="b"))
    before = journal.position
    assert [index for index, _, _ in journal.since(0)] == [0, 1]
    journal.append("a", [a_step(Routed)])
    journal.append("a", [a_step(Sent)])
    ((index, head, steps),) = journal.since(before)
    assert (index, head.id, [step.kind for step in steps]) == (0, "a", ["submitted", "routed", "sent"])
    assert list(journal.since(journal.position)) == []

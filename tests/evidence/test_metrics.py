"""Counters over hops: counted once, in any number of readings, with no word of a client in a label."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lab.cli import locations as where
from lab.drivers.simulator import Simulator, simulate
from lab.evidence import metrics
from lab.evidence.journal import Journal
from lab.evidence.metrics import (
    ATTRIBUTIONS,
    COUNTED,
    DEFERRALS,
    DELIVERIES,
    DROPS,
    DUPLICATES,
    MESSAGES,
    MISPLACED,
    NDRS,
    REFUSALS,
    Histogram,
    Labels,
    MetricDeclaration,
    MetricFamily,
    Tally,
    count,
    places,
)
from lab.model.steps import Accepted, Bounced, Deferred, Delivered, Dropped, Refused, Stage, Step, Submitted
from lab.scenario.load import load
from tests.evidence.hops import a_head, a_step

VARIANTS = load(where.find_scenario("wildcard-misrouting")).variants
FAULT = VARIANTS["shared-wildcard"]
TOPOLOGY = FAULT.topology


def happened(families: tuple[MetricFamily, ...]) -> Mapping[MetricDeclaration, Mapping[Labels, float]]:
    """All that is not 0."""
    told = {}
    for family in families:
        values = {
            labels: value
            for labels, value in family.samples.items()
            if value and not isinstance(value, Histogram)
        }
        if values:
            told[family.declared] = values
    return told


def test_the_articles_fault_in_numbers():
    told = happened(count(simulate(FAULT).hops, FAULT))
    assert told == {
        MESSAGES: {("exchange",): 2, ("gateway",): 1, ("tenant:msxfaq",): 2},
        DELIVERIES: {("exchange",): 1},
        MISPLACED: {("tenant:msxfaq", "certificate"): 1},
        ATTRIBUTIONS: {
            ("msxfaq", "certificate", "Originating"): 1,
            ("uclabor", "recipient", "Incoming"): 1,
        },
        REFUSALS: {("tenant:uclabor", "rcpt", "5.7.51"): 1},
        NDRS: {("tenant:msxfaq", "5.7.51"): 1},
    }


def test_the_cure_in_numbers():
    told = happened(count(simulate(VARIANTS["dedicated-certificate"]).hops, FAULT))
    assert told.keys() == {MESSAGES, DELIVERIES, ATTRIBUTIONS}
    assert told[DELIVERIES] == {("tenant:uclabor",): 1}


def test_reading_often_counts_no_more_than_reading_once():
    hops = simulate(FAULT).hops
    journal, often = Journal(), Tally(FAULT)
    for hop in hops:
        journal.begin(hop.head)
        often.read(journal)
        for step in hop.steps:
            journal.append(hop.head.id, [step])
            often.read(journal)
            often.read(journal)
    once = count(hops, FAULT)
    assert happened(often.families()).keys() == happened(once).keys()
    for was, now in zip(once, often.families(), strict=True):
        if was.declared is not MESSAGES and was.declared is not MISPLACED:  # a hop is judged when it begins
            assert was == now


def test_a_long_journal_is_read_in_parts():
    journal, parts = Journal(), Tally(FAULT)
    hops = simulate(FAULT).hops
    for hop in hops:
        journal.begin(hop.head, hop.steps)
    assert [parts.read(journal, 2) for _ in range(3)] == [True, True, False]
    assert parts.families() == count(hops, FAULT)


def test_a_second_copy_in_one_mailbox_is_a_duplicate():
    tally = Tally(FAULT)
    for index, mailbox in enumerate(
        ["partner@uclabor.example", "PARTNER@uclabor.example", "b@uclabor.example"]
    ):
        head = a_head(node="eop:EUR", tenant="uclabor", id=str(index))
        tally.count(index, head, [a_step(Accepted), a_step(Delivered, recipient=mailbox, mailbox=mailbox)])
    told = happened(tally.families())
    assert told[DELIVERIES] == {("tenant:uclabor",): 3}
    assert told[DUPLICATES] == {("tenant:uclabor",): 1}


def test_one_report_on_two_recipients_is_one():
    tally = Tally(FAULT)
    bounced = [
        a_step(Bounced, recipient=to, status="5.1.10", ndr="<n@x>") for to in ("a@b.example", "c@b.example")
    ]
    tally.count(0, a_head(), [a_step(Submitted, sender="a@b.example"), *bounced])
    assert happened(tally.families())[NDRS] == {("exchange", "5.1.10"): 1}


def test_what_waits_and_what_is_dropped_is_counted():
    tally = Tally(FAULT)
    steps: list[Step] = [
        a_step(Submitted),
        a_step(Deferred, reply="450 4.4.316 Connection refused"),
        a_step(Dropped),
    ]
    tally.count(0, a_head(), steps)
    told = happened(tally.families())
    assert told[DEFERRALS] == {("exchange", "4.4.316"): 1}
    assert told[DROPS] == {("exchange",): 1}


@pytest.mark.parametrize("reply", ["550 5.7.9999 x", "550 no reply", "550", "550 5.x.1 x"])
def test_a_status_that_is_none_makes_no_series_of_its_own(reply):
    tally = Tally(FAULT)
    tally.count(0, a_head(), [a_step(Refused, stage=Stage.RCPT, reply=reply)])
    (labels,) = happened(tally.families())[REFUSALS]
    assert labels[2] in (metrics.OTHER, "5.0.0")


def test_statuses_without_end_end():
    tally = Tally(FAULT)
    for number in range(500):
        tally.count(number, a_head(), [a_step(Refused, stage=Stage.RCPT, reply=f"550 5.7.{number} no")])
    refusals = happened(tally.families())[REFUSALS]
    assert len(refusals) <= 101
    assert sum(refusals.values()) == 500


def test_labels_are_those_of_the_configuration():
    """Never an address, a Message-ID, or the name of a connector or certificate."""
    names = {name for declared in COUNTED for name in declared.labels}
    assert names == {"place", "basis", "tenant", "verdict", "stage", "status", "maker"}


def test_every_place_is_told_as_zero_before_anything_happens():
    families = {family.declared: family.samples for family in Tally(FAULT).families()}
    for declared in (MESSAGES, DELIVERIES, DUPLICATES):
        assert {labels[0] for labels in families[declared]} == set(places(TOPOLOGY))
    assert set(families[MISPLACED]) >= {("tenant:uclabor", "certificate")}
    assert all(value == 0 for samples in families.values() for value in samples.values())


def test_the_journal_of_a_lab_is_read_as_it_grows():
    lab = Simulator(TOPOLOGY, FAULT.starts)
    tally = Tally(FAULT)
    tally.read(lab.journal)
    assert happened(tally.families()) == {}

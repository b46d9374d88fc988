"""Rounds compared: what got worse, what got better."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.analysis.matrix import prepared
from lab.analysis.repeated_rounds import RoundResult, changes, readings
from lab.cli.locations import find_scenario
from lab.drivers.simulator import simulate
from lab.evidence.repeated_tests import EndingGist
from lab.reports.comparison.compared_variants import ChangeDirection
from lab.reports.explanation.alarms import seen
from lab.scenario.load import load

ARTICLE = load(find_scenario("wildcard-misrouting"))
GOOD = RoundResult(EndingGist(("exchange", "tenant:b"), ("delivered",), "", "b"))
BOUNCED = RoundResult(EndingGist(("exchange",), ("bounced",), "5.7.51", "b"))
SEEN = replace(GOOD, alarms=(seen("tenant:c"),))
ELSEWHERE = RoundResult(EndingGist(("exchange", "gateway", "tenant:b"), ("delivered",), "", "b"))


@pytest.mark.parametrize(
    ("was", "now", "turn"),
    [
        (GOOD, BOUNCED, ChangeDirection.WORSE),
        (BOUNCED, GOOD, ChangeDirection.BETTER),
        (GOOD, SEEN, ChangeDirection.WORSE),
        (SEEN, GOOD, ChangeDirection.BETTER),
        (GOOD, ELSEWHERE, ChangeDirection.OTHER),
        (None, GOOD, ChangeDirection.NEW),
        (GOOD, None, ChangeDirection.GONE),
        (GOOD, RoundResult(None), ChangeDirection.WORSE),
    ],
)
def test_which_way_it_turned(was, now, turn):
    before, after = ({"m": each} if each else {} for each in (was, now))
    assert [(c.message, c.turn) for c in changes(before, after)] == [("m", turn)]


def test_what_is_the_same_is_no_change():
    assert changes({"a": GOOD, "b": SEEN}, {"b": SEEN, "a": GOOD}) == ()


def test_a_fault_alarms_although_the_scenario_claims_it():
    found = readings(simulate(ARTICLE.variants["shared-wildcard"]))
    assert found["offer"].alarms == (seen("tenant:msxfaq"),)
    assert not found["offer"].arrived


def test_a_cure_alarms_about_what_is_not_as_claimed():
    cure, fault = ARTICLE.variants["dedicated-certificate"], ARTICLE.variants["shared-wildcard"]
    assert readings(simulate(cure))["offer"].alarms == ()
    broken = readings(simulate(replace(cure, topology=fault.topology)))
    assert any("wanted delivered, got bounced" in str(alarm) for alarm in broken["offer"].alarms)


def test_a_matrix_alarms_in_a_fault_too():
    variant = prepared(ARTICLE.variants["shared-wildcard"], ARTICLE.file)
    found = readings(simulate(variant), matrix=True)
    assert seen("tenant:msxfaq") in found["onprem_to_same-region"].alarms
    assert found["cloud_to_onprem"].alarms == ()


def test_a_matrix_tells_each_alarm_once():
    """What a claim and the rule say of the same tenant is one alarm, and no double negative."""
    variant = prepared(ARTICLE.variants["shared-wildcard"], ARTICLE.file)
    alarms = readings(simulate(variant), matrix=True)["onprem_to_same-region"].alarms
    assert [str(alarm) for alarm in alarms] == [
        "wanted delivered, got bounced",
        "seen by tenant:msxfaq, where nothing leads it",
    ]

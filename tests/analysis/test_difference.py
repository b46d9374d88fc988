"""Two configurations compared: exactly the cells that move, with the rule that moves them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.difference import Variation, difference, direction, pairs
from lab.analysis.matrix import matrix
from lab.evidence.expectations import ClaimKind
from lab.model.decision import Basis
from lab.model.trace import Disposition
from lab.reports.comparison.compared_variants import ChangeDirection, Difference
from lab.reports.explanation.alarms import Alarm, seen
from lab.reports.matrix.matrix_cells import Cell, differing
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.sentence import sentence

TODAY = date(2026, 11, 24)
SCENARIOS = Path("scenarios")
ARTICLE = ChangeableScenario.load(SCENARIOS / "wildcard-misrouting.yaml")


def compared(before: str, after: str, configuration: ChangeableScenario = ARTICLE) -> Difference:
    sides = Variation(configuration, before), Variation(configuration, after)
    return difference(*sides, TODAY, CHECKS)


def moved(found: Difference) -> dict[tuple[str, str], ChangeDirection]:
    return {(each.sender, each.recipient): each.turn for each in found.moved}


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("wildcard-misrouting.yaml", "shared-wildcard", "dedicated-certificate"),
        ("wildcard-misrouting.yaml", "shared-wildcard", "shared-address"),
        ("flows/matrix-centralized.yaml", "as-the-wizard-left-it", "centralized"),
        ("flows/special-senders.yaml", "as-it-should-be", "side-door-locked"),
    ],
)
def test_the_cells_that_move_are_those_in_which_the_matrices_differ(file, before, after):
    configuration = ChangeableScenario.load(SCENARIOS / file)
    played = [matrix(configuration.variant(name)) for name in (before, after)]
    assert set(moved(compared(before, after, configuration))) == set(differing(played))


def test_the_cure_makes_one_cell_better_and_says_by_which_rule():
    found = compared("shared-wildcard", "dedicated-certificate")
    assert moved(found) == {
        ("onprem", "same-region"): ChangeDirection.BETTER,
        ("onprem", "moera"): ChangeDirection.OTHER,
    }
    assert not found.worse
    better = next(each for each in found.moved if each.turn is ChangeDirection.BETTER)
    assert better.why is not None
    assert better.why.place == "tenant:uclabor"
    assert "R15" in better.why.rules
    assert seen("tenant:msxfaq") in better.vanished
    assert {each.finding.code for each in found.findings} >= {"MFL-ATTR-001"}
    assert {each.turn for each in found.findings} == {ChangeDirection.GONE}


def test_the_way_back_is_worse():
    found = compared("dedicated-certificate", "shared-wildcard")
    assert found.worse
    worse = next(each for each in found.moved if each.worse)
    assert (worse.sender, worse.recipient) == ("onprem", "same-region")
    assert worse.why is not None
    assert "R3" in worse.why.rules
    assert any(each.worse and each.finding.id == "MFL-ATTR-001:gateway" for each in found.findings)
    assert "organizations.msxfaq.hybrid.certificate_name" in {each.path for each in found.settings}


def test_nothing_changes_where_nothing_differs():
    found = compared("shared-wildcard", "shared-wildcard")
    assert found.nothing
    assert not found.settings


def test_a_setting_may_differ_without_any_effect(tmp_path):
    found = diff(tmp_path, "certificates: {idle: {names: [idle.msxfaq.example]}}")
    assert found.nothing
    assert [each.path for each in found.settings] == ["certificates.idle"]
    assert len(found.unchanged) == 10


def test_somebody_else_may_stand_for_a_class(tmp_path):
    """The same person is compared, whoever comes first now."""
    more = "change: {tenants.uclabor.mailboxes: [first@uclabor.example, partner@uclabor.example]}"
    found = diff(tmp_path, f"variants: {{shared-wildcard: {{{more}}}}}")
    assert set(moved(found).values()) == {ChangeDirection.NEW}
    assert {each.recipient for each in found.moved if each.sender == "onprem"} == {"same-region"}
    assert any(who == "onprem" and whom == "partner@uclabor.example" for who, whom in found.unchanged)
    assert found.worse, "what is new goes astray at once"


def test_who_is_gone_is_told_as_gone(tmp_path):
    found = diff(
        tmp_path, "variants: {shared-wildcard: {tenants: {uclabor: ~}, matrix: ~, messages: ~, expect: ~}}"
    )
    assert ("onprem", "same-region") in moved(found)
    assert set(moved(found).values()) == {ChangeDirection.GONE}


def diff(tmp_path: Path, text: str) -> Difference:
    """The article's fault against the same with something laid over it."""
    file = SCENARIOS.resolve() / "wildcard-misrouting.yaml"
    (tmp_path / "below").symlink_to(file.parent.parent)
    changed = tmp_path / "changed.yaml"
    changed.write_text(
        f"scenario: c\nwhy: w\ninclude: [below/scenarios/wildcard-misrouting.yaml]\n{text}\n", "utf-8"
    )
    after = ChangeableScenario.load(changed)
    sides = Variation(ARTICLE, "shared-wildcard"), Variation(after, "shared-wildcard")
    return difference(*sides, TODAY, CHECKS)


_CELL = next(each for each in matrix(ARTICLE.variant("dedicated-certificate")).cells if each.arrived)
_MEANT = replace(_CELL, end=Disposition.BOUNCED, ending=sentence("bounced 5.7.51"))
_LOST = replace(_MEANT, alarms=(Alarm(ClaimKind.ENDS, "", sentence("wanted delivered, got bounced 5.7.51")),))
_SEEN = replace(_CELL, alarms=(seen("tenant:x"),))
_TWICE = replace(_CELL, alarms=(Alarm(ClaimKind.NOT_TWICE, "tenant:x", sentence("taken 2 times")),))


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        pytest.param(_CELL, _LOST, ChangeDirection.WORSE, id="lost"),
        pytest.param(_LOST, _CELL, ChangeDirection.BETTER, id="found again"),
        pytest.param(_CELL, _SEEN, ChangeDirection.WORSE, id="astray"),
        pytest.param(_SEEN, _CELL, ChangeDirection.BETTER, id="not astray any more"),
        pytest.param(_SEEN, _LOST, ChangeDirection.WORSE, id="lost does not make up for astray"),
        pytest.param(_LOST, _SEEN, ChangeDirection.WORSE, id="nor astray for lost"),
        pytest.param(_CELL, _MEANT, ChangeDirection.OTHER, id="an expected bounce"),
        pytest.param(_CELL, _TWICE, ChangeDirection.WORSE, id="another alarm"),
        pytest.param(_CELL, replace(_CELL, basis=Basis.ADDRESS), ChangeDirection.OTHER, id="another basis"),
        pytest.param(None, _CELL, ChangeDirection.NEW, id="new"),
        pytest.param(_CELL, None, ChangeDirection.GONE, id="gone"),
    ],
)
def test_which_way_a_cell_turns(was: Cell | None, now: Cell | None, expected: ChangeDirection):
    assert direction(was, now) is expected


def test_variants_are_compared_by_name_else_the_first():
    other = ChangeableScenario.load(SCENARIOS / "faults/p15-internal-relay-left.yaml")
    assert pairs(ARTICLE, ARTICLE) == tuple((name, name) for name in ARTICLE.scenario.variants)
    assert pairs(ARTICLE, other) == (("shared-wildcard", next(iter(other.scenario.variants))),)

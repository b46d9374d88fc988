"""All scenarios, played once in the simulator: which status codes and rules they show, and where the catalogue points."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.analysis.rule_coverage import RuleCoverage, rule_coverage
from lab.cli.verbs import scenarios
from lab.core.rulebook import RULES
from lab.core.rulebook.misconfigurations import ARTICLE_TESTS, FAULTS
from lab.core.rulebook.sources import SOURCES
from lab.core.rulebook.status import CODES, Status, missing
from lab.scenario.load import load

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shown() -> RuleCoverage:
    return rule_coverage(map(load, scenarios.own()))


def test_the_codes_are_numbered_and_say_where_they_come_from() -> None:
    assert [code.number for code in CODES] == list(range(1, 48))
    for code in CODES:
        assert {part.split()[0] for part in code.source.split(",")} <= set(SOURCES)
        assert set(code.rules) <= set(RULES)
        assert (code.not_emulated is None) == bool(code.shows)


@pytest.mark.parametrize("code", [c for c in CODES if c.not_emulated is None], ids=lambda c: str(c.number))
def test_an_emulated_code_is_reached_by_a_scenario(code: Status, shown: RuleCoverage) -> None:
    assert missing(code, shown.everything_said) == ()


@pytest.mark.parametrize("code", [c for c in CODES if c.not_emulated], ids=lambda c: str(c.number))
def test_a_code_that_is_not_emulated_is_never_said(code: Status, shown: RuleCoverage) -> None:
    """By its number; 5.7.1 and 5.7.25 are others' too."""
    words = tuple(code.text.lower().replace("...", " ").split())[:3]
    status = code.code.removeprefix("550 ").split(",")[0].split("-")[0]
    for said in shown.everything_said:
        assert not (f" {status} " in said and all(word in said.lower() for word in words))


def test_special_senders_are_shown_rule_by_rule(shown: RuleCoverage) -> None:
    special = [f"R{number}" for number in range(231, 247)]
    assert [rule for rule in special if not shown.using(rule)] == []


def test_every_fault_of_the_catalogue_has_its_scenario() -> None:
    assert [scenario.fault for scenario in map(load, scenarios.own()) if scenario.fault] == list(FAULTS)


def test_what_the_article_asks_for_is_there(shown: RuleCoverage) -> None:
    for asked in ARTICLE_TESTS:
        assert set(asked.scenarios) <= set(shown.said)
        assert set(asked.rules) <= set(RULES)
        for test in asked.tests:
            file, _, name = test.partition("::")
            assert name in (ROOT / file).read_text("utf-8"), test


def test_rules_are_those_of_decisions_and_of_words(shown: RuleCoverage) -> None:
    assert "R3" in shown.used["wildcard-misrouting"]
    assert "special-senders" in shown.using("R240")
    assert "p27-reject-direct-send" in shown.saying("550 5.7.68")

"""Every check against the scenario library: faults are found, and cures are no error."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.checks.engine import findings
from lab.analysis.checks.nouns import Finding, Severity
from lab.analysis.checks.world import World
from lab.scenario.whatif import Configuration

TODAY = date(2026, 11, 24)
SCENARIOS = Path("scenarios")
CURED = [
    (file.relative_to(SCENARIOS).as_posix(), name)
    for file in sorted(SCENARIOS.rglob("*.yaml"))
    if file.parent.name != "common"
    for name, variant in Configuration.load(file).scenario.variants.items()
    if variant.kind == "cure"
]
FOUND = [
    ("wildcard-misrouting.yaml", "shared-wildcard", "MFL-ATTR-001:gateway"),
    ("wildcard-misrouting.yaml", "shared-san", "MFL-ATTR-001:gateway"),
    ("wildcard-misrouting.yaml", "wildcard-connector-value", "MFL-ATTR-002:gateway"),
    ("wildcard-misrouting.yaml", "shared-address", "MFL-ATTR-003:gateway"),
    ("wildcard-misrouting.yaml", "other-region", "MFL-ATTR-005:gateway"),
]


@cache
def configuration(file: str) -> Configuration:
    return Configuration.load(SCENARIOS / file)


def found(file: str, variant: str) -> tuple[Finding, ...]:
    whole = configuration(file)
    return findings(World(whole, whole.variant(variant), TODAY), CHECKS)


@pytest.mark.parametrize(("file", "variant"), CURED)
def test_a_cure_is_no_error(file, variant):
    errors = [each for each in found(file, variant) if each.severity is Severity.ERROR]
    assert not errors, "\n".join(f"{each.id}: {each.shown}; {each.way}" for each in errors)


@pytest.mark.parametrize(("file", "variant", "finding"), FOUND)
def test_a_fault_is_found_and_its_cure_works(file, variant, finding):
    told = {each.id: each for each in found(file, variant)}
    assert finding in told
    assert told[finding].severity is Severity.ERROR
    assert any(cured.works for cured in told[finding].cures), told[finding].cures


def test_codes_are_given_once():
    codes = [check.code for check in CHECKS]
    assert len(codes) == len(set(codes))

"""One brain, two bodies: every variant of every shipped scenario, its expectations, and equal traces."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.drivers.embedded import run_embedded
from lab.drivers.simulator import simulate
from lab.scenario.load import load
from tests.normalised_traces import diff, normalise

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FILES = sorted(path for path in SCENARIOS.rglob("*.yaml") if "common" not in path.parts)
LOADED = {str(path.relative_to(SCENARIOS)): load(path) for path in FILES}
CASES = [(name, variant) for name, scenario in LOADED.items() for variant in scenario.variants]
IDS = [f"{name}:{variant}" for name, variant in CASES]


def failed(outcome):
    return [str(finding) for finding in outcome.findings() if not finding.ok]


@pytest.mark.parametrize(("name", "variant"), CASES, ids=IDS)
def test_the_simulator_meets_every_expectation(name, variant):
    outcome = simulate(LOADED[name].variants[variant])
    assert outcome.findings(), "a variant without expectations proves nothing"
    assert failed(outcome) == []


@pytest.mark.wire
@pytest.mark.parametrize(("name", "variant"), CASES, ids=IDS)
def test_the_embedded_lab_gives_the_same_trace(name, variant, tmp_path):
    chosen = LOADED[name].variants[variant]
    if chosen.only == "simulator":
        pytest.skip(chosen.only_why)
    outcome, simulated = run_embedded(chosen, state=tmp_path), simulate(chosen)
    assert failed(outcome) == []
    wire = normalise(outcome.traces, outcome.messages)
    assert diff(normalise(simulated.traces, simulated.messages), wire, ("simulator", "embedded")) == ""


@pytest.mark.parametrize(("name", "variant"), CASES, ids=IDS)
def test_a_run_can_be_repeated_to_the_letter(name, variant):
    chosen = LOADED[name].variants[variant]
    assert simulate(chosen, seed=7).hops == simulate(chosen, seed=7).hops

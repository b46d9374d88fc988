"""Scenarios of known misconfigurations: what they say of themselves, and that their symptoms are real."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.drivers.simulator import simulate
from lab.errors import ScenarioError
from lab.evidence.hop_facts import reply_of
from lab.model.steps import Bounced
from lab.scenario.load import load, load_text
from lab.scenario.model import Scenario

FAULTS = Path(__file__).parents[2] / "scenarios" / "faults"
CATALOGUE = {path.stem: load(path) for path in sorted(FAULTS.glob("*.yaml"))}
_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
_SYMPTOMS = """\
scenario: broken
why: A fault.
fault: P77
symptoms: {exchange: None here., sender: An NDR.}
codes: [5.7.51, "550"]
tenants: {a: {initial_domain: alab.onmicrosoft.com}}
"""


def shown(scenario: Scenario) -> Iterator[str]:
    """The status codes of all replies and reports in the broken variants."""
    for variant in scenario.variants.values():
        if variant.kind != "fault":
            continue
        for hop in simulate(variant).hops:
            for step in hop.steps:
                yield from _STATUS.findall(
                    f"{reply_of(step)} {step.status if isinstance(step, Bounced) else ''}"
                )


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_fault_has_its_number_its_cure_and_its_symptoms(name: str) -> None:
    scenario = CATALOGUE[name]
    assert scenario.name == name
    assert name.startswith(f"p{int(scenario.fault.removeprefix('P')):02}-")
    assert {"fault", "cure"} <= {variant.kind for variant in scenario.variants.values()}
    assert scenario.symptoms
    assert scenario.why


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_codes_of_a_fault_really_show(name: str) -> None:
    scenario = CATALOGUE[name]
    assert set(scenario.codes) <= set(shown(scenario))


def test_an_include_says_nothing_of_the_fault() -> None:
    (path, scenario), *_ = CATALOGUE.items()
    included = load_text(f"scenario: mine\ninclude: [{path}.yaml]\n", str(FAULTS / "mine.yaml"))
    assert scenario.fault
    assert (included.fault, included.symptoms, included.codes) == ("", {}, ())


def test_wrong_symptoms_are_told() -> None:
    with pytest.raises(ScenarioError) as told:
        load_text(_SYMPTOMS)
    assert "no host or tenant:NAME is named 'exchange'" in str(told.value)
    assert "codes[1]: an enhanced status code" in str(told.value)


def test_every_known_misconfiguration_is_there_once() -> None:
    assert [scenario.fault for scenario in CATALOGUE.values()] == [f"P{number}" for number in range(1, 39)]

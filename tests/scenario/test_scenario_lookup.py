"""Finding scenarios by what somebody sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.scenario.load import load
from lab.scenario.scenario_lookup import shows

FAULTS = Path(__file__).parents[2] / "scenarios" / "faults"
LOOP = load(FAULTS / "p15-internal-relay-left.yaml")


@pytest.mark.parametrize(
    "wanted",
    ["5.4.14", "P15", "R138", "r138", "loop", "Typing error", "SRS report", "useronlin 5.4.1", "5.4.1"],
)
def test_codes_ids_and_words_are_found(wanted):
    assert shows(LOOP, wanted) is ("useronlin" not in wanted)


@pytest.mark.parametrize("wanted", ["5.4.9", "P1", "R13", "R1", "voicemail", "loop voicemail", " "])
def test_a_part_of_a_code_is_another_code(wanted):
    assert not shows(LOOP, wanted)

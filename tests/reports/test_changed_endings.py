"""Reports tell when a repeated message came to another end."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lab.drivers.simulator import simulate
from lab.reports.matrix import changed_endings
from lab.reports.run_reports import run_html, run_json
from lab.reports.run_reports.run_summary import run_summary
from lab.reports.scenario_runs import ScenarioRuns
from lab.reports.text.console import text
from lab.scenario.load import load

SCENARIO = Path(__file__).parents[2] / "scenarios" / "flows" / "timeline-cure.yaml"


@cache
def cure(*names):
    scenario = load(SCENARIO)
    return ScenarioRuns(scenario, tuple(simulate(scenario.variants[name]) for name in names))


def test_the_summary_has_a_line_for_each_change():
    shown = text(run_summary([cure("propagation")]))
    times = [line.split()[0] for line in shown.splitlines() if " via " in line]
    assert times == ["0:00", "0:49", "0:56", "1:03"]
    assert "memo" not in shown, "what never changed is not told"


def test_json_has_every_test_and_names_the_flips():
    runs: Any = run_json.document([cure("at-once")])["runs"]
    (run,) = runs
    offer = next(each for each in run["repeated"] if each["message"] == "offer")
    assert len(offer["tests"]) == 12
    assert offer["flips"] == ["offer#4"]
    assert offer["tests"][3]["at_seconds"] == 21 * 60


def test_the_page_has_a_table_of_time_with_the_changes_in_it():
    page = run_html.report([cure("propagation")])
    assert "When each message was sent again" in page
    assert "The connector has the name that only Exchange shows" in page
    assert page.count("<figure>") == 5, "the first of each message, and the three that ended otherwise"


def test_only_a_settled_series_is_stable():
    runs = cure("propagation", "stop-when-stable").runs
    found = [[(each.name, each.is_stable) for each in changed_endings.repeated(run)] for run in runs]
    assert found == [[("offer", True), ("memo", True)]] * 2


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0:00"), (49 * 60, "0:49"), (3780, "1:03"), (90, "0:01:30"), (90000, "25:00")]
)
def test_times_count_from_the_start(seconds, told):
    assert changed_endings.clock(timedelta(seconds=seconds)) == told

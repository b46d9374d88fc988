"""Runs for report tests: the article's scenario, and one whose names are out to harm the reader."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from lab.drivers.run_outcome import RunOutcome
from lab.drivers.simulator import simulate
from lab.reports.scenario_runs import ScenarioRuns
from lab.scenario.load import load, load_text

SCENARIOS = Path(__file__).parents[2] / "scenarios"
HOSTILE_SUBJECT = "</td><script>alert(1)</script> & \u202etxt.exe \x1b[31mred :smile: [bold]"
_HOSTILE = """\
scenario: hostile
title: "<script>alert('title')</script>"
why: "<img src=x onerror=alert(1)> \\u202e"
include: [../certs/profiles.yaml, common/msxfaq.yaml, common/uclabor.yaml]
messages:
  offer: {from: useronprem@msxfaq.example, to: partner@uclabor.example, subject: "{subject}"}
variants:
  "shared":
    kind: fault
    title: "\\"><script>alert('variant')</script>"
    expect:
      offer: {ends: delivered, reply: "<b>5.7.51</b>"}
"""


@cache
def article(*variants: str) -> ScenarioRuns:
    """The article's scenario, all variants unless some are named."""
    scenario = load(SCENARIOS / "wildcard-misrouting.yaml")
    names = variants or tuple(scenario.variants)
    return ScenarioRuns(scenario, tuple(simulate(scenario.variants[name]) for name in names))


@cache
def hostile() -> ScenarioRuns:
    """A run that fails an expectation, full of markup, escape sequences and characters that turn text around.

    No scenario may say such a subject, but a client on the wire can.
    """
    scenario = load_text(_HOSTILE, str(SCENARIOS / "hostile.yaml"))
    return ScenarioRuns(
        scenario, tuple(_poisoned(simulate(variant)) for variant in scenario.variants.values())
    )


def _poisoned(outcome: RunOutcome) -> RunOutcome:
    heads = (
        replace(hop.head, subject=HOSTILE_SUBJECT, host=f"{hop.head.host}<i>\u202e") for hop in outcome.hops
    )
    hops = tuple(replace(hop, head=head) for hop, head in zip(outcome.hops, heads, strict=True))
    return replace(outcome, hops=hops)

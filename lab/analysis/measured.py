"""Runs as numbers: the same counters that a running lab has, for a file that Prometheus' textfile collector reads."""

from __future__ import annotations

from collections.abc import Iterable

from lab.drivers.history import History
from lab.evidence.families import Declared, Family, Kind
from lab.evidence.metrics import count
from lab.reports.exposition import exposition
from lab.reports.run import Run, ScenarioRuns, ran

EXPECTATIONS = Declared("mflab_expectations", "What the scenario claims, judged.", ("result",), Kind.GAUGE)


def measured(told: Iterable[ScenarioRuns]) -> str:
    """Every run with its scenario and variant as labels."""
    return exposition(
        ({"scenario": scenario.name, "variant": run.variant.name}, _families(run))
        for scenario, run in ran(told)
    )


def _families(run: Run) -> tuple[Family, ...]:
    findings = run.findings()
    failed = sum(not finding.ok for finding in findings)
    judged = Family(EXPECTATIONS, {("ok",): len(findings) - failed, ("failed",): failed})
    return (*count(run.hops, run.variant, History.of(run.variant).topology), judged)

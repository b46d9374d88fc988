"""Runs as numbers: the same counters that a running lab has, for a file that Prometheus' textfile collector reads."""

from __future__ import annotations

from collections.abc import Iterable

from lab.drivers.configuration_history import History
from lab.evidence.metrics import MetricDeclaration, MetricFamily, MetricKind, count
from lab.reports.run_reports.prometheus_text import exposition
from lab.reports.scenario_runs import Run, ScenarioRuns, ran

EXPECTATIONS = MetricDeclaration(
    "mflab_expectations", "What the scenario claims, judged.", ("result",), MetricKind.GAUGE
)


def run_metrics(runs: Iterable[ScenarioRuns]) -> str:
    """Every run with its scenario and variant as labels."""
    return exposition(
        ({"scenario": scenario.name, "variant": run.variant.name}, _families(run))
        for scenario, run in ran(runs)
    )


def _families(run: Run) -> tuple[MetricFamily, ...]:
    findings = run.findings()
    failed = sum(not finding.ok for finding in findings)
    judged = MetricFamily(EXPECTATIONS, {("ok",): len(findings) - failed, ("failed",): failed})
    return (*count(run.hops, run.variant, History.of(run.variant).topology), judged)

"""Expectations for continuous integration (JUnit) and for code hosting (SARIF)."""

from __future__ import annotations

from collections.abc import Iterable

from lab.reports.scenario_runs import Run, ScenarioRuns, ran
from lab.reports.text import ci_formats
from lab.reports.text.ci_formats import JUnitCase, JUnitSuite, sarif_result
from lab.scenario.model import Scenario

_RULE = {
    "id": "expectation",
    "name": "ExpectationNotMet",
    "shortDescription": {"text": "The lab did something else than the scenario expects."},
    "defaultConfiguration": {"level": "error"},
}


def junit(outcomes: Iterable[ScenarioRuns]) -> str:
    """A suite for each scenario and variant, a test case for each expectation."""
    return ci_formats.junit("mailflow-lab", (_suite(scenario, run) for scenario, run in ran(outcomes)))


def _suite(scenario: Scenario, run: Run) -> JUnitSuite:
    cases = [
        JUnitCase(
            group=f"{scenario.name}.{run.variant.name}",
            name=f"{finding.message}: {finding.field}",
            file=finding.file,
            line=finding.line,
            failure="" if finding.ok else f"wanted {finding.wanted}, got {finding.got}",
            failure_type="expectation",
            details=str(finding),
        )
        for finding in run.findings()
    ]
    properties = {"driver": run.driver, "kind": run.variant.kind}
    return JUnitSuite(f"{scenario.name}/{run.variant.name}", cases, properties)


def sarif(outcomes: Iterable[ScenarioRuns]) -> str:
    """Each failed expectation, beside the line of the scenario that claims otherwise."""
    failed = (
        (scenario, run, finding)
        for scenario, run in ran(outcomes)
        for finding in run.findings()
        if not finding.ok
    )
    results = (
        sarif_result(
            "expectation",
            "error",
            f"{scenario.name}/{run.variant.name} ({run.driver}): {finding.message}: {finding.field}: "
            f"wanted {finding.wanted}, got {finding.got}",
            finding.file or scenario.file,
            finding.line,
        )
        for scenario, run, finding in failed
    )
    return ci_formats.sarif([_RULE], results)

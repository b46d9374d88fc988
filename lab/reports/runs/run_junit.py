"""Findings for continuous integration: a suite for each scenario and variant, a test case for each expectation."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lab.evidence.expectations import ExpectationResult
from lab.reports.run import Run, ScenarioRuns, ran
from lab.reports.text.printable import printable
from lab.scenario.model import Scenario


def report(outcomes: Iterable[ScenarioRuns]) -> str:
    """All runs as JUnit XML."""
    runs = ran(outcomes)
    counts = _counts(finding for _, run in runs for finding in run.findings())
    root = Element("testsuites", {"name": "mailflow-lab", **counts})
    for scenario, run in runs:
        _suite(root, scenario, run)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, scenario: Scenario, run: Run) -> None:
    findings = run.findings()
    suite = SubElement(
        root, "testsuite", {"name": f"{scenario.name}/{run.variant.name}", **_counts(findings)}
    )
    properties = SubElement(suite, "properties")
    SubElement(properties, "property", name="driver", value=run.driver)
    SubElement(properties, "property", name="kind", value=printable(run.variant.kind))
    for finding in findings:
        _case(suite, f"{scenario.name}.{run.variant.name}", finding)


def _case(suite: Element, name: str, finding: ExpectationResult) -> None:
    """`classname` is what viewers group by; `file` and `line` lead to the claim."""
    case = SubElement(
        suite,
        "testcase",
        classname=name,
        name=printable(f"{finding.message}: {finding.field}"),
        file=printable(finding.file),
        line=str(finding.line),
    )
    if not finding.ok:
        text = printable(f"wanted {finding.wanted}, got {finding.got}")
        failure = SubElement(case, "failure", message=text, type="expectation")
        failure.text = printable(str(finding))


def _counts(findings: Iterable[ExpectationResult]) -> dict[str, str]:
    results = list(findings)
    return {"tests": str(len(results)), "failures": str(sum(not f.ok for f in results)), "errors": "0"}

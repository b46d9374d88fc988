"""Failed expectations as SARIF 2.1.0: code hosting shows them beside the line of the scenario that claims otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from lab import __version__
from lab.evidence.expectations import ExpectationResult
from lab.reports.run import Run, ScenarioRuns, ran
from lab.reports.text.printable import printable
from lab.scenario.model import Scenario

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RULE = "expectation"


def report(outcomes: Iterable[ScenarioRuns]) -> str:
    """All failed expectations of all runs; a log without results says that everything was as expected."""
    results = [
        _result(scenario, run, finding)
        for scenario, run in ran(outcomes)
        for finding in run.findings()
        if not finding.ok
    ]
    driver = {
        "name": "mailflow-lab",
        "version": __version__,
        "rules": [
            {
                "id": RULE,
                "name": "ExpectationNotMet",
                "shortDescription": {"text": "The lab did something else than the scenario expects."},
                "defaultConfiguration": {"level": "error"},
            }
        ],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _result(scenario: Scenario, run: Run, finding: ExpectationResult) -> dict[str, Any]:
    where = f"{scenario.name}/{run.variant.name} ({run.driver})"
    text = f"{where}: {finding.message}: {finding.field}: wanted {finding.wanted}, got {finding.got}"
    place = {"artifactLocation": {"uri": PurePath(finding.file or scenario.file).as_posix()}}
    region = {"region": {"startLine": finding.line}} if finding.line else {}
    return {
        "ruleId": RULE,
        "level": "error",
        "message": {"text": printable(text)},
        "locations": [{"physicalLocation": {**place, **region}}],
    }

"""Configurations of the library with some settings changed, to ask checks about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.checks.engine import findings
from lab.analysis.checks.finding import Finding
from lab.scenario import setting_paths
from lab.scenario.changeable_scenario import ChangeableScenario, SettingChange
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport
from lab.scenario.syntax.source_tree import SourceLocation, tree_of

TODAY = date(2026, 11, 24)
SCENARIOS = Path("scenarios")


@cache
def configuration(file: str) -> ChangeableScenario:
    return ChangeableScenario.load(SCENARIOS / file)


def world(file: str, variant: str, change: SettingChange | None = None) -> AuditContext:
    """A variant as if the file said something else: what checks see is written, not supposed."""
    whole = configuration(file)
    if change:
        report = ProblemReport()
        tree = setting_paths.changed(
            whole.trees[variant], tree_of(change, SourceLocation("(test)")), ProblemPath(report).key("change")
        )
        report.settle(file)
        whole = replace(whole, trees={**whole.trees, variant: tree})
    return AuditContext(whole, whole.changed(variant, {}), TODAY)


def told(file: str, variant: str, codes: str, change: SettingChange | None = None) -> dict[str, Finding]:
    """Findings by id, of the checks whose code begins so."""
    asked = [check for check in CHECKS if check.code.startswith(codes)]
    return {each.id: each for each in findings(world(file, variant, change), asked)}

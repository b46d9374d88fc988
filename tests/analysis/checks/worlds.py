"""Configurations of the library with some settings changed, to ask checks about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.checks.engine import findings
from lab.analysis.checks.finding import Finding
from lab.analysis.checks.world import World
from lab.scenario import overlay
from lab.scenario.report import At, Report
from lab.scenario.whatif import Change, Configuration, node

TODAY = date(2026, 11, 24)
SCENARIOS = Path("scenarios")


@cache
def configuration(file: str) -> Configuration:
    return Configuration.load(SCENARIOS / file)


def world(file: str, variant: str, change: Change | None = None) -> World:
    """A variant as if the file said something else: what checks see is written, not supposed."""
    whole = configuration(file)
    if change:
        report = Report()
        tree = overlay.changed(whole.trees[variant], node(change), At(report).key("change"))
        report.settle(file)
        whole = replace(whole, trees={**whole.trees, variant: tree})
    return World(whole, whole.changed(variant, {}), TODAY)


def told(file: str, variant: str, codes: str, change: Change | None = None) -> dict[str, Finding]:
    """Findings by id, of the checks whose code begins so."""
    asked = [check for check in CHECKS if check.code.startswith(codes)]
    return {each.id: each for each in findings(world(file, variant, change), asked)}

"""A report for people in one file: nothing is loaded from anywhere, and it works without scripts."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from lab.reports.printable import printable
from lab.reports.reading import cured, fates
from lab.reports.run import Run, ScenarioRuns


def report(told: Iterable[ScenarioRuns]) -> str:
    """All runs as an HTML page."""
    body = "\n".join(_scenario(each) for each in told)
    return f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Mailflow Lab</title></head>\n<body>{body}</body></html>\n'


def _scenario(each: ScenarioRuns) -> str:
    rows = "\n".join(_row(run) for run in each.runs)
    return f"<h2>{escape(printable(each.scenario.name))}</h2>\n<table>{rows}</table>"


def _row(run: Run) -> str:
    ends = "; ".join(f"{fate.spec.key} {fate.outcome}" for fate in fates(run))
    cells = (run.variant.name, run.variant.kind, ends, str(cured(run)))
    return f"<tr>{''.join(f'<td>{escape(printable(cell))}</td>' for cell in cells)}</tr>"

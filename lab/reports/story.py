"""The whole story on one screen: what happened, who saw what, why, what cures it, and all variants."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from lab.reports.printable import one_line
from lab.reports.reading import cured, fates
from lab.reports.run import Run, ScenarioRuns
from lab.reports.tables import grid


def demo_story(told: ScenarioRuns) -> RenderableType:
    """The story of the first variant that shows the fault, and the table of all."""
    title = Text(one_line(told.scenario.title or told.scenario.name), style="bold")
    return Group(title, Text(), _variants(told.runs))


def _variants(runs: tuple[Run, ...]) -> RenderableType:
    drawn = grid(("variant", "kind", "path", "outcome", "cured?"))
    for row in (row for run in runs for row in _row(run)):
        drawn.add_row(*map(Text, row))
    return drawn


def _row(run: Run) -> Iterator[tuple[str, ...]]:
    for fate in fates(run)[:1]:
        yield run.variant.name, run.variant.kind, " > ".join(fate.places), fate.outcome, str(cured(run))

"""All runs at a glance: a line for each variant, and what failed with the place where it was claimed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lab.evidence.expectations import ExpectationResult
from lab.reports.matrix import changed_endings
from lab.reports.scenario_runs import Run, ScenarioRuns
from lab.reports.text.console import indented
from lab.reports.text.printable import one_line
from lab.sentence import counted, sentence


def run_summary(outcomes: Iterable[ScenarioRuns]) -> RenderableType:
    """`ok` or `FAILED` for each scenario and variant, the failing claims below, a count at the end."""
    every = tuple(outcomes)
    lines = [line for outcome in every for line in _scenario(outcome)]
    return Group(*lines, Text(), _count(every))


def _scenario(outcome: ScenarioRuns) -> Iterator[RenderableType]:
    title = Text.assemble(
        (one_line(outcome.scenario.name), "bold"), (f"  {one_line(outcome.scenario.title)}", "dim")
    )
    yield indented(title, 0, hang=2)
    width = max((len(run.variant.name) for run in outcome.runs), default=0)
    for run in outcome.runs:
        yield from _run(run, width)


def _run(run: Run, width: int) -> Iterator[RenderableType]:
    findings = run.findings()
    failing = [finding for finding in findings if not finding.ok]
    verdict = (sentence("FAILED"), "bold red") if failing else (sentence("ok"), "green")
    met = sentence("{met}/{claims} as expected", met=len(findings) - len(failing), claims=len(findings))
    text = sentence(
        "{met}, {driver}", met=met if findings else sentence("nothing expected"), driver=run.driver
    )
    shown = f"{verdict[0]!s:<6}", verdict[1]
    yield Text.assemble("  ", shown, f" {run.variant.name:<{width}}  ", (one_line(text), "dim"))
    yield from changed_endings.told(run)
    for finding in failing:
        yield from _finding(finding)


def _finding(finding: ExpectationResult) -> Iterator[RenderableType]:
    claim = f": {one_line(finding.message)}: {one_line(finding.field)}"
    yield indented(Text.assemble((one_line(finding.source), "cyan"), claim), 9, hang=2)
    yield indented(
        Text.assemble(f"{sentence('wanted')!s:<7}", (one_line(finding.wanted), "green")), 11, hang=7
    )
    yield indented(Text.assemble(f"{sentence('got')!s:<7}", (one_line(finding.got), "red")), 11, hang=7)


def _count(outcomes: Sequence[ScenarioRuns]) -> Text:
    runs = [run for outcome in outcomes for run in outcome.runs]
    findings = [finding for run in runs for finding in run.findings()]
    failed = sum(not finding.ok for finding in findings)
    sums = sentence(
        "{scenarios}, {variants}, {expectations}",
        scenarios=counted(len(outcomes), "{number} scenario", "{number} scenarios"),
        variants=counted(len(runs), "{number} variant", "{number} variants"),
        expectations=counted(len(findings), "{number} expectation", "{number} expectations"),
    )
    end, style = sentence("all as expected"), "green"
    if failed:
        end, style = sentence("{number} failed", number=failed), "bold red"
    if not findings:
        end, style = sentence("nothing was expected"), "yellow"
    return Text.assemble(f"{sums}: ", (one_line(end), style))

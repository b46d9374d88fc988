"""One message's journey, hop by hop, with every decision told: what won, what lost, and by which rules."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from lab.evidence.facts import place, recipients
from lab.evidence.replies import iso
from lab.model.trace import Hop, MessageTrace, Step
from lab.reports import rules
from lab.reports.printable import one_line
from lab.reports.run import Run


def explain(run: Run, key: str) -> RenderableType:
    """The journey of the message `key` and of its reports; KeyError when the run has no such message."""
    trace = run.trace(key)
    return Group(*_trace(trace, f"{key}: {trace.message_id}"))


def _trace(trace: MessageTrace, title: str) -> Iterator[RenderableType]:
    yield Text(one_line(title), style="bold")
    for hop in trace.hops:
        yield from _hop(hop)
    for report in trace.reports:
        yield from _trace(report, f"report: {report.message_id}")


def _hop(hop: Hop) -> Iterator[RenderableType]:
    yield Text(f"{iso(hop.head.arrived)} {place(hop)} for {', '.join(recipients(hop))}")
    for step in hop.steps:
        yield Padding(Text(f"{step.kind} {' '.join(step.rules)}"), (0, 0, 0, 2))
        yield from (Padding(Text(one_line(line)), (0, 0, 0, 6)) for line in _story(step))


def _story(step: Step) -> tuple[str, ...]:
    return step.decision.story() if step.decision else tuple(rule.title for rule in rules.of(step))

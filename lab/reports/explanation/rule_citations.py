"""Which rules a verdict rests on, how sure they are, and the switches that would choose otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.core.rulebook import Confidence, Rule, rule
from lab.model.steps import Step
from lab.model.trace import MessageTrace


def used(traces: Iterable[MessageTrace]) -> tuple[Rule, ...]:
    """The rules that the steps of these traces and of their reports rest on, in the order of their numbers."""
    ids = {id_ for trace in traces for id_ in _ids(trace)}
    return tuple(sorted(map(rule, ids), key=lambda cited: int(cited.id[1:])))


def of(step: Step) -> tuple[Rule, ...]:
    """The rules of a step, each once."""
    return tuple(rule(id_) for id_ in dict.fromkeys(step.rules))


def assumed(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those that are neither documented nor observed."""
    return tuple(cited for cited in rules if cited.confidence is Confidence.ASSUMED)


def assumed_in_part(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those whose text says of one of its claims that it is assumed."""
    return tuple(
        cited for cited in rules if cited.confidence is not Confidence.ASSUMED and "is assumed" in cited.text
    )


def _ids(trace: MessageTrace) -> Iterator[str]:
    yield from (id_ for hop in trace.hops for step in hop.steps for id_ in step.rules)
    for report in trace.reports:
        yield from _ids(report)

"""Which rules a verdict rests on, how sure they are, and the switches that would choose otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lab.core.rulebook import Confidence, Rule, rule, switches_of
from lab.model.trace import MessageTrace, Step

_CITED = re.compile(r"\[(R\d+(?: R\d+)*)\]")


def cited(line: str) -> tuple[str, ...]:
    """The ids that a line of a decision's story names in brackets."""
    return tuple(each for found in _CITED.findall(line) for each in found.split())


def used(traces: Iterable[MessageTrace]) -> tuple[Rule, ...]:
    """The rules that the steps of these traces and of their reports rest on, in the order of their numbers."""
    ids = {id_ for trace in traces for id_ in _ids(trace)}
    return tuple(sorted(map(rule, ids), key=lambda each: int(each.id[1:])))


def of(step: Step) -> tuple[Rule, ...]:
    """The rules of a step, each once."""
    return tuple(rule(id_) for id_ in dict.fromkeys(step.rules))


def assumed(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those that nobody has documented or seen."""
    return tuple(each for each in rules if each.confidence is Confidence.ASSUMED)


def switch_names(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The switches that bend these rules, each once."""
    return tuple(dict.fromkeys(switch.name for each in rules for switch in switches_of(each.id)))


def _ids(trace: MessageTrace) -> Iterator[str]:
    yield from (id_ for hop in trace.hops for step in hop.steps for id_ in step.rules)
    for report in trace.reports:
        yield from _ids(report)

"""Which rules a verdict rests on, how sure they are, and the switches that would choose otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from lab.core.rulebook import Confidence, Rule, rule, switches_of
from lab.model.steps import Step
from lab.model.switches import Switches
from lab.model.trace import MessageTrace


def used(traces: Iterable[MessageTrace]) -> tuple[Rule, ...]:
    """The rules that the steps of these traces and of their reports rest on, in the order of their numbers."""
    ids = {id_ for trace in traces for id_ in _ids(trace)}
    return tuple(sorted(map(rule, ids), key=lambda each: int(each.id[1:])))


def of(step: Step) -> tuple[Rule, ...]:
    """The rules of a step, each once."""
    return tuple(rule(id_) for id_ in dict.fromkeys(step.rules))


def assumed(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those that are neither documented nor observed."""
    return tuple(each for each in rules if each.confidence is Confidence.ASSUMED)


def assumed_in_part(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those whose text says of one of its claims that it is assumed."""
    return tuple(
        each for each in rules if each.confidence is not Confidence.ASSUMED and "is assumed" in each.text
    )


def switch_names(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The switches that bend these rules, each once."""
    return tuple(dict.fromkeys(switch.name for each in rules for switch in switches_of(each.id)))


def values(switches: Switches) -> dict[str, str]:
    """The switches of a run as the rulebook spells them."""
    said = {True: "on", False: "off"}
    told = asdict(switches)
    return {name: said[value] if isinstance(value, bool) else str(value) for name, value in told.items()}


def _ids(trace: MessageTrace) -> Iterator[str]:
    yield from (id_ for hop in trace.hops for step in hop.steps for id_ in step.rules)
    for report in trace.reports:
        yield from _ids(report)

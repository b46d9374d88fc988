"""What has to do with time, written out: repeated messages as one, and changes as the settings that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from lab.model.outage import Outage
from lab.scenario.model import Expectation, MessageSpec, Variant

PlainTimes = dict[str, Any]


def messages(specs: Iterable[MessageSpec], one: Callable[[MessageSpec], PlainTimes]) -> PlainTimes:
    """Each message by key; a series is written as its first one and how it goes on."""
    made: PlainTimes = {}
    series: dict[str, list[MessageSpec]] = {}
    for spec in specs:
        name = spec.series or spec.key
        series.setdefault(name, []).append(spec)
        made.setdefault(name, one(spec) | ({"at": spec.at} if spec.at else {}))
    for name, (first, *others) in series.items():
        if others:
            again: PlainTimes = {"every": others[0].at - first.at, "times": 1 + len(others)}
            made[name]["repeat"] = again | ({"until": "stable"} if first.until_stable else {})
    return made


def claims(variant: Variant, one: Callable[[Expectation], PlainTimes]) -> PlainTimes:
    """Each expectation by key; what is said of a whole series stands once."""
    series = {spec.key: spec.series for spec in variant.messages}
    return {series[key] if claim.whole_series else key: one(claim) for key, claim in variant.expect.items()}


def outages(written: Iterable[Outage]) -> list[PlainTimes]:
    """What breaks, and when."""
    return [
        {"how": outage.how.value}
        | ({"between": list(outage.nodes)} if len(outage.nodes) > 1 else {"machine": outage.nodes[0]})
        | {"at": outage.at}
        | ({"for": outage.lasts} if outage.lasts else {})
        for outage in written
    ]


def events(variant: Variant, sections: Callable[[Any], PlainTimes]) -> list[PlainTimes]:
    """The timeline, each change as the settings that are other than before it."""
    made = []
    before = sections(variant)
    for moment in variant.timeline:
        after = sections(moment)
        change = dict(_differences(before, after, ()))
        made.append({"at": moment.at or timedelta(), "title": moment.title, "change": change})
        before = after
    return made


def _differences(before: PlainTimes, after: PlainTimes, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(dict(old), dict(new), (*path, key))
        elif old != new:
            yield _spelled((*path, key)), new


def _spelled(path: tuple[str, ...]) -> str:
    """`dns`, `records`, `contoso.example` -> `dns.records[contoso.example]`."""
    return "".join(f"[{step}]" if "." in step else f".{step}" for step in path).removeprefix(".")

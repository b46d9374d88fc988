"""Messages and what is expected of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from lab.model.value import dataclass
from lab.scenario.language.scenario_keys import (
    AttributedKeys,
    ExpectationKeys,
    MessageKeys,
    NdrKeys,
    RepeatKeys,
)
from lab.scenario.model import AttributedExpectation, Expectation, MessageSpec, NdrExpectation
from lab.scenario.syntax.records import Fields
from lab.sentence import sentence

T = TypeVar("T")


MOST_TIMES = 100


def messages(key: str, read: Fields) -> tuple[MessageSpec, ...]:
    """A message to send, or its repetitions."""
    once, again = _message(key, read), read[MessageKeys.repeat]
    return (once,) if again is None else repeated(once, rhythm(again))


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a message is repeated."""

    every: timedelta
    times: int
    until_stable: bool = False


def rhythm(read: Fields) -> Rhythm:
    """As it is written; what cannot be goes to the report."""
    every, times = read[RepeatKeys.every], read[RepeatKeys.times]
    if not 2 <= times <= MOST_TIMES:
        read.wrong(RepeatKeys.times, sentence("2 to {most}, not {times}", most=MOST_TIMES, times=times))
    if every <= timedelta():
        read.wrong(RepeatKeys.every, sentence("a time above 0 between repetitions"))
    return Rhythm(every, min(times, MOST_TIMES), read[RepeatKeys.until] is not None)


def repeated(once: MessageSpec, again: Rhythm) -> tuple[MessageSpec, ...]:
    """The repetitions of a message: `offer#1`, `offer#2` and so on."""
    return tuple(
        replace(
            once,
            key=f"{once.key}#{number + 1}",
            at=once.at + number * again.every,
            series=once.key,
            until_stable=again.until_stable,
        )
        for number in range(again.times)
    )


def _message(key: str, read: Fields) -> MessageSpec:
    headers = read[MessageKeys.headers]
    written = read.values_for(MessageSpec, MessageKeys)
    pairs = tuple((name, value) for name, values in headers.items() for value in values)
    return MessageSpec(key=key, **written | {"headers": pairs})


def expectations(read: Mapping[str, Fields], specs: Iterable[MessageSpec]) -> dict[str, Expectation]:
    """What is claimed of each message; a claim about single repetitions goes before one about all of them."""
    keys = tuple(specs)
    single = dict(_single(read, {spec.key for spec in keys}))
    expected: dict[str, Expectation] = {}
    for name, fields in read.items():
        series = [spec.key for spec in keys if spec.series == name]
        own = [key for key, owner in single.items() if owner == name]
        claimed = expectation(fields)
        expected |= dict.fromkeys(own, claimed)
        expected |= {key: replace(claimed, whole_series=True) for key in series if key not in single}
    return expected


def _single(read: Mapping[str, Fields], keys: set[str]) -> Iterator[tuple[str, str]]:
    """Each message that an expectation names, with the name; repetitions by their numbers."""
    taken: set[str] = set()
    for name, fields in read.items():
        message, _, numbers = name.partition("#")
        first, _, last = numbers.partition("-")
        claimed = [f"{message}#{n}" for n in range(int(first), int(last or first) + 1)] if first else [name]
        for key in claimed:
            if numbers and key not in keys:
                wanted = sentence("there is no {key}", key=key)
                fields.at.wrong(fields.place, wanted, sentence("`repeat:` says how many there are"))
            elif key in taken:
                hint = sentence("one for each repetition")
                fields.at.wrong(fields.place, sentence("a second claim about {key}", key=key), hint)
            elif key in keys:
                taken.add(key)
                yield key, name


def expectation(read: Fields) -> Expectation:
    """What is claimed; what is not written is not claimed."""
    attributed, ndr = read[ExpectationKeys.attributed], read[ExpectationKeys.ndr]
    written = read.values_for(Expectation, ExpectationKeys) | {
        "path": read[ExpectationKeys.path] or None,
        "attributed": attributed
        and AttributedExpectation(**attributed.values_for(AttributedExpectation, AttributedKeys)),
        "ndr": ndr
        and NdrExpectation(**ndr.values_for(NdrExpectation, NdrKeys) | {"path": ndr[NdrKeys.path] or None}),
        "spf": tuple(read[ExpectationKeys.spf].items()),
        "dmarc": tuple(read[ExpectationKeys.dmarc].items()),
        "headers": tuple(read[ExpectationKeys.headers].items()),
    }
    return Expectation(**written, line=read.place.line, file=read.place.file)

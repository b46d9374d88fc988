"""Where two journeys of the same message part: the first decision that is another one than before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import assert_never

from lab.evidence.hop_facts import enhanced, place
from lab.evidence.trace_assembly import way
from lab.model.steps import (
    Attributed,
    Bounced,
    Delivered,
    Dropped,
    Promoted,
    Refused,
    Resolved,
    Routed,
    Ruled,
)
from lab.model.trace import Hop
from lab.reports.comparison.compared_variants import FirstDifference
from lab.reports.explanation.conclusions import Fate
from lab.sentence import Sentence, sentence
from lab.words.steps import said

_Decisive = Attributed | Refused | Promoted | Resolved | Ruled | Routed | Bounced | Dropped | Delivered
"""All else only tells what was there to decide by, and differs wherever a certificate does."""


def divergence(was: Fate | None, now: Fate) -> FirstDifference | None:
    """Why the message does what it does now; without an earlier journey, the first attribution."""
    new = tuple(_decisions(now))
    if was is None:
        return _reason(*_first(new))
    for old, decision in zip_longest(_decisions(was), new):
        if decision is not None and (old is None or _says(*old) != _says(*decision)):
            return _reason(*decision)
    return _reason(*new[-1]) if new else None


def _decisions(fate: Fate) -> Iterator[tuple[Hop, _Decisive]]:
    for hop in way(fate.trace):
        yield from ((hop, step) for step in hop.steps if isinstance(step, _Decisive))


def _first(found: tuple[tuple[Hop, _Decisive], ...]) -> tuple[Hop | None, _Decisive | None]:
    return next((one for one in found if isinstance(one[1], Attributed)), (None, None))


def _says(hop: Hop, step: _Decisive) -> tuple[object, ...]:
    """What makes a decision another one; not the words in which it is told."""
    told: tuple[object, ...]
    match step:
        case Attributed():
            told = (step.tenant, step.basis, step.direction)
        case Refused():
            told = (enhanced(step.reply),)
        case Bounced():
            told = (enhanced(step.reply), step.status)
        case Routed():
            told = (step.how, step.connector, *step.targets)
        case Ruled():
            told = step.names
        case Resolved():
            told = (step.resolution, step.rewritten)
        case Promoted() | Dropped() | Delivered():
            told = ()
        case _:
            assert_never(step)
    return (place(hop), step.kind, *told)


def _reason(hop: Hop | None, step: _Decisive | None) -> FirstDifference | None:
    if hop is None or step is None:
        return None
    told = sentence("{kind} {step}", kind=Sentence(step.kind), step=said(step))
    return FirstDifference(place(hop), told, tuple(dict.fromkeys(step.rules)))

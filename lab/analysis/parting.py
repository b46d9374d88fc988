"""Where two journeys of the same message part: the first decision that is another one than before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from lab.evidence.facts import place, text, texts
from lab.evidence.replies import enhanced
from lab.evidence.trace import way
from lab.model.trace import Hop, Step, StepKind
from lab.reports.difference import Reason
from lab.reports.reading import Fate
from lab.reports.words import said

_DECIDES = (
    StepKind.ATTRIBUTED,
    StepKind.REFUSED,
    StepKind.PROMOTED,
    StepKind.RESOLVED,
    StepKind.RULED,
    StepKind.ROUTED,
    StepKind.BOUNCED,
    StepKind.DROPPED,
    StepKind.DELIVERED,
)
"""All else only tells what was there to decide by, and differs wherever a certificate does."""


def parting(was: Fate | None, now: Fate) -> Reason | None:
    """Why the message does what it does now; without an earlier journey, by whom it was first taken for somebody."""
    new = tuple(_decisions(now))
    if was is None:
        return _reason(*_first(new))
    for old, each in zip_longest(_decisions(was), new):
        if each is not None and (old is None or _says(*old) != _says(*each)):
            return _reason(*each)
    return _reason(*new[-1]) if new else None


def _decisions(fate: Fate) -> Iterator[tuple[Hop, Step]]:
    for hop in way(fate.trace):
        yield from ((hop, step) for step in hop.steps if step.kind in _DECIDES)


def _first(found: tuple[tuple[Hop, Step], ...]) -> tuple[Hop | None, Step | None]:
    return next((each for each in found if each[1].kind is StepKind.ATTRIBUTED), (None, None))


def _says(hop: Hop, step: Step) -> tuple[object, ...]:
    """What makes a decision another one; not the words in which it is told."""
    match step.kind:
        case StepKind.ATTRIBUTED:
            told = tuple(text(step, key) for key in ("tenant", "basis", "direction"))
        case StepKind.REFUSED | StepKind.BOUNCED:
            told = (enhanced(text(step, "reply")), text(step, "status"))
        case StepKind.ROUTED:
            told = (text(step, "how"), text(step, "connector"), *texts(step, "targets"))
        case StepKind.RULED:
            told = texts(step, "names")
        case StepKind.RESOLVED:
            told = (text(step, "kind"), text(step, "rewritten"))
        case _:
            told = ()
    return (place(hop), step.kind, *told)


def _reason(hop: Hop | None, step: Step | None) -> Reason | None:
    if hop is None or step is None:
        return None
    return Reason(place(hop), f"{step.kind.value} {said(step)}", tuple(dict.fromkeys(step.rules)))

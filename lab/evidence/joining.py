"""Which connection a step speaks of whose maker does not know it: real servers do not log the port they come from.

The other end does. What it answered stands in both logs, word for word, and in the lab every answer is unlike any other:
it has a queue id, or a session (R188, R189).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lab.evidence.facts import text
from lab.model.trace import Hop, Step, StepKind

_ANSWERS = frozenset({StepKind.ACCEPTED, StepKind.REFUSED})


def joined(hops: Iterable[Hop]) -> tuple[Hop, ...]:
    """The same hops; a step that knows only where its connection led (`>203.0.113.10`) knows it whole if it was found."""
    told = tuple(hops)
    known = {(_reached(hop), _words(step)): hop.head.connection for hop in told for step in _answers(hop)}
    return tuple(replace(hop, steps=tuple(_whole(step, known) for step in hop.steps)) for hop in told)


def _whole(step: Step, known: dict[tuple[str, str], str]) -> Step:
    half = text(step, "connection")
    found = known.get((half, _words(step))) if half.startswith(">") else None
    return replace(step, data={**step.data, "connection": found}) if found else step


def _answers(hop: Hop) -> Iterable[Step]:
    return (step for step in hop.steps if step.kind in _ANSWERS and hop.head.connection)


def _reached(hop: Hop) -> str:
    return f">{hop.head.connection.partition('>')[2]}"


def _words(step: Step) -> str:
    """A reply of several lines is one line in a log."""
    return " ".join(text(step, "reply").split())

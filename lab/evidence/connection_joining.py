"""Which connection a step speaks of whose maker does not know it: real servers do not log the port they come from.

The other end does. What it answered stands in both logs, word for word, and in the lab every answer is unlike any other:
it has a queue id, or a session (R188, R189).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lab.model.reply import Reply
from lab.model.steps import Accepted, Contacting, Refused, Step
from lab.model.trace import Hop


def joined(hops: Iterable[Hop]) -> tuple[Hop, ...]:
    """The same hops; a step that knows only where its connection led (`>203.0.113.10`) knows it whole if it was found."""
    seen = tuple(hops)
    connections = {
        (_reached(hop), _words(step.reply)): hop.head.connection for hop in seen for step in _answers(hop)
    }
    return tuple(replace(hop, steps=tuple(_whole(step, connections) for step in hop.steps)) for hop in seen)


def _whole(step: Step, connections: dict[tuple[str, str], str]) -> Step:
    if not isinstance(step, Contacting) or not step.contact.connection.startswith(">"):
        return step
    connection = connections.get((step.contact.connection, _words(step.reply)))
    return replace(step, contact=replace(step.contact, connection=connection)) if connection else step


def _answers(hop: Hop) -> Iterable[Accepted | Refused]:
    return (step for step in hop.steps if isinstance(step, Accepted | Refused) and hop.head.connection)


def _reached(hop: Hop) -> str:
    return f">{hop.head.connection.partition('>')[2]}"


def _words(reply: Reply | None) -> str:
    """A reply of several lines is one line in a log."""
    return " ".join(str(reply or "").split())

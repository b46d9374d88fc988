"""Which hop handed the message to which: both ends of a connection know its key, and that joins them.

Real servers do not log the port that they come from. The other end does, and what it answered stands in both logs, word
for word: in the lab every answer is unlike any other, for it has a queue id, or a session (R188, R189).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from lab.evidence.hop_facts import bare_path, recipients
from lab.model.reply import Reply
from lab.model.steps import Accepted, Contacting, Refused, Step
from lab.model.trace import Hop

_Offer = tuple[int, Step]
"""A hop by index, and its step that tells of a connection."""


def parents(hops: Sequence[Hop]) -> tuple[int | None, ...]:
    """For each hop the index of the hop that its message came from; None where it entered the lab."""
    offers = _offers(hops)
    return tuple(_parent(index, hops, offers.get(hop.head.connection, ())) for index, hop in enumerate(hops))


def sort_key(hop: Hop) -> tuple[object, ...]:
    """By time, then by recipients; it does not depend on the order in which hops were told."""
    head = hop.head
    return head.arrived, recipients(hop), head.node, head.id, head.connection, head.message_id, len(hop.steps)


def in_order(hops: Sequence[Hop], key: Callable[[Hop], tuple[object, ...]] = sort_key) -> tuple[Hop, ...]:
    """Hops in causal order: each behind the one it came from, siblings by `key`."""
    children: dict[int | None, list[int]] = defaultdict(list)
    for index, parent in enumerate(parents(hops)):
        children[parent].append(index)

    def last_first(indices: Sequence[int]) -> list[int]:
        return sorted(indices, key=lambda index: key(hops[index]), reverse=True)

    ordered: list[Hop] = []
    waiting = last_first(children[None])
    while waiting:
        index = waiting.pop()
        ordered.append(hops[index])
        waiting += last_first(children[index])
    return tuple(ordered)


def _offers(hops: Sequence[Hop]) -> Mapping[str, Sequence[_Offer]]:
    offers: dict[str, list[_Offer]] = defaultdict(list)
    for index, hop in enumerate(hops):
        for step in hop.steps:
            if isinstance(step, Contacting) and step.contact.connection:
                offers[step.contact.connection].append((index, step))
    return offers


def _parent(index: int, hops: Sequence[Hop], offers: Sequence[_Offer]) -> int | None:
    """The hop whose step fits best: one connection may carry several messages, and refused ones have no Message-ID."""
    child = hops[index]
    if not child.head.connection:
        return None
    fitting = [offer for offer in offers if offer[0] != index and _same_message(hops[offer[0]], child)]
    if len(fitting) < 2:
        return fitting[0][0] if fitting else None
    return min(fitting, key=lambda offer: _misfit(hops[offer[0]], offer[1], child))[0]


def _same_message(parent: Hop, child: Hop) -> bool:
    return (
        "" in (parent.head.message_id, child.head.message_id)
        or parent.head.message_id == child.head.message_id
    )


def _misfit(parent: Hop, step: Step, child: Hop) -> tuple[object, ...]:
    """How badly a step explains a hop: by recipients, then by reverse-path, then by the time between them."""
    offered = {name.lower() for name in step.about}
    got = {name.lower() for name in recipients(child)}
    stranger = bool(got) and offered.isdisjoint(got)
    other_sender = bare_path(parent.head.reverse_path) != bare_path(child.head.reverse_path)
    lag = (step.at or parent.head.arrived) - child.head.arrived
    early = lag < timedelta()  # the sender notes the reply after the receiver has given it
    return stranger, other_sender, early, abs(lag), sort_key(parent)


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

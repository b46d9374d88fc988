"""Hops joined into message traces: the way of each message, how it ended, and the NDRs that it caused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from lab.evidence.hop_facts import about, bare_path, place, recipients, taken
from lab.evidence.hop_links import in_order, parents, sort_key
from lab.evidence.recipient_endings import dispositions
from lab.model.steps import Expanded, Resolved, Ruled
from lab.model.trace import Hop, MessageTrace


def traces(hops: Iterable[Hop]) -> dict[str, MessageTrace]:
    """Message traces by Message-ID, oldest first; NDRs hang on the trace of the message that they report on.

    A message without a Message-ID is listed as `refused ID` or `nameless ID`, with the id of its first hop: a client
    from outside the lab was refused before it could tell, or never told. The order of `hops` does not matter.
    """
    groups = _groups(sorted(hops, key=sort_key))
    originals = {name: _original(group, groups) for name, group in groups.items()}
    reports: dict[str, list[str]] = defaultdict(list)
    for name, original in originals.items():
        if original:
            reports[original].append(name)
    seen: set[str] = set()
    firsts = [name for name in groups if not originals[name]]
    return {
        name: _trace(name, groups, reports, seen)
        for name in (*firsts, *groups)  # a circle of reports, which no node makes, is shown rather than lost
        if name not in seen
    }


def way(trace: MessageTrace, recipient: str | None = None) -> tuple[Hop, ...]:
    """The hops that a message went through for one recipient (None: for each in turn), refusals at its end included.

    A refusal that another host or a later attempt made good is no part of the way.
    """
    if recipient is None:
        all_ways = (way(trace, recipient) for recipient in trace.dispositions)
        return tuple({id(hop): hop for hops in all_ways for hop in hops}.values())
    names = aliases(trace.hops, recipient) | _came_as(trace.hops, recipient)
    concerned = [
        (hop, parent)
        for hop, parent in zip(trace.hops, parents(trace.hops), strict=True)
        if _concerns(hop, names)
    ]
    decisive = {parent: hop for hop, parent in concerned}  # the last one wins
    made_good = {parent for hop, parent in concerned if taken(hop)}
    return tuple(
        hop
        for hop, parent in concerned
        if taken(hop) or (parent not in made_good and decisive[parent] is hop)
    )


def path(trace: MessageTrace, recipient: str | None = None) -> tuple[str, ...]:
    """The places of `way`, in order: hosts by key, Exchange Online as `tenant:NAME`."""
    return tuple(place(hop) for hop in way(trace, recipient))


def aliases(hops: Sequence[Hop], recipient: str) -> frozenset[str]:
    """The addresses that a recipient had on the way (hybrid routing rewrites to targetAddress), in lower case."""
    names = {recipient.lower()}
    for hop in hops:
        for step in hop.all(Resolved):
            if about(step, names) and step.rewritten:
                names.add(step.rewritten.lower())
    return frozenset(names)


def _came_as(hops: Sequence[Hop], recipient: str) -> frozenset[str]:
    """What a recipient was before: a group, another address, the recipients of whose mail a rule made a copy; lower case."""
    names: set[str] = {recipient.lower()}
    for hop in reversed(hops):
        for step in reversed(hop.steps):
            if isinstance(step, Expanded) and names & {name.lower() for name in step.members}:
                names.add(step.recipient.lower())
            if isinstance(step, Ruled) and names & {name.lower() for name in step.copies}:
                names.update(name.lower() for name in step.recipients)
            if isinstance(step, Resolved):
                # one address for another is the recipient's own; a redirection makes a recipient of somebody else
                own = () if step.resolution.is_redirection else (recipient.lower(),)
                if step.rewritten.lower() in names.difference(own):
                    names.add(step.recipient.lower())
    return frozenset(names)


def _groups(hops: Sequence[Hop]) -> dict[str, list[Hop]]:
    """Hops by Message-ID; a refused hop belongs to the message of the hop it came from, or of its connection."""
    above = parents(hops)
    by_connection: dict[str, str] = {
        hop.head.connection: hop.head.message_id
        for hop, parent in zip(hops, above, strict=True)
        if parent is None and hop.head.message_id and hop.head.connection
    }
    groups: dict[str, list[Hop]] = defaultdict(list)
    for index, hop in enumerate(hops):
        start = hops[_start(index, hops, above)]
        message_id = start.head.message_id or by_connection.get(start.head.connection, "")
        groups[message_id or f"{'nameless' if taken(start) else 'refused'} {start.head.id}"].append(hop)
    return dict(groups)


def _start(index: int, hops: Sequence[Hop], above: Sequence[int | None]) -> int:
    """The nearest hop up the way that knows the Message-ID, or else the first."""
    while not hops[index].head.message_id:
        parent = above[index]
        if parent is None:
            break
        index = parent
    return index


def _original(group: Sequence[Hop], groups: Mapping[str, object]) -> str:
    """The message that a group reports on, '' if it is no report on any known one.

    A reply has In-Reply-To too; only reports come from the null reverse-path.
    """
    answers = (hop.head for hop in group if hop.head.in_reply_to != hop.head.message_id)
    named_ids = (head.in_reply_to for head in answers if not bare_path(head.reverse_path))
    return next((name for name in named_ids if name in groups), "")


def _trace(
    name: str, groups: Mapping[str, Sequence[Hop]], reports: Mapping[str, Sequence[str]], seen: set[str]
) -> MessageTrace:
    seen.add(name)
    hops = in_order(groups[name])
    below = tuple(
        _trace(report, groups, reports, seen) for report in reports.get(name, ()) if report not in seen
    )
    message_id = name if any(hop.head.message_id for hop in hops) else ""
    return MessageTrace(message_id, hops, dispositions(hops), below)


def _concerns(hop: Hop, names: frozenset[str]) -> bool:
    """Whether a hop concerns one of these names; a refusal at MAIL FROM concerns everybody."""
    here = recipients(hop)
    return any(name.lower() in names for name in here) or not (here or taken(hop))

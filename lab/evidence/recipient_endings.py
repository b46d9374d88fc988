"""How a message ended for each recipient: everybody is followed from hop to hop, through each step that nodes recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lab.evidence.hop_facts import recipients, taken
from lab.evidence.hop_links import parents
from lab.model.steps import (
    Bounced,
    Delivered,
    Dropped,
    DropReason,
    Expanded,
    Merged,
    Resolution,
    Resolved,
    Ruled,
    Sent,
    Step,
)
from lab.model.tenant import RecipientKind
from lab.model.trace import Disposition, Hop

_RANKED = (
    Disposition.DELIVERED,
    Disposition.BOUNCED,
    Disposition.DROPPED,
    Disposition.QUEUED,
    Disposition.LOST,
    Disposition.REJECTED,
)
"""Of the copies of one recipient, the first of these is how it ended for him."""
_Origins = frozenset[str]
"""Recipients, in lower case, whose mail travels to some address now."""


def dispositions(hops: Sequence[Hop]) -> dict[str, Disposition]:
    """How the message ended, by recipient as first written. `hops` are those of one message, in causal order.

    A recipient keeps its name when it is rewritten. Others get an entry of their own: the members of a group instead of
    the group, what a mailbox forwards besides its own copy, each address of several to which a rule redirects, and those
    who get a blind copy. A group has an entry if something ended for the group itself.
    """
    followed = _Recipients(hops)
    return {followed.written[key]: end for key in followed.listed() if (end := followed.end(key)) is not None}


class _Stay:
    """Who waits for what at one node, while its steps are read."""

    def __init__(self, hop: Hop, arrived: Mapping[str, _Origins]) -> None:
        self.waiting = dict(arrived)
        """By address, whose mail it is."""
        self.boxes: set[str] = set()
        """Groups that have a mailbox of their own."""
        self.redirections: dict[str, set[str]] = defaultdict(set)
        """To whom rules redirect, by recipient."""
        self.delivered = {name.lower() for step in hop.all(Delivered) for name in step.about}
        """Who gets a copy here: of those that forward, who keeps one."""
        self._gone: dict[str, _Origins] = {}
        for step in hop.all(Resolved):
            if step.resolution is Resolution.REDIRECTED:
                self.redirections[step.recipient.lower()].add(step.rewritten.lower())

    def origins(self, name: str) -> _Origins:
        """Whose mail waits for an address, or did before it ended or became another's."""
        return self.waiting.get(name, self._gone.get(name, frozenset()))

    def take(self, name: str) -> _Origins:
        """The same; it does not wait for this address any longer."""
        self._gone[name] = self.origins(name)
        self.waiting.pop(name, None)
        return self._gone[name]

    def merge(self, name: str) -> _Origins:
        """The same for a group that was met again; how the group itself ends still means those it was expanded for."""
        origins = self.waiting.pop(name, frozenset())
        self._gone[name] = origins - {name} or self.origins(name)
        return origins

    def put(self, name: str, origins: _Origins) -> None:
        """It waits for this address now, besides what does already."""
        self.waiting[name] = self.waiting.get(name, frozenset()) | origins


class _Recipients:
    def __init__(self, hops: Sequence[Hop]) -> None:
        self.written: dict[str, str] = {}
        """Each recipient as first written, by key, in the order of their coming up."""
        self._roots: dict[str, None] = {}
        self._substitutes: dict[str, dict[str, None]] = defaultdict(dict)
        """Who came into being because of a recipient."""
        self._ends: dict[str, set[Disposition]] = defaultdict(set)
        self._merged: set[str] = set()
        """Groups that were met again: they add nobody."""
        self._sent: dict[tuple[int, str], _Origins] = defaultdict(frozenset)
        """By hop and address, whose mail the next hop was handed."""
        self._taken: set[tuple[int, str]] = set()
        """The keys of `_sent` that a next hop shows."""
        first = hops[0].head.connection
        for index, (hop, parent) in enumerate(zip(hops, parents(hops), strict=True)):
            if hop is hops[0] or (first and hop.head.connection == first):
                for name in recipients(hop):
                    self._roots.setdefault(self._known(name))
            if taken(hop):
                self._follow(index, hop, _Stay(hop, self._arrived(hop, parent)))
        for key in self._sent.keys() - self._taken:
            self._note(self._sent[key], Disposition.LOST)

    def _known(self, name: str) -> str:
        self.written.setdefault(name.lower(), name)
        return name.lower()

    def _arrived(self, hop: Hop, parent: int | None) -> dict[str, _Origins]:
        names = [self._known(name) for name in hop.head.recipients]
        if parent is None:
            return {name: frozenset({name}) for name in names}
        self._taken |= {(parent, name) for name in names}
        return {name: self._sent.get((parent, name), frozenset({name})) for name in names}

    def _follow(self, index: int, hop: Hop, stay: _Stay) -> None:
        for step in hop.steps:
            self._step(step, stay)
            if isinstance(step, Sent):
                for name in map(str.lower, step.about):
                    self._sent[index, name] |= stay.take(name)
        for origins in stay.waiting.values():
            self._note(origins, Disposition.QUEUED)

    def _step(self, step: Step, stay: _Stay) -> None:
        names = [name.lower() for name in step.about]
        match step:
            case Resolved() if step.rewritten:
                self._resolved(step, stay)
            case Expanded():
                self._expanded(step, stay)
            case Merged():
                for name in names:
                    if name not in stay.boxes:
                        self._merged |= stay.merge(name)
            case Ruled():
                self._branch(frozenset[str]().union(*map(stay.origins, names)), step.copies, stay)
            case Dropped(reason=DropReason.EXPANDED_BEFORE):
                for name in names:  # that a rule led to a group once more ends nothing for its members
                    self._note(stay.take(name) - ({name} & self._substitutes.keys()), Disposition.DROPPED)
            case Delivered() | Bounced() | Dropped():
                for name in names:
                    self._note(stay.take(name), Disposition(step.kind))
            case _:
                pass

    def _expanded(self, step: Expanded, stay: _Stay) -> None:
        group = step.recipient.lower()
        origins = stay.take(group)
        self._branch(origins, step.members, stay)
        if step.group is RecipientKind.GROUP:  # it has a mailbox of its own
            stay.put(group, origins)
            stay.boxes.add(group)

    def _resolved(self, step: Resolved, stay: _Stay) -> None:
        """One address for another; or one more, where the mailbox keeps a copy or a rule names several."""
        old, new = step.recipient.lower(), step.rewritten
        if step.resolution is Resolution.FORWARDING and old in stay.delivered:
            self._branch(stay.origins(old), (new,), stay)
        elif step.resolution is Resolution.REDIRECTED and len(stay.redirections[old]) > 1:
            self._branch(stay.take(old), (new,), stay)
        else:
            stay.put(new.lower(), stay.take(old))

    def _branch(self, origins: _Origins, names: Iterable[str], stay: _Stay) -> None:
        for name in names:
            key = self._known(name)
            for origin in origins:
                self._substitutes[origin].setdefault(key)
            stay.put(key, frozenset({key}))

    def _note(self, origins: _Origins, end: Disposition) -> None:
        for origin in origins:
            self._ends[origin].add(end)

    def listed(self) -> Iterator[str]:
        """The recipients in order: each root, then those who take its place."""
        met: set[str] = set()
        waiting = list(reversed(self._roots))
        while waiting:
            key = waiting.pop()
            if key not in met:
                met.add(key)
                yield key
                waiting += reversed(self._substitutes.get(key, {}))

    def end(self, key: str) -> Disposition | None:
        """How it ended; None for a group that is represented by others."""
        ends = self._ends.get(key)
        if ends:
            return min(ends, key=_RANKED.index)
        if key in self._merged or self._substitutes.get(key):
            return None
        return Disposition.REJECTED

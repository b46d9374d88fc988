"""After kill -9: let the lab finish, and compare its store with what the clients were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lab.drivers.embedded import Embedded
from lab.drivers.lab_runtime import AT_ONCE
from lab.evidence.trace_assembly import traces
from lab.model.steps import Delivered, Ending, Refused, Resolved
from lab.model.trace import Disposition, Hop
from lab.wire.store import StoreSnapshot, snapshot
from tests.embedded.fire import FATES, Sent, world

_LONGEST_WAY = 4
"""Hops that get a copy which arose at the filter: Exchange or the own tenant, then others behind them."""


async def finish(state: Path) -> None:
    """Let what is queued come to its end; the clock is moved on over all waiting."""
    async with Embedded(world(), state) as lab:
        await lab.finish()


@dataclass(slots=True, kw_only=True)
class Reckoning:
    """What the store says, against what the clients were told."""

    kills: int
    acknowledged: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """Dispositions of all recipients of acknowledged messages."""
    sent_again: int = 0
    """Copies that clients made by sending again what had got no reply; SMTP allows them."""
    relayed_again: int = 0
    """Copies that the lab made, because it was killed between a next hop's 250 and writing it down; SMTP allows them."""
    wrong: list[str] = field(default_factory=list)

    def problem(self, what: str) -> None:
        """Something that must not be."""
        self.wrong.append(what)

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {end}" for end, count in sorted(self.ends.items()))
        return (
            f"{self.kills} kills, {self.acknowledged} messages acknowledged; recipients: {ends}; "
            f"copies: {self.sent_again} by clients, {self.relayed_again} by relays; problems: {len(self.wrong)}"
        )


def reckon(state: Path, sent: dict[str, Sent], kills: int) -> Reckoning:
    """Compare the store with what the clients know."""
    store = snapshot(state / "lab.sqlite")
    found = Reckoning(kills=kills)
    _acknowledged(store, sent, found)
    _one_place(store, found)
    _copies(store, sent, found)
    return found


def _acknowledged(store: StoreSnapshot, sent: dict[str, Sent], found: Reckoning) -> None:
    """Each acknowledged message ends for each of its recipients."""
    known = traces(store.hops)
    for name, message in sent.items():
        if not message.acknowledged:
            continue
        found.acknowledged += 1
        trace = known.get(name)
        for recipient in message.recipients:
            end = trace.dispositions.get(recipient) if trace else None
            found.ends[str(end)] += 1
            if end not in (Disposition.DELIVERED, Disposition.BOUNCED, Disposition.QUEUED):
                found.problem(f"{name} for {recipient}: {end}")


def _one_place(store: StoreSnapshot, found: Reckoning) -> None:
    """At each hop a recipient has ended once, or is in one item of the queue."""
    queued = Counter((item.hop, address.key) for item in store.queue for address in item.recipients)
    ended: Counter[tuple[str, str]] = Counter()
    for hop in store.hops:
        ended.update(
            (hop.head.id, name.lower()) for s in hop.steps if isinstance(s, Ending) for name in s.about
        )
        for name in _recipients(hop):
            places = queued[hop.head.id, name] + ended[hop.head.id, name]
            if places != 1:
                found.problem(f"{hop.head.message_id} for {name} at {hop.head.node}: in {places} places")
    copies = Counter((m.message.message_id, m.mailbox.key) for m in store.mailboxes)
    steps = Counter((hop.head.message_id, s.mailbox) for hop in store.hops for s in hop.all(Delivered))
    if copies != steps:
        found.problem(f"mailboxes and journal differ: {copies - steps} {steps - copies}")


def _recipients(hop: Hop) -> Iterable[str]:
    """Who has to end at a hop, under the last of his names; nobody if it refused."""
    names = {name.lower() for name in hop.head.recipients}
    if hop.first(Refused):
        return ()
    for step in hop.all(Resolved):
        if step.rewritten:
            names.discard(step.recipient.lower())
            names.add(step.rewritten.lower())
    return names


def _copies(store: StoreSnapshot, sent: dict[str, Sent], found: Reckoning) -> None:
    """More hops than one of a message for a recipient at a place are copies; as many as SMTP allows, and no more."""
    taken = Counter(
        (hop.head.message_id, hop.head.node, hop.head.tenant, name)
        for hop in store.hops
        if not hop.first(Refused)
        for name in _recipients(hop)
    )
    entries = Counter(hop.head.message_id for hop in store.hops if hop.head.node == "gateway")
    for name, message in sent.items():
        again = max(entries[name] - 1, 0)
        found.sent_again += again
        if again > message.unanswered:
            found.problem(
                f"{name} was taken {entries[name]} times, but sent only {message.unanswered + 1} times"
            )
    for (name, node, _, recipient), count in taken.items():
        extra = count - max(entries[name], 1)
        if extra > 0 and name in sent:
            found.relayed_again += extra
            if extra > found.kills:
                found.problem(f"{name} for {recipient}: {count} copies at {node}")
    most = found.kills * AT_ONCE * _LONGEST_WAY * max(map(len, FATES))
    if found.relayed_again > most:
        found.problem(
            f"{found.relayed_again} copies by relays, but {found.kills} kills explain {most} at most"
        )

"""The stays in Exchange Online that a message's headers tell of, and for which tenant each was (R25, R122-R124, R179).

A chain of `Received` lines is cut where the service's servers begin and end. What they stamped stands around their own
lines: on entry below the front end's, on exit above the hub's. Where a server has moved all its fields to the end, as the
mailbox servers of Exchange do, only the last stay can be told, and that it is the last is inferred.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lab.analysis.diagnose.exchange_stamps import Stamps, below_all, exit_below, in_stretch, own_fields
from lab.analysis.diagnose.received_chain import Link
from lab.analysis.diagnose.service_hosts import is_outbound, is_service, label
from lab.evidence.diagnosis import Certainty, EvidenceTenant, Passage, TieToTenant
from lab.model.message import Message
from lab.model.value import value

_AT_THE_MAILBOX = frozenset({"mapi", "https"})


@value()
class _Stay:
    """The lines of one passage, oldest first."""

    links: tuple[Link, ...]
    from_mailbox: bool

    @property
    def entry(self) -> Link:
        return self.links[0]

    @property
    def last(self) -> Link:
        return self.links[-1]


def passages(message: Message, chain: Sequence[Link]) -> tuple[Passage, ...]:
    """The stays, oldest first."""
    stays = tuple(_stays(chain))
    lines = [link.index for link in chain]
    found = [_passage(stay, _around(message, stay, lines)) for stay in stays]
    made = _made_inside(message, chain)
    if made is None and found and not any(each.tenant for each in found):
        found = _by_what_lies_below(found, *below_all(message, lines))
    return (*((made,) if made else ()), *found)


def _made_inside(message: Message, chain: Sequence[Link]) -> Passage | None:
    """A report or notice that the service wrote itself: no server took it, and the first line is of its way out."""
    if not chain or not is_outbound(chain[0].told.origin):
        return None
    stamps = exit_below(message, chain[0].index)
    if stamps.by is not TieToTenant.MAILBOX or label(stamps.hub) in {label(link.told.by) for link in chain}:
        return None
    sure = Certainty.SEEN if stamps.tenant else Certainty.INFERRED
    return Passage(
        hub=stamps.hub, tenant=stamps.tenant, by=TieToTenant.MAILBOX, direction="Originating", sure=sure
    )


def _stays(chain: Sequence[Link]) -> Iterator[_Stay]:
    links: list[Link] = []
    from_mailbox = False
    for link in chain:
        if links and not (link.told.service and _goes_on(link)):
            yield _Stay(tuple(links), from_mailbox)
            links = []
        if not link.told.service:
            continue
        if not links:
            from_mailbox = link.told.protocol.lower() in _AT_THE_MAILBOX
        links.append(link)
    if links:
        yield _Stay(tuple(links), from_mailbox)


def _goes_on(link: Link) -> bool:
    """Whether a server of the service got the message from another one without leaving it."""
    return is_service(link.told.origin) and not is_outbound(link.told.origin)


def _around(message: Message, stay: _Stay, lines: Sequence[int]) -> Stamps:
    """What was stamped on entry (below the oldest line) and on exit (above the newest one)."""
    below = min((*(at for at in lines if at > stay.entry.index), own_fields(message, stay.entry.index)))
    above = max((at for at in lines if at < stay.last.index), default=-1)
    entry = range(stay.entry.index + 1, below)
    return in_stretch(message, entry, range(above + 1, stay.last.index), hub=stay.last.told.by)


def _passage(stay: _Stay, stamps: Stamps) -> Passage:
    entry, last = stay.entry.told, stay.last.told
    tenant, by = stamps.tenant, TieToTenant.MAILBOX if stay.from_mailbox else stamps.by
    seen = not stay.from_mailbox and not _goes_on(stay.entry)  # else the line of its entry is missing
    return Passage(
        front_end=entry.by if seen else "" if stay.from_mailbox else entry.origin,
        hub=last.by,
        at=entry.at,
        client=entry.address if seen else "",
        helo=entry.origin if seen else "",
        again=seen and is_outbound(entry.origin),
        tenant=tenant,
        by=by,
        direction=stamps.direction or _direction_of(by),
        internal=stamps.internal,
        sure=Certainty.SEEN if tenant else Certainty.INFERRED,
    )


def _by_what_lies_below(found: Sequence[Passage], entry: Stamps, leaving: Stamps) -> list[Passage]:
    """Stamps that were moved away from their lines.

    Those of an entry are the last stay's, whose servers wrote over those before; those of an exit are of the stay at the
    hub that they name, and nobody's if there is none.
    """
    told = list(found)
    hubs = [label(each.hub) for each in found]
    if label(leaving.hub) in hubs:
        at = len(hubs) - 1 - hubs[::-1].index(label(leaving.hub))
        told[at] = _completed(told[at], leaving)
    last = told[-1]
    if entry.tenant and last.tenant.id in ("", entry.tenant.id):
        told[-1] = _completed(last, replace(entry, tenant=replace(entry.tenant, domain=last.tenant.domain)))
    elif entry.tenant:
        told[-1] = replace(last, tenant=EvidenceTenant())  # two stamps that disagree name nobody
    return told


def _completed(passage: Passage, stamps: Stamps) -> Passage:
    by = TieToTenant.MAILBOX if passage.by is TieToTenant.MAILBOX else stamps.by or passage.by
    return replace(
        passage,
        tenant=stamps.tenant or passage.tenant,
        by=by,
        direction=passage.direction or stamps.direction or _direction_of(by),
        internal=passage.internal if passage.internal is not None else stamps.internal,
        sure=Certainty.INFERRED,
    )


def _direction_of(by: TieToTenant) -> str:
    return {
        TieToTenant.CONNECTOR: "Originating",
        TieToTenant.MAILBOX: "Originating",
        TieToTenant.RECIPIENT: "Incoming",
    }.get(by, "")

"""The way of a message by its header: its stays in Exchange Online, and for which tenant each was (R25, R122-R124, R179).

The chain of `Received` lines is cut where the service's servers begin and end. Their stamps stand around their own
lines: on entry below the front end's, on exit above the hub's (R182). Where a server has moved all its fields to the end, as the
mailbox servers of Exchange do, only the last stay can be told, and that it is the last is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lab.analysis.diagnose.evidence_file import MAX_HOPS, MAX_RECIPIENTS
from lab.analysis.diagnose.exchange_stamps import (
    Stamps,
    around_stay,
    below_all,
    exit_below,
    is_outbound,
    is_service,
    label,
    own_fields,
)
from lab.analysis.diagnose.mime import decoded_words
from lab.core.dates import read_date
from lab.model.message import Message
from lab.model.value import value
from lab.reports.findings.diagnosis import Certainty, EvidenceTenant, HandOver, Journey, Passage, TieToTenant

_ADDRESS = re.compile(r'[^\s<>,;:"()\[\]]{1,64}@[^\s<>,;:"()\[\]]{1,255}')
_CLIENT_ADDRESS = r"(?:IPv6:)?[0-9a-fA-F.:%]{2,60}"
_FROM = re.compile(r"from\s+(\S+)", re.IGNORECASE)
_BY = re.compile(r"(?:^|\s)by\s+([^\s;]+)", re.IGNORECASE)
_CLIENT = re.compile(
    rf"from\s+\S+\s+\((?:[^()\s]*\s+)?\[?({_CLIENT_ADDRESS})\]?(?:\s+[^()]*)?\)", re.IGNORECASE
)
_WITH = re.compile(r"\swith\s+(Microsoft SMTP Server|[\w-]+)", re.IGNORECASE)
_FOR = re.compile(r"\sfor\s+<([^<>\s]{1,320})>", re.IGNORECASE)
_CERTIFICATE = re.compile(r'\(Client CN "([^"]{1,255})"')
_COMMENT = re.compile(r"\([^()]*\)")
_DIRECTIONS = {
    TieToTenant.CONNECTOR: "Originating",
    TieToTenant.MAILBOX: "Originating",
    TieToTenant.RECIPIENT: "Incoming",
}


def journey(message: Message) -> Journey:
    """Of a whole message, of its header section, or of what somebody pasted of it."""
    chain = _links(message)
    recipients = _ADDRESS.findall(", ".join((*message.all("To"), *message.all("Cc"))))[:MAX_RECIPIENTS]
    return_path = (message.get("Return-Path") or "").strip()
    sender = _ADDRESS.search(return_path)
    return Journey(
        message_id=message.message_id,
        sender=sender[0] if sender else "<>" if return_path == "<>" else "",
        author=message.author,
        recipients=tuple(dict.fromkeys(recipients)),
        subject=decoded_words(message.subject),
        hand_overs=tuple(link.hand_over for link in chain),
        passages=_passages(message, chain),
    )


def _passages(message: Message, chain: Sequence[_Link]) -> tuple[Passage, ...]:
    """The stays, oldest first; the lines of each, oldest first."""
    lines = [link.index for link in chain]
    passages = [_passage(stay, _stamps(message, stay, lines)) for stay in _stays(chain)]
    first = _made_inside(message, chain)
    if first is not None:
        return (first, *passages)
    if passages and not any(passage.tenant for passage in passages):
        return _with_moved_stamps(passages, *below_all(message, lines))
    return tuple(passages)


def _made_inside(message: Message, chain: Sequence[_Link]) -> Passage | None:
    """A report or notice that the service wrote itself: no server took it, and the first line is of its way out."""
    if not chain or not is_outbound(chain[0].hand_over.origin):
        return None
    stamps = exit_below(message, chain[0].index)
    if stamps.by is not TieToTenant.MAILBOX or label(stamps.hub) in {
        label(link.hand_over.by) for link in chain
    }:
        return None
    return Passage(
        hub=stamps.hub,
        tenant=stamps.tenant,
        by=TieToTenant.MAILBOX,
        direction="Originating",
        sure=Certainty.SEEN if stamps.tenant else Certainty.INFERRED,
    )


def _stays(chain: Sequence[_Link]) -> Iterator[tuple[_Link, ...]]:
    stay: list[_Link] = []
    for link in chain:
        if stay and not (link.hand_over.service and _from_service(link)):
            yield tuple(stay)
            stay = []
        if link.hand_over.service:
            stay.append(link)
    if stay:
        yield tuple(stay)


def _from_service(link: _Link) -> bool:
    """Whether a server of the service got the message from another one without leaving it."""
    return is_service(link.hand_over.origin) and not is_outbound(link.hand_over.origin)


def _stamps(message: Message, stay: Sequence[_Link], lines: Sequence[int]) -> Stamps:
    """What was stamped on entry (below the oldest line) and on exit (above the newest one)."""
    first, last = stay[0].index, stay[-1]
    below = min((*(at for at in lines if at > first), own_fields(message, first)))
    above = max((at for at in lines if at < last.index), default=-1)
    leaving = range(above + 1, last.index)
    return around_stay(message, range(first + 1, below), leaving, hub=last.hand_over.by)


def _passage(stay: Sequence[_Link], stamps: Stamps) -> Passage:
    entry, last = stay[0].hand_over, stay[-1].hand_over
    from_mailbox = entry.protocol.lower() in ("mapi", "https")
    by = TieToTenant.MAILBOX if from_mailbox else stamps.by
    seen = not from_mailbox and not _from_service(stay[0])  # else the line of its entry is missing
    return Passage(
        front_end=entry.by if seen else "" if from_mailbox else entry.origin,
        hub=last.by,
        at=entry.at,
        client=entry.address if seen else "",
        helo=entry.origin if seen else "",
        again=seen and is_outbound(entry.origin),
        tenant=stamps.tenant,
        by=by,
        direction=stamps.direction or _DIRECTIONS.get(by, ""),
        internal=stamps.internal,
        sure=Certainty.SEEN if stamps.tenant else Certainty.INFERRED,
    )


def _with_moved_stamps(passages: Sequence[Passage], entry: Stamps, leaving: Stamps) -> tuple[Passage, ...]:
    """The passages with stamps that were moved away from their lines.

    Those of an entry are the last stay's, whose servers wrote over those before; those of an exit are of the stay at the
    hub that they name, and nobody's if there is none.
    """
    completed = list(passages)
    hubs = [label(passage.hub) for passage in passages]
    if label(leaving.hub) in hubs:
        at = len(hubs) - 1 - hubs[::-1].index(label(leaving.hub))
        completed[at] = _completed(completed[at], leaving)
    last = completed[-1]
    if entry.tenant and last.tenant.id in ("", entry.tenant.id):
        tenant = replace(entry.tenant, domain=last.tenant.domain)
        completed[-1] = _completed(last, replace(entry, tenant=tenant))
    elif entry.tenant:
        completed[-1] = replace(last, tenant=EvidenceTenant())  # two stamps that disagree name nobody
    return tuple(completed)


def _completed(passage: Passage, stamps: Stamps) -> Passage:
    by = TieToTenant.MAILBOX if passage.by is TieToTenant.MAILBOX else stamps.by or passage.by
    return replace(
        passage,
        tenant=stamps.tenant or passage.tenant,
        by=by,
        direction=passage.direction or stamps.direction or _DIRECTIONS.get(by, ""),
        internal=passage.internal if passage.internal is not None else stamps.internal,
        sure=Certainty.INFERRED,
    )


@value()
class _Link:
    """A `Received` line, and its place in the header: a server stamps its fields above or below its own line."""

    index: int
    """Among the fields of the message, 0 on top."""
    hand_over: HandOver


def _links(message: Message) -> tuple[_Link, ...]:
    """The lines that say who took the message, oldest first."""
    lines = [(at, field) for at, field in enumerate(message.headers) if field.name.lower() == "received"]
    read = [(at, hand_over(field.value)) for at, field in lines[:MAX_HOPS]]
    return tuple(_Link(at, hand) for at, hand in reversed(read) if hand is not None)


def hand_over(line: str) -> HandOver | None:
    """One line, None if it does not say who took the message."""
    text, _, date = line.rpartition(";")
    text = " ".join((text or line).split())
    bare = _without_comments(text)
    by = _BY.search(bare)
    if by is None:
        return None
    origin, client, protocols = _FROM.match(bare), _CLIENT.match(text), _WITH.findall(bare)
    recipient, certificate = _FOR.search(bare), _CERTIFICATE.search(text)
    host, name = by[1].strip("[]()"), origin[1] if origin else ""
    address = client[1] if client else name.strip("[]") if name.startswith("[") else ""  # `from [192.0.2.5]`
    return HandOver(
        by=host,
        origin=name.strip("[]()"),
        address=address.removeprefix("IPv6:").partition("%")[0] if "." in address or ":" in address else "",
        at=read_date(" ".join(date.split())),  # Exchange folds it anywhere
        protocol=protocols[-1] if protocols else "",
        recipient=recipient[1] if recipient else "",
        certificate=certificate[1] if certificate else "",
        service=is_service(host),
    )


def _without_comments(text: str) -> str:
    """Without what stands in brackets: `(using TLSv1.3 with cipher ...)` has words of the grammar in it."""
    for _ in range(3):  # comments nest, at most so deep in what servers write
        shorter = _COMMENT.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    return text

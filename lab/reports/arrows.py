"""The ways of a message and of its reports as numbered arrows, each with the sentence that explains it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from lab.evidence.facts import place
from lab.evidence.links import parents
from lab.model.reply import Reply
from lab.model.steps import Attributed, Delivered, Refused, Sent
from lab.model.topology import Topology
from lab.model.trace import Hop, MessageTrace
from lab.model.value import dataclass
from lab.reports.printable import without_guids
from lab.reports.reading import Leg, legs
from lab.words.steps import short_reply


class ArrowKind(StrEnum):
    """How an arrow is drawn."""

    WAY = "way"
    ASTRAY = "astray"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Arrow:
    """One hand-over."""

    number: int
    source: str
    target: str
    kind: ArrowKind
    refused: str
    """Code and status of the refusal, '' if it was taken."""
    text: str

    @property
    def label(self) -> str:
        """What stands beside its number."""
        if self.kind is ArrowKind.ASTRAY:
            return f"taken for {self.target.removeprefix('tenant:')}"
        return self.refused


def arrows(topology: Topology, traces: Iterable[MessageTrace]) -> tuple[Arrow, ...]:
    """All hand-overs of these messages and then of their reports, numbered in that order."""
    found: list[Arrow] = []
    for trace in traces:
        for arrow in _arrows(topology, trace):
            found.append(Arrow(len(found) + 1, *arrow))
    return tuple(found)


_Unnumbered = tuple[str, str, ArrowKind, str, str]


def _arrows(topology: Topology, trace: MessageTrace) -> Iterator[_Unnumbered]:
    for leg in legs(trace, topology):
        if leg.origin is not None:
            kind = ArrowKind.ASTRAY if leg.misrouted else ArrowKind.WAY
            yield leg.origin, leg.place, kind, _code(leg.refusal), _told(leg)
    for report in trace.reports:
        yield from _report(report)


def _report(report: MessageTrace) -> Iterator[_Unnumbered]:
    for hop, parent in zip(report.hops, parents(report.hops), strict=True):
        if parent is not None:
            refused, sent = hop.first(Refused), report.hops[parent].first(Sent)
            refusal = refused.reply if refused else None
            told = f"refused: {short_reply(refusal)}" if refusal else _ending(hop) or "passed on"
            by = without_guids(sent.connector if sent else "")
            through = f' through "{by}"' if by else ""
            yield (
                place(report.hops[parent]),
                place(hop),
                ArrowKind.REPORT,
                _code(refusal),
                f"NDR{through}: {told}",
            )
    for below in report.reports:
        yield from _report(below)


def _told(leg: Leg) -> str:
    decided = leg.hop.first(Attributed)
    if decided is not None and leg.misrouted:
        told = f"meant for {leg.meant}, taken for {decided.tenant} by {decided.basis}"
    elif decided is not None and leg.taken:
        told = f"taken for {decided.tenant} by {decided.basis}"
    else:
        told = "accepted" if leg.taken else "refused"
    if leg.refusal:
        return f"{told}: {short_reply(leg.refusal)}"
    end = _ending(leg.hop)
    return f"{told}, {end}" if end else told


def _ending(hop: Hop) -> str:
    return "delivered" if hop.first(Delivered) else ""


def _code(reply: Reply | None) -> str:
    return " ".join(short_reply(reply).split()[:2])

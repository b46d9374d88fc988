"""The ways of a message and of its reports as numbered arrows, each with the sentence that explains it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from lab.evidence.hop_facts import place
from lab.evidence.hop_links import parents
from lab.model.reply import Reply
from lab.model.steps import Attributed, Delivered, Refused, Sent
from lab.model.topology import Topology
from lab.model.trace import Hop, MessageTrace
from lab.model.value import dataclass
from lab.reports.explanation.conclusions import Leg, legs
from lab.reports.text.printable import without_guids
from lab.sentence import NOTHING, Sentence, sentence
from lab.words.english import BASES
from lab.words.steps import code, short_reply


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
    told: Sentence

    @property
    def label(self) -> Sentence | str:
        """What stands beside its number."""
        if self.kind is ArrowKind.ASTRAY:
            return sentence("taken for {tenant}", tenant=self.target.removeprefix("tenant:"))
        return self.refused


def arrows(topology: Topology, traces: Iterable[MessageTrace]) -> tuple[Arrow, ...]:
    """All hand-overs of these messages and then of their reports, numbered in that order."""
    arrows: list[Arrow] = []
    for trace in traces:
        for arrow in _arrows(topology, trace):
            arrows.append(Arrow(len(arrows) + 1, *arrow))
    return tuple(arrows)


_Unnumbered = tuple[str, str, ArrowKind, str, Sentence]


def _arrows(topology: Topology, trace: MessageTrace) -> Iterator[_Unnumbered]:
    for leg in legs(trace, topology):
        if leg.origin is not None:
            kind = ArrowKind.ASTRAY if leg.misrouted else ArrowKind.WAY
            yield leg.origin, leg.place, kind, code(leg.refusal), _told(leg)
    for report in trace.reports:
        yield from _report(report)


def _report(report: MessageTrace) -> Iterator[_Unnumbered]:
    for hop, parent in zip(report.hops, parents(report.hops), strict=True):
        if parent is not None:
            refused, sent = hop.first(Refused), report.hops[parent].first(Sent)
            refusal = refused.reply if refused else None
            by = without_guids(sent.connector if sent else "")
            through = sentence(' through "{connector}"', connector=by) if by else NOTHING
            text = sentence("NDR{through}: {end}", through=through, end=_end_of_report(hop, refusal))
            yield place(report.hops[parent]), place(hop), ArrowKind.REPORT, code(refusal), text
    for below in report.reports:
        yield from _report(below)


def _end_of_report(hop: Hop, refusal: Reply | None) -> Sentence:
    if refusal:
        return sentence("refused: {reply}", reply=short_reply(refusal))
    return sentence("delivered") if hop.first(Delivered) else sentence("passed on")


def _told(leg: Leg) -> Sentence:
    if leg.refusal:
        return sentence(
            "{attribution}: {reply}", attribution=_attribution(leg), reply=short_reply(leg.refusal)
        )
    if leg.hop.first(Delivered):
        return sentence("{attribution}, delivered", attribution=_attribution(leg))
    return _attribution(leg)


def _attribution(leg: Leg) -> Sentence:
    decided = leg.hop.first(Attributed)
    if decided is None or not (leg.misrouted or leg.taken):
        return sentence("accepted") if leg.taken else sentence("refused")
    taken = sentence("taken for {tenant} by {basis}", tenant=decided.tenant, basis=BASES[decided.basis])
    return sentence("meant for {tenant}, {taken}", tenant=leg.meant, taken=taken) if leg.misrouted else taken

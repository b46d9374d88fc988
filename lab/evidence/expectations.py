"""Whether a message went and ended as its scenario claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, fields
from datetime import timedelta
from enum import StrEnum

from lab.evidence.admin_views import in_log, seen_by
from lab.evidence.hop_facts import place, reply_of, taken
from lab.evidence.journal import shown_to
from lab.evidence.misplacement import Placement, TopologyAt
from lab.evidence.trace_assembly import path, way
from lab.model.message import Message
from lab.model.reply import Reply
from lab.model.steps import Accepted, Attributed, Authenticated, Bounced, Deferred, Refused, Routed, Sent
from lab.model.trace import Hop, MessageTrace
from lab.model.value import dataclass
from lab.scenario.model import AttributedExpectation, Expectation, NdrExpectation, Variant
from lab.sentence import Sentence, counted, listed, sentence
from lab.words.english import ENDS


class ClaimKind(StrEnum):
    """What a scenario may claim of a message, as it is written there."""

    SENT = "sent"
    PATH = "path"
    ATTRIBUTED = "attributed"
    ENDS = "ends"
    REPLY = "reply"
    NDR = "ndr"
    NO_NDR = "no_ndr"
    SEEN_BY = "seen_by"
    NOT_SEEN_BY = "not_seen_by"
    NOT_TWICE = "not_twice"
    NOT_ASTRAY = "not_astray"
    SPF = "spf"
    DMARC = "dmarc"
    HEADERS = "headers"


@dataclass(frozen=True, slots=True)
class _Claim:
    kind: ClaimKind
    about: str
    """Which of these claims: the place, the header, or the part of the report; '' where there is but one."""
    wanted: Sentence
    got: Sentence
    ok: bool
    strays: tuple[str, ...] = ()
    """Recipients whose copies are where nothing leads them."""

    @property
    def field(self) -> str:
        """Dotted, as it is written in the scenario: `ndr.status`."""
        return f"{self.kind}.{self.about}" if self.about else self.kind.value


@dataclass(frozen=True, slots=True)
class ExpectationResult(_Claim):
    """One claim, and what became of it."""

    message: str = field(kw_only=True)
    """Key of the message in the scenario."""
    file: str = field(kw_only=True)
    line: int = field(kw_only=True)

    @property
    def source(self) -> str:
        """Where the claim is written: `file:line`."""
        return f"{self.file}:{self.line}"

    @property
    def verdict(self) -> Sentence:
        """What was wanted, and what there was."""
        if self.ok:
            return sentence("ok")
        return sentence("wanted {wanted}, got {got}", wanted=self.wanted, got=self.got)

    def __str__(self) -> str:
        return f"{self.source}: {self.message}: {self.field}: {self.verdict}"


def judge(
    variant: Variant,
    traces: Mapping[str, MessageTrace],
    messages: Mapping[str, str],
    delivered: Iterable[Message] = (),
    topology_at: TopologyAt | None = None,
) -> tuple[ExpectationResult, ...]:
    """Compare what happened with each expectation of the variant, claim by claim.

    `messages` gives the Message-ID that the driver put on each message of the scenario; `delivered` are the messages
    in the lab's mailboxes, for claims about headers; `topology_at` tells what is in force where that changes.
    """
    arrived = tuple(delivered)
    delay = variant.topology.switches.trace_delay
    placement = Placement(variant, topology_at)
    findings: list[ExpectationResult] = []
    for key, expectation in variant.expect.items():
        if expectation.whole_series and key not in messages:
            continue  # its series had settled before
        trace = traces.get(messages.get(key, ""))
        claims = (
            (*_claims(expectation, trace, arrived, delay), *_placed(expectation, trace, placement))
            if trace
            else (_Claim(ClaimKind.SENT, "", sentence("a trace"), _NOTHING, ok=False),)
        )
        findings += (
            ExpectationResult(
                *(getattr(claim, field.name) for field in fields(claim)),
                message=key,
                file=expectation.file,
                line=expectation.line,
            )
            for claim in claims
        )
    return tuple(findings)


def fits(pattern: str, value: str) -> bool:
    """Whether a name is the expected one; a pattern may end in `*`. Case does not matter to Exchange."""
    wanted, actual = pattern.lower(), value.lower()
    return actual.startswith(wanted[:-1]) if wanted.endswith("*") else actual == wanted


def _claims(
    expectation: Expectation, trace: MessageTrace, delivered: tuple[Message, ...], trace_delay: int
) -> Iterator[_Claim]:
    if expectation.path is not None:
        yield _same(ClaimKind.PATH, "", _chain(expectation.path), _chain(path(trace)))
    if expectation.attributed is not None:
        yield from _attribution(expectation.attributed, trace)
    if expectation.ends is not None:
        yield _ended(ClaimKind.ENDS, "", expectation.ends, trace)
    if expectation.reply is not None:
        yield _contains(ClaimKind.REPLY, "", expectation.reply, str(decisive_reply(trace) or ""))
    yield from _reports(expectation, trace)
    yield from _sightings(expectation, trace, trace_delay)
    for where, wanted in expectation.spf:
        yield _same(ClaimKind.SPF, where, wanted, _authentication(trace, where, lambda step: step.spf))
    for where, wanted in expectation.dmarc:
        yield _same(ClaimKind.DMARC, where, wanted, _authentication(trace, where, lambda step: step.dmarc))
    for name, wanted in expectation.headers:
        values = (message.all(name) for message in delivered if message.message_id == trace.message_id)
        yield _contains(ClaimKind.HEADERS, name, wanted, "\n".join(v for texts in values for v in texts))


def _attribution(wanted: AttributedExpectation, trace: MessageTrace) -> Iterator[_Claim]:
    """Claims about the first front end that decided whom the message speaks for."""
    step = next((step for hop in way(trace) for step in hop.all(Attributed)), None)
    for name in ("tenant", "basis", "connector", "direction"):
        value: str | None = getattr(wanted, name)
        if value is not None:
            yield _matching(ClaimKind.ATTRIBUTED, name, value, str(getattr(step, name, None) or ""))


def _reports(expectation: Expectation, trace: MessageTrace) -> Iterator[_Claim]:
    reports = _failures(trace)
    if expectation.no_ndr:
        yield _Claim(ClaimKind.NO_NDR, "", _count(0), _count(len(reports)), ok=not reports)
    if expectation.ndr is None:
        return
    if not reports:
        yield _Claim(ClaimKind.NDR, "", sentence("a report"), sentence("none"), ok=False)
        return
    yield from _report(expectation.ndr, trace, reports[0])


def _failures(trace: MessageTrace) -> tuple[MessageTrace, ...]:
    """The reports of failure; a sender may have asked for reports of success as well."""
    return tuple(report for report in trace.reports if _bounce(trace, report)[1] is not None)


def _report(wanted: NdrExpectation, trace: MessageTrace, report: MessageTrace) -> Iterator[_Claim]:
    maker, bounced = _bounce(trace, report)
    start = report.hops[0]
    if wanted.status is not None:
        yield _same(ClaimKind.NDR, "status", wanted.status, bounced.status if bounced else "")
    if wanted.generated_by is not None:
        yield _same(ClaimKind.NDR, "from", wanted.generated_by, place(maker))
    if wanted.to is not None:
        yield _same(ClaimKind.NDR, "to", wanted.to.key, ", ".join(start.head.recipients).lower())
    if wanted.via is not None:
        yield _matching(ClaimKind.NDR, "via", wanted.via, _connector(start))
    if wanted.ends is not None:
        yield _ended(ClaimKind.NDR, "ends", wanted.ends, report)
    if wanted.path is not None:
        yield _same(ClaimKind.NDR, "path", _chain(wanted.path), _chain(path(report)))


def _bounce(trace: MessageTrace, report: MessageTrace) -> tuple[Hop, Bounced | None]:
    """The hop that wrote the report, and its step that says so."""
    for hop in trace.hops:
        for step in hop.all(Bounced):
            if step.ndr == report.message_id:
                return hop, step
    return report.hops[0], None


def _connector(hop: Hop) -> str:
    """The connector that a message left by, or was about to."""
    steps: tuple[Sent | Routed, ...] = (*hop.all(Sent), *hop.all(Routed))
    return next((step.connector for step in steps if step.connector), "")


def _sightings(expectation: Expectation, trace: MessageTrace, trace_delay: int) -> Iterator[_Claim]:
    after = expectation.seen_after
    for who in expectation.seen_by:
        yield _sighting(ClaimKind.SEEN_BY, who, wanted=True, seen=_seen(trace, who, after, trace_delay))
    for who in expectation.not_seen_by:
        yield _sighting(ClaimKind.NOT_SEEN_BY, who, wanted=False, seen=_seen(trace, who, after, trace_delay))
    for who in expectation.not_twice:
        times = max((path(trace, disposition).count(who) for disposition in trace.dispositions), default=0)
        got = sentence("{number} times", number=times)
        yield _Claim(ClaimKind.NOT_TWICE, who, sentence("once at most"), got, ok=times <= 1)


def _placed(expectation: Expectation, trace: MessageTrace, placement: Placement) -> Iterator[_Claim]:
    """Claims about each copy of a message that splits."""
    if not expectation.not_astray:
        return
    astray = {place(hop): strays for hop in trace.hops if taken(hop) and (strays := placement.strays(hop))}
    for who in expectation.not_astray:
        strays = astray.get(who, ())
        got = (
            sentence("a copy for {recipients}", recipients=", ".join(strays))
            if strays
            else sentence("no other")
        )
        wanted = sentence("only copies that are led there")
        yield _Claim(ClaimKind.NOT_ASTRAY, who, wanted, got, ok=not strays, strays=strays)


def _seen(trace: MessageTrace, who: str, after: timedelta | None, trace_delay: int) -> bool:
    """Whether `who` has the message at the end or, if it is said, some time after it was sent (R214)."""
    if after is None:
        return seen_by(trace, who)
    sent = min(hop.head.arrived for hop in trace.hops)
    return in_log(shown_to(who, trace.hops, sent + after, trace_delay), who)


def _sighting(kind: ClaimKind, who: str, *, wanted: bool, seen: bool) -> _Claim:
    places = {True: sentence("in its log"), False: sentence("not in its log")}
    return _Claim(kind, who, places[wanted], places[seen], ok=wanted is seen)


def decisive_reply(trace: MessageTrace) -> Reply | None:
    """The reply that decided the end: the last refusal, or the last acceptance where there was none."""
    steps = [step for hop in trace.hops for step in hop.steps]
    refusals = [reply_of(step) for step in steps if isinstance(step, Bounced | Refused | Deferred)]
    replies = refusals or [reply_of(step) for step in steps if isinstance(step, Sent | Accepted)]
    return replies[-1] if replies else None


def _authentication(trace: MessageTrace, where: str, result: Callable[[Authenticated], str]) -> str:
    """The result at a place."""
    steps = (step for hop in trace.hops if place(hop) == where for step in hop.all(Authenticated))
    return next((result(step) for step in steps), "")


def _ended(kind: ClaimKind, about: str, wanted: str, trace: MessageTrace) -> _Claim:
    ends = {end.value for end in trace.dispositions.values()}
    got = ending(trace) if ends else _NOTHING
    return _Claim(kind, about, _quoted(wanted), got, ok=ends == {wanted.lower()})


def ending(trace: MessageTrace) -> Sentence:
    """The one disposition, or who got which where they differ."""
    ends = trace.dispositions
    if len(set(ends.values())) == 1:
        return ENDS[next(iter(ends.values()))]
    template = "{recipient} {end}"
    return listed(sentence(template, recipient=recipient, end=ENDS[end]) for recipient, end in ends.items())


def _same(kind: ClaimKind, about: str, wanted: str, got: str) -> _Claim:
    return _Claim(kind, about, _quoted(wanted), _quoted(got), ok=wanted.lower() == got.lower())


def _matching(kind: ClaimKind, about: str, pattern: str, got: str) -> _Claim:
    return _Claim(kind, about, _quoted(pattern), _quoted(got), ok=fits(pattern, got))


def _contains(kind: ClaimKind, about: str, wanted: str, got: str) -> _Claim:
    return _Claim(kind, about, _quoted(wanted), _quoted(got), ok=wanted.lower() in got.lower())


_NOTHING = sentence("(nothing)")


def _quoted(value: str) -> Sentence:
    return sentence("{value}", value=value) if value else _NOTHING


def _chain(places: Iterable[str]) -> str:
    return " > ".join(places)


def _count(number: int) -> Sentence:
    return counted(number, "{number} report", "{number} reports") if number else sentence("no report")

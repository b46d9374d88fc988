"""Whether a message went and ended as its scenario claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta

from lab.evidence.facts import place, reply_of, taken
from lab.evidence.moments import shown_to
from lab.evidence.placement import Placement, TopologyAt
from lab.evidence.trace import path, way
from lab.evidence.views import in_log, seen_by
from lab.model.message import Message
from lab.model.reply import Reply
from lab.model.steps import Accepted, Attributed, Authenticated, Bounced, Deferred, Refused, Routed, Sent
from lab.model.trace import Hop, MessageTrace
from lab.model.value import dataclass
from lab.scenario.model import AttributedExpectation, Expectation, NdrExpectation, Variant

NOTHING = "(nothing)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One claim, and what became of it."""

    message: str
    """Key of the message in the scenario."""
    field: str
    """Dotted, as it is written in the scenario: `ndr.status`."""
    wanted: str
    got: str
    ok: bool
    file: str
    line: int

    @property
    def source(self) -> str:
        """Where the claim is written: `file:line`."""
        return f"{self.file}:{self.line}"

    def __str__(self) -> str:
        verdict = "ok" if self.ok else f"wanted {self.wanted}, got {self.got}"
        return f"{self.source}: {self.message}: {self.field}: {verdict}"


@dataclass(frozen=True, slots=True)
class _Claim:
    field: str
    wanted: str
    got: str
    ok: bool


def judge(
    variant: Variant,
    traces: Mapping[str, MessageTrace],
    messages: Mapping[str, str],
    delivered: Iterable[Message] = (),
    topology_at: TopologyAt | None = None,
) -> tuple[Finding, ...]:
    """Compare what happened with each expectation of the variant, claim by claim.

    `messages` gives the Message-ID that the driver put on each message of the scenario; `delivered` are the messages
    in the lab's mailboxes, for claims about headers; `topology_at` tells what is in force where that changes.
    """
    arrived = tuple(delivered)
    delay = variant.topology.switches.trace_delay
    placement = Placement(variant, topology_at)
    findings: list[Finding] = []
    for key, expectation in variant.expect.items():
        if expectation.whole_series and key not in messages:
            continue  # its series had settled before
        trace = traces.get(messages.get(key, ""))
        claims = (
            (*_claims(expectation, trace, arrived, delay), *_placed(expectation, trace, placement))
            if trace
            else (_Claim("sent", "a trace", NOTHING, ok=False),)
        )
        findings += (
            Finding(
                message=key,
                field=claim.field,
                wanted=claim.wanted,
                got=claim.got,
                ok=claim.ok,
                file=expectation.file,
                line=expectation.line,
            )
            for claim in claims
        )
    return tuple(findings)


def fits(pattern: str, value: str) -> bool:
    """Whether a name is the expected one; a pattern may end in `*`. Case does not matter to Exchange."""
    wanted, found = pattern.lower(), value.lower()
    return found.startswith(wanted[:-1]) if wanted.endswith("*") else found == wanted


def _claims(
    expectation: Expectation, trace: MessageTrace, delivered: tuple[Message, ...], trace_delay: int
) -> Iterator[_Claim]:
    if expectation.path is not None:
        yield _same("path", _chain(expectation.path), _chain(path(trace)))
    if expectation.attributed is not None:
        yield from _attribution(expectation.attributed, trace)
    if expectation.ends is not None:
        yield _same("ends", expectation.ends, _ends(trace))
    if expectation.reply is not None:
        yield _contains("reply", expectation.reply, str(decisive_reply(trace) or ""))
    yield from _reports(expectation, trace)
    yield from _sightings(expectation, trace, trace_delay)
    for where, wanted in expectation.spf:
        yield _same(f"spf.{where}", wanted, _authentication(trace, where, lambda step: step.spf))
    for where, wanted in expectation.dmarc:
        yield _same(f"dmarc.{where}", wanted, _authentication(trace, where, lambda step: step.dmarc))
    for name, wanted in expectation.headers:
        values = (message.all(name) for message in delivered if message.message_id == trace.message_id)
        yield _contains(f"headers.{name}", wanted, "\n".join(value for found in values for value in found))


def _attribution(wanted: AttributedExpectation, trace: MessageTrace) -> Iterator[_Claim]:
    """Claims about the first front end that decided whom the message speaks for."""
    step = next((step for hop in way(trace) for step in hop.all(Attributed)), None)
    for field in ("tenant", "basis", "connector", "direction"):
        value: str | None = getattr(wanted, field)
        if value is not None:
            yield _matching(f"attributed.{field}", value, str(getattr(step, field, None) or ""))


def _reports(expectation: Expectation, trace: MessageTrace) -> Iterator[_Claim]:
    reports = _failures(trace)
    if expectation.no_ndr:
        yield _Claim("no_ndr", "no report", _count(len(reports)), ok=not reports)
    if expectation.ndr is None:
        return
    if not reports:
        yield _Claim("ndr", "a report", "none", ok=False)
        return
    yield from _report(expectation.ndr, trace, reports[0])


def _failures(trace: MessageTrace) -> tuple[MessageTrace, ...]:
    """The reports of failure; a sender may have asked for reports of success as well."""
    return tuple(report for report in trace.reports if _bounce(trace, report)[1] is not None)


def _report(wanted: NdrExpectation, trace: MessageTrace, report: MessageTrace) -> Iterator[_Claim]:
    maker, bounced = _bounce(trace, report)
    start = report.hops[0]
    if wanted.status is not None:
        yield _same("ndr.status", wanted.status, bounced.status if bounced else "")
    if wanted.generated_by is not None:
        yield _same("ndr.from", wanted.generated_by, place(maker))
    if wanted.to is not None:
        yield _same("ndr.to", wanted.to.key, ", ".join(start.head.recipients).lower())
    if wanted.via is not None:
        yield _matching("ndr.via", wanted.via, _connector(start))
    if wanted.ends is not None:
        yield _same("ndr.ends", wanted.ends, _ends(report))
    if wanted.path is not None:
        yield _same("ndr.path", _chain(wanted.path), _chain(path(report)))


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
        yield _sighting("seen_by", who, wanted=True, seen=_seen(trace, who, after, trace_delay))
    for who in expectation.not_seen_by:
        yield _sighting("not_seen_by", who, wanted=False, seen=_seen(trace, who, after, trace_delay))
    for who in expectation.not_twice:
        times = max((path(trace, each).count(who) for each in trace.dispositions), default=0)
        yield _Claim(f"not_twice.{who}", "once at most", f"{times} times", ok=times <= 1)


def _placed(expectation: Expectation, trace: MessageTrace, placement: Placement) -> Iterator[_Claim]:
    """Claims about each copy of a message that splits."""
    if not expectation.not_astray:
        return
    astray = {place(hop): strays for hop in trace.hops if taken(hop) and (strays := placement.strays(hop))}
    for who in expectation.not_astray:
        strays = astray.get(who, ())
        got = f"a copy for {', '.join(strays)}" if strays else "no other"
        yield _Claim(f"not_astray.{who}", "only copies that are led there", got, ok=not strays)


def _seen(trace: MessageTrace, who: str, after: timedelta | None, trace_delay: int) -> bool:
    """Whether `who` has the message at the end or, if it is said, some time after it was sent (R214)."""
    if after is None:
        return seen_by(trace, who)
    sent = min(hop.head.arrived for hop in trace.hops)
    return in_log(shown_to(who, trace.hops, sent + after, trace_delay), who)


def _sighting(field: str, who: str, *, wanted: bool, seen: bool) -> _Claim:
    said = {True: "in its log", False: "not in its log"}
    return _Claim(f"{field}.{who}", said[wanted], said[seen], ok=wanted is seen)


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


def _ends(trace: MessageTrace) -> str:
    """The one disposition, or who got which where they differ."""
    if len(set(trace.dispositions.values())) == 1:
        return str(next(iter(trace.dispositions.values())))
    return ", ".join(f"{recipient} {end}" for recipient, end in trace.dispositions.items())


def _same(field: str, wanted: str, got: str) -> _Claim:
    return _Claim(field, wanted, got or NOTHING, ok=wanted.lower() == got.lower())


def _matching(field: str, pattern: str, got: str) -> _Claim:
    return _Claim(field, pattern, got or NOTHING, ok=fits(pattern, got))


def _contains(field: str, wanted: str, got: str) -> _Claim:
    return _Claim(field, wanted, got or NOTHING, ok=wanted.lower() in got.lower())


def _chain(places: Iterable[str]) -> str:
    return " > ".join(places)


def _count(number: int) -> str:
    return f"{number} report{'' if number == 1 else 's'}" if number else "no report"

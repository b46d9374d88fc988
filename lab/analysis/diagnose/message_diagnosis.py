"""From what was read to a diagnosis: messages and reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lab.analysis.diagnose import evidence_lines, simulated_front_end, verdict
from lab.analysis.diagnose.delivery_report import report as read_report
from lab.analysis.diagnose.journey import journey as read_journey
from lab.analysis.diagnose.known_configuration import KnownConfiguration, renamed
from lab.analysis.diagnose.mime import MimeEntity
from lab.analysis.diagnose.service_hosts import label
from lab.evidence.diagnosis import (
    Certainty,
    DeliveryReport,
    Diagnosis,
    EvidenceKind,
    EvidenceRefusal,
    EvidenceTenant,
    Journey,
    Passage,
    TieToTenant,
    VerdictSentence,
)
from lab.sentence import Sentence, listed, sentence

_GUIDS = (
    "which tenants the GUIDs are: https://login.microsoftonline.com/DOMAIN/v2.0/.well-known/openid-configuration shows that of a "
    "domain"
)


def of_message(whole: MimeEntity, known: KnownConfiguration | None) -> Diagnosis:
    """A delivered mail, or its headers."""
    journey = _named(read_journey(whole.message), known)
    found = verdict.detour(journey)
    story = tuple(_message_story(journey, found, known))
    return Diagnosis(
        kind=EvidenceKind.MESSAGE,
        nothing=found is None and verdict.loops(journey) < 2 and not _lost_trust(journey),
        story=story,
        look=tuple(verdict.detour_looks(found, journey.message_id)) if found else (),
        clues=evidence_lines.of_message(whole.message, known) if journey.passages else (),
        unknown=tuple(_unknown(journey)),
        journey=journey,
        relayed=found.passage.tenant if found else None,
    )


def of_report(found: MimeEntity, known: KnownConfiguration | None) -> Diagnosis:
    """A delivery report."""
    report = _placed(read_report(found), known)
    own = _named(read_journey(found.message), known)
    original = report.original or Journey()
    astray = verdict.detour(original, report.refusals)
    about = next((part.parts[0].message for part in found.parts if part.is_returned and part.parts), None)
    return Diagnosis(
        kind=EvidenceKind.REPORT,
        nothing=not _concerns_the_service(report),
        story=tuple(_report_story(report, astray, known)),
        look=tuple(_report_looks(report, astray)),
        clues=(
            *evidence_lines.of_report(report),
            *(evidence_lines.of_message(about, known, "original: ") if about else ()),
        ),
        unknown=tuple(
            _unknown(original)
            if report.original
            else (sentence("the report does not give the message back"),)
        ),
        journey=own,
        report=report,
        relayed=astray.passage.tenant if astray else None,
    )


def _named(journey: Journey, known: KnownConfiguration | None) -> Journey:
    return replace(journey, passages=renamed(journey.passages, known))


def _placed(report: DeliveryReport, known: KnownConfiguration | None) -> DeliveryReport:
    """With the tenants that its parts tell together, and their names.

    Whoever makes a report had the message last: where the original's last stay ends at the maker, both are one tenant.
    """
    original = _named(report.original, known) if report.original else None
    tenant = known.named(report.tenant) if known and report.tenant else report.tenant
    if report.service and original and original.passages and _is_maker(original.passages[-1], report.maker):
        tenant = _together(tenant, original.passages[-1].tenant)
        original = _with_last(original, tenant)
    report = replace(report, tenant=tenant, original=original)
    placed = (verdict.placed(each, report) for each in report.refusals)
    return replace(report, refusals=tuple(_with_name(each, known) for each in placed))


def _is_maker(last: Passage, maker: str) -> bool:
    return label(last.hub) == label(maker)


def _together(one: EvidenceTenant, other: EvidenceTenant) -> EvidenceTenant:
    """What both say of one tenant; if they name two, what `other` says: stamps weigh more than an address."""
    if one.id and other.id and one.id != other.id:
        return other
    return EvidenceTenant(
        id=one.id or other.id, domain=other.domain or one.domain, name=other.name or one.name
    )


def _with_last(journey: Journey, tenant: EvidenceTenant) -> Journey:
    last = journey.passages[-1]
    sure = last.sure if last.tenant else Certainty.INFERRED
    return replace(journey, passages=(*journey.passages[:-1], replace(last, tenant=tenant, sure=sure)))


def _with_name(refusal: EvidenceRefusal, known: KnownConfiguration | None) -> EvidenceRefusal:
    return replace(refusal, tenant=known.named(refusal.tenant)) if known and refusal.tenant else refusal


def _message_story(
    journey: Journey, found: verdict.Detour | None, known: KnownConfiguration | None
) -> Iterator[VerdictSentence]:
    if not journey.passages:
        text = sentence("no server of Exchange Online took this message: nothing to see")
        yield VerdictSentence(text=text, sure=Certainty.INFERRED)
        return
    yield from verdict.way_told(journey, known)
    if found is not None:
        yield from verdict.detour_told(found)
    yield from _loop(journey)
    if _lost_trust(journey):
        text = sentence(
            "it came through the tenant's connector, yet not as internal: what CrossPremises headers it had were not "
            "promoted, or it never had any, as after a hop that is not Exchange"
        )
        yield VerdictSentence(text=text, rules=("R119", "R120"), sure=Certainty.INFERRED)
    if found is None and verdict.loops(journey) < 2 and not _lost_trust(journey):
        yield VerdictSentence(text=sentence("an ordinary way: nothing to see"), sure=Certainty.INFERRED)


def _loop(journey: Journey) -> Iterator[VerdictSentence]:
    times = verdict.loops(journey)
    if times > 1:
        looping = "it went through one tenant {times} times: two systems hand such mail to each other"
        yield VerdictSentence(
            text=sentence(looping, times=times), rules=("R161", "R164"), sure=Certainty.SEEN
        )


def _lost_trust(journey: Journey) -> bool:
    """Mail that stays in the tenant whose connector it came through, and is not internal there (R119, R120)."""
    last = journey.passages[-1] if journey.passages else None
    if (
        last is None
        or len(journey.passages) > 1
        or last.internal is not False
        or last.by is not TieToTenant.CONNECTOR
    ):
        return False
    return verdict.detour(journey) is None


def _concerns_the_service(report: DeliveryReport) -> bool:
    return (
        report.service
        or any(each.service for each in report.refusals)
        or bool(report.original and report.original.passages)
    )


def _report_story(
    report: DeliveryReport, astray: verdict.Detour | None, known: KnownConfiguration | None
) -> Iterator[VerdictSentence]:
    for each in report.refusals:
        yield verdict.refused_told(each)
        if known is not None and verdict.at_the_door(each):
            yield from simulated_front_end.refusal(each, report, known)
    if report.reached:
        yield VerdictSentence(
            text=sentence("it is no failure for {recipients}", recipients=listed(report.reached[:5]))
        )
    if not report.refusals and not report.reached:
        yield VerdictSentence(text=sentence("the report does not say which recipient got the message"))
    if not _concerns_the_service(report):
        text = sentence("a report of other mail systems; Exchange Online had no part in it: nothing to see")
        yield VerdictSentence(text=text, sure=Certainty.INFERRED)
        return
    yield _maker(report)
    if report.original is not None:
        yield from verdict.way_told(report.original, known)
        yield from _loop(report.original)
        yield from _forwarded(report, report.original)
    if astray is not None:
        yield from verdict.detour_told(astray)
    if not report.service and any(map(verdict.at_the_door, report.refusals)):
        yield VerdictSentence(text=verdict.NO_ROW, rules=("R43", "R219"), sure=Certainty.INFERRED)


def _forwarded(report: DeliveryReport, original: Journey) -> Iterator[VerdictSentence]:
    """The report is about an address that the message was not for, in another domain."""
    meant = {each.recipient.lower() for each in original.hand_overs if each.recipient}
    meant |= {each.lower() for each in original.recipients}
    domains = {each.rpartition("@")[2] for each in meant}
    for each in report.refusals[:3]:
        domain = each.recipient.rpartition("@")[2].lower()
        if not domain or not domains or domain in domains or each.recipient.lower() in meant:
            continue
        text = sentence(
            "the mail was for {meant}, and failed for {recipient}: something on the way forwards or rewrites it. A server that "
            "forwards without SRS fails the SPF check of the next one",
            meant=sorted(meant)[0],
            recipient=each.recipient,
        )
        yield VerdictSentence(text=text, rules=("R48", "R152"), sure=Certainty.INFERRED)


def _maker(report: DeliveryReport) -> VerdictSentence:
    host = report.maker or sentence("a server that is not named")
    if not report.service:
        text = sentence("the report was made by {host}, which had taken the mail last", host=host)
        return VerdictSentence(text=text, rules=("R196",))
    text = sentence(
        "the report was made by Exchange Online ({host}) for {tenant}, which had taken the mail before",
        host=host,
        tenant=sentence("tenant {tenant}", tenant=report.tenant.label)
        if report.tenant
        else sentence("a tenant that it does not name"),
    )
    return VerdictSentence(
        text=text,
        rules=("R25", "R196", "R198"),
        sure=Certainty.SEEN if report.tenant.id else Certainty.INFERRED,
    )


def _report_looks(report: DeliveryReport, astray: verdict.Detour | None) -> Iterator[Sentence]:
    message_id = report.original.message_id if report.original else ""
    if astray is not None:
        yield from verdict.detour_looks(astray, message_id)
    elif report.service:
        trace = "Admin of {tenant}: {cmdlet}, then Get-MessageTraceDetailV2 for the connectors (R212)."
        yield sentence(trace, tenant=report.tenant.short, cmdlet=verdict.traced(message_id))
    for each in report.refusals[:3]:
        if verdict.at_the_door(each) and each.tenant:
            settings = "Admin of {tenant}: Get-InboundConnector and Get-OrganizationConfig; the trace has no row (R43)."
            yield sentence(settings, tenant=each.tenant.short)
        elif each.said_by and not each.service:
            refused = each.recipient or sentence("the mail")
            log = "Admin of {host}: its log says why it refused {refused}."
            yield sentence(log, host=each.said_by, refused=refused)


def _unknown(journey: Journey) -> Iterator[Sentence]:
    """What the fields leave open."""
    if any(each.by is TieToTenant.CONNECTOR for each in journey.passages):
        yield sentence(
            "which connector it was, and whether by certificate or by address: Get-MessageTraceDetailV2 names it (R212)"
        )
    if any(not each.tenant for each in journey.passages):
        yield sentence(
            "the tenant of a stay that left no stamp: mail that stays in one tenant often shows none (R25)"
        )
    if any(each.by is TieToTenant.UNKNOWN for each in journey.passages):
        yield sentence(
            "by what a stay was attributed: X-Forefront-Antispam-Report and the CrossTenant fields are missing"
        )
    if any(each.tenant.id and not (each.tenant.name or each.tenant.domain) for each in journey.passages):
        yield sentence(_GUIDS)

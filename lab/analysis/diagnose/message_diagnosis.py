"""From what was read to a diagnosis: messages and reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lab.analysis.diagnose import evidence_lines, verdict
from lab.analysis.diagnose.delivery_report import report as read_report
from lab.analysis.diagnose.exchange_stamps import label
from lab.analysis.diagnose.journey import journey as read_journey
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.analysis.diagnose.mime import MimeEntity
from lab.reports.findings.diagnosis import (
    Certainty,
    DeliveryReport,
    Diagnosis,
    EvidenceKind,
    EvidenceTenant,
    Journey,
    TieToTenant,
    VerdictSentence,
)
from lab.sentence import Sentence, listed, sentence


def of_message(mail: MimeEntity, known: KnownConfiguration | None) -> Diagnosis:
    """A delivered mail, or its headers."""
    journey = _named(read_journey(mail.message), known)
    detour = verdict.detour(journey)
    ordinary = detour is None and verdict.loops(journey) < 2 and not _lost_trust(journey)
    return Diagnosis(
        kind=EvidenceKind.MESSAGE,
        nothing=ordinary,
        story=tuple(_message_story(journey, detour, known, ordinary=ordinary)),
        look=tuple(verdict.detour_looks(detour, journey.message_id)) if detour else (),
        clues=evidence_lines.of_message(mail.message, known) if journey.passages else (),
        unknown=tuple(_unknown(journey)),
        journey=journey,
        relayed=detour.passage.tenant if detour else None,
    )


def of_report(entity: MimeEntity, known: KnownConfiguration | None) -> Diagnosis:
    """A delivery report."""
    report = _placed(read_report(entity), known)
    detour = verdict.detour(report.original or Journey(), report.refusals)
    unknown = (sentence("the report does not give the message back"),)
    returned = entity.returned
    return Diagnosis(
        kind=EvidenceKind.REPORT,
        nothing=not _concerns_the_service(report),
        story=tuple(_report_story(report, detour, known)),
        look=tuple(_report_looks(report, detour)),
        clues=(
            *evidence_lines.of_report(report),
            *(evidence_lines.of_message(returned, known, "original: ") if returned is not None else ()),
        ),
        unknown=tuple(_unknown(report.original)) if report.original else unknown,
        journey=_named(read_journey(entity.message), known),
        report=report,
        relayed=detour.passage.tenant if detour else None,
    )


def _named(journey: Journey, known: KnownConfiguration | None) -> Journey:
    passages = (
        replace(passage, tenant=known.named(passage.tenant)) if known and passage.tenant else passage
        for passage in journey.passages
    )
    return replace(journey, passages=tuple(passages))


def _placed(report: DeliveryReport, known: KnownConfiguration | None) -> DeliveryReport:
    """With the tenants that its parts tell together, and their names.

    Whoever makes a report had the message last: where the original's last stay ends at the maker, both are one tenant.
    """
    original = _named(report.original, known) if report.original else None
    tenant = known.named(report.tenant) if known and report.tenant else report.tenant
    if report.service and original and original.passages:
        *earlier, last = original.passages
        if label(last.hub) == label(report.maker):
            tenant = _together(tenant, last.tenant)
            sure = last.sure if last.tenant else Certainty.INFERRED
            original = replace(original, passages=(*earlier, replace(last, tenant=tenant, sure=sure)))
    report = replace(report, tenant=tenant, original=original)
    refusals = (verdict.placed(refusal, report, known) for refusal in report.refusals)
    return replace(report, refusals=tuple(refusals))


def _together(by_address: EvidenceTenant, by_stamp: EvidenceTenant) -> EvidenceTenant:
    """What both say of one tenant; if they name two, the stamp counts for more than the address."""
    if by_address.id and by_stamp.id and by_address.id != by_stamp.id:
        return by_stamp
    return EvidenceTenant(
        id=by_address.id or by_stamp.id,
        domain=by_stamp.domain or by_address.domain,
        name=by_stamp.name or by_address.name,
    )


def _message_story(
    journey: Journey, detour: verdict.Detour | None, known: KnownConfiguration | None, *, ordinary: bool
) -> Iterator[VerdictSentence]:
    if not journey.passages:
        text = sentence("no server of Exchange Online took this message: nothing to see")
        yield VerdictSentence(text=text, sure=Certainty.INFERRED)
        return
    yield from verdict.stays(journey, known)
    if detour is not None:
        yield verdict.detour_sentence(detour)
    yield from verdict.loop(journey)
    if _lost_trust(journey):
        text = sentence(
            "it came through the tenant's connector, yet not as internal: what CrossPremises headers it had were not "
            "promoted, or it never had any, as after a hop that is not Exchange"
        )
        yield VerdictSentence(text=text, rules=("R119", "R120"), sure=Certainty.INFERRED)
    if ordinary:
        yield VerdictSentence(text=sentence("an ordinary way: nothing to see"), sure=Certainty.INFERRED)


def _lost_trust(journey: Journey) -> bool:
    """Mail that stays in the tenant whose connector it came through, and is not internal there (R119, R120)."""
    if len(journey.passages) != 1:
        return False
    (stay,) = journey.passages
    external = stay.internal is False and stay.by is TieToTenant.CONNECTOR
    return external and verdict.detour(journey) is None


def _concerns_the_service(report: DeliveryReport) -> bool:
    refused = any(refusal.service for refusal in report.refusals)
    return report.service or refused or bool(report.original and report.original.passages)


def _report_story(
    report: DeliveryReport, detour: verdict.Detour | None, known: KnownConfiguration | None
) -> Iterator[VerdictSentence]:
    for refusal in report.refusals:
        yield verdict.refused(refusal)
        if known is not None and verdict.by_front_end(refusal):
            yield from known.explain_refusal(refusal, report)
    if report.reached:
        text = sentence("it is no failure for {recipients}", recipients=listed(report.reached[:5]))
        yield VerdictSentence(text=text)
    elif not report.refusals:
        yield VerdictSentence(text=sentence("the report does not say which recipient got the message"))
    if not _concerns_the_service(report):
        text = sentence("a report of other mail systems; Exchange Online had no part in it: nothing to see")
        yield VerdictSentence(text=text, sure=Certainty.INFERRED)
        return
    yield _maker(report)
    if report.original is not None:
        yield from verdict.stays(report.original, known)
        yield from verdict.loop(report.original)
        yield from _forwarded(report, report.original)
    if detour is not None:
        yield verdict.detour_sentence(detour)
    if not report.service and any(map(verdict.by_front_end, report.refusals)):
        yield VerdictSentence(text=verdict.NO_ROW, rules=("R43", "R219"), sure=Certainty.INFERRED)


def _forwarded(report: DeliveryReport, original: Journey) -> Iterator[VerdictSentence]:
    """The report is about an address that the message was not for, in another domain."""
    meant = {recipient.lower() for recipient in original.recipients}
    meant |= {line.recipient.lower() for line in original.hand_overs if line.recipient}
    domains = {address.rpartition("@")[2] for address in meant}
    for refusal in report.refusals[:3]:
        domain = refusal.recipient.rpartition("@")[2].lower()
        if domain and domains and domain not in domains:
            text = sentence(
                "the mail was for {meant}, and failed for {recipient}: something on the way forwards or rewrites it. A server that "
                "forwards without SRS fails the SPF check of the next one",
                meant=min(meant),
                recipient=refusal.recipient,
            )
            yield VerdictSentence(text=text, rules=("R48", "R152"), sure=Certainty.INFERRED)


def _maker(report: DeliveryReport) -> VerdictSentence:
    host = report.maker or sentence("a server that is not named")
    if not report.service:
        text = sentence("the report was made by {host}, which had taken the mail last", host=host)
        return VerdictSentence(text=text, rules=("R196",))
    tenant = sentence("a tenant that it does not name")
    if report.tenant:
        tenant = sentence("tenant {tenant}", tenant=report.tenant.label)
    made = "the report was made by Exchange Online ({host}) for {tenant}, which had taken the mail before"
    sure = Certainty.SEEN if report.tenant.id else Certainty.INFERRED
    return VerdictSentence(
        text=sentence(made, host=host, tenant=tenant), rules=("R25", "R196", "R198"), sure=sure
    )


def _report_looks(report: DeliveryReport, detour: verdict.Detour | None) -> Iterator[Sentence]:
    message_id = report.original.message_id if report.original else ""
    if detour is not None:
        yield from verdict.detour_looks(detour, message_id)
    elif report.service:
        trace = "Admin of {tenant}: {cmdlet}, then Get-MessageTraceDetailV2 for the connectors (R212)."
        yield sentence(trace, tenant=report.tenant.short, cmdlet=verdict.trace_cmdlet(message_id))
    for refusal in report.refusals[:3]:
        if verdict.by_front_end(refusal) and refusal.tenant:
            settings = "Admin of {tenant}: Get-InboundConnector and Get-OrganizationConfig; the trace has no row (R43)."
            yield sentence(settings, tenant=refusal.tenant.short)
        elif refusal.said_by and not refusal.service:
            log = "Admin of {host}: its log says why it refused {refused}."
            refused = refusal.recipient or sentence("the mail")
            yield sentence(log, host=refusal.said_by, refused=refused)


def _unknown(journey: Journey) -> Iterator[Sentence]:
    """What the fields leave open."""
    ties = {passage.by for passage in journey.passages}
    tenants = [passage.tenant for passage in journey.passages]
    if TieToTenant.CONNECTOR in ties:
        yield sentence(
            "which connector it was, and whether by certificate or by address: Get-MessageTraceDetailV2 names it (R212)"
        )
    if not all(tenants):
        yield sentence(
            "the tenant of a stay that left no stamp: mail that stays in one tenant often shows none (R25)"
        )
    if TieToTenant.UNKNOWN in ties:
        yield sentence(
            "by what a stay was attributed: X-Forefront-Antispam-Report and the CrossTenant fields are missing"
        )
    if any(tenant.id and not (tenant.name or tenant.domain) for tenant in tenants):
        yield sentence(
            "which tenants the GUIDs are: https://login.microsoftonline.com/DOMAIN/v2.0/.well-known/openid-configuration shows that of a "
            "domain"
        )

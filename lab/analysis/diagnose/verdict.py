"""The story of a message and of a report: what happened, whether it went astray, and who should look where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lab.analysis.diagnose import simulated_front_end
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.analysis.diagnose.service_hosts import CONSUMER
from lab.evidence.diagnosis import (
    Certainty,
    DeliveryReport,
    EvidenceRefusal,
    HandOver,
    Journey,
    Passage,
    TieToTenant,
    VerdictSentence,
)
from lab.model.value import value
from lab.reports.text.powershell_text import cmdlet
from lab.sentence import NOTHING, Sentence, sentence

_AT_THE_DOOR = frozenset({1, 2, 3, 4, 5, 6, 7, 27, 31})
"""Entries of the table of codes that a front end answers before it takes a message."""
_OF_THE_RECIPIENT = frozenset({4, 5, 7})
"""Of those, the ones that the recipient's own tenant asks for."""
NO_ROW = sentence("refused at the door: no tenant's message trace has a row of it")


@value()
class Detour:
    """Mail of a tenant's own side that the tenant passed on to another organisation."""

    passage: Passage
    to: Sentence | str
    """Where it went: the label of a tenant, or a host."""
    sure: Certainty


def detour(journey: Journey, refusals: Sequence[EvidenceRefusal] = ()) -> Detour | None:
    """The first stay that a connector led into and that sent the mail on to another organisation (R3, R27)."""
    for number, passage in enumerate(journey.passages):
        if passage.by is not TieToTenant.CONNECTOR:
            continue
        onward = journey.passages[number + 1 : number + 2]
        if onward and onward[0].again and onward[0].tenant.id != passage.tenant.id:
            return Detour(
                passage, onward[0].tenant.short, Certainty.SEEN if onward[0].tenant else Certainty.INFERRED
            )
        if not onward:
            return _out_of(journey, passage, refusals)
    return None


def _out_of(journey: Journey, passage: Passage, refusals: Sequence[EvidenceRefusal]) -> Detour | None:
    """Sent on to a server outside, or refused by one: astray unless that is the sender's own side."""
    after = _after(journey, passage)
    refusing = next((each for each in refusals if each.said_by), None)
    recipient = refusing.recipient if refusing else next(iter(journey.recipients), "")
    if _same_side(journey, recipient):
        return None
    if refusing is not None:
        return Detour(passage, refusing.said_by, Certainty.SEEN)
    return Detour(passage, after.by, Certainty.INFERRED) if after else None


def _after(journey: Journey, passage: Passage) -> HandOver | None:
    hubs = [at for at, each in enumerate(journey.hand_overs) if each.by == passage.hub]
    later = journey.hand_overs[hubs[-1] + 1 :] if hubs else ()
    return next((each for each in later if not each.service), None)


def _same_side(journey: Journey, recipient: str) -> bool:
    """Whether sender and recipient share a domain: then the tenant has sent it home, which may be meant."""
    mine = {each.rpartition("@")[2].lower() for each in (journey.author, journey.sender) if "@" in each}
    return recipient.rpartition("@")[2].lower() in mine


def way_told(journey: Journey, known: KnownConfiguration | None) -> Iterator[VerdictSentence]:
    """A sentence for each stay in Exchange Online."""
    for passage in journey.passages:
        yield VerdictSentence(text=_stay(passage), rules=_stay_rules(passage), sure=passage.sure)
        if known is not None:
            yield from simulated_front_end.entry(passage, journey, known)


def _stay(passage: Passage) -> Sentence:
    client = sentence("a server that no line names")
    if passage.client:
        server = passage.helo or sentence("a server")
        client = sentence("{server} [{address}]", server=server, address=passage.client)
    label = passage.tenant.label
    named = sentence("tenant {tenant}", tenant=label)
    whom = named if passage.tenant else sentence("a tenant that nothing here names")
    match passage.by:
        case TieToTenant.CONNECTOR:
            return sentence(
                "Exchange Online got it from {client} and took the connection for one of {tenant} itself: an OnPremises "
                "connector matched, by certificate or by address",
                client=client,
                tenant=whom,
            )
        case TieToTenant.RECIPIENT if passage.again:
            again = "Exchange Online handed it to itself, and took it for {tenant}, by the recipient's domain"
            return sentence(again, tenant=whom)
        case TieToTenant.RECIPIENT:
            return sentence(
                "Exchange Online got it from {client} and took it for incoming mail of {tenant}, by the recipient's domain",
                client=client,
                tenant=whom,
            )
        case TieToTenant.MAILBOX:
            consumer = passage.tenant.id == CONSUMER
            whose = sentence(", Outlook.com's own mailboxes") if consumer else NOTHING
            began = "it began in {tenant}{whose}: a cloud mailbox sent it, or the service wrote it"
            return sentence(began, tenant=whom, whose=whose)
        case _:
            unknown = (
                "Exchange Online got it from {client}, for {tenant}; by what it was attributed no field tells"
            )
            return sentence(unknown, client=client, tenant=whom)


def _stay_rules(passage: Passage) -> tuple[str, ...]:
    match passage.by:
        case TieToTenant.CONNECTOR:
            return ("R3", "R25", "R123", "R179")
        case TieToTenant.RECIPIENT:
            return ("R15", "R25", "R27", "R179") if passage.again else ("R15", "R25", "R179")
        case TieToTenant.MAILBOX:
            return ("R25", "R123")
        case _:
            return ("R182",)


def detour_told(found: Detour) -> Iterator[VerdictSentence]:
    """What the detour means."""
    text = sentence(
        "so it was no delivery by MX but relay through tenant {tenant}, which sent it on by itself to {target}. Unless this "
        "server is meant to relay through that tenant, it was taken for a hybrid connection that it is not",
        tenant=found.passage.tenant.short,
        target=found.to,
    )
    yield VerdictSentence(text=text, rules=("R3", "R13", "R14", "R27"), sure=found.sure)


def detour_looks(found: Detour, message_id: str) -> Iterator[Sentence]:
    """Where the tenant's administrator finds the connector, and the proof."""
    passage, whom = found.passage, found.passage.tenant.short
    yield sentence(
        "Admin of {tenant}: Get-InboundConnector | Where ConnectorType -eq OnPremises. Which TlsSenderCertificateName fits a "
        "name in the certificate that {server} [{address}] shows, or whose SenderIPAddresses has {address}?",
        tenant=whom,
        server=passage.helo or sentence("the server"),
        address=passage.client,
    )
    row = "Admin of {tenant}: {cmdlet} has a row with FromIP {address} and a ToIP (R209, R220)."
    yield sentence(row, tenant=whom, cmdlet=traced(message_id), address=passage.client)


def traced(message_id: str) -> str:
    """The cmdlet to paste: a mail writes its Message-ID itself, `$(...)` too, which PowerShell would run between `"`."""
    return cmdlet("Get-MessageTraceV2", {"MessageId": message_id} if message_id else {})


def loops(journey: Journey) -> int:
    """How often the message went through the same tenant, at most."""
    ids = [each.tenant.id for each in journey.passages if each.tenant.id]
    return max(map(ids.count, ids), default=0)


def placed(refusal: EvidenceRefusal, report: DeliveryReport) -> EvidenceRefusal:
    """The refusal with the tenant whose rules made it, where the code and the words tell."""
    domain = refusal.recipient.rpartition("@")[2].lower()
    if refusal.number in _OF_THE_RECIPIENT and domain:
        return replace(refusal, tenant=replace(refusal.tenant, domain=domain))
    if not refusal.said_by and report.service and refusal.number not in _AT_THE_DOOR:
        return replace(refusal, tenant=report.tenant)
    return refusal


def refused_told(refusal: EvidenceRefusal) -> VerdictSentence:
    """One sentence on a recipient."""
    deferred, refused = (
        "mail to {recipient} was put off{status} by {server}{why}",
        "mail to {recipient} was refused{status} by {server}{why}",
    )
    text = sentence(
        deferred if refusal.temporary else refused,
        recipient=refusal.recipient or sentence("a recipient that is not named"),
        status=f" ({refusal.status})" if refusal.status else "",
        server=_said_by(refusal),
        why=sentence(": {cause}", cause=refusal.cause) if refusal.cause else NOTHING,
    )
    return VerdictSentence(text=text, rules=refusal.rules)


def _said_by(refusal: EvidenceRefusal) -> Sentence:
    if refusal.tenant and refusal.number in _OF_THE_RECIPIENT:
        edge = "Exchange Online's front end, for the recipient's tenant {tenant}"
        return sentence(edge, tenant=refusal.tenant.short)
    if refusal.said_by or refusal.front_end:
        whose = "Exchange Online, {host}" if refusal.service else "another mail system, {host}"
        return sentence(whose, host=refusal.said_by or refusal.front_end)
    return sentence("the server that made the report")


def at_the_door(refusal: EvidenceRefusal) -> bool:
    """Whether a front end of Exchange Online refused it before any tenant had it (R43)."""
    return refusal.service and refusal.number in _AT_THE_DOOR

"""The story of a message and of a report: what happened, whether it went astray, and who should look where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lab.analysis.diagnose.exchange_stamps import CONSUMER
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.model.value import value
from lab.reports.findings.diagnosis import (
    Certainty,
    DeliveryReport,
    EvidenceRefusal,
    Journey,
    Passage,
    TieToTenant,
    VerdictSentence,
)
from lab.reports.text.powershell_text import cmdlet
from lab.sentence import NOTHING, Sentence, sentence

_BY_FRONT_END = frozenset({1, 2, 3, 4, 5, 6, 7, 27, 31})
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
    for number, passage in enumerate(journey.passages, 1):
        if passage.by is not TieToTenant.CONNECTOR:
            continue
        if number == len(journey.passages):
            return _out_of(journey, passage, refusals)
        following = journey.passages[number]
        if following.again and following.tenant.id != passage.tenant.id:
            sure = Certainty.SEEN if following.tenant else Certainty.INFERRED
            return Detour(passage, following.tenant.short, sure)
    return None


def _out_of(journey: Journey, passage: Passage, refusals: Sequence[EvidenceRefusal]) -> Detour | None:
    """Sent on to a server outside, or refused by one: astray unless that is the sender's own side."""
    refusing = next((refusal for refusal in refusals if refusal.said_by), None)
    recipient = refusing.recipient if refusing else next(iter(journey.recipients), "")
    senders = (journey.author, journey.sender)
    own = {address.rpartition("@")[2].lower() for address in senders if "@" in address}
    if recipient.rpartition("@")[2].lower() in own:  # the tenant has sent it home, which may be meant
        return None
    if refusing is not None:
        return Detour(passage, refusing.said_by, Certainty.SEEN)
    hubs = [at for at, line in enumerate(journey.hand_overs) if line.by == passage.hub]
    later = journey.hand_overs[hubs[-1] + 1 :] if hubs else ()
    outside = next((line.by for line in later if not line.service), None)
    return None if outside is None else Detour(passage, outside, Certainty.INFERRED)


def stays(journey: Journey, known: KnownConfiguration | None) -> Iterator[VerdictSentence]:
    """A sentence for each stay in Exchange Online."""
    for passage in journey.passages:
        text, rules = _stay(passage)
        yield VerdictSentence(text=text, rules=rules, sure=passage.sure)
        if known is not None:
            yield from known.explain_entry(passage, journey)


def _stay(passage: Passage) -> tuple[Sentence, tuple[str, ...]]:
    """What happened, and the rules."""
    client = sentence("a server that no line names")
    if passage.client:
        server = passage.helo or sentence("a server")
        client = sentence("{server} [{address}]", server=server, address=passage.client)
    tenant = sentence("a tenant that nothing here names")
    if passage.tenant:
        tenant = sentence("tenant {tenant}", tenant=passage.tenant.label)
    match passage.by:
        case TieToTenant.CONNECTOR:
            text = sentence(
                "Exchange Online got it from {client} and took the connection for one of {tenant} itself: an OnPremises "
                "connector matched, by certificate or by address",
                client=client,
                tenant=tenant,
            )
            return text, ("R3", "R25", "R123", "R179")
        case TieToTenant.RECIPIENT if passage.again:
            again = "Exchange Online handed it to itself, and took it for {tenant}, by the recipient's domain"
            return sentence(again, tenant=tenant), ("R15", "R25", "R27", "R179")
        case TieToTenant.RECIPIENT:
            text = sentence(
                "Exchange Online got it from {client} and took it for incoming mail of {tenant}, by the recipient's domain",
                client=client,
                tenant=tenant,
            )
            return text, ("R15", "R25", "R179")
        case TieToTenant.MAILBOX:
            consumer = passage.tenant.id == CONSUMER
            whose = sentence(", Outlook.com's own mailboxes") if consumer else NOTHING
            began = "it began in {tenant}{whose}: a cloud mailbox sent it, or the service wrote it"
            return sentence(began, tenant=tenant, whose=whose), ("R25", "R123")
        case _:
            unknown = (
                "Exchange Online got it from {client}, for {tenant}; by what it was attributed no field tells"
            )
            return sentence(unknown, client=client, tenant=tenant), ("R182",)


def detour_sentence(detour: Detour) -> VerdictSentence:
    """What the detour means."""
    text = sentence(
        "so it was no delivery by MX but relay through tenant {tenant}, which sent it on by itself to {target}. Unless this "
        "server is meant to relay through that tenant, it was taken for a hybrid connection that it is not",
        tenant=detour.passage.tenant.short,
        target=detour.to,
    )
    return VerdictSentence(text=text, rules=("R3", "R13", "R14", "R27"), sure=detour.sure)


def detour_looks(detour: Detour, message_id: str) -> Iterator[Sentence]:
    """Where the tenant's administrator finds the connector, and the proof."""
    tenant, address = detour.passage.tenant.short, detour.passage.client
    yield sentence(
        "Admin of {tenant}: Get-InboundConnector | Where ConnectorType -eq OnPremises. Which TlsSenderCertificateName fits a "
        "name in the certificate that {server} [{address}] shows, or whose SenderIPAddresses has {address}?",
        tenant=tenant,
        server=detour.passage.helo or sentence("the server"),
        address=address,
    )
    row = "Admin of {tenant}: {cmdlet} has a row with FromIP {address} and a ToIP (R209, R220)."
    yield sentence(row, tenant=tenant, cmdlet=trace_cmdlet(message_id), address=address)


def trace_cmdlet(message_id: str) -> str:
    """The cmdlet to paste: a mail writes its Message-ID itself, `$(...)` too, which PowerShell would run between `"`."""
    return cmdlet("Get-MessageTraceV2", {"MessageId": message_id} if message_id else {})


def loops(journey: Journey) -> int:
    """How often the message went through the same tenant, at most."""
    ids = [passage.tenant.id for passage in journey.passages if passage.tenant.id]
    return max(map(ids.count, ids), default=0)


def loop(journey: Journey) -> Iterator[VerdictSentence]:
    """A sentence where it went through one tenant more than once."""
    times = loops(journey)
    if times > 1:
        looping = "it went through one tenant {times} times: two systems hand such mail to each other"
        yield VerdictSentence(text=sentence(looping, times=times), rules=("R161", "R164"))


def placed(
    refusal: EvidenceRefusal, report: DeliveryReport, known: KnownConfiguration | None
) -> EvidenceRefusal:
    """The refusal with the tenant whose rules made it, where the code and the words tell, and with its name."""
    tenant, domain = refusal.tenant, refusal.recipient.rpartition("@")[2].lower()
    if refusal.number in _OF_THE_RECIPIENT and domain:
        tenant = replace(tenant, domain=domain)
    elif not refusal.said_by and report.service and refusal.number not in _BY_FRONT_END:
        tenant = report.tenant
    return replace(refusal, tenant=known.named(tenant) if known and tenant else tenant)


def refused(refusal: EvidenceRefusal) -> VerdictSentence:
    """One sentence on a recipient."""
    server = sentence("the server that made the report")
    if refusal.tenant and refusal.number in _OF_THE_RECIPIENT:
        edge = "Exchange Online's front end, for the recipient's tenant {tenant}"
        server = sentence(edge, tenant=refusal.tenant.short)
    elif refusal.said_by or refusal.front_end:
        whose = "Exchange Online, {host}" if refusal.service else "another mail system, {host}"
        server = sentence(whose, host=refusal.said_by or refusal.front_end)
    text = sentence(
        "mail to {recipient} was put off{status} by {server}{why}"
        if refusal.temporary
        else "mail to {recipient} was refused{status} by {server}{why}",
        recipient=refusal.recipient or sentence("a recipient that is not named"),
        status=f" ({refusal.status})" if refusal.status else "",
        server=server,
        why=sentence(": {cause}", cause=refusal.cause) if refusal.cause else NOTHING,
    )
    return VerdictSentence(text=text, rules=refusal.rules)


def by_front_end(refusal: EvidenceRefusal) -> bool:
    """Whether a front end of Exchange Online refused it before any tenant had it (R43)."""
    return refusal.service and refusal.number in _BY_FRONT_END

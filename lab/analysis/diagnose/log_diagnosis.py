"""From attempts to a diagnosis: the log of a gateway or of an on-premises Exchange server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from lab.analysis.diagnose import verdict
from lab.analysis.diagnose.exchange_stamps import forest
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.analysis.diagnose.postfix_attempts import of_the_service
from lab.model.topology import Host
from lab.reports.findings.diagnosis import (
    Certainty,
    Clue,
    DeliveryAttempt,
    DeliveryReport,
    Diagnosis,
    EvidenceKind,
    EvidenceTenant,
    TieToTenant,
    VerdictSentence,
)
from lab.sentence import NOTHING, Sentence, either, listed, sentence

T = TypeVar("T")


def of_log(attempts: Sequence[DeliveryAttempt], known: KnownConfiguration | None, machine: str) -> Diagnosis:
    """A gateway's log; `machine` is what syslog calls it."""
    host = known.machine(machine) if known else None
    attempts = tuple(_decided(placed(attempt, known), known, host) for attempt in attempts)
    of_service = [attempt for attempt in attempts if of_the_service(attempt)]
    diagnosis = _of_attempts(EvidenceKind.GATEWAY_LOG, attempts, of_service)
    astray = (attempt.tenant for attempt in of_service if known and _is_astray(attempt, known))
    return replace(
        diagnosis,
        story=(*diagnosis.story, *_explained(of_service, known)),
        unknown=tuple(_unknown(of_service, known)),
        relayed=next(astray, None),
    )


def of_tracking(attempts: Sequence[DeliveryAttempt], known: KnownConfiguration | None) -> Diagnosis:
    """Exchange's own tracking log: whom it gave the mail to."""
    attempts = tuple(placed(attempt, known) for attempt in attempts)
    of_service = [attempt for attempt in attempts if of_the_service(attempt)]
    return _of_attempts(EvidenceKind.TRACKING_LOG, attempts, of_service)


def _of_attempts(
    kind: EvidenceKind, attempts: Sequence[DeliveryAttempt], of_service: Sequence[DeliveryAttempt]
) -> Diagnosis:
    return Diagnosis(
        kind=kind,
        nothing=not of_service,
        story=tuple(_story(attempts, of_service)),
        look=tuple(_looks(of_service)),
        clues=tuple(_clues(of_service)),
        handed=tuple(attempts),
    )


def _decided(
    attempt: DeliveryAttempt, known: KnownConfiguration | None, host: Host | None
) -> DeliveryAttempt:
    """With the tenant that a configuration says Exchange Online takes it for, if it was taken."""
    if known is None or host is None or attempt.outcome != "sent" or not attempt.hub:
        return attempt
    decisions = known.decisions(host.source, attempt.sender, [attempt.recipient], helo=str(host.ehlo))
    decision = next(iter(decisions), None)
    if decision is None or decision.tenant is None or decision.reply is not None:
        return attempt
    tenant = known.named(EvidenceTenant(id=decision.tenant.id.lower()))
    by = TieToTenant.RECIPIENT if decision.basis == "recipient" else TieToTenant.CONNECTOR
    return replace(attempt, tenant=tenant, by=by, connector=decision.connector_name, sure=Certainty.INFERRED)


def placed(attempt: DeliveryAttempt, known: KnownConfiguration | None) -> DeliveryAttempt:
    """With the tenants named, those of refusals too."""
    refusal = verdict.placed(attempt.refusal, DeliveryReport(), known) if attempt.refusal else None
    tenant = known.named(attempt.tenant) if known and attempt.tenant else attempt.tenant
    return replace(attempt, refusal=refusal, tenant=tenant)


def _story(
    attempts: Sequence[DeliveryAttempt], of_service: Sequence[DeliveryAttempt]
) -> Iterator[VerdictSentence]:
    counts = sentence("attempts: {counts}", counts=outcomes(attempts))
    yield VerdictSentence(text=counts if attempts else sentence("no attempt to hand a mail over"))
    if not of_service:
        text = sentence("Exchange Online is in none of them: nothing to see")
        yield VerdictSentence(text=text, sure=Certainty.INFERRED)
        return
    taken = (attempt for attempt in of_service if attempt.hub and attempt.outcome == "sent")
    for attempt in distinct(taken, lambda attempt: (attempt.relay, forest(attempt.hub))):
        text = sentence(
            "Exchange Online took mail for {recipient} at {relay}; the server that has it is {hub}, in the forest {forest}",
            recipient=attempt.recipient,
            relay=attempt.relay or attempt.address,
            hub=attempt.hub,
            forest=forest(attempt.hub) or sentence("that its name does not tell"),
        )
        yield VerdictSentence(text=text, rules=("R188",))
    failed = ((attempt.recipient, attempt.refusal) for attempt in of_service if attempt.refusal)
    for _, refusal in distinct(failed, lambda failure: (failure[0], failure[1].status)):
        yield verdict.refused(refusal)
        if verdict.by_front_end(refusal):
            yield VerdictSentence(text=verdict.NO_ROW, rules=("R43", "R219"))


def outcomes(attempts: Iterable[DeliveryAttempt]) -> Sentence:
    """`3 sent, 1 deferred`."""
    counts = Counter(attempt.outcome for attempt in attempts)
    return listed(f"{number} {outcome}" for outcome, number in counts.most_common())


def _explained(
    of_service: Iterable[DeliveryAttempt], known: KnownConfiguration | None
) -> Iterator[VerdictSentence]:
    """What the configuration says of mail that was taken."""
    decided = (attempt for attempt in of_service if attempt.tenant and attempt.sure is Certainty.INFERRED)
    for attempt in distinct(
        decided, lambda attempt: (attempt.tenant, attempt.connector, domain_of(attempt.recipient))
    ):
        owner = known.owner(domain_of(attempt.recipient)) if known else None
        through, yet = NOTHING, NOTHING
        if attempt.connector:
            through = sentence(' through "{connector}"', connector=attempt.connector)
        if owner and owner.name != attempt.tenant.name:
            yet = sentence(", although the recipient is tenant {tenant}'s", tenant=owner.name)
        text = sentence(
            "by the configuration, mail for {recipient} is taken for tenant {tenant}, by {by}{through}{yet}",
            recipient=attempt.recipient,
            tenant=attempt.tenant.short,
            by=Sentence(attempt.by.value),
            through=through,
            yet=yet,
        )
        yield VerdictSentence(text=text, rules=("R3", "R15"), sure=Certainty.INFERRED)


def _is_astray(attempt: DeliveryAttempt, known: KnownConfiguration) -> bool:
    """Whether the configuration says that a tenant takes mail of the own side that is for another organisation."""
    owner = known.owner(domain_of(attempt.recipient))
    others = owner is None or owner.name != attempt.tenant.name
    return attempt.by is TieToTenant.CONNECTOR and bool(attempt.tenant) and others


def domain_of(address: str) -> str:
    """The domain of an address in lower case, '' for the null sender."""
    return address.rpartition("@")[2].lower()


def _looks(of_service: Sequence[DeliveryAttempt]) -> Iterator[Sentence]:
    """A log tells the misroute only by comparison (R188, R247)."""
    forests = {forest(attempt.hub) for attempt in of_service} - {""}
    if forests:
        yield sentence(
            "Send one mail to the own tenant over the hybrid connection, and compare: does its 250 name the forest {forests} too? "
            "Then mail for others that is taken there may run through the own tenant (R188).",
            forests=either(sorted(forests)),
        )
        yield sentence(
            "Admin of the own tenant: does Get-MessageTraceV2 have rows of mail to those recipients? It should have none (R220)."
        )


def _clues(of_service: Iterable[DeliveryAttempt]) -> Iterator[Clue]:
    shown = (attempt for attempt in of_service if attempt.certificate)
    for attempt in distinct(shown, lambda attempt: attempt.certificate):
        means = sentence(
            "the certificate that was shown: the tenant whose OnPremises connector fits it gets the mail"
        )
        yield Clue(where=attempt.queue_id, said=attempt.certificate, means=means, rules=("R3",))


def _unknown(of_service: Sequence[DeliveryAttempt], known: KnownConfiguration | None) -> Iterator[Sentence]:
    if any(attempt.hub for attempt in of_service):
        yield sentence("for which tenant Exchange Online took it: a 250 names a server, not a tenant (R188)")
    if of_service and not any(attempt.certificate for attempt in of_service):
        yield sentence("which client certificate was shown: Postfix does not log it")
    if known is None and of_service:
        yield sentence("whether the configuration explains it: --config")


def distinct(things: Iterable[T], key: Callable[[T], object], most: int = 10) -> list[T]:
    """The first of each key, `most` of them."""
    return list({key(thing): thing for thing in reversed(list(things))}.values())[::-1][:most]

"""From attempts to a diagnosis: the log of a gateway or of an on-premises Exchange server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from lab.analysis.diagnose import verdict
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.analysis.diagnose.postfix_attempts import of_the_service
from lab.analysis.diagnose.service_hosts import forest
from lab.evidence.diagnosis import (
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
from lab.model.topology import Host
from lab.sentence import NOTHING, Sentence, either, listed, sentence

MOST = 10
"""Sentences of one sort."""


def of_log(found: Sequence[DeliveryAttempt], known: KnownConfiguration | None, machine: str) -> Diagnosis:
    """A gateway's log; `machine` is what syslog calls it."""
    host = known.machine(machine) if known else None
    told = tuple(_decided(each, known, host) for each in found)
    concerned = [each for each in told if of_the_service(each)]
    astray = [each for each in concerned if known and _is_astray(each, known)]
    return Diagnosis(
        kind=EvidenceKind.GATEWAY_LOG,
        nothing=not concerned,
        story=(*_log_story(told, concerned), *_explained(concerned, known)),
        look=tuple(_log_looks(concerned)),
        clues=tuple(_log_clues(concerned)),
        unknown=tuple(_log_unknown(concerned, known)),
        handed=told,
        relayed=astray[0].tenant if astray else None,
    )


def of_tracking(found: Sequence[DeliveryAttempt], known: KnownConfiguration | None) -> Diagnosis:
    """Exchange's own tracking log: whom it gave the mail to."""
    told = tuple(placed(each, known) for each in found)
    concerned = [each for each in told if of_the_service(each)]
    return Diagnosis(
        kind=EvidenceKind.TRACKING_LOG,
        nothing=not concerned,
        story=tuple(_log_story(told, concerned)),
        look=tuple(_log_looks(concerned)),
        clues=tuple(_log_clues(concerned)),
        handed=told,
    )


def _decided(each: DeliveryAttempt, known: KnownConfiguration | None, host: Host | None) -> DeliveryAttempt:
    """With the tenant that a configuration says Exchange Online takes it for, if it was taken."""
    each = placed(each, known)
    if known is None or host is None or each.outcome != "sent" or not each.hub:
        return each
    decided = known.decisions(host.source, each.sender, [each.recipient], helo=str(host.ehlo))
    decision = next(iter(decided), None)
    if decision is None or decision.tenant is None or decision.reply is not None:
        return each
    tenant = known.named(EvidenceTenant(id=decision.tenant.id.lower()))
    by = TieToTenant.RECIPIENT if decision.basis == "recipient" else TieToTenant.CONNECTOR
    return replace(each, tenant=tenant, by=by, connector=decision.connector_name, sure=Certainty.INFERRED)


def placed(each: DeliveryAttempt, known: KnownConfiguration | None) -> DeliveryAttempt:
    """With the tenants named, those of refusals too."""
    refusal = verdict.placed(each.refusal, DeliveryReport()) if each.refusal else None
    if known is None:
        return replace(each, refusal=refusal)
    if refusal and refusal.tenant:
        refusal = replace(refusal, tenant=known.named(refusal.tenant))
    return replace(each, refusal=refusal, tenant=known.named(each.tenant) if each.tenant else each.tenant)


def _log_story(
    told: Sequence[DeliveryAttempt], concerned: Sequence[DeliveryAttempt]
) -> Iterator[VerdictSentence]:
    attempts = sentence("attempts: {counts}", counts=outcomes(told))
    yield VerdictSentence(text=attempts if told else sentence("no attempt to hand a mail over"))
    if not concerned:
        text = sentence("Exchange Online is in none of them: nothing to see")
        yield VerdictSentence(text=text, sure=Certainty.INFERRED)
        return
    yield from _taken(concerned)
    yield from _refusals(concerned)


def outcomes(told: Iterable[DeliveryAttempt]) -> Sentence:
    """`3 sent, 1 deferred`."""
    counts = Counter(each.outcome for each in told)
    return listed(f"{number} {outcome}" for outcome, number in counts.most_common())


def _taken(concerned: Iterable[DeliveryAttempt]) -> Iterator[VerdictSentence]:
    taken = [each for each in concerned if each.hub and each.outcome == "sent"]
    for each in distinct(taken, lambda one: (one.relay, forest(one.hub)))[:MOST]:
        text = sentence(
            "Exchange Online took mail for {recipient} at {relay}; the server that has it is {hub}, in the forest {forest}",
            recipient=each.recipient,
            relay=each.relay or each.address,
            hub=each.hub,
            forest=forest(each.hub) or sentence("that its name does not tell"),
        )
        yield VerdictSentence(text=text, rules=("R188",))


def _refusals(concerned: Iterable[DeliveryAttempt]) -> Iterator[VerdictSentence]:
    failed = [each for each in concerned if each.refusal is not None]
    for each in distinct(failed, lambda one: (one.recipient, one.refusal and one.refusal.status))[:MOST]:
        if each.refusal is None:
            continue
        yield verdict.refused_told(each.refusal)
        if verdict.at_the_door(each.refusal):
            yield VerdictSentence(text=verdict.NO_ROW, rules=("R43", "R219"))


def _explained(
    concerned: Iterable[DeliveryAttempt], known: KnownConfiguration | None
) -> Iterator[VerdictSentence]:
    """What the configuration says of mail that was taken."""
    decided = [each for each in concerned if each.tenant and each.sure is Certainty.INFERRED]
    for each in distinct(decided, lambda one: (one.tenant, one.connector, domain_of(one.recipient)))[:MOST]:
        owner = known.owner(domain_of(each.recipient)) if known else None
        other = owner.name if owner and owner.name != each.tenant.name else ""
        text = sentence(
            "by the configuration, mail for {recipient} is taken for tenant {tenant}, by {by}{through}{yet}",
            recipient=each.recipient,
            tenant=each.tenant.short,
            by=Sentence(each.by.value),
            through=sentence(' through "{connector}"', connector=each.connector)
            if each.connector
            else NOTHING,
            yet=sentence(", although the recipient is tenant {tenant}'s", tenant=other) if other else NOTHING,
        )
        yield VerdictSentence(text=text, rules=("R3", "R15"), sure=Certainty.INFERRED)


def _is_astray(each: DeliveryAttempt, known: KnownConfiguration) -> bool:
    """Whether the configuration says that a tenant takes mail of the own side that is for another organisation."""
    owner = known.owner(domain_of(each.recipient))
    return (
        each.by is TieToTenant.CONNECTOR
        and bool(each.tenant)
        and (owner is None or owner.name != each.tenant.name)
    )


def domain_of(address: str) -> str:
    """The domain of an address in lower case, '' for the null sender."""
    return address.rpartition("@")[2].lower()


def _log_looks(concerned: Sequence[DeliveryAttempt]) -> Iterator[Sentence]:
    """A log tells the misroute only by comparison (R188, R247)."""
    forests = {forest(each.hub) for each in concerned if each.hub} - {""}
    if forests:
        yield sentence(
            "Send one mail to the own tenant over the hybrid connection, and compare: does its 250 name the forest {forests} too? "
            "Then mail for others that is taken there may run through the own tenant (R188).",
            forests=either(sorted(forests)),
        )
        yield sentence(
            "Admin of the own tenant: does Get-MessageTraceV2 have rows of mail to those recipients? It should have none (R220)."
        )


def _log_clues(concerned: Iterable[DeliveryAttempt]) -> Iterator[Clue]:
    shown = [each for each in concerned if each.certificate]
    for each in distinct(shown, lambda one: one.certificate)[:MOST]:
        means = sentence(
            "the certificate that was shown: the tenant whose OnPremises connector fits it gets the mail"
        )
        yield Clue(where=f"{each.queue_id}", said=each.certificate, means=means, rules=("R3",))


def _log_unknown(
    concerned: Sequence[DeliveryAttempt], known: KnownConfiguration | None
) -> Iterator[Sentence]:
    if any(each.hub for each in concerned):
        yield sentence("for which tenant Exchange Online took it: a 250 names a server, not a tenant (R188)")
    if concerned and not any(each.certificate for each in concerned):
        yield sentence("which client certificate was shown: Postfix does not log it")
    if known is None and concerned:
        yield sentence("whether the configuration explains it: --config")


def distinct(
    found: Iterable[DeliveryAttempt], key: Callable[[DeliveryAttempt], object]
) -> list[DeliveryAttempt]:
    """The first of each key."""
    return list({key(each): each for each in reversed(list(found))}.values())[::-1]

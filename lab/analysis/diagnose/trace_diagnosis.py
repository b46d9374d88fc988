"""From rows to a diagnosis: a tenant's message trace, and its details (R209, R210, R219, R220)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lab.analysis.diagnose import verdict
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.analysis.diagnose.log_diagnosis import distinct, domain_of, outcomes, placed
from lab.reports.findings.diagnosis import (
    Certainty,
    DeliveryAttempt,
    Diagnosis,
    EvidenceKind,
    TieToTenant,
    VerdictSentence,
)
from lab.sentence import NOTHING, Sentence, sentence


def of_trace(
    attempts: Sequence[DeliveryAttempt], kind: EvidenceKind, known: KnownConfiguration | None
) -> Diagnosis:
    """A tenant's message trace, or the details of one."""
    attempts = tuple(placed(attempt, known) for attempt in attempts)
    own = _own_domains(attempts)
    relayed = [attempt for attempt in attempts if _is_relayed(attempt, own, known)]
    others = sentence("what other tenants did with it: each sees its own part only (R219)")
    return Diagnosis(
        kind=kind,
        nothing=not any(attempt.refusal or _is_passed_on(attempt) for attempt in attempts),
        story=tuple(_story(attempts, relayed, kind)),
        look=tuple(_looks(relayed, kind)),
        unknown=(others,) if attempts else (),
        handed=attempts,
        relayed=relayed[0].tenant if relayed else None,
    )


def _is_relayed(attempt: DeliveryAttempt, own: set[str], known: KnownConfiguration | None) -> bool:
    """Outgoing mail of the own side that came from a server and went to another one (R209, R220).

    Both addresses are filled in for mail that came from outside and was passed home, too: so the sender must be the
    tenant's, and the recipient not.
    """
    mine, theirs = domain_of(attempt.sender), domain_of(attempt.recipient)
    if not _is_passed_on(attempt) or not mine:
        return False
    if known is not None and attempt.tenant.name:
        owner, other = known.owner(mine), known.owner(theirs)
        same = owner is not None and owner.name == attempt.tenant.name
        return same and (other is None or other.name != attempt.tenant.name)
    return (mine in own or attempt.by is TieToTenant.CONNECTOR) and theirs not in own


def _own_domains(attempts: Iterable[DeliveryAttempt]) -> set[str]:
    """Domains of senders in the cloud, whom no server brought, and of mailboxes that were delivered to."""
    domains = set()
    for attempt in attempts:
        if not attempt.client and "@" in attempt.sender:
            domains.add(domain_of(attempt.sender))
        if not (attempt.address or attempt.relay) and attempt.outcome.lower() in ("delivered", "deliver"):
            domains.add(domain_of(attempt.recipient))
        if attempt.tenant.domain:
            domains.add(attempt.tenant.domain)
    return domains


def _is_passed_on(attempt: DeliveryAttempt) -> bool:
    """Mail that a server brought and that another one got; whose sender it has, a row does not tell (R209)."""
    others = domain_of(attempt.sender) != domain_of(attempt.recipient)
    return bool(attempt.client and (attempt.address or attempt.relay)) and others


def _story(
    attempts: Sequence[DeliveryAttempt], relayed: Sequence[DeliveryAttempt], kind: EvidenceKind
) -> Iterator[VerdictSentence]:
    exported = sentence("the tenant that it was exported from")
    text = sentence(
        "{number} rows ({counts}) of mail that was taken for {tenant}"
        if kind is EvidenceKind.MESSAGE_TRACE
        else "{number} ends ({counts}) of mail that was taken for {tenant}",
        number=len(attempts),
        counts=outcomes(attempts),
        tenant=next((attempt.tenant.short for attempt in attempts if attempt.tenant), exported),
    )
    yield VerdictSentence(text=text, rules=("R219",))
    for attempt in distinct(relayed, lambda attempt: (attempt.sender, attempt.recipient, attempt.client)):
        through = NOTHING
        if attempt.connector:
            through = sentence(' through "{connector}"', connector=attempt.connector)
        text = sentence(
            "{sender} to {recipient} came from {client}{through} and was sent on to {server}: outgoing mail in this trace. "
            "Unless that server is meant to relay through the tenant, it was taken for a hybrid connection that it is not",
            **_way(attempt),
            through=through,
        )
        yield VerdictSentence(text=text, rules=("R13", "R209", "R220"), sure=Certainty.INFERRED)
    refusals = [(attempt.recipient, attempt.refusal) for attempt in attempts if attempt.refusal]
    for _, refusal in distinct(refusals, lambda failure: (failure[0], failure[1].reply)):
        yield verdict.refused(refusal)
    passed_on = [] if relayed else [attempt for attempt in attempts if _is_passed_on(attempt)]
    yield from _passed_on(passed_on)
    if not relayed and not refusals and not passed_on:
        text = sentence("no mail of the own side that a server brought and that went outside: nothing to see")
        yield VerdictSentence(text=text, sure=Certainty.INFERRED)


def _passed_on(attempts: Iterable[DeliveryAttempt]) -> Iterator[VerdictSentence]:
    """What the reader knows, and the rows do not: which domains are the tenant's."""

    def alike(attempt: DeliveryAttempt) -> object:
        return domain_of(attempt.sender), domain_of(attempt.recipient), attempt.client

    for attempt in distinct(attempts, alike, most=3):
        text = sentence(
            "{sender} to {recipient} came from {client} and was sent on to {server}: if {own} is a domain of this tenant's, and "
            "{other} is not, the tenant relayed it",
            **_way(attempt),
            own=domain_of(attempt.sender),
            other=domain_of(attempt.recipient),
        )
        yield VerdictSentence(text=text, rules=("R209", "R220"), sure=Certainty.INFERRED)


def _way(attempt: DeliveryAttempt) -> dict[str, str]:
    return {
        "sender": attempt.sender,
        "recipient": attempt.recipient,
        "client": attempt.client,
        "server": attempt.address or attempt.relay,
    }


def _looks(relayed: Sequence[DeliveryAttempt], kind: EvidenceKind) -> Iterator[Sentence]:
    for attempt in distinct(relayed, lambda attempt: attempt.client, most=3):
        if kind is EvidenceKind.MESSAGE_TRACE and not attempt.connector:
            detail = 'Get-MessageTraceDetailV2 for "{message}": its Receive event names the connector (R212).'
            yield sentence(detail, message=attempt.message_id)
        yield sentence(
            "Which certificate does the server at {address} show, and does a name in it fit TlsSenderCertificateName of an "
            "OnPremises connector, or {address} its SenderIPAddresses?",
            address=attempt.client,
        )

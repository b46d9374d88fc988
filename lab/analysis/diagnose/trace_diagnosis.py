"""From rows to a diagnosis: a tenant's message trace, and its details (R209, R210, R219, R220)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lab.analysis.diagnose import verdict
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.analysis.diagnose.log_diagnosis import MOST, distinct, domain_of, outcomes, placed
from lab.evidence.diagnosis import (
    Certainty,
    DeliveryAttempt,
    Diagnosis,
    EvidenceKind,
    TieToTenant,
    VerdictSentence,
)
from lab.sentence import NOTHING, Sentence, sentence


def of_trace(
    found: Sequence[DeliveryAttempt], kind: EvidenceKind, known: KnownConfiguration | None
) -> Diagnosis:
    """A tenant's message trace, or the details of one."""
    told = tuple(placed(each, known) for each in found)
    relayed = [each for each in told if _relayed(each, told, known)]
    return Diagnosis(
        kind=kind,
        nothing=not any(each.refusal or _passed_on(each) for each in told),
        story=tuple(_trace_story(told, relayed, kind)),
        look=tuple(_trace_looks(relayed, kind)),
        unknown=(sentence("what other tenants did with it: each sees its own part only (R219)"),)
        if told
        else (),
        handed=told,
        relayed=relayed[0].tenant if relayed else None,
    )


def _relayed(
    each: DeliveryAttempt, told: Sequence[DeliveryAttempt], known: KnownConfiguration | None
) -> bool:
    """Outgoing mail of the own side that came from a server and went to another one (R209, R220).

    Both addresses are filled in for mail that came from outside and was passed home, too: so the sender must be the
    tenant's, and the recipient not.
    """
    if not each.client or not (each.address or each.relay):
        return False
    mine, theirs = (who.rpartition("@")[2].lower() for who in (each.sender, each.recipient))
    if not mine or mine == theirs:
        return False
    if known is not None and each.tenant.name:
        owner, other = known.owner(mine), known.owner(theirs)
        return bool(owner and owner.name == each.tenant.name and (other is None or other.name != owner.name))
    own = _own_domains(told)
    return (mine in own or each.by is TieToTenant.CONNECTOR) and theirs not in own


def _own_domains(told: Iterable[DeliveryAttempt]) -> set[str]:
    """Domains of senders in the cloud, whom no server brought, and of mailboxes that were delivered to."""
    found = set()
    for each in told:
        if not each.client and "@" in each.sender:
            found.add(domain_of(each.sender))
        if not each.address and not each.relay and each.outcome.lower() in ("delivered", "deliver"):
            found.add(domain_of(each.recipient))
        if each.tenant.domain:
            found.add(each.tenant.domain)
    return found


def _passed_on(each: DeliveryAttempt) -> bool:
    """Mail that a server brought and that another one got; whose sender it has, a row does not tell (R209)."""
    return bool(each.client and (each.address or each.relay)) and domain_of(each.sender) != domain_of(
        each.recipient
    )


def _trace_story(
    told: Sequence[DeliveryAttempt], relayed: Sequence[DeliveryAttempt], kind: EvidenceKind
) -> Iterator[VerdictSentence]:
    exported = sentence("the tenant that it was exported from")
    whose = next((each.tenant.short for each in told if each.tenant), exported)
    rows, ends = (
        "{number} rows ({counts}) of mail that was taken for {tenant}",
        "{number} ends ({counts}) of mail that was taken for {tenant}",
    )
    template = rows if kind is EvidenceKind.MESSAGE_TRACE else ends
    text = sentence(template, number=len(told), counts=outcomes(told), tenant=whose)
    yield VerdictSentence(text=text, rules=("R219",))
    for each in distinct(relayed, lambda one: (one.sender, one.recipient, one.client))[:MOST]:
        text = sentence(
            "{sender} to {recipient} came from {client}{through} and was sent on to {server}: outgoing mail in this trace. "
            "Unless that server is meant to relay through the tenant, it was taken for a hybrid connection that it is not",
            **_way(each),
            through=sentence(' through "{connector}"', connector=each.connector)
            if each.connector
            else NOTHING,
        )
        yield VerdictSentence(text=text, rules=("R13", "R209", "R220"), sure=Certainty.INFERRED)
    failed = [each for each in told if each.refusal is not None]
    for each in distinct(failed, lambda one: (one.recipient, one.refusal and one.refusal.reply))[:MOST]:
        if each.refusal is not None:
            yield verdict.refused_told(each.refusal)
    passed = [] if relayed else [each for each in told if _passed_on(each)]
    yield from _asked(passed)
    if not relayed and not failed and not passed:
        text = sentence("no mail of the own side that a server brought and that went outside: nothing to see")
        yield VerdictSentence(text=text, sure=Certainty.INFERRED)


def _asked(passed: Iterable[DeliveryAttempt]) -> Iterator[VerdictSentence]:
    """What the reader knows, and the rows do not: which domains are the tenant's."""
    for each in distinct(passed, lambda one: (domain_of(one.sender), domain_of(one.recipient), one.client))[
        :3
    ]:
        text = sentence(
            "{sender} to {recipient} came from {client} and was sent on to {server}: if {own} is a domain of this tenant's, and "
            "{other} is not, the tenant relayed it",
            **_way(each),
            own=domain_of(each.sender),
            other=domain_of(each.recipient),
        )
        yield VerdictSentence(text=text, rules=("R209", "R220"), sure=Certainty.INFERRED)


def _way(each: DeliveryAttempt) -> dict[str, str]:
    server = each.address or each.relay
    return {"sender": each.sender, "recipient": each.recipient, "client": each.client, "server": server}


def _trace_looks(relayed: Sequence[DeliveryAttempt], kind: EvidenceKind) -> Iterator[Sentence]:
    for each in distinct(relayed, lambda one: one.client)[:3]:
        if kind is EvidenceKind.MESSAGE_TRACE and not each.connector:
            detail = 'Get-MessageTraceDetailV2 for "{message}": its Receive event names the connector (R212).'
            yield sentence(detail, message=each.message_id)
        yield sentence(
            "Which certificate does the server at {address} show, and does a name in it fit TlsSenderCertificateName of an "
            "OnPremises connector, or {address} its SenderIPAddresses?",
            address=each.client,
        )

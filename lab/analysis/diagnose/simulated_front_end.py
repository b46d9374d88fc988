"""What a configuration of the reader's says of the evidence: the front end of the simulator decides on the same facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.core.attribution_result import Attribution
from lab.evidence.diagnosis import (
    Certainty,
    DeliveryReport,
    EvidenceRefusal,
    Journey,
    Passage,
    TieToTenant,
    VerdictSentence,
)
from lab.model.decision import Basis
from lab.sentence import NOTHING, Sentence, sentence
from lab.words.english import BASES
from lab.words.reasons import reason

_MOST = 5
"""Recipients that are asked about."""


def entry(passage: Passage, journey: Journey, known: KnownConfiguration) -> Iterator[VerdictSentence]:
    """Whether it explains for whom a stay was."""
    if not passage.client:
        return
    decided = tuple(
        known.decisions(
            passage.client,
            journey.sender or journey.author,
            _recipients(journey),
            helo=passage.helo,
            front_end=passage.front_end,
        )
    )
    stranger = sentence("; no machine of it has {address}", address=passage.client)
    stranger = NOTHING if passage.again or known.host(passage.client) else stranger
    fitting = (each for each in decided if each.reply is None and _is_of(each, passage))
    yield from _answer(sentence("this"), next(fitting, None), decided, stranger)


def refusal(
    found: EvidenceRefusal, report: DeliveryReport, known: KnownConfiguration
) -> Iterator[VerdictSentence]:
    """Whether it explains a refusal at the door: of the report's maker or, if that is Exchange Online, of its outbound host."""
    client, helo = _refused_client(report, known)
    sender = report.original.sender or report.original.author if report.original else ""
    if client:
        decided = tuple(known.decisions(client, sender, [found.recipient], helo=helo))
        fitting = (each for each in decided if each.status == found.status)
        yield from _answer(sentence("the refusal"), next(fitting, None), decided, NOTHING)


def _is_of(decision: Attribution, passage: Passage) -> bool:
    """Whether a decision is what the evidence shows; the tenant may be one that it does not name."""
    by = TieToTenant.RECIPIENT if decision.basis is Basis.RECIPIENT else TieToTenant.CONNECTOR
    same = not passage.tenant or decision.tenant_name == passage.tenant.name
    return same and (not passage.by or passage.by is by)


def _answer(
    what: Sentence, fitting: Attribution | None, decided: Sequence[Attribution], more: Sentence
) -> Iterator[VerdictSentence]:
    """That it explains it, or what it leads to instead: on the facts that were asked with, which may not be all."""
    if fitting is not None:
        explains = "the configuration explains {what}: by it {outcome}{more}"
        yield _told(sentence(explains, what=what, outcome=_outcome(fitting), more=more), fitting)
    elif decided:
        first = decided[0]
        text = sentence(
            "the configuration does not explain {what}, if the mail was for {recipient} and the server showed {shown}: by it "
            "{outcome}{more}",
            what=what,
            recipient=first.recipient,
            shown=_shown(first),
            outcome=_outcome(first),
            more=more,
        )
        yield _told(text, first)


def _shown(decision: Attribution) -> Sentence:
    certificate = decision.credentials.certificate
    if certificate is None:
        return sentence("no certificate")
    return sentence("the certificate {certificate}", certificate=certificate.label)


def _refused_client(report: DeliveryReport, known: KnownConfiguration) -> tuple[str, str]:
    if not report.service:
        host = known.machine(report.maker)
        return (host.source, str(host.ehlo)) if host else ("", "")
    regions = known.variant.topology.regions.values()
    senders = [host for region in regions for host in region.outbound]
    return (senders[0].source, str(senders[0].ehlo)) if senders else ("", "")


def _recipients(journey: Journey) -> tuple[str, ...]:
    """As the envelope had it, where a line says so; else as the header has them."""
    named = [each.recipient for each in journey.hand_overs if each.recipient]
    return tuple(dict.fromkeys((*named[-1:], *journey.recipients)))[:_MOST]


def _outcome(decision: Attribution) -> Sentence:
    if decision.reply is not None:
        return sentence(
            "the mail is refused with {code}: {reason}{through}",
            code=f"{decision.reply.code} {decision.status}",
            reason=reason(decision.reason),
            through=_through(decision),
        )
    shown, by = decision.credentials.certificate, BASES[decision.basis]
    if decision.basis is Basis.CERTIFICATE and shown:
        by = sentence("certificate {certificate}", certificate=shown.label)
    taken = "the mail is tenant {tenant}'s, by {basis}{through}"
    return sentence(taken, tenant=decision.tenant_name, basis=by, through=_through(decision))


def _through(decision: Attribution) -> Sentence:
    name = decision.connector_name
    return sentence(' through "{connector}"', connector=name) if name else NOTHING


def _told(text: Sentence, decision: Attribution) -> VerdictSentence:
    return VerdictSentence(text=text, rules=tuple(dict.fromkeys(decision.rules)), sure=Certainty.INFERRED)

"""What a configuration of the reader's says of the evidence: the front end of the simulator decides on the same facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.analysis.diagnose.known import Known
from lab.core.verdicts import Attribution
from lab.evidence.diagnosis import By, Journey, Passage, Refusal, Report, Sure, Told
from lab.model.decision import Basis

_MOST = 5
"""Recipients that are asked about."""


def entry(passage: Passage, journey: Journey, known: Known) -> Iterator[Told]:
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
    stranger = (
        "" if passage.again or known.host(passage.client) else f"; no machine of it has {passage.client}"
    )
    fitting = (each for each in decided if each.reply is None and _is_of(each, passage))
    yield from _answer("this", next(fitting, None), decided, stranger)


def refusal(found: Refusal, report: Report, known: Known) -> Iterator[Told]:
    """Whether it explains a refusal at the door: of the report's maker or, if that is Exchange Online, of its outbound host."""
    client, helo = _refused_client(report, known)
    sender = report.original.sender or report.original.author if report.original else ""
    if client:
        decided = tuple(known.decisions(client, sender, [found.recipient], helo=helo))
        fitting = (each for each in decided if each.status == found.status)
        yield from _answer("the refusal", next(fitting, None), decided, "")


def _is_of(decision: Attribution, passage: Passage) -> bool:
    """Whether a decision is what the evidence shows; the tenant may be one that it does not name."""
    by = By.RECIPIENT if decision.basis is Basis.RECIPIENT else By.CONNECTOR
    same = not passage.tenant or decision.tenant_name == passage.tenant.name
    return same and (not passage.by or passage.by is by)


def _answer(
    what: str, fitting: Attribution | None, decided: Sequence[Attribution], more: str
) -> Iterator[Told]:
    """That it explains it, or what it leads to instead: on the facts that were asked with, which may not be all."""
    if fitting is not None:
        yield _told(f"the configuration explains {what}: by it {_outcome(fitting)}{more}", fitting)
    elif decided:
        first = decided[0]
        asked = f"if the mail was for {first.recipient} and the server showed {_shown(first)}"
        yield _told(
            f"the configuration does not explain {what}, {asked}: by it {_outcome(first)}{more}", first
        )


def _shown(decision: Attribution) -> str:
    certificate = decision.credentials.certificate
    return f"the certificate {certificate.label}" if certificate else "no certificate"


def _refused_client(report: Report, known: Known) -> tuple[str, str]:
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


def _outcome(decision: Attribution) -> str:
    if decision.reply is not None:
        return f"the mail is refused with {decision.reply.code} {decision.status}: {decision.reason}{_through(decision)}"
    shown = decision.credentials.certificate
    by = (
        f"certificate {shown.label}"
        if decision.basis is Basis.CERTIFICATE and shown
        else decision.basis.value
    )
    return f"the mail is tenant {decision.tenant_name}'s, by {by}{_through(decision)}"


def _through(decision: Attribution) -> str:
    return f' through "{decision.connector_name}"' if decision.connector_name else ""


def _told(text: str, decision: Attribution) -> Told:
    return Told(text=text, rules=tuple(dict.fromkeys(decision.rules)), sure=Sure.INFERRED)

"""The lines of the evidence that say something, quoted, with what each means and by which rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from lab.analysis.diagnose.exchange_stamps import (
    ATTRIBUTED,
    CONNECTING,
    DIRECTION,
    ENTITY,
    ID,
    ORIGINATOR,
    REPORT,
    by_report,
    connecting,
    guid,
)
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.core.header_stamps import AUTH_AS, CROSS_TENANT
from lab.model.message import Message
from lab.reports.findings.diagnosis import Clue, DeliveryReport, EvidenceRefusal, EvidenceTenant, TieToTenant
from lab.sentence import NOTHING, Sentence, sentence

_MOST = 40
"""Clues of one message."""
_CLIENT = re.compile(r"sender ip is ([0-9a-f.:]{3,45})", re.IGNORECASE)
_ENTITIES = {
    "Hosted": sentence("a cloud mailbox sent it, or Exchange Online wrote it itself"),
    "HybridOnPrem": sentence("it came to that tenant through an OnPremises connector"),
    "Internet": sentence(
        "it came to that tenant from outside (Outlook.com says so of its own mailboxes, too)"
    ),
}
_DIRECTIONS = {
    "Originating": sentence("the tenant's own mail, or that of its on-premises side"),
    "Incoming": sentence("mail from outside"),
}
_AUTH_AS = {
    "Internal": sentence("the tenant vouches for the sender"),
    "Anonymous": sentence("no tenant vouches for the sender"),
}


def of_message(message: Message, known: KnownConfiguration | None, prefix: str = "") -> tuple[Clue, ...]:
    """Those of a header section, in its order, newest first; `prefix` says of which message if there are two."""
    clues = []
    for header in message.headers:
        read = _READERS.get(header.name.lower())
        meaning = read(header.value, known) if read else None
        if meaning is not None:
            said, means, rules = meaning
            clues.append(Clue(where=f"{prefix}{header.name}", said=said, means=means, rules=rules))
    return tuple(clues[:_MOST])


def of_report(report: DeliveryReport) -> Iterator[Clue]:
    """What the report itself says."""
    if report.maker:
        tenant, works_for = report.tenant, NOTHING
        if tenant:
            works_for = sentence(" that works for {tenant}", tenant=tenant.label)
        server = sentence("a server outside Exchange Online")
        if report.service:
            server = sentence("a server of Exchange Online")
        means = sentence("{server}{works_for} made the report", server=server, works_for=works_for)
        yield Clue(where="Reporting-MTA", said=report.maker, means=means, rules=("R196",))
    if report.received_from:
        means = sentence(
            "the server that had handed it the message; the name is what that server calls itself"
        )
        yield Clue(where="Received-From-MTA", said=report.received_from, means=means, rules=("R20", "R200"))
    for refusal in report.refusals[:5]:
        yield from _of_refusal(refusal)


def _of_refusal(refusal: EvidenceRefusal) -> Iterator[Clue]:
    said = refusal.reply or refusal.status
    if said:
        means = sentence("no code of the lab's table: the words are those of the server that said it")
        if refusal.cause:
            means = sentence("{cause}", cause=refusal.cause)
        yield Clue(where="Diagnostic-Code", said=said, means=means, rules=refusal.rules)
    if refusal.front_end:
        means = sentence("the trailer: a front end of Exchange Online said it")
        yield Clue(where="Diagnostic-Code", said=refusal.front_end, means=means, rules=("R189",))
    if refusal.said_by:
        means = sentence("the refusal is another mail system's")
        if refusal.service:
            means = sentence("the refusal is Exchange Online's")
        yield Clue(where="Remote-MTA", said=refusal.said_by, means=means, rules=("R200",))


Meaning = tuple[str, Sentence, tuple[str, ...]]
"""What is quoted of a field's value, what it means, and by which rules."""
MeaningReader = Callable[[str, KnownConfiguration | None], Meaning | None]


def _tenant(id_: str, known: KnownConfiguration | None) -> Sentence | str:
    tenant = EvidenceTenant(id=id_)
    return (known.named(tenant) if known else tenant).label


def _attributed(said: str, known: KnownConfiguration | None) -> Meaning:
    id_ = guid(said)
    means = sentence("the tenant was made unreadable when this was passed on")
    if id_:
        means = sentence("Exchange Online took it for tenant {tenant}", tenant=_tenant(id_, known))
    return said, means, ("R25",)


def _id(said: str, known: KnownConfiguration | None) -> Meaning | None:
    id_ = guid(said)
    means = sentence("it left through tenant {tenant}, or was delivered there", tenant=_tenant(id_, known))
    return (said, means, ("R25", "R122")) if id_ else None


def _connecting(said: str, known: KnownConfiguration | None) -> Meaning | None:
    id_, address, helo = connecting(said)
    means = sentence(
        "{server} [{address}] brought it to tenant {tenant}",
        server=helo or sentence("a server"),
        address=address,
        tenant=_tenant(id_, known),
    )
    return (said, means, ("R25",)) if id_ else None


def _antispam_report(said: str, _: KnownConfiguration | None) -> Meaning | None:
    by, _direction = by_report(said)
    if not by:
        return None
    means = sentence("DIR:INB: incoming mail, no connector of the own side")
    if by is TieToTenant.CONNECTOR:
        means = sentence("DIR:OUT and IPV:CAL: a connector of the tenant matched")
    kept = "; ".join(part for part in said.split(";") if part.strip()[:4] in ("CIP:", "IPV:", "DIR:"))
    return " ".join(kept.split()), means, ("R179",)


def _one_of(meanings: Mapping[str, Sentence], rule: str) -> MeaningReader:
    def read(said: str, _: KnownConfiguration | None) -> Meaning | None:
        return (said, meanings[said], (rule,)) if said in meanings else None

    return read


def _always(means: Sentence, rule: str) -> MeaningReader:
    return lambda said, _: (said, means, (rule,))


def _authentication(said: str, _: KnownConfiguration | None) -> Meaning | None:
    """SPF as it was evaluated at an entry: against whose address."""
    client = _CLIENT.search(said)
    if client is None:
        return None
    spf = re.search(r"[^ ]*?\bspf=\w+", said)
    kept = f"{spf[0] if spf else ''} ({client[0]})".strip()
    return kept, sentence("at that entry {address} was the client", address=client[1]), ("R166",)


def _arc(said: str, _: KnownConfiguration | None) -> Meaning | None:
    client = _CLIENT.search(said)
    if "mx.microsoft.com" not in said or client is None:
        return None
    return client[0], sentence("the sealing tenant had got it from {address}", address=client[1]), ("R174",)


_READERS: dict[str, MeaningReader] = {
    ATTRIBUTED.lower(): _attributed,
    ID.lower(): _id,
    CONNECTING.lower(): _connecting,
    ENTITY.lower(): _one_of(_ENTITIES, "R123"),
    REPORT.lower(): _antispam_report,
    f"{REPORT}-Untrusted".lower(): _antispam_report,
    DIRECTION.lower(): _one_of(_DIRECTIONS, "R24"),
    ORIGINATOR.lower(): _always(sentence("the organisation it left from, by a domain of its"), "R121"),
    AUTH_AS.lower(): _one_of(_AUTH_AS, "R119"),
    f"{CROSS_TENANT}AuthAs".lower(): _one_of(_AUTH_AS, "R119"),
    "authentication-results": _authentication,
    "authentication-results-original": _authentication,
    "x-ms-exchange-authentication-results": _authentication,
    "arc-authentication-results": _arc,
    "x-crosspremisesheadersfilteredbysendconnector": _always(
        sentence("cross-premises headers were taken off: the hybrid path is broken there"), "R118"
    ),
}

"""The lines of the evidence that say something, quoted, with what each means and by which rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lab.analysis.diagnose import exchange_stamps
from lab.analysis.diagnose.known_configuration import KnownConfiguration
from lab.core.header_stamps import AUTH_AS, CROSS_TENANT
from lab.evidence.diagnosis import Clue, DeliveryReport, EvidenceRefusal, EvidenceTenant, TieToTenant
from lab.model.message import Message
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
_VOUCHED = {
    "Internal": sentence("the tenant vouches for the sender"),
    "Anonymous": sentence("no tenant vouches for the sender"),
}
_NO_CODE = sentence("no code of the lab's table: the words are those of the server that said it")


def of_message(message: Message, known: KnownConfiguration | None, where: str = "") -> tuple[Clue, ...]:
    """Those of a header section, in its order, newest first; `where` says of which message if there are two."""
    found = []
    for header in message.headers:
        read = _READERS.get(header.name.lower())
        clue = read(header.name, header.value, known) if read else None
        if clue is not None:
            found.append(
                Clue(where=f"{where}{clue.where}", said=clue.said, means=clue.means, rules=clue.rules)
            )
    return tuple(found[:_MOST])


def of_report(report: DeliveryReport) -> tuple[Clue, ...]:
    """What the report itself says."""
    return tuple(_of_report(report))


def _of_report(report: DeliveryReport) -> Iterator[Clue]:
    if report.maker:
        service, outside = (
            sentence("a server of Exchange Online"),
            sentence("a server outside Exchange Online"),
        )
        works_for = (
            sentence(" that works for {tenant}", tenant=report.tenant.label) if report.tenant else NOTHING
        )
        whose = service if report.service else outside
        means = sentence("{server}{works_for} made the report", server=whose, works_for=works_for)
        yield Clue(where="Reporting-MTA", said=report.maker, means=means, rules=("R196",))
    if report.received_from:
        means = sentence(
            "the server that had handed it the message; the name is what that server calls itself"
        )
        yield Clue(where="Received-From-MTA", said=report.received_from, means=means, rules=("R20", "R200"))
    for each in report.refusals[:5]:
        yield from _of_refusal(each)


def _of_refusal(each: EvidenceRefusal) -> Iterator[Clue]:
    if each.reply or each.status:
        means = sentence("{cause}", cause=each.cause) if each.cause else _NO_CODE
        yield Clue(where="Diagnostic-Code", said=each.reply or each.status, means=means, rules=each.rules)
    if each.front_end:
        means = sentence("the trailer: a front end of Exchange Online said it")
        yield Clue(where="Diagnostic-Code", said=each.front_end, means=means, rules=("R189",))
    if each.said_by:
        own, other = (
            sentence("the refusal is Exchange Online's"),
            sentence("the refusal is another mail system's"),
        )
        means = own if each.service else other
        yield Clue(where="Remote-MTA", said=each.said_by, means=means, rules=("R200",))


def _named(id_: str, known: KnownConfiguration | None) -> Sentence | str:
    tenant = EvidenceTenant(id=id_)
    return (known.named(tenant) if known else tenant).label


def _attributed(name: str, said: str, known: KnownConfiguration | None) -> Clue | None:
    id_ = exchange_stamps.guid(said)
    if not id_:
        means = sentence("the tenant was made unreadable when this was passed on")
        return Clue(where=name, said=said, means=means, rules=("R25",))
    means = sentence("Exchange Online took it for tenant {tenant}", tenant=_named(id_, known))
    return Clue(where=name, said=said, means=means, rules=("R25",))


def _id(name: str, said: str, known: KnownConfiguration | None) -> Clue | None:
    id_ = exchange_stamps.guid(said)
    if not id_:
        return None
    means = sentence("it left through tenant {tenant}, or was delivered there", tenant=_named(id_, known))
    return Clue(where=name, said=said, means=means, rules=("R25", "R122"))


def _connecting(name: str, said: str, known: KnownConfiguration | None) -> Clue | None:
    id_, address, helo = exchange_stamps.connecting(said)
    if not id_:
        return None
    server, tenant = helo or sentence("a server"), _named(id_, known)
    brought = "{server} [{address}] brought it to tenant {tenant}"
    means = sentence(brought, server=server, address=address, tenant=tenant)
    return Clue(where=name, said=said, means=means, rules=("R25",))


def _entity(name: str, said: str, _: KnownConfiguration | None) -> Clue | None:
    means = _ENTITIES.get(said)
    return Clue(where=name, said=said, means=means, rules=("R123",)) if means else None


def _report(name: str, said: str, _: KnownConfiguration | None) -> Clue | None:
    by, _direction = exchange_stamps.by_report(said)
    if not by:
        return None
    kept = "; ".join(part for part in said.split(";") if part.strip()[:4] in ("CIP:", "IPV:", "DIR:"))
    means = (
        sentence("DIR:OUT and IPV:CAL: a connector of the tenant matched")
        if by is TieToTenant.CONNECTOR
        else sentence("DIR:INB: incoming mail, no connector of the own side")
    )
    return Clue(where=name, said=" ".join(kept.split()), means=means, rules=("R179",))


def _direction(name: str, said: str, _: KnownConfiguration | None) -> Clue | None:
    means = _DIRECTIONS.get(said)
    return Clue(where=name, said=said, means=means, rules=("R24",)) if means else None


def _org(name: str, said: str, _: KnownConfiguration | None) -> Clue | None:
    means = sentence("the organisation it left from, by a domain of its")
    return Clue(where=name, said=said, means=means, rules=("R121",))


def _vouched(name: str, said: str, _: KnownConfiguration | None) -> Clue | None:
    means = _VOUCHED.get(said)
    return Clue(where=name, said=said, means=means, rules=("R119",)) if means else None


def _judged(name: str, said: str, _: KnownConfiguration | None) -> Clue | None:
    """SPF as it was evaluated at an entry: against whose address."""
    client = _CLIENT.search(said)
    if client is None:
        return None
    spf = re.match(r".*?\bspf=(\w+)", said)
    kept = f"{spf[0].rpartition(' ')[2] if spf else ''} ({client[0]})".strip()
    means = sentence("at that entry {address} was the client", address=client[1])
    return Clue(where=name, said=kept, means=means, rules=("R166",))


def _sealed(name: str, said: str, _: KnownConfiguration | None) -> Clue | None:
    client = _CLIENT.search(said)
    if "mx.microsoft.com" not in said or client is None:
        return None
    means = sentence("the sealing tenant had got it from {address}", address=client[1])
    return Clue(where=name, said=client[0], means=means, rules=("R174",))


def _broken(name: str, said: str, _: KnownConfiguration | None) -> Clue | None:
    means = sentence("cross-premises headers were taken off: the hybrid path is broken there")
    return Clue(where=name, said=said, means=means, rules=("R118",))


ClueReader = Callable[[str, str, KnownConfiguration | None], Clue | None]
_READERS: dict[str, ClueReader] = {
    exchange_stamps.ATTRIBUTED.lower(): _attributed,
    exchange_stamps.ID.lower(): _id,
    exchange_stamps.CONNECTING.lower(): _connecting,
    exchange_stamps.ENTITY.lower(): _entity,
    exchange_stamps.REPORT.lower(): _report,
    f"{exchange_stamps.REPORT}-Untrusted".lower(): _report,
    exchange_stamps.DIRECTION.lower(): _direction,
    exchange_stamps.ORIGINATOR.lower(): _org,
    AUTH_AS.lower(): _vouched,
    f"{CROSS_TENANT}AuthAs".lower(): _vouched,
    "authentication-results": _judged,
    "authentication-results-original": _judged,
    "x-ms-exchange-authentication-results": _judged,
    "arc-authentication-results": _sealed,
    "x-crosspremisesheadersfilteredbysendconnector": _broken,
}

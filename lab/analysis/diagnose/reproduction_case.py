"""The facts that a scenario needs, taken from a diagnosis; what is missing is made up, and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from ipaddress import AddressValueError, IPv4Address

from lab.evidence.diagnosis import (
    Diagnosis,
    EvidenceKind,
    EvidenceRefusal,
    EvidenceTenant,
    Journey,
    Passage,
    TieToTenant,
)
from lab.model.names import Address, Domain
from lab.model.value import value
from lab.sentence import Sentence, sentence

SENDER, RECIPIENT = "sender@sender.example", "recipient@recipient.example"
CLIENT, CLIENT_NAME = "198.51.100.25", "mail.sender.example"


@value(kw_only=True)
class Case:
    """One mail to one recipient."""

    sender: Address
    recipient: Address
    null_sender: bool
    reverse_path: Address | None
    """P1 where it is another one than the author, as far as a header tells."""
    client: str
    helo: Domain
    way: tuple[Passage, ...]
    refusal: EvidenceRefusal | None
    maker: EvidenceTenant
    """Of a report that Exchange Online made; empty otherwise."""
    maker_is_service: bool
    meant_for: Address | None
    """Whom it was for before it was forwarded, where that is another one than `recipient`."""
    at: datetime | None
    made_up: tuple[Sentence, ...]
    """What is not from the evidence."""
    end_known: bool = True
    """Whether the evidence says how it ended; a row of a trace says that it failed, and not why."""


def case(found: Diagnosis) -> Case | None:
    """What can be played; None where the evidence has no stay in Exchange Online and no refusal by it."""
    if found.kind in (
        EvidenceKind.GATEWAY_LOG,
        EvidenceKind.TRACKING_LOG,
        EvidenceKind.MESSAGE_TRACE,
        EvidenceKind.TRACE_DETAIL,
    ):
        return _of_attempts(found)
    journey = (found.report.original if found.report else found.journey) or Journey()
    refusal = next(iter(found.report.refusals), None) if found.report else None
    if not journey.passages and not (
        refusal and (refusal.service or (found.report and found.report.service))
    ):
        return None
    made_up: list[Sentence] = []
    first = next(iter(journey.passages), None)
    sender = (
        _address(journey.author)
        or _address(journey.sender)
        or _guess(SENDER, sentence("the sender"), made_up)
    )
    for_ = [each.recipient for each in journey.hand_overs if each.recipient]
    told = [refusal.recipient if refusal else "", *for_[-1:], *journey.recipients]
    recipient = next(filter(None, map(_address, told)), None) or _guess(
        RECIPIENT, sentence("the recipient"), made_up
    )
    report = found.report
    return Case(
        sender=sender,
        recipient=recipient,
        null_sender=journey.sender == "<>",
        reverse_path=_other(journey.sender, sender),
        client=_client(first, made_up),
        helo=_helo(first, made_up),
        way=journey.passages,
        refusal=refusal,
        maker=report.tenant if report and report.service else EvidenceTenant(),
        maker_is_service=bool(report and report.service),
        meant_for=_meant_for(journey, recipient) if refusal else None,
        at=first.at if first else next((each.at for each in journey.hand_overs), None),
        made_up=tuple(made_up),
    )


def _of_attempts(found: Diagnosis) -> Case | None:
    """The first attempt that tells something: mail that went astray, else one that Exchange Online refused."""
    telling = [
        each
        for each in found.handed
        if each.by is TieToTenant.CONNECTOR and each.tenant and each.tenant == found.relayed
    ]
    telling += [
        each
        for each in found.handed
        if found.relayed and found.kind is EvidenceKind.MESSAGE_TRACE and each.address
    ]
    telling += [each for each in found.handed if each.refusal is not None and each.refusal.service]
    if not telling:
        return None
    each, in_trace = telling[0], found.kind in (EvidenceKind.MESSAGE_TRACE, EvidenceKind.TRACE_DETAIL)
    made_up: list[Sentence] = []
    by = each.by or (TieToTenant.CONNECTOR if in_trace and each.client else TieToTenant.UNKNOWN)
    stay = Passage(client=each.client if in_trace else "", tenant=each.tenant, by=by, hub=each.hub)
    sender = _address(each.sender) or _guess(SENDER, sentence("the sender"), made_up)
    return Case(
        sender=sender,
        recipient=_address(each.recipient) or _guess(RECIPIENT, sentence("the recipient"), made_up),
        null_sender=each.sender == "<>",
        reverse_path=None,
        client=_client(stay, made_up),
        helo=_helo(stay, made_up),
        way=(stay,) if in_trace or each.by is TieToTenant.CONNECTOR else (),
        refusal=each.refusal,
        maker=each.tenant if in_trace else EvidenceTenant(),
        maker_is_service=in_trace,
        meant_for=None,
        at=each.at,
        made_up=tuple(made_up),
        end_known=each.refusal is not None,
    )


def _guess(text: str, what: Sentence, made_up: list[Sentence]) -> Address:
    made_up.append(sentence("{what} ({address})", what=what, address=text))
    return Address.parse(text)


def _client(first: Passage | None, made_up: list[Sentence]) -> str:
    if first is not None and first.by is TieToTenant.MAILBOX:
        return ""
    try:
        address = IPv4Address(first.client if first else "")
    except AddressValueError:
        made_up.append(sentence("the address of the server that handed it over ({address})", address=CLIENT))
        return CLIENT
    return str(address)


def _helo(first: Passage | None, made_up: list[Sentence]) -> Domain:
    if first is not None and first.by is TieToTenant.MAILBOX:
        return Domain(CLIENT_NAME)
    try:
        name = Domain.parse(first.helo if first else "")
        if "." in name and not name.replace(".", "").isdecimal():
            return name
    except ValueError:
        pass
    made_up.append(sentence("the name of that server ({name})", name=CLIENT_NAME))
    return Domain(CLIENT_NAME)


def _other(path: str, sender: Address) -> Address | None:
    found = _address(path)
    return found if found is not None and found != sender else None


def _meant_for(journey: Journey, recipient: Address) -> Address | None:
    """Who stands in the header, if nobody there is of the recipient's domain."""
    known = list(filter(None, map(_address, _named(journey))))
    if not known or any(each.domain == recipient.domain for each in known):
        return None
    return known[0]


def _named(journey: Journey) -> Iterator[str]:
    yield from reversed([each.recipient for each in journey.hand_overs if each.recipient])
    yield from journey.recipients


def _address(text: str) -> Address | None:
    try:
        return Address.parse(text.strip("<>")) if "@" in text else None
    except ValueError:
        return None

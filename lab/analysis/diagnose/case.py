"""The facts that a scenario needs, taken from a diagnosis; what is missing is made up, and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from ipaddress import AddressValueError, IPv4Address

from lab.evidence.diagnosis import By, Diagnosis, Journey, Passage, Refusal, Tenant
from lab.model.names import Address, Domain
from lab.model.value import value

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
    refusal: Refusal | None
    maker: Tenant
    """Of a report that Exchange Online made; empty otherwise."""
    maker_is_service: bool
    meant_for: Address | None
    """Whom it was for before somebody forwarded it, where that is another one than `recipient`."""
    at: datetime | None
    made_up: tuple[str, ...]
    """What is not from the evidence."""


def case(found: Diagnosis) -> Case | None:
    """The case of a message or a report; None where the evidence has no stay in Exchange Online and no refusal by it."""
    journey = (found.report.original if found.report else found.journey) or Journey()
    refusal = next(iter(found.report.refusals), None) if found.report else None
    if not journey.passages and not (
        refusal and (refusal.service or (found.report and found.report.service))
    ):
        return None
    made_up: list[str] = []
    first = next(iter(journey.passages), None)
    sender = _address(journey.author) or _address(journey.sender) or _guess(SENDER, "the sender", made_up)
    for_ = [each.recipient for each in journey.hand_overs if each.recipient]
    told = [refusal.recipient if refusal else "", *for_[-1:], *journey.recipients]
    recipient = next(filter(None, map(_address, told)), None) or _guess(RECIPIENT, "the recipient", made_up)
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
        maker=report.tenant if report and report.service else Tenant(),
        maker_is_service=bool(report and report.service),
        meant_for=_meant_for(journey, recipient) if refusal else None,
        at=first.at if first else next((each.at for each in journey.hand_overs), None),
        made_up=tuple(made_up),
    )


def _guess(text: str, what: str, made_up: list[str]) -> Address:
    made_up.append(f"{what} ({text})")
    return Address.parse(text)


def _client(first: Passage | None, made_up: list[str]) -> str:
    if first is not None and first.by is By.MAILBOX:
        return ""
    try:
        address = IPv4Address(first.client if first else "")
    except AddressValueError:
        made_up.append(f"the address of the server that handed it over ({CLIENT})")
        return CLIENT
    return str(address)


def _helo(first: Passage | None, made_up: list[str]) -> Domain:
    if first is not None and first.by is By.MAILBOX:
        return Domain(CLIENT_NAME)
    try:
        name = Domain.parse(first.helo if first else "")
        if "." in name and not name.replace(".", "").isdecimal():
            return name
    except ValueError:
        pass
    made_up.append(f"the name of that server ({CLIENT_NAME})")
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

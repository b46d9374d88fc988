"""The facts that a scenario needs, taken from a diagnosis; what is missing is made up, and said to be."""

from __future__ import annotations

from datetime import datetime
from ipaddress import AddressValueError, IPv4Address

from lab.model.names import Address, Domain
from lab.model.value import value
from lab.reports.findings.diagnosis import (
    DeliveryReport,
    Diagnosis,
    EvidenceKind,
    EvidenceRefusal,
    EvidenceTenant,
    Journey,
    Passage,
    TieToTenant,
)
from lab.sentence import Sentence, sentence

_SENDER, _RECIPIENT = Address.parse("sender@sender.example"), Address.parse("recipient@recipient.example")
_CLIENT, _CLIENT_NAME = "198.51.100.25", Domain("mail.sender.example")
_TRACES = (EvidenceKind.MESSAGE_TRACE, EvidenceKind.TRACE_DETAIL)
_LOGS = (EvidenceKind.GATEWAY_LOG, EvidenceKind.TRACKING_LOG)


@value(kw_only=True)
class Case:
    """One mail to one recipient."""

    sender: Address
    recipient: Address
    null_sender: bool
    reverse_path: Address | None = None
    """P1 where it is another one than the author, as far as a header tells."""
    client: str
    helo: Domain
    way: tuple[Passage, ...]
    refusal: EvidenceRefusal | None
    maker: EvidenceTenant
    """Of a report that Exchange Online made; empty otherwise."""
    maker_is_service: bool
    meant_for: Address | None = None
    """Whom it was for before it was forwarded, where that is another one than `recipient`."""
    at: datetime | None
    made_up: tuple[Sentence, ...]
    """What is not from the evidence."""
    end_known: bool = True
    """Whether the evidence says how it ended; a row of a trace says that it failed, and not why."""


def case(diagnosis: Diagnosis) -> Case | None:
    """What can be played; None where the evidence has no stay in Exchange Online and no refusal by it."""
    if diagnosis.kind in (*_TRACES, *_LOGS):
        return _of_attempts(diagnosis)
    report = diagnosis.report or DeliveryReport()
    journey = (report.original if diagnosis.report else diagnosis.journey) or Journey()
    refusal = next(iter(report.refusals), None)
    if not journey.passages and not (refusal and (refusal.service or report.service)):
        return None
    first = next(iter(journey.passages), None)
    in_envelope = [line.recipient for line in journey.hand_overs if line.recipient]
    refused = [refusal.recipient] if refusal else []
    facts = _CaseFacts()
    sender = facts.sender(_address(journey.author) or _address(journey.sender))
    recipients = map(_address, (*refused, *in_envelope[-1:], *journey.recipients))
    recipient = facts.recipient(next(filter(None, recipients), None))
    path = _address(journey.sender)
    return Case(
        sender=sender,
        recipient=recipient,
        null_sender=journey.sender == "<>",
        reverse_path=None if path == sender else path,
        client=facts.client(first),
        helo=facts.helo(first),
        way=journey.passages,
        refusal=refusal,
        maker=report.tenant if report.service else EvidenceTenant(),
        maker_is_service=report.service,
        meant_for=_meant_for([*reversed(in_envelope), *journey.recipients], recipient) if refusal else None,
        at=first.at if first else next((line.at for line in journey.hand_overs), None),
        made_up=tuple(facts.sentences),
    )


def _of_attempts(diagnosis: Diagnosis) -> Case | None:
    """The first attempt that tells something: mail that went astray, else one that Exchange Online refused."""
    attempts, relayed = diagnosis.handed, diagnosis.relayed
    telling = [
        attempt
        for attempt in attempts
        if attempt.by is TieToTenant.CONNECTOR and attempt.tenant and attempt.tenant == relayed
    ]
    if relayed and diagnosis.kind is EvidenceKind.MESSAGE_TRACE:
        telling += [attempt for attempt in attempts if attempt.address]
    telling += [attempt for attempt in attempts if attempt.refusal is not None and attempt.refusal.service]
    if not telling:
        return None
    attempt, in_trace = telling[0], diagnosis.kind in _TRACES
    by = attempt.by or (TieToTenant.CONNECTOR if in_trace and attempt.client else TieToTenant.UNKNOWN)
    client = attempt.client if in_trace else ""
    stay = Passage(client=client, tenant=attempt.tenant, by=by, hub=attempt.hub)
    facts = _CaseFacts()
    return Case(
        sender=facts.sender(_address(attempt.sender)),
        recipient=facts.recipient(_address(attempt.recipient)),
        null_sender=attempt.sender == "<>",
        client=facts.client(stay),
        helo=facts.helo(stay),
        way=(stay,) if in_trace or attempt.by is TieToTenant.CONNECTOR else (),
        refusal=attempt.refusal,
        maker=attempt.tenant if in_trace else EvidenceTenant(),
        maker_is_service=in_trace,
        at=attempt.at,
        made_up=tuple(facts.sentences),
        end_known=attempt.refusal is not None,
    )


class _CaseFacts:
    """What the evidence says, else something made up; `sentences` says what was."""

    def __init__(self) -> None:
        self.sentences: list[Sentence] = []

    def sender(self, address: Address | None) -> Address:
        return address or self._address(_SENDER, sentence("the sender"))

    def recipient(self, address: Address | None) -> Address:
        return address or self._address(_RECIPIENT, sentence("the recipient"))

    def _address(self, address: Address, what: Sentence) -> Address:
        self.sentences.append(sentence("{what} ({address})", what=what, address=str(address)))
        return address

    def client(self, first: Passage | None) -> str:
        if first is not None and first.by is TieToTenant.MAILBOX:
            return ""
        try:
            return str(IPv4Address(first.client if first else ""))
        except AddressValueError:
            server = "the address of the server that handed it over ({address})"
            self.sentences.append(sentence(server, address=_CLIENT))
            return _CLIENT

    def helo(self, first: Passage | None) -> Domain:
        if first is not None and first.by is TieToTenant.MAILBOX:
            return _CLIENT_NAME
        try:
            name = Domain.parse(first.helo if first else "")
            if "." in name and not name.replace(".", "").isdecimal():
                return name
        except ValueError:
            pass
        self.sentences.append(sentence("the name of that server ({name})", name=str(_CLIENT_NAME)))
        return _CLIENT_NAME


def _meant_for(named: list[str], recipient: Address) -> Address | None:
    """Whom the header names, if nobody there is of the recipient's domain."""
    addresses = list(filter(None, map(_address, named)))
    if any(address.domain == recipient.domain for address in addresses):
        return None
    return next(iter(addresses), None)


def _address(text: str) -> Address | None:
    try:
        return Address.parse(text.strip("<>")) if "@" in text else None
    except ValueError:
        return None

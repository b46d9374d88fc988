"""The result of `mflab diagnose` as values: the way of a message, the tenants it spoke for, and who refused it why.

`lab.analysis.diagnose` makes them from a mail, a report, a log or a trace; `diagnosis_report` draws them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from lab.model.value import value
from lab.sentence import Sentence, sentence


class EvidenceKind(StrEnum):
    """What the evidence is."""

    REPORT = "delivery report"
    MESSAGE = "message"
    GATEWAY_LOG = "gateway log"
    MESSAGE_TRACE = "message trace"
    TRACE_DETAIL = "message trace detail"
    TRACKING_LOG = "message tracking log"
    OTHER = "nothing that is known here"


class Certainty(StrEnum):
    """How a statement comes about; how sure its rules are is another matter, and stands in the rulebook."""

    SEEN = "seen"
    """It stands in the evidence."""
    INFERRED = "inferred"
    """It follows from what stands there, by the rules that are named."""


class TieToTenant(StrEnum):
    """What tied a message to a tenant, as far as the evidence can tell."""

    CONNECTOR = "connector"
    """An OnPremises inbound connector; whether its certificate or its address matched, no header says."""
    RECIPIENT = "recipient"
    """The domain in RCPT TO: ordinary incoming mail."""
    MAILBOX = "mailbox"
    """It began there: a cloud mailbox or the service itself sent it."""
    UNKNOWN = ""


@value(kw_only=True)
class HandOver:
    """One `Received` line: a server took the message."""

    by: str
    origin: str = ""
    """The name that the client gave; a client can give any name."""
    address: str = ""
    """The client's address as the server saw it."""
    at: datetime | None = None
    protocol: str = ""
    recipient: str = ""
    """The only recipient, where the line says so."""
    certificate: str = ""
    """Common name of the client's certificate, where the server (Postfix) writes it."""
    service: bool = False
    """Whether the server is one of Exchange Online's."""


@value(kw_only=True)
class EvidenceTenant:
    """A tenant as evidence names it; every part may be ''."""

    id: str = ""
    """Its GUID in lower case."""
    domain: str = ""
    """A domain of it."""
    name: str = ""
    """What a configuration of the reader's calls it."""

    def __bool__(self) -> bool:
        return bool(self.id or self.domain or self.name)

    @property
    def short(self) -> Sentence | str:
        """One name: the reader's own, else a domain, else the GUID."""
        return self.name or self.domain or self.id or sentence("a tenant that is not named")

    @property
    def label(self) -> Sentence | str:
        """All there is: `msxfaq (e42ef92f-...)`, `msxfaq.example`, or the GUID."""
        best = self.name or self.domain
        return f"{best} ({self.id})" if best and self.id else self.short


@value(kw_only=True)
class Passage:
    """One stay in Exchange Online: a message enters, speaks for one tenant, and is delivered or goes on."""

    front_end: str = ""
    """The first server of the service that took it."""
    hub: str = ""
    """The last."""
    at: datetime | None = None
    client: str = ""
    """Address of the server that handed it over, '' for mail of a cloud mailbox."""
    helo: str = ""
    again: bool = False
    """It came from Exchange Online's own outbound hosts: another tenant, or the same one once more, had it before."""
    tenant: EvidenceTenant = EvidenceTenant()
    by: TieToTenant = TieToTenant.UNKNOWN
    direction: str = ""
    """`Originating` or `Incoming` (R24), '' if that cannot be told."""
    internal: bool | None = None
    """Whether the tenant vouches for the sender (AuthAs, R119); None if that cannot be told."""
    sure: Certainty = Certainty.SEEN
    """How `tenant` and `by` were found."""


@value(kw_only=True)
class Journey:
    """The way of a message as its headers tell it, and whose message it is."""

    message_id: str = ""
    sender: str = ""
    """P1 where it can be told (Return-Path), else ''; `<>` is the null sender."""
    author: str = ""
    """The From header's address."""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    hand_overs: tuple[HandOver, ...] = ()
    """Oldest first."""
    passages: tuple[Passage, ...] = ()
    """Oldest first."""


@value(kw_only=True)
class EvidenceRefusal:
    """One recipient that was not reached, and the words that settled it."""

    recipient: str = ""
    status: str = ""
    """`5.7.51`; '' if none was given."""
    reply: str = ""
    """In one line, without what wraps it."""
    said_by: str = ""
    """The host whose words they are; '' for the maker of the report itself."""
    service: bool = False
    """Whether Exchange Online said it: a host of its, or its trailer (R189)."""
    front_end: str = ""
    """The front end in the trailer."""
    tenant: EvidenceTenant = EvidenceTenant()
    """Whose rules refused it, where that can be told."""
    number: int = 0
    """Which entry of the table of status codes it is, 0 if none."""
    cause: Sentence | str = ""
    rules: tuple[str, ...] = ()
    temporary: bool = False


@value(kw_only=True)
class DeliveryReport:
    """A delivery report: who made it, about what."""

    maker: str = ""
    """Reporting-MTA, or what the text calls the generating server."""
    service: bool = False
    """Whether that is a server of Exchange Online."""
    tenant: EvidenceTenant = EvidenceTenant()
    """Whose, if it is."""
    received_from: str = ""
    """The server that had handed the original over."""
    refusals: tuple[EvidenceRefusal, ...] = ()
    reached: tuple[str, ...] = ()
    """Recipients that a report of success, delay or relaying is about."""
    original: Journey | None = None
    """The message it reports on, if it gives it back."""


@value(kw_only=True)
class DeliveryAttempt:
    """One attempt in a log: to whom a host gave a message, and what came of it."""

    at: datetime | None = None
    queue_id: str = ""
    message_id: str = ""
    sender: str = ""
    recipient: str = ""
    relay: str = ""
    address: str = ""
    outcome: str = ""
    """`sent`, `deferred`, `bounced`, `rejected`, or the status of a trace."""
    reply: str = ""
    hub: str = ""
    """The server of Exchange Online that took it, as its 250 says (R188)."""
    certificate: str = ""
    """The client certificate that was shown, where the log says so."""
    client: str = ""
    """Who had brought it, where the log is one of arrivals."""
    tenant: EvidenceTenant = EvidenceTenant()
    by: TieToTenant = TieToTenant.UNKNOWN
    connector: str = ""
    refusal: EvidenceRefusal | None = None
    sure: Certainty = Certainty.SEEN


@value(kw_only=True)
class VerdictSentence:
    """A sentence of the verdict, and what it rests on."""

    text: Sentence
    rules: tuple[str, ...] = ()
    sure: Certainty = Certainty.SEEN


@value(kw_only=True)
class Clue:
    """One line of evidence."""

    where: str
    """`X-MS-Exchange-CrossTenant-Id`, `Diagnostic-Code`, `line 3`."""
    said: str
    means: Sentence
    rules: tuple[str, ...] = ()
    sure: Certainty = Certainty.SEEN


@value(kw_only=True)
class Diagnosis:
    """The verdict on one piece of evidence."""

    kind: EvidenceKind
    nothing: bool
    """Nothing to see: no fault, or nothing that has to do with Exchange Online and its tenants."""
    story: tuple[VerdictSentence, ...] = ()
    look: tuple[Sentence, ...] = ()
    """Who should look where."""
    clues: tuple[Clue, ...] = ()
    unknown: tuple[Sentence, ...] = ()
    """What the evidence does not tell."""
    journey: Journey | None = None
    """Of the message in hand; with a report, that is the report's own way."""
    report: DeliveryReport | None = None
    handed: tuple[DeliveryAttempt, ...] = ()
    """Of logs and traces."""
    relayed: EvidenceTenant | None = None
    """The tenant that took mail for its own and sent it on to another organisation: meant so, or the fault."""
    notes: tuple[Sentence, ...] = ()
    """What was wrong with the evidence itself: broken MIME, a limit that was reached."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that story and clues rest on, each once, in the order of their numbers."""
        ids = {id_ for line in self.story for id_ in line.rules}
        ids |= {id_ for clue in self.clues for id_ in clue.rules}
        return tuple(sorted(ids, key=lambda id_: int(id_[1:])))

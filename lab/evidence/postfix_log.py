"""What a real Postfix did, as hops: the same story that the fake filter tells of itself, read from the log.

The log has no word for some things. The port that Postfix connects from is missing, so of a step's `connection` one end
is known (`hop_links.joined` finds the other); the recipients of a message are known once something was tried for
them; and which certificate was shown is known from the configuration only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from lab.errors import LabBug
from lab.evidence.postfix_lines import PostfixLine, lines, relay_of, reply_of
from lab.evidence.postfix_queue import DeliveryTry, PostfixSession, QueueStay
from lab.model.message import Header
from lab.model.reply import Reply
from lab.model.steps import Refused, Stage
from lab.model.topology import Host
from lab.model.trace import Hop, HopHead
from lab.model.value import dataclass

LogClock = Callable[[datetime], datetime]
_CONTENT = ("DATA", "END-OF-MESSAGE")
_STAGES = {
    "HELO": Stage.HELO,
    "EHLO": Stage.HELO,
    "MAIL": Stage.MAIL,
    "RCPT": Stage.RCPT,
    **dict.fromkeys(_CONTENT, Stage.DATA),
}
"""Stages at which all recipients have been accepted; a refusal there ends the message."""


@dataclass(frozen=True, slots=True)
class PostfixLog:
    """What a log tells."""

    hops: tuple[Hop, ...]
    deferred: int
    """Messages that have been tried and lie in the queue for later."""
    at_work: int
    """Messages that something is being done with."""
    troubles: tuple[str, ...]
    """What a program of Postfix died of."""


def read(
    text: Iterable[str], host: Host, *, shown: str, begins: datetime, clock: LogClock = lambda at: at
) -> PostfixLog:
    """The log of the filter `host`, which shows the certificate labelled `shown` ('' for none) as a client.

    `begins` completes dates without a year, `clock` turns the log's time into the lab's.
    """
    log = _LogReader(host, clock)
    for line in lines(text, begins):
        log.add(line)
    stays = [stay for stay in log.stays if stay.message_id is not None]
    waiting = sum(stay.deferred for stay in stays)
    return PostfixLog(
        hops=(*log.refusals, *(stay.hop(host, shown) for stay in stays)),
        deferred=waiting,
        at_work=sum(not stay.removed for stay in stays) - waiting + log.coming,
        troubles=tuple(log.troubles),
    )


class _LogReader:
    """All lines so far."""

    def __init__(self, host: Host, clock: LogClock) -> None:
        self.stays: list[QueueStay] = []
        self.refusals: list[Hop] = []
        self.troubles: list[str] = []
        self._host, self._clock = host, clock
        self._sessions: dict[str, PostfixSession] = {}
        """By smtpd process."""
        self._secured: dict[str, tuple[str, str, str]] = {}
        """By smtp process: address, version and cipher of its last TLS connection."""
        self._known: dict[str, QueueStay] = {}
        """By queue id, which the short form uses again once a message is removed."""

    @property
    def coming(self) -> int:
        """Messages whose content is on its way: their client is still there."""
        return sum(
            stay.message_id is None and stay.session in self._sessions.values() and not stay.removed
            for stay in self.stays
        )

    def add(self, line: PostfixLine) -> None:
        """One more line."""
        fields, at = line.parts, self._clock(line.at)
        match line.kind:
            case "trouble":
                self.troubles.append(f"postfix/{line.program}: {fields['said']}")
            case "connect":
                self._sessions[line.pid] = PostfixSession(fields["address"], fields["name"], fields["port"])
            case "disconnect":
                self._sessions.pop(line.pid, None)
            case "encrypted":
                self._encrypted(line)
            case "reject":
                self._rejected(line, at)
            case "client":
                self._stay(line.queue_id, at, new=True).session = self._sessions.get(line.pid)
            case "message_id":
                self._stay(line.queue_id, at).message_id = fields["value"]
            case "header":
                self._header(self._stay(line.queue_id, at), line)
            case "active":
                stay = self._stay(line.queue_id, at)
                stay.sender, stay.size = fields["sender"], int(fields["size"])
                stay.waiting_for = int(fields["count"])
            case "handed":
                self._handed(self._stay(line.queue_id, at), line, at)
            case "tried":
                self._tried(self._stay(line.queue_id, at), line, at)
            case "expired":
                _expired(self._stay(line.queue_id, at), at)
            case "notified":
                self._notified(self._stay(line.queue_id, at), fields["id"], at)
            case "removed":
                self._stay(line.queue_id, at).removed = True
                del self._known[line.queue_id]
            case kind:
                raise LabBug(f"no use is made of lines of kind {kind}")

    def _stay(self, queue_id: str, at: datetime, *, new: bool = False) -> QueueStay:
        if new or queue_id not in self._known:
            self._known[queue_id] = QueueStay(queue_id, at)
            self.stays.append(self._known[queue_id])
        return self._known[queue_id]

    def _encrypted(self, line: PostfixLine) -> None:
        version, cipher = line.parts["version"].replace("TLSv1.", "TLS1_"), line.parts["cipher"]
        if line.parts["way"] == "to":
            self._secured[line.pid] = line.parts["address"], version, cipher
        elif line.pid in self._sessions:
            self._sessions[line.pid].tls, self._sessions[line.pid].cipher = version, cipher

    def _header(self, stay: QueueStay, line: PostfixLine) -> None:
        stay.headers.append(Header.of(line.parts["field"], line.parts["value"]))
        if stay.session is not None and line.parts["helo"]:
            stay.session.helo = line.parts["helo"]

    def _handed(self, stay: QueueStay, line: PostfixLine, at: datetime) -> None:
        fields = line.parts
        stay.names[fields["original"] or fields["recipient"]] = fields["recipient"]
        stay.waiting_for -= 1
        text, host, address = reply_of(fields["said"])
        if not host:
            host, address = relay_of(fields["relay"])
        delivery_try = self._try(line, _reply(text, fields["dsn"]), host, address)
        attempt = replace(
            delivery_try, recipient=fields["recipient"], status=fields["status"], dsn=fields["dsn"]
        )
        stay.tries.append((at, attempt))

    def _tried(self, stay: QueueStay, line: PostfixLine, at: datetime) -> None:
        """Another host of the same domain is tried next; the line does not say for whom."""
        text, host, address = reply_of(line.parts["said"])
        stay.tries.append((at, self._try(line, _reply(text, "4.0.0"), host, address)))

    def _try(self, line: PostfixLine, reply: Reply, host: str, address: str) -> DeliveryTry:
        """An attempt for nobody known, to be made again."""
        secured, version, cipher = self._secured.get(line.pid, ("", "", ""))
        return DeliveryTry(
            recipient="",
            status="deferred",
            reply=reply,
            dsn="",
            host=host,
            address=address,
            by=line.program,
            tls=(version, cipher) if address and secured == address else ("", ""),
        )

    def _notified(self, stay: QueueStay, queue_id: str, at: datetime) -> None:
        stay.report = self._stay(queue_id, at)
        stay.report.reports_on = stay

    def _rejected(self, line: PostfixLine, at: datetime) -> None:
        fields, stay = line.parts, self._known.get(line.queue_id)
        session = self._sessions.get(line.pid) or PostfixSession(
            fields["address"], fields["name"], fields["port"]
        )
        session.helo = fields["helo"] or session.helo
        step = Refused(
            stage=_STAGES.get(fields["stage"], Stage.CONNECT),
            recipient=fields["recipient"],
            reply=_reply(fields["reply"], "5.0.0"),
            reason=None,
            at=at,
        )
        if stay is not None and fields["stage"] not in _CONTENT:
            stay.refused.append(step)
            return
        if stay is not None:
            stay.removed, stay.message_id = True, None
        self.refusals.append(self._refusal(session, step, fields["sender"], at))

    def _refusal(self, session: PostfixSession, step: Refused, sender: str, at: datetime) -> Hop:
        """A message that nobody took over."""
        head = HopHead(
            id=f"refused-{session.port}-{len(self.refusals)}",
            node=self._host.name,
            host=str(self._host.fqdn),
            tenant=None,
            message_id="",
            arrived=at,
            client=session.client,
            client_host=session.helo,
            server=self._host.address,
            connection=session.key(self._host.address),
            reverse_path=f"<{sender}>",
            recipients=step.about,
        )
        return Hop(head, (session.step(at), step))


def _expired(stay: QueueStay, at: datetime) -> None:
    """What was last deferred has failed for good."""
    late = [attempt for attempt in stay.last.values() if attempt.status == "deferred"]
    stay.tries += [(at, replace(attempt, status="expired")) for attempt in late]


def _reply(text: str, dsn: str) -> Reply:
    """A reply as it was quoted; what Postfix found out by itself gets the code that it would have got."""
    try:
        return Reply.parse(text)
    except ValueError:
        return Reply({"2": 250, "4": 450}.get(dsn[:1], 550), dsn, text)

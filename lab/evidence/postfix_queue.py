"""A message's stay in Postfix's queue, as its log lines add up, and the hop that it amounts to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from itertools import groupby

from lab.model import steps
from lab.model.message import Header, Message
from lab.model.reply import Reply
from lab.model.topology import Host
from lab.model.trace import Hop, HopHead
from lab.model.value import dataclass


@dataclass(slots=True)
class PostfixSession:
    """A client that is connected."""

    client: str
    name: str
    port: str
    tls: str = ""
    cipher: str = ""
    helo: str = ""

    def key(self, server: str) -> str:
        """What both ends of the connection know; '' if the log does not tell the port."""
        return f"{self.client}:{self.port}>{server}" if self.port else ""

    def step(self, at: datetime) -> steps.Connected:
        """Who connected. What certificate it showed is in no line."""
        return steps.Connected(
            client=self.client,
            client_host=self.helo,
            helo=self.helo,
            tls=self.tls,
            cipher=self.cipher,
            at=at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTry:
    """An attempt for one recipient, or its last word on it."""

    recipient: str
    status: str
    """`sent`, `deferred`, `bounced` as Postfix writes it, or `expired`."""
    reply: Reply
    dsn: str
    host: str
    address: str
    by: str
    """`smtp`, or what else delivers."""
    tls: tuple[str, str]
    """Version and cipher, '' without TLS."""


@dataclass(slots=True)
class QueueStay:
    """A message in the queue."""

    id: str
    at: datetime
    session: PostfixSession | None = None
    message_id: str | None = None
    """None while its content has not come."""
    sender: str = ""
    size: int = 0
    waiting_for: int = 1
    """Recipients that this round of attempts has not told of."""
    headers: list[Header] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """What each recipient is called here, by what it was called on arrival."""
    refused: list[steps.Refused] = field(default_factory=list)
    tries: list[tuple[datetime, DeliveryTry]] = field(default_factory=list)
    reports_on: QueueStay | None = None
    report: QueueStay | None = None
    removed: bool = False

    @property
    def last(self) -> Mapping[str, DeliveryTry]:
        """The last word on each recipient."""
        return {attempt.recipient: attempt for _, attempt in self.tries if attempt.recipient}

    @property
    def deferred(self) -> bool:
        """Whether it lies there until the next round."""
        tried = not self.removed and self.waiting_for <= 0
        return tried and any(attempt.status == "deferred" for attempt in self.last.values())

    def hop(self, host: Host, shown: str) -> Hop:
        """All that is known of it; `shown` is the label of the certificate that the host shows as a client."""
        about = Message(tuple(self.headers))
        client = self.session
        head = HopHead(
            id=self.id,
            node=host.name,
            host=str(host.fqdn),
            tenant=None,
            message_id=self.message_id or "",
            in_reply_to=(self.reports_on.message_id or "")
            if self.reports_on
            else about.get("In-Reply-To") or "",
            arrived=self.at,
            client=client.client if client else "",
            client_host=client.helo if client else "",
            server=host.address,
            connection=client.key(host.address) if client else "",
            reverse_path=f"<{self.sender}>",
            author=about.sender or about.author,
            recipients=tuple(self.names),
            subject=about.subject,
            size=self.size,
        )
        return Hop(head, (*self._arrival(), *self._departure(host, shown)))

    def _arrival(self) -> Iterator[steps.Step]:
        if self.session is None:
            return
        yield self.session.step(self.at)
        yield from self.refused
        yield steps.Accepted(
            reverse_path=f"<{self.sender}>",
            recipients=tuple(self.names),
            reply=Reply(250, "2.0.0", f"Ok: queued as {self.id}"),
            size=self.size,
            at=self.at,
        )
        for old, new in self.names.items():
            if old != new:
                yield steps.Resolved(
                    recipient=old, resolution=steps.Resolution.ALIAS, rewritten=new, at=self.at
                )

    def _departure(self, host: Host, shown: str) -> Iterator[steps.Step]:
        """What one reply ended for several recipients is one step, but for failures: each has its own."""
        for (at, attempt), group in groupby(self.tries, key=_same_end):
            named = tuple(attempt.recipient for _, attempt in group if attempt.recipient)
            recipients = named or tuple(self.names.values())
            contact = _contact(attempt, shown)
            if attempt.address:
                yield _routed(host, attempt.host, recipients, at)
            if attempt.status == "deferred":
                yield steps.Deferred(
                    recipients=recipients,
                    connector="",
                    reply=attempt.reply,
                    until=None,
                    contact=contact,
                    at=at,
                )
            elif attempt.status != "sent":
                yield from (self._failed(recipient, attempt, contact, at) for recipient in recipients)
            elif attempt.by in ("local", "virtual"):
                yield from (steps.Delivered(recipient=name, mailbox=name, at=at) for name in recipients)
            else:
                yield steps.Sent(
                    recipients=recipients,
                    address=attempt.address,
                    source=host.source,
                    connector="",
                    reply=attempt.reply,
                    contact=contact,
                    at=at,
                )

    def _failed(
        self, recipient: str, attempt: DeliveryTry, contact: steps.ServerContact, at: datetime
    ) -> steps.Step:
        if not self.sender:
            return steps.Dropped(
                recipient=recipient,
                reason=steps.DropReason.NULL_SENDER,
                reply=attempt.reply,
                contact=contact,
                at=at,
            )
        return steps.Bounced(
            recipient=recipient,
            status=attempt.dsn,
            reply=attempt.reply,
            ndr=(self.report.message_id or "") if self.report else "",
            ndr_to=self.sender if self.report else "",
            contact=contact,
            at=at,
        )


def _same_end(attempt: tuple[datetime, DeliveryTry]) -> tuple[datetime, DeliveryTry]:
    """Equal for attempts that differ in the recipient only."""
    at, delivery = attempt
    return at, replace(delivery, recipient="")


def _routed(host: Host, to: str, recipients: tuple[str, ...], at: datetime) -> steps.Routed:
    """How the next host was chosen: what is configured is no MX."""
    configured = to in (*host.smart_hosts, *host.forwards_to)
    how = steps.NextHop.SMART_HOST if configured else steps.NextHop.MX
    return steps.Routed(recipients=recipients, connector="", how=how, targets=(to,), at=at)


def _contact(attempt: DeliveryTry, shown: str) -> steps.ServerContact:
    """As the lab's own nodes tell of a connection, of whose key the log has one end only: see `hop_links.joined`."""
    tls, cipher = attempt.tls
    return steps.ServerContact(
        host=attempt.host,
        connection=f">{attempt.address}" if attempt.address else "",
        tls=tls,
        cipher=cipher,
        certificate=shown if tls else "",
    )

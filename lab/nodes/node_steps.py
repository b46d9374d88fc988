"""Pieces that all nodes share: the steps of an arrival, refusals, reverse look-ups, replies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lab.model.decision import Reason
from lab.model.dns import DnsQueries, DnsQuestion, DnsRecords
from lab.model.message import Message
from lab.model.names import Address, Domain
from lab.model.reply import Reply
from lab.model.steps import Connected, Refused, Stage, Step
from lab.model.trace import HopHead
from lab.model.transport import Connection, Context, Heard, Tls, Transaction
from lab.model.value import value

SENDER_OK = Reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")


def ptr_name(address: str) -> DnsQueries[str]:
    """The PTR name of an address, '' if it has none."""
    answer = yield DnsQuestion(Domain(".".join(reversed(address.split("."))) + ".in-addr.arpa"), "PTR")
    return answer.texts()[0].rstrip(".") if isinstance(answer, DnsRecords) else ""


def connected(connection: Connection, at: datetime) -> Connected:
    """Who connected, and what it showed."""
    certificate = connection.certificate
    version, cipher = spoken(connection.tls)
    return Connected(
        client=connection.client,
        client_host=connection.helo,
        helo=connection.helo,
        tls=version,
        cipher=cipher,
        certificate=certificate.names if certificate else (),
        faults=tuple(sorted(certificate.faults)) if certificate else (),
        issuer=certificate.issuer if certificate else "",
        thumbprint=certificate.thumbprint if certificate else "",
        at=at,
    )


def spoken(tls: Tls | None) -> tuple[str, str]:
    """TLS version and cipher suite; '' without TLS."""
    return (tls.version, tls.cipher) if tls else ("", "")


def texts(addresses: Iterable[Address]) -> tuple[str, ...]:
    """Addresses as they are written in steps."""
    return tuple([str(address) for address in addresses])


@value(kw_only=True)
class Refusal:
    """A reply that refuses, and why."""

    reply: Reply
    stage: Stage
    reason: Reason
    rules: tuple[str, ...] = ()
    recipient: Address | None = None
    """None when the whole transaction is meant."""
    tenant: str | None = None
    """The tenant whose rules refuse, where one is concerned."""
    message_id: str = ""
    before: tuple[Step, ...] = ()
    """What was decided on the way here."""


@value()
class Receiver:
    """The server that a client talks to: its key in traces, and its name as it writes it."""

    node: str
    host: str


def refuse(
    receiver: Receiver,
    connection: Connection,
    transaction: Transaction,
    refusal: Refusal,
    context: Context,
) -> Heard:
    """The answer, and the hop that tells of it: nobody took the message, but the lab knows."""
    recipient = str(refusal.recipient) if refusal.recipient else ""
    step = Refused(
        stage=refusal.stage,
        recipient=recipient,
        reply=refusal.reply,
        reason=refusal.reason,
        rules=refusal.rules,
        at=context.now,
    )
    head = HopHead(
        id=f"refused-{context.ids.hex(16)}",
        node=receiver.node,
        host=receiver.host,
        tenant=refusal.tenant,
        message_id=refusal.message_id,
        arrived=context.now,
        client=connection.client,
        client_host=connection.helo,
        server=connection.server,
        connection=connection.key,
        reverse_path=str(transaction.reverse_path),
        recipients=(recipient,) if recipient else texts(r.address for r in transaction.recipients),
    )
    return Heard(
        reply=refusal.reply, steps=(connected(connection, context.now), *refusal.before, step), head=head
    )


def queued_reply(message_id: str, internal_id: int, host: str, size: int) -> Reply:
    """Exchange's acceptance (R188, R194); the rate is of an imagined fifth of a second."""
    rate = size / 1024 / 0.2
    text = (
        f"{message_id} [InternalId={internal_id}, Hostname={host}] {size} bytes in 0.200, {rate:.3f} KB/sec "
        "Queued mail for delivery"
    )
    return Reply(250, "2.6.0", text)


def sender_shown(message: Message) -> str:
    """The address of the Sender header, of the From header where there is none, as tracking logs have it; or ''."""
    return message.sender or message.author


def author_address(message: Message) -> Address | None:
    """The address of the From header (P2); None if it has no valid one."""
    try:
        return Address.parse(message.author)
    except ValueError:
        return None


def author_domain(message: Message) -> Domain | None:
    """The domain of the From header (P2); None if it has no valid one."""
    try:
        return Domain.parse(message.author.rpartition("@")[2])
    except ValueError:
        return None

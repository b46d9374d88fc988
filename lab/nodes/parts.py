"""Pieces that all nodes share: steps in the right shape, reverse look-ups, replies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lab.model.dns import Asking, DnsQuestion, Records
from lab.model.message import Message
from lab.model.names import Address, Domain
from lab.model.reply import Reply
from lab.model.trace import HopHead, Step, StepKind
from lab.model.transport import Connection, Context, Heard, Tls, Transaction

SENDER_OK = Reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")


def ptr_name(address: str) -> Asking[str]:
    """The PTR name of an address, '' if it has none."""
    octets = address.split(".")
    answer = yield DnsQuestion(Domain(".".join(reversed(octets)) + ".in-addr.arpa"), "PTR")
    return answer.texts()[0].rstrip(".") if isinstance(answer, Records) else ""


def connected(connection: Connection, at: datetime) -> Step:
    """Who connected, and what it showed."""
    certificate = connection.certificate
    data = {
        "client": connection.client,
        "client_host": connection.helo,
        "helo": connection.helo,
        **spoken(connection.tls),
        "certificate": list(certificate.names) if certificate else [],
        "faults": sorted(certificate.faults) if certificate else [],
        "issuer": certificate.issuer if certificate else "",
        "thumbprint": certificate.thumbprint if certificate else "",
    }
    return Step(StepKind.CONNECTED, data, at=at)


def spoken(tls: Tls | None) -> dict[str, object]:
    """TLS version and cipher suite for step data; '' without TLS."""
    return {"tls": tls.version if tls else "", "cipher": tls.cipher if tls else ""}


def texts(addresses: Iterable[Address]) -> list[str]:
    """Addresses as plain text, for step data."""
    return [str(address) for address in addresses]


def refusal(
    node: str,
    host: str,
    connection: Connection,
    transaction: Transaction,
    reply: Reply,
    context: Context,
    *,
    stage: str,
    reason: str,
    rules: tuple[str, ...] = (),
    recipient: Address | None = None,
    tenant: str | None = None,
    message_id: str = "",
    before: tuple[Step, ...] = (),
) -> Heard:
    """A reply that refuses, and the hop that tells of it: nobody took the message, but the lab knows."""
    recipients = (str(recipient),) if recipient else tuple(str(r.address) for r in transaction.recipients)
    step = Step(
        StepKind.REFUSED,
        {
            "stage": stage,
            "recipient": str(recipient) if recipient else "",
            "reply": str(reply),
            "reason": reason,
        },
        rules,
        context.now,
    )
    head = HopHead(
        id=f"refused-{context.ids.hex(16)}",
        node=node,
        host=host,
        tenant=tenant,
        message_id=message_id,
        arrived=context.now,
        client=connection.client,
        client_host=connection.helo,
        server=connection.server,
        connection=connection.key,
        reverse_path=str(transaction.reverse_path),
        recipients=recipients,
    )
    return Heard(reply=reply, steps=(connected(connection, context.now), *before, step), head=head)


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

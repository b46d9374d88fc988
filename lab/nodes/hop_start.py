"""The beginning of a message's stay at a node: its hop in the journal and its item in the queue."""

from __future__ import annotations

from datetime import timedelta

from lab.model.decision import Direction
from lab.model.message import Message
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.steps import Accepted, Submitted
from lab.model.trace import HopHead
from lab.model.transport import (
    AcceptedRecipient,
    Connection,
    Context,
    Heard,
    QueueItem,
    Submission,
    Transaction,
)
from lab.model.value import value
from lab.nodes.node_steps import sender_shown, texts


@value(kw_only=True)
class HopStart:
    """What the node itself contributes: names, connector, and how it regards the message."""

    id: str
    node: str
    host: str
    """The machine that logs it."""
    server: str
    """Its address."""
    connector: str
    network_message_id: str
    expires_after: timedelta
    direction: Direction | None = None
    internal: bool = False
    hosted: bool = False
    report: bool = False
    """The node reports on a message of its own accord."""
    in_reply_to: str = ""
    """Message-ID of the original; that in the message where it is ''."""
    tenant: str | None = None


def begin(
    stay: HopStart,
    transaction: Transaction,
    message: Message,
    context: Context,
    *,
    connection: Connection | None = None,
) -> tuple[HopHead, QueueItem]:
    """The head of the hop and the item that is to be on disk before the 250."""
    named: dict[str, Address] = {}
    for recipient in transaction.recipients:  # named twice, it is one recipient, as first spelled
        named.setdefault(recipient.address.key, recipient.address)
    recipients = tuple(named.values())
    client = connection.client if connection else ""
    helo = connection.helo if connection else ""
    head = HopHead(
        id=stay.id,
        node=stay.node,
        host=stay.host,
        tenant=stay.tenant,
        message_id=message.message_id,
        network_message_id=stay.network_message_id,
        in_reply_to=stay.in_reply_to or message.get("In-Reply-To") or "",
        arrived=context.now,
        client=client,
        client_host=helo,
        server=connection.server if connection else stay.server,
        connection=connection.key if connection else "",
        connector=stay.connector,
        reverse_path=str(transaction.reverse_path),
        author=sender_shown(message),
        recipients=texts(recipients),
        subject=message.subject,
        size=message.size,
        direction=stay.direction.value if stay.direction else "",
    )
    item = QueueItem(
        id=stay.id,
        node=stay.node,
        hop=stay.id,
        tenant=stay.tenant,
        reverse_path=transaction.reverse_path,
        recipients=recipients,
        message=message,
        arrived=context.now,
        due=context.now,
        expires=context.now + stay.expires_after,
        direction=stay.direction,
        internal=stay.internal,
        hosted=stay.hosted,
        report=stay.report or _is_report(transaction.reverse_path, message),
        client=client,
        helo=helo,
        dsn={r.address.key: r.dsn for r in transaction.recipients if r.dsn.notify or r.dsn.orcpt},
        ret=transaction.parameters.get("RET", ""),
        envid=transaction.parameters.get("ENVID", ""),
    )
    return head, item


def _is_report(reverse_path: ReversePath, message: Message) -> bool:
    return reverse_path.is_null and (message.get("Content-Type") or "").startswith("multipart/report")


def accepted(item: QueueItem, reply: Reply, context: Context, rules: tuple[str, ...] = ()) -> Accepted:
    """The step that tells of a message taken over."""
    return Accepted(
        reverse_path=str(item.reverse_path),
        recipients=texts(item.recipients),
        reply=reply,
        size=item.message.size,
        rules=rules,
        at=context.now,
    )


def submitted(stay: HopStart, submission: Submission, context: Context, rules: tuple[str, ...] = ()) -> Heard:
    """A mailbox of this very system sends: no SMTP, and the system vouches for the sender."""
    path = submission.reverse_path or ReversePath(submission.sender)
    transaction = Transaction(path, {}, tuple(AcceptedRecipient(r) for r in submission.recipients))
    head, item = begin(stay, transaction, submission.message, context)
    step = Submitted(
        sender=str(submission.sender),
        recipients=texts(submission.recipients),
        rules=rules,
        at=context.now,
    )
    return Heard(reply=Reply(250, "2.6.0", "Submitted"), steps=(step,), head=head, queue=(item,))

"""The beginning of a message's stay at a node: its hop in the journal and its item in the queue."""

from __future__ import annotations

from datetime import timedelta

from lab.model.message import Message
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.trace import HopHead, Step, StepKind
from lab.model.transport import (
    AcceptedRecipient,
    Connection,
    Context,
    Direction,
    Heard,
    QueueItem,
    Transaction,
)
from lab.model.value import value
from lab.nodes.parts import sender_shown, texts


@value(kw_only=True)
class Stay:
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
    tenant: str | None = None


def begin(
    stay: Stay,
    transaction: Transaction,
    message: Message,
    context: Context,
    *,
    connection: Connection | None = None,
) -> tuple[HopHead, QueueItem]:
    """The head of the hop and the item that is to be on disk before the 250."""
    named: dict[str, Address] = {}
    for each in transaction.recipients:  # a recipient named twice is one recipient, as first spelled
        named.setdefault(each.address.key, each.address)
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
        in_reply_to=message.get("In-Reply-To") or "",
        arrived=context.now,
        client=client,
        client_host=helo,
        server=connection.server if connection else stay.server,
        connection=connection.key if connection else "",
        connector=stay.connector,
        reverse_path=str(transaction.reverse_path),
        author=sender_shown(message),
        recipients=tuple(texts(recipients)),
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
        report=transaction.reverse_path.is_null
        and (message.get("Content-Type") or "").startswith("multipart/report"),
        client=client,
        client_host=helo,
        helo=helo,
        dsn={r.address.key: r.dsn for r in transaction.recipients if r.dsn.notify or r.dsn.orcpt},
        ret=transaction.parameters.get("RET", ""),
        envid=transaction.parameters.get("ENVID", ""),
    )
    return head, item


def accepted(item: QueueItem, reply: Reply, context: Context, rules: tuple[str, ...] = ()) -> Step:
    """The step that tells of a message taken over."""
    data = {
        "reverse_path": str(item.reverse_path),
        "recipients": texts(item.recipients),
        "reply": str(reply),
        "size": item.message.size,
    }
    return Step(StepKind.ACCEPTED, data, rules, context.now)


def submitted(
    stay: Stay,
    sender: Address,
    recipients: tuple[Address, ...],
    message: Message,
    context: Context,
    reverse_path: ReversePath | None,
    rules: tuple[str, ...] = (),
) -> Heard:
    """A mailbox of this very system sends: no SMTP, and the system vouches for the sender."""
    path = reverse_path or ReversePath(sender)
    transaction = Transaction(path, {}, tuple(AcceptedRecipient(r) for r in recipients))
    head, item = begin(stay, transaction, message, context)
    data = {"sender": str(sender), "recipients": texts(recipients)}
    step = Step(StepKind.SUBMITTED, data, rules, context.now)
    return Heard(reply=Reply(250, "2.6.0", "Submitted"), steps=(step,), head=head, queue=(item,))

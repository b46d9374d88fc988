"""Reports that a mail system makes, and the steps that tell how an attempt ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lab.core.ndr import Failure, Maker, Success, may_report, report, reported_status, success, wants
from lab.core.ndr.types import Action
from lab.core.outbound_tls import server_faults
from lab.core.retry import RetrySchedule
from lab.model.decision import Direction
from lab.model.message import Message
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.steps import Bounced, Deferred, Dropped, DropReason, ServerContact
from lab.model.trace import HopHead
from lab.model.transport import AcceptedRecipient, Attempt, Context, QueueItem, Route, Settlement, Transaction
from lab.nodes.hop_start import HopStart, begin
from lab.nodes.node_steps import spoken, texts


class ReportingSystem(Protocol):
    """What a mail system that reports tells of itself."""

    name: str
    schedule: RetrySchedule

    def maker(self, item: QueueItem) -> Maker:
        """Who writes this system's reports."""

    def stamped_report(self, message: Message, network_message_id: str) -> Message:
        """A report as this system puts it into its own queue."""


def reported(
    system: ReportingSystem,
    item: QueueItem,
    failures: Iterable[Failure],
    context: Context,
    attempt: Attempt | None,
) -> Settlement:
    """Bounce: an NDR to the reverse-path, unless there is nobody to tell (R205) or nobody wants to know."""
    failed = tuple(failures)
    if not failed:
        return Settlement()
    if not may_report(item):
        return Settlement(steps=tuple(dropped(failure, attempt, context) for failure in failed))
    maker = system.maker(item)
    wanted = tuple(failure for failure in failed if wants(item, failure.recipient, "FAILURE"))
    ndr = _own_report(system, item, report(item, wanted, maker, context), context) if wanted else None
    message_id = ndr[1].message.message_id if ndr else ""
    to = str(item.reverse_path.address) if ndr else ""
    steps = tuple(bounced(f, reported_status(f, maker), attempt, message_id, to, context) for f in failed)
    return Settlement(steps=steps, queue=(ndr[1],), heads=(ndr[0],)) if ndr else Settlement(steps=steps)


def confirmed(
    system: ReportingSystem, item: QueueItem, recipients: list[Address], action: Action, context: Context
) -> Settlement:
    """Success reports for recipients that asked for them (RFC 3461 NOTIFY=SUCCESS)."""
    reached = tuple(Success(r, action) for r in recipients if wants(item, r, "SUCCESS"))
    if not reached or not may_report(item):
        return Settlement()
    head, made = _own_report(system, item, success(item, reached, system.maker(item), context), context)
    return Settlement(queue=(made,), heads=(head,))


def _own_report(
    system: ReportingSystem, item: QueueItem, message: Message, context: Context
) -> tuple[HopHead, QueueItem]:
    """A report as a new message of this system, from the null reverse-path (R197)."""
    assert item.reverse_path.address is not None
    ident, network_message_id = str(context.ids.number()), context.ids.guid()
    stay = HopStart(
        id=ident,
        node=system.name,
        host=system.maker(item).host,
        server="",
        connector="",
        network_message_id=network_message_id,
        expires_after=system.schedule.expires_after,
        direction=Direction.ORIGINATING,
        internal=True,
        hosted=True,
        report=True,
        in_reply_to=item.message.message_id,
        tenant=item.tenant,
    )
    transaction = Transaction(ReversePath.NULL, {}, (AcceptedRecipient(item.reverse_path.address),))
    return begin(stay, transaction, system.stamped_report(message, network_message_id), context)


def contact(attempt: Attempt | None) -> ServerContact:
    """What is known of the connection that a step tells of."""
    if attempt is None:
        return ServerContact()
    server = attempt.certificate
    version, cipher = spoken(attempt.tls)
    return ServerContact(
        host=attempt.target.host if attempt.target else "",
        connection=attempt.connection,
        tls=version,
        cipher=cipher,
        certificate=attempt.shown,
        server_certificate=server.names if server else (),
        server_faults=tuple(sorted(server_faults(server))) if server else (),
    )


def deferred(
    route: Route,
    attempt: Attempt,
    reply: Reply,
    recipients: list[Address],
    waiting: QueueItem,
    context: Context,
) -> Deferred:
    """The step that tells of recipients that are tried again."""
    return Deferred(
        recipients=texts(recipients),
        connector=route.connector,
        reply=reply,
        until=waiting.due,
        contact=contact(attempt),
        rules=("R149",),
        at=context.now,
    )


def bounced(
    failure: Failure, status: str, attempt: Attempt | None, ndr: str, ndr_to: str, context: Context
) -> Bounced:
    """The step that tells of a recipient that failed, and of the report on it; `status` is the report's."""
    return Bounced(
        recipient=str(failure.recipient),
        status=status,
        reply=failure.reply,
        ndr=ndr,
        ndr_to=ndr_to,
        contact=contact(attempt),
        rules=("R196", "R197"),
        at=context.now,
    )


def dropped(failure: Failure, attempt: Attempt | None, context: Context) -> Dropped:
    """The step that tells of a recipient that failed when there is nobody to tell."""
    return Dropped(
        recipient=str(failure.recipient),
        reason=DropReason.NULL_SENDER,
        reply=failure.reply,
        contact=contact(attempt),
        rules=("R205",),
        at=context.now,
    )

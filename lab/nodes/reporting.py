"""Reports that a mail system makes, and the steps that tell how an attempt ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from lab.core.ndr import Failure, Maker, Success, may_report, report, reported_status, success, wants
from lab.core.ndr.nouns import Action
from lab.core.retry import RetrySchedule
from lab.core.tls import server_faults
from lab.model.message import Message
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.trace import HopHead, Step, StepKind
from lab.model.transport import Attempt, Context, QueueItem, Route, Settlement
from lab.nodes.parts import sender_shown, spoken, texts


class Reporting(ABC):
    """A system that reports on what it could not deliver and, to those who asked, on what it could."""

    name: str
    schedule: RetrySchedule

    @abstractmethod
    def maker(self, item: QueueItem) -> Maker:
        """Who writes this system's reports."""

    def stamped_report(self, message: Message, network_message_id: str) -> Message:  # noqa: ARG002
        """A report as this system puts it into its own queue."""
        return message

    def reported(
        self, item: QueueItem, failures: Iterable[Failure], context: Context, attempt: Attempt | None
    ) -> Settlement:
        """Bounce: an NDR to the reverse-path, unless there is nobody to tell (R205) or nobody wants to know."""
        failed = tuple(failures)
        if not failed:
            return Settlement()
        if not may_report(item):
            return Settlement(steps=tuple(dropped(f, attempt, context) for f in failed))
        told = tuple(f for f in failed if wants(item, f.recipient, "FAILURE"))
        ndr = self._ndr(item, told, context) if told else None
        message_id = ndr[1].message.message_id if ndr else ""
        to = str(item.reverse_path.address) if ndr else ""
        maker = self.maker(item)
        steps = tuple(bounced(f, reported_status(f, maker), attempt, message_id, to, context) for f in failed)
        if ndr is None:
            return Settlement(steps=steps)
        return Settlement(steps=steps, queue=(ndr[1],), heads=(ndr[0],))

    def _ndr(
        self, item: QueueItem, failures: tuple[Failure, ...], context: Context
    ) -> tuple[HopHead, QueueItem]:
        return self._own_report(item, report(item, failures, self.maker(item), context), context)

    def _own_report(self, item: QueueItem, message: Message, context: Context) -> tuple[HopHead, QueueItem]:
        """A report as a new message of this system, from the null reverse-path (R197)."""
        assert item.reverse_path.address is not None
        maker = self.maker(item)
        ident = str(context.ids.number())
        network_message_id = context.ids.guid()
        message = self.stamped_report(message, network_message_id)
        recipients = (item.reverse_path.address,)
        head = HopHead(
            id=ident,
            node=self.name,
            host=maker.host,
            tenant=item.tenant,
            message_id=message.message_id,
            network_message_id=network_message_id,
            in_reply_to=item.message.message_id,
            arrived=context.now,
            reverse_path="<>",
            author=sender_shown(message),
            recipients=(str(item.reverse_path.address),),
            subject=message.subject,
            size=message.size,
            direction="Originating",
        )
        made = QueueItem(
            id=ident,
            node=self.name,
            hop=ident,
            tenant=item.tenant,
            reverse_path=ReversePath.NULL,
            recipients=recipients,
            message=message,
            arrived=context.now,
            due=context.now,
            expires=context.now + self.schedule.expires_after,
            internal=True,
            hosted=True,
            report=True,
        )
        return head, made

    def confirmed(
        self, item: QueueItem, recipients: list[Address], action: Action, context: Context
    ) -> Settlement:
        """Success reports for recipients that asked for them (RFC 3461 NOTIFY=SUCCESS)."""
        reached = tuple(Success(r, action) for r in recipients if wants(item, r, "SUCCESS"))
        if not reached or not may_report(item):
            return Settlement()
        message = success(item, reached, self.maker(item), context)
        head, made = self._own_report(item, message, context)
        return Settlement(queue=(made,), heads=(head,))


def encounter(attempt: Attempt | None) -> dict[str, object]:
    """What is known of the connection that a step tells of; `certificate` is what the client showed."""
    server = attempt.certificate if attempt else None
    return {
        "host": attempt.target.host if attempt and attempt.target else "",
        "connection": attempt.connection if attempt else "",
        **spoken(attempt.tls if attempt else None),
        "certificate": attempt.shown if attempt else "",
        "server_certificate": list(server.names) if server else [],
        "server_faults": sorted(server_faults(server)) if server else [],
    }


def deferred(
    route: Route,
    attempt: Attempt,
    reply: Reply,
    recipients: list[Address],
    waiting: QueueItem,
    context: Context,
) -> Step:
    """The step that tells of recipients that are tried again."""
    data = {
        "recipients": texts(recipients),
        "connector": route.connector,
        "reply": str(reply),
        "until": waiting.due.isoformat(),
        **encounter(attempt),
    }
    return Step(StepKind.DEFERRED, data, ("R149",), context.now)


def bounced(
    failure: Failure, status: str, attempt: Attempt | None, ndr: str, ndr_to: str, context: Context
) -> Step:
    """The step that tells of a recipient that failed, and of the report on it; `status` is the report's."""
    data = {
        "recipient": str(failure.recipient),
        "status": status,
        "reply": str(failure.reply),
        "ndr": ndr,
        "ndr_to": ndr_to,
        **encounter(attempt),
    }
    return Step(StepKind.BOUNCED, data, ("R196", "R197"), context.now)


def dropped(failure: Failure, attempt: Attempt | None, context: Context) -> Step:
    """The step that tells of a recipient that failed when there is nobody to tell."""
    reason = "there is nobody to report to: the reverse-path is null"
    told = {"recipient": str(failure.recipient), "reason": reason, "reply": str(failure.reply)}
    return Step(StepKind.DROPPED, {**told, **encounter(attempt)}, ("R205",), context.now)


def let_go(recipient: Address, reason: str, rules: tuple[str, ...], context: Context) -> Step:
    """The step that tells of a recipient that the system drops of its own accord, without a report."""
    told = {"recipient": str(recipient), "reason": reason, "reply": ""}
    return Step(StepKind.DROPPED, {**told, **encounter(None)}, rules, context.now)

"""Delivery reports (RFC 3464) as each kind of server writes them: NDRs and, where asked for, success reports (R199).

The envelope is the caller's: null reverse-path, to the reverse-path of the original (R197). `X-OriginatorOrg` and
the CrossTenant headers of an NDR (FromEntityHeader `Hosted`) are exit stamps like those of any other message.
"""

from __future__ import annotations

from lab.core.ndr import exchange, gateway
from lab.core.ndr.status import expired, status_of, wraps
from lab.core.ndr.types import Failure, Maker, Success
from lab.errors import LabBug
from lab.model.message import Message
from lab.model.names import Address
from lab.model.transport import Context, QueueItem

__all__ = [
    "Failure",
    "Maker",
    "Success",
    "expired",
    "may_report",
    "report",
    "reported_status",
    "status_of",
    "success",
    "wants",
    "wraps",
]


def may_report(item: QueueItem) -> bool:
    """Whether a report may be made at all: none to the null sender, none on a report (R205)."""
    return not item.report and not item.reverse_path.is_null


def wants(item: QueueItem, recipient: Address, event: str) -> bool:
    """Whether the sender asked for reports of `event` (FAILURE, SUCCESS, DELAY); by default failures (RFC 3461 4.1)."""
    parameters = item.dsn.get(recipient.key)
    notify = parameters.notify if parameters else frozenset()
    return event in (notify or {"FAILURE"})


def report(item: QueueItem, failed: tuple[Failure, ...], maker: Maker, context: Context) -> Message:
    """The NDR on `failed` recipients of `item`; asks for three GUIDs or, as a gateway, one queue id.

    Raises LabBug when there is nobody to report to (see `may_report`).
    """
    _check(item, len(failed))
    made = gateway.failure_report if maker.kind == "gateway" else exchange.failure_report
    return made(item, failed, maker, context)


def reported_status(failure: Failure, maker: Maker) -> str:
    """The status that the report gives: Exchange Online's own where the remote server's says nothing (R203)."""
    wrapped = maker.kind == "exchange-online" and failure.remote is not None
    return status_of(wraps(failure.reply) if wrapped else failure.reply)


def success(item: QueueItem, reached: tuple[Success, ...], maker: Maker, context: Context) -> Message:
    """The report on recipients that were `reached`, for NOTIFY=SUCCESS."""
    _check(item, len(reached))
    made = gateway.success_report if maker.kind == "gateway" else exchange.success_report
    return made(item, reached, maker, context)


def _check(item: QueueItem, recipients: int) -> None:
    if not may_report(item) or not recipients:
        raise LabBug(f"item {item.id} has nobody to report to, or nothing to report")

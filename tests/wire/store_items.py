"""Builders for the store's tests and for the process that they kill."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from lab.model.message import Message
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.steps import Accepted, Deferred, Delivered, Step
from lab.model.trace import HopHead
from lab.model.transport import Heard, Mailboxed, QueueItem, Route, Settlement, Target
from lab.wire import codec, store_tables
from lab.wire.store import LabStore
from tests.steps import step_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def an_address(name: str) -> Address:
    return Address.parse(f"{name}@b.example")


def an_item(
    name: str, recipients: Iterable[str] = ("b",), *, hop: str | None = None, minutes: int = 0
) -> QueueItem:
    return QueueItem(
        id=name,
        node="exchange",
        hop=hop or name,
        tenant=None,
        reverse_path=ReversePath.parse("a@a.example"),
        recipients=tuple(map(an_address, recipients)),
        message=Message.parse(f"Message-ID: <{name}@a.example>\r\n\r\nbody\r\n".encode()),
        arrived=NOW,
        due=NOW + timedelta(minutes=minutes),
        expires=NOW + timedelta(days=2),
    )


def a_head(name: str) -> HopHead:
    return HopHead(
        id=name, node="exchange", host="exchange", tenant=None, message_id=f"<{name}@a.example>", arrived=NOW
    )


def a_step(kind: type[Step] = Accepted, **data: object) -> Step:
    return step_of(kind, **data, rules=("R188",), at=NOW)


def heard(*items: QueueItem) -> Heard:
    return Heard(reply=Reply(250, "2.6.0", "Queued"), head=a_head(items[0].hop), queue=items)


def delivered(item: QueueItem) -> Settlement:
    return Settlement(
        steps=tuple(a_step(Delivered, recipient=each.key) for each in item.recipients),
        mailboxes=tuple(Mailboxed(each, each, item.message) for each in item.recipients),
    )


def deferred(item: QueueItem, minutes: int = 15) -> Settlement:
    later = replace(item, due=item.due + timedelta(minutes=minutes), attempts=item.attempts + 1)
    return Settlement(steps=(a_step(Deferred),), queue=(later,))


def a_route(*recipients: str) -> Route:
    return Route(
        connector="",
        targets=(Target("mx.b.example", "203.0.113.1"),),
        ehlo="a.example",
        source="198.51.100.10",
        bind="198.51.100.10",
        certificate=None,
        recipients=tuple(map(an_address, recipients)),
    )


@dataclass(frozen=True)
class Counts:
    """How much of everything there is in a store."""

    queued: int
    """Items in the queue, those that are being relayed included."""
    relaying: int
    """Items that a server was about to get."""
    mailboxed: int
    hops: int
    steps: int


async def counts(store: LabStore) -> Counts:
    """How much of everything there is."""
    query = (
        "SELECT (SELECT count(*) FROM queue), (SELECT count(*) FROM queue WHERE relaying), "
        "(SELECT count(*) FROM mailbox), (SELECT count(*) FROM hop), "
        "(SELECT total(json_array_length(steps)) FROM (SELECT steps FROM hop UNION ALL SELECT steps FROM later))"
    )
    row = await store._do(lambda connection: connection.execute(query).fetchone())
    return Counts(*map(int, row))


async def note(store: LabStore, hop: str, *steps: Step) -> None:
    """Add steps to a hop."""
    text = codec.dump_steps(steps)
    await store._do(lambda connection: store_tables.add_steps(connection, hop, text))

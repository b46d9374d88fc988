"""The tables of the durable store, and the SQL that fills and reads them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from lab.errors import LabBug
from lab.model.message import Message
from lab.model.trace import Hop, HopHead
from lab.model.transport import Mailboxed, QueueItem
from lab.model.value import dataclass
from lab.wire import codec

VERSION = "3"

SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE queue(
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    due TEXT NOT NULL,              -- UTC, fixed width; not indexed: only a restart reads by it
    relaying INTEGER NOT NULL,      -- 1: a server was about to get it when this was written
    item TEXT NOT NULL,             -- JSON, without the message
    message BLOB NOT NULL
);
CREATE TABLE mailbox(
    seq INTEGER PRIMARY KEY,
    mailboxed TEXT NOT NULL,        -- JSON, without the message
    message BLOB NOT NULL
);
CREATE TABLE hop(
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,               -- not unique: refusals carry the id of their session
    head TEXT NOT NULL,
    steps TEXT NOT NULL             -- JSON, an array: what had been done when it began
);
CREATE INDEX hop_by_id ON hop(id);
CREATE TABLE later(
    seq INTEGER PRIMARY KEY,
    hop INTEGER NOT NULL REFERENCES hop(seq),
    steps TEXT NOT NULL             -- JSON, an array: what was done there at once, later
);
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment of a store, for those who want to know only what came later."""

    hops: int = 0
    mailboxes: int = 0


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, all or none."""
    meta = f"INSERT INTO meta VALUES('version', '{VERSION}');"
    connection.executescript(f"BEGIN IMMEDIATE;{SCHEMA}{meta}COMMIT;")


def version(connection: sqlite3.Connection) -> str | None:
    """The version of the tables; None when there are none."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return None
    row = connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
    return str(row[0]) if row else ""


QueueRow = tuple[str, str, str, bytes]
MailboxRow = tuple[str, bytes]


def queue_row(item: QueueItem) -> QueueRow:
    """Id, due time, JSON and message of an item."""
    text, content = codec.dump_item(item)
    return item.id, codec.utc(item.due), text, content


def mailbox_row(mailboxed: Mailboxed) -> MailboxRow:
    """JSON and message of something in a mailbox."""
    return codec.dumps(mailboxed, leave_out=("message",)), bytes(mailboxed.message)


def add_items(connection: sqlite3.Connection, items: Iterable[QueueRow]) -> None:
    """Put items into the queue; sqlite3.IntegrityError when one is there already."""
    connection.executemany("INSERT INTO queue(id, due, relaying, item, message) VALUES(?, ?, 0, ?, ?)", items)


def remove_item(connection: sqlite3.Connection, item: str) -> None:
    """Take an item off the queue; LabBug when it is not there: it was settled before."""
    if connection.execute("DELETE FROM queue WHERE id = ?", (item,)).rowcount != 1:
        raise LabBug(f"item {item} is not in the queue, it cannot be settled twice")


def relay_item(connection: sqlite3.Connection, row: QueueRow) -> None:
    """Note that an item is being relayed, with what has become of it; LabBug when it is not in the queue."""
    name, due, text, content = row
    done = connection.execute(
        "UPDATE queue SET due = ?, relaying = 1, item = ?, message = ? WHERE id = ?",
        (due, text, content, name),
    )
    if done.rowcount != 1:
        raise LabBug(f"item {name} is not in the queue, it cannot be relayed")


def add_mailboxed(connection: sqlite3.Connection, mailboxed: Iterable[MailboxRow]) -> None:
    """Put messages into mailboxes."""
    connection.executemany("INSERT INTO mailbox(mailboxed, message) VALUES(?, ?)", mailboxed)


def add_hop(connection: sqlite3.Connection, name: str, head: str, steps: str) -> None:
    """Begin a hop. One row for all that is known then: a row for each step would double the work."""
    connection.execute("INSERT INTO hop(id, head, steps) VALUES(?, ?, ?)", (name, head, steps))


def add_steps(connection: sqlite3.Connection, hop: str, steps: str) -> None:
    """Add steps to the last hop of that id; LabBug when there is none."""
    (seq,) = connection.execute("SELECT max(seq) FROM hop WHERE id = ?", (hop,)).fetchone()
    if seq is None:
        raise LabBug(f"there is no hop {hop} to add steps to")
    connection.execute("INSERT INTO later(hop, steps) VALUES(?, ?)", (seq, steps))


def read_queue(connection: sqlite3.Connection) -> list[tuple[str, bytes]]:
    """JSON and message of all items, in order of due."""
    return connection.execute("SELECT item, message FROM queue ORDER BY due, seq").fetchall()


def read_mailboxes(connection: sqlite3.Connection, after: int = 0) -> list[MailboxRow]:
    """JSON and message of everything in a mailbox, in order of delivery; what came `after` that number only."""
    rows = connection.execute("SELECT mailboxed, message FROM mailbox WHERE seq > ? ORDER BY seq", (after,))
    return rows.fetchall()


def read_hops(
    connection: sqlite3.Connection, after: int = 0
) -> tuple[list[tuple[int, str, str]], list[tuple[int, str]]]:
    """Hops as (number, head, first steps) and later steps as (number of the hop, steps), in the order written.

    Hops `after` that number only, and their steps.
    """
    hops = connection.execute("SELECT seq, head, steps FROM hop WHERE seq > ? ORDER BY seq", (after,))
    later = connection.execute("SELECT hop, steps FROM later WHERE hop > ? ORDER BY seq", (after,))
    return hops.fetchall(), later.fetchall()


def read_mark(connection: sqlite3.Connection) -> Mark:
    """The numbers of the last hop and of what was last put into a mailbox."""
    query = "SELECT (SELECT max(seq) FROM hop), (SELECT max(seq) FROM mailbox)"
    hops, mailboxes = connection.execute(query).fetchone()
    return Mark(hops or 0, mailboxes or 0)


def items_of(rows: Iterable[tuple[str, bytes]]) -> list[QueueItem]:
    """Queue items from `read_queue`."""
    return [codec.load_item(text, content) for text, content in rows]


def mailboxed_of(rows: Iterable[MailboxRow]) -> list[Mailboxed]:
    """Mailbox contents from `read_mailboxes`."""
    return [codec.loads(Mailboxed, text, message=Message.parse(content)) for text, content in rows]


def hops_of(hops: Iterable[tuple[int, str, str]], later: Iterable[tuple[int, str]]) -> list[Hop]:
    """Hops from `read_hops`."""
    rows = list(hops)
    steps = {number: list(codec.load_steps(first)) for number, _, first in rows}
    for number, more in later:
        steps[number] += codec.load_steps(more)
    return [Hop(codec.loads(HopHead, head), tuple(steps[number])) for number, head, _ in rows]

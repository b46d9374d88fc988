"""The durable store of a lab or of one node: queue, mailboxes and journal in one SQLite file.

A message is on disk before its 250 is sent, and what becomes of an item is one transaction: killed at any moment, each
accepted recipient is found in exactly one place. WAL with full sync; one writer thread (`lab.wire.group_commit`).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from lab.errors import LabBug, WireError
from lab.model.steps import Step
from lab.model.trace import Hop
from lab.model.transport import Heard, Mailboxed, QueueItem, Settlement
from lab.model.value import dataclass
from lab.wire import codec, store_tables
from lab.wire.group_commit import DurationHistogram, GroupCommit, Work
from lab.wire.store_tables import Mark

T = TypeVar("T")


class LabStore:
    """One process owns a store; `snapshot` lets others look.

    Each coroutine returns when its change is on disk. Raises WireError when the disk refuses, and LabBug for what
    must not be (an item settled twice, steps of an unknown hop); then nothing of the call is on disk.
    """

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the store in the file `path` (mode 0600; a folder that is made gets 0700).

        Raises WireError when the file cannot be used: another lab has it, another version made it, it is no store.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _lock(path)
        except OSError as error:
            raise WireError(f"{path}: {error.strerror}") from error
        try:
            return cls(path, GroupCommit(_connect(path)), lock)
        except BaseException:
            os.close(lock)
            raise

    def __init__(self, path: Path, commits: GroupCommit, lock: int) -> None:
        self.path = path
        self._commits = commits
        self._lock: int | None = lock

    async def accept(self, heard: Heard, steps: Iterable[Step]) -> None:
        """Take over what a node has heard: the head of the hop, all its `steps` so far, the items of the queue.

        Those of the transaction before end of data are among `steps`; `heard.steps` is not looked at.
        """
        head = heard.head
        if head is None:
            raise LabBug("nothing to accept: no hop begins")
        begun = [(head.id, codec.dumps(head), codec.dump_steps(steps))]
        begun += [(hop.head.id, codec.dumps(hop.head), codec.dump_steps(hop.steps)) for hop in heard.others]
        items = [store_tables.queue_row(item) for item in heard.queue]

        def work(connection: sqlite3.Connection) -> None:
            for name, text, head in begun:
                store_tables.add_hop(connection, name, text, head)
            store_tables.add_items(connection, items)

        await self._do(work)

    async def settle(self, item: QueueItem, settlement: Settlement) -> QueueItem | None:
        """Put `settlement` in the place of the item, as a whole.

        Returns the item that stays in the queue until the attempt is settled, narrowed to the recipients of the
        route; None when the settlement has no route.
        """
        stays = _staying(item, settlement)
        stays_row = store_tables.queue_row(stays) if stays else None
        items = [store_tables.queue_row(queued) for queued in settlement.queue]
        heads = [(head.id, codec.dumps(head), codec.dump_steps(())) for head in settlement.heads]
        mailboxed = [store_tables.mailbox_row(mailbox) for mailbox in settlement.mailboxes]
        steps = codec.dump_steps(settlement.steps) if settlement.steps else None

        def work(connection: sqlite3.Connection) -> None:
            if stays_row:
                store_tables.relay_item(connection, stays_row)
            else:
                store_tables.remove_item(connection, item.id)
            store_tables.add_items(connection, items)
            store_tables.add_mailboxed(connection, mailboxed)
            if steps:
                store_tables.add_steps(connection, item.hop, steps)
            for name, head, none_yet in heads:
                store_tables.add_hop(connection, name, head, none_yet)

        await self._do(work)
        return stays

    async def pending(self) -> list[QueueItem]:
        """The queue in order of due, items that are being relayed included."""
        return store_tables.items_of(await self._do(store_tables.read_queue))

    async def hops(self) -> list[Hop]:
        """All hops with their steps, in the order they began."""
        return store_tables.hops_of(*await self._do(store_tables.read_hops))

    async def mailboxes(self) -> list[Mailboxed]:
        """Everything in the mailboxes, in order of delivery."""
        return store_tables.mailboxed_of(await self._do(store_tables.read_mailboxes))

    @property
    def commits(self) -> int:
        """Transactions so far: how many waiters share one tells how well the disk is used."""
        return self._commits.commits

    @property
    def took(self) -> DurationHistogram:
        """How long transactions take."""
        return self._commits.took

    async def check(self) -> None:
        """Return when the writer has done an empty transaction; WireError when the disk refuses."""
        await self._do(lambda connection: connection.execute("SELECT 1 FROM meta").fetchone())

    async def close(self) -> None:
        """Finish what is under way and let go of the file; more than once does no harm."""
        await self._commits.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _do(self, work: Work[T]) -> T:
        try:
            return await self._commits.do(work)
        except sqlite3.IntegrityError as error:
            raise LabBug(f"{self.path}: {error}") from error
        except sqlite3.Error as error:
            raise WireError(f"{self.path}: {error}") from error


@dataclass(frozen=True, slots=True)
class StoreSnapshot:
    """What a store holds at one moment."""

    hops: tuple[Hop, ...]
    queue: tuple[QueueItem, ...]
    mailboxes: tuple[Mailboxed, ...]


def snapshot(path: Path, since: Mark | None = None) -> StoreSnapshot:
    """Look into a store from outside, while its lab runs or after; of hops and mailboxes what came `since` only.

    Raises WireError when it cannot be read.
    """
    after = since or Mark()
    with _looking(path) as connection:
        return StoreSnapshot(
            tuple(store_tables.hops_of(*store_tables.read_hops(connection, after.hops))),
            tuple(store_tables.items_of(store_tables.read_queue(connection))),
            tuple(store_tables.mailboxed_of(store_tables.read_mailboxes(connection, after.mailboxes))),
        )


def mark(path: Path) -> Mark:
    """How far a store has come, for `snapshot`; WireError when it cannot be read."""
    with _looking(path) as connection:
        return store_tables.read_mark(connection)


@contextmanager
def _looking(path: Path) -> Iterator[sqlite3.Connection]:
    """At one moment of the store, from outside."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            _check_version(path, connection)
            connection.execute("BEGIN")
            yield connection
    except sqlite3.Error as error:
        raise WireError(f"{path}: {error}") from error


def _staying(item: QueueItem, settlement: Settlement) -> QueueItem | None:
    if settlement.relay is None:
        return None
    # Only the route's recipients: the others are in another place now, and must not be found in two after a crash.
    return replace(item, recipients=settlement.relay.recipients or item.recipients)


def _lock(path: Path) -> int:
    """Keep other processes from working on the same queue. The kernel lets go of it when we are killed."""
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise WireError(f"{path} is in use by another lab") from error
    return lock


def _connect(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its other files the same mode
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        if store_tables.version(connection) is None:
            store_tables.create(connection)
        _check_version(path, connection)
    except sqlite3.Error as error:
        connection.close()
        raise WireError(f"{path}: {error}") from error
    except WireError:
        connection.close()
        raise
    return connection


def _check_version(path: Path, connection: sqlite3.Connection) -> None:
    version = store_tables.version(connection)
    if version != store_tables.VERSION:
        raise WireError(
            f"{path}: made by another version of the lab (tables {version}, expected {store_tables.VERSION})"
        )

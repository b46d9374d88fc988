"""Group commit: many waiters, one writer thread, one disk flush for all that came meanwhile.

A flush costs the same for one row and for a hundred. So while the thread commits, work piles up, and the next commit
takes all of it. Before that, work waits for company as long as each turn of the event loop brings some: no longer than
the loop has other things to do anyway. What one waiter did wrong fails for that waiter only.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import field
from itertools import accumulate
from typing import Any, TypeVar

from lab.errors import WireError
from lab.model.value import dataclass

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Seconds. A flush takes a tenth of a millisecond in memory, a few on a solid state disk, ten on a turning one."""


class DurationHistogram:
    """One writer, in any thread; readers may be a value behind."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0
        """Seconds of all together."""

    def add(self, seconds: float) -> None:
        """Once more."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    @property
    def below(self) -> tuple[tuple[float, int], ...]:
        """How many took at most so long; the last bound is infinite."""
        return tuple(zip((*BOUNDS, float("inf")), accumulate(self._counts), strict=True))


T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
"""SQL inside a transaction. It may run twice, and must have no other effect."""

_LARGEST_BATCH = 500


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = field(default=None)

    def tell(self) -> None:
        """Wake the waiter, in its own loop; it may have gone."""
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)


class GroupCommit:
    """Owns a connection in autocommit mode and the thread that uses it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._inbox: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
        """What the thread has not been told of yet; each list is touched in its own loop only."""
        self._closed = False
        self.commits = 0
        """Transactions so far, failed ones included."""
        self.took = DurationHistogram()
        """Of those that succeeded, from BEGIN until the disk has it."""
        # A daemon: a lab that ends in an error must not hang on a thread that waits for work.
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    async def do(self, work: Work[T]) -> T:
        """Run `work` in a transaction; it is on disk when this returns.

        Raises what `work` or the commit raised; then nothing of it is on disk. A cancelled waiter takes nothing back.
        """
        if self._closed:
            raise WireError("the store is closed")
        loop = asyncio.get_running_loop()
        job = _Job(work, loop, loop.create_future())
        gathered = self._gathered.setdefault(loop, [])
        gathered.append(job)
        if len(gathered) == 1:
            loop.call_soon(self._gather, loop, 0)
        result: T = await job.done
        return result

    async def close(self) -> None:
        """Finish what was asked for, then close the connection."""
        if not self._closed:
            self._closed = True
            for loop in tuple(self._gathered):
                self._hand_over(loop)
            self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    def _gather(self, loop: asyncio.AbstractEventLoop, before: int) -> None:
        """Each turn of the loop: hand over what has come, unless this turn has brought more. (Under load it halves
        the number of commits, and takes 8 % off a front end's CPU.)
        """
        gathered = len(self._gathered.get(loop, ()))
        if before < gathered < _LARGEST_BATCH:
            loop.call_soon(self._gather, loop, gathered)
        else:
            self._hand_over(loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        for job in self._gathered.pop(loop, ()):
            self._inbox.put(job)

    def _run(self) -> None:
        while self._work_off():
            pass
        self._connection.close()

    def _work_off(self) -> bool:
        """One batch. In a frame of its own, so that a thread with nothing to do keeps nothing alive."""
        batch, open_for_more = self._next_batch()
        if batch:
            self._settle(batch)
            _tell(batch)
        return open_for_more

    def _next_batch(self) -> tuple[list[_Job], bool]:
        batch: list[_Job] = []
        while not batch or (len(batch) < _LARGEST_BATCH and not self._inbox.empty()):
            job = self._inbox.get()
            if job is None:
                return batch, False
            batch.append(job)
        return batch, True

    def _settle(self, batch: list[_Job]) -> None:
        try:
            self._transaction(batch)
        except Exception as error:  # noqa: BLE001 - it is raised again where it belongs, at the waiter
            if len(batch) == 1:
                batch[0].error = error
                return
            for job in batch:
                self._settle([job])

    def _transaction(self, batch: list[_Job]) -> None:
        self.commits += 1
        began = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for job in batch:
                job.result = job.work(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self.took.add(time.perf_counter() - began)


def _tell(batch: list[_Job]) -> None:
    """Wake all waiters with one call into each loop."""
    for loop in {job.loop for job in batch}:
        theirs = [job for job in batch if job.loop is loop]
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody is left there to be woken
            loop.call_soon_threadsafe(_tell_all, theirs)


def _tell_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.tell()

"""Who does the work: this process, or others beside it. A Dask cluster is in `dask_executor`."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol, TypeVar

from lab.errors import DriverError

T = TypeVar("T")
R = TypeVar("R")
_AHEAD = 2
"""Tasks for each worker that are handed out already: none waits, and little is held in memory."""


class Executor(Protocol):
    """Calls a function of a module on many things, in no order."""

    def each(self, work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
        """The results as they come. Raises DriverError when a worker is lost."""
        ...


class InProcessExecutor:
    """This process."""

    def each(self, work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
        """One after the other."""
        return map(work, things)


class ProcessExecutor:
    """Processes of this machine, each started anew (spawn): a lab's threads and files are not copied into them."""

    def __init__(self, count: int) -> None:
        self._count = count
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=_leave_interrupts)

    def each(self, work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
        """As many at a time as there are workers, and a few more waiting."""
        under_way: set[Future[R]] = set()
        try:
            for thing in things:
                under_way.add(self._pool.submit(work, thing))
                if len(under_way) >= self._count * _AHEAD:
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    yield from (each.result() for each in done)
            while under_way:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        except BrokenProcessPool as error:
            raise DriverError(
                "a worker was killed, perhaps for want of memory; the same command goes on where it stopped, "
                "--workers 1 takes less"
            ) from error

    def __enter__(self) -> ProcessExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Ctrl-C reaches all processes of a terminal; the one that leads them says when they end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

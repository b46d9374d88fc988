"""Who does the work: this process, other processes beside it, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lab import __version__
from lab.errors import DriverError

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")
R = TypeVar("R")
_AHEAD = 2
"""Tasks for each worker that are handed out already: none waits, and little is held in memory."""
_TIMEOUT = 10
"""Seconds until a scheduler has to answer."""
NO_DASK = "--scheduler needs Dask: pip install 'mailflow-lab[cluster]'"


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


class ProcessExecutor(AbstractContextManager["ProcessExecutor"]):
    """Processes of this machine, each started anew (spawn): a lab's threads and files are not copied into them."""

    def __init__(self, count: int) -> None:
        self._count = count
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=_leave_interrupts)

    def each(self, work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
        """As many at a time as there are workers, and a few more waiting."""
        left = iter(things)
        try:
            first = islice(left, self._count * _AHEAD)
            under_way: set[Future[R]] = {self._pool.submit(work, thing) for thing in first}
            while under_way:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                under_way |= {self._pool.submit(work, thing) for thing in islice(left, len(done))}
                yield from (future.result() for future in done)
        except BrokenProcessPool as error:
            raise DriverError(
                "a worker was killed, perhaps for want of memory; the same command goes on where it stopped, "
                "--workers 1 takes less"
            ) from error

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Ctrl-C reaches all processes of a terminal; the one that leads them says when they end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class DaskExecutor(AbstractContextManager["DaskExecutor"]):
    """The workers behind a scheduler. It is somebody's cluster already: nothing is started here, and nothing is closed.

    Its workers need the lab too, in the same version; they get everything else with each task, so they share no folder.
    """

    def __init__(self, address: str) -> None:
        """Connect. Raises DriverError without Dask, without an answer, without workers, or with other labs on them."""
        try:
            from distributed import Client
        except ImportError:
            raise DriverError(NO_DASK) from None
        try:
            self._client = Client(address, timeout=_TIMEOUT, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise DriverError(f"--scheduler {address}: no scheduler answers ({error})") from error
        try:
            self._threads = _check(self._client, address)
        except BaseException:
            self._client.close()
            raise

    def each(self, work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
        """As many at a time as there are threads in the cluster, and as many more waiting."""
        from distributed import KilledWorker, as_completed

        def submit(count: int) -> list[Any]:
            return [self._client.submit(work, thing, pure=False) for thing in islice(left, count)]

        left = iter(things)
        under_way = as_completed(submit(self._threads * _AHEAD), loop=self._client.loop)
        for future in under_way:
            try:
                result: R = future.result()
            except KilledWorker as error:
                raise DriverError(f"the cluster lost its workers over one task: {error}") from error
            under_way.update(submit(1))
            future.release()
            yield result

    def __exit__(self, *_: object) -> None:
        self._client.close()


def _check(client: Client, address: str) -> int:
    """How many threads there are, in workers that have this lab."""
    threads = int(sum(client.nthreads().values()))
    if not threads:
        raise DriverError(f"--scheduler {address}: the cluster has no workers")
    versions = client.run(_version, on_error="return")
    for worker, version in sorted(versions.items()):
        if version != __version__:
            raise DriverError(
                f"--scheduler {address}: worker {worker} has mailflow-lab {version}, not {__version__}"
            )
    return threads


def _version() -> str:
    """Run by each worker."""
    from lab import __version__ as version

    return version

"""A Dask cluster does the work. It is somebody's cluster already: nothing is started here, and nothing is closed.

Its workers need the lab too, in the same version; they get everything else with each task, so they share no folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from lab import __version__
from lab.errors import DriverError

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")
R = TypeVar("R")
_AHEAD = 2
_PATIENCE = 10
"""Seconds until a scheduler has to answer."""
NO_DASK = "--scheduler needs Dask: pip install 'mailflow-lab[cluster]'"


class DaskExecutor:
    """The workers behind a scheduler."""

    def __init__(self, address: str) -> None:
        """Connect. Raises DriverError without Dask, without an answer, without workers, or with other labs on them."""
        self._client = _connected(address)
        try:
            self._count = _check(self._client, address)
        except BaseException:
            self._client.close()
            raise

    def each(self, work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
        """As many at a time as there are threads in the cluster, and as many more waiting."""
        from distributed import as_completed

        left = iter(things)
        first = [self._submit(work, thing) for thing in islice(left, self._count * _AHEAD)]
        under_way = as_completed(first, loop=self._client.loop)
        for future in under_way:
            result: R = self._result(future)
            for thing in islice(left, 1):
                under_way.add(self._submit(work, thing))
            future.release()
            yield result

    def _submit(self, work: Callable[[T], R], thing: T) -> Any:
        return self._client.submit(work, thing, pure=False)

    def _result(self, future: Any) -> Any:
        from distributed import KilledWorker

        try:
            return future.result()
        except KilledWorker as error:
            raise DriverError(f"the cluster lost its workers over one task: {error}") from error

    def __enter__(self) -> DaskExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise DriverError(NO_DASK) from None
    try:
        return Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise DriverError(f"--scheduler {address}: no scheduler answers ({error})") from error


def _check(client: Client, address: str) -> int:
    """How many threads there are, in workers that have this lab."""
    threads = int(sum(client.nthreads().values()))
    if not threads:
        raise DriverError(f"--scheduler {address}: the cluster has no workers")
    found = client.run(_lab_there, on_error="return")
    strange = {worker: version for worker, version in found.items() if version != __version__}
    for worker, version in sorted(strange.items()):
        raise DriverError(
            f"--scheduler {address}: worker {worker} has mailflow-lab {version}, not {__version__}"
        )
    return threads


def _lab_there() -> str:
    """Run by each worker."""
    from lab import __version__ as there

    return there

"""How other commands of the same user ask a running lab to send: a socket in its state folder, a line each way.

It takes no messages, only the name of a set that the lab knows itself; the folder's mode keeps others away.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, chdir, closing
from pathlib import Path
from typing import TYPE_CHECKING

from lab.drivers.outcome import again
from lab.errors import DriverError, LabBug
from lab.scenario.model import MessageSpec

if TYPE_CHECKING:
    from lab.drivers.embedded import Embedded

Sets = Mapping[str, Callable[[], Iterable[MessageSpec]]]
"""What can be sent, by name."""
MESSAGES, MATRIX = "messages", "matrix"
_SOCKET = "control"
_LONGEST = 1 << 20
_PATIENCE = 120.0
"""Seconds that a lab may take to carry the messages of one request."""


@asynccontextmanager
async def listening(lab: Embedded, state: Path, sets: Sets) -> AsyncIterator[None]:
    """Take requests while the lab runs."""
    (state / _SOCKET).unlink(
        missing_ok=True
    )  # of a lab that was killed; the store's lock says that it has gone
    clerk = _Clerk(lab, sets)
    server = await asyncio.start_unix_server(clerk.serve, sock=_bound(state))
    try:
        yield
    finally:
        server.close()
        await clerk.leave()
        await server.wait_closed()
        (state / _SOCKET).unlink(missing_ok=True)


def send(state: Path, name: str) -> dict[str, str]:
    """Have the lab of a state folder send a set, and wait until nothing of it is left to do but to try again later.

    Returns the Message-IDs by key. Raises DriverError when the lab does not run, or refuses.
    """
    with closing(socket.socket(socket.AF_UNIX)) as line:
        line.settimeout(_PATIENCE)
        try:
            with chdir(state):
                line.connect(_SOCKET)
            line.sendall(json.dumps({"send": name}).encode() + b"\n")
            with line.makefile("rb") as reading:
                said = json.loads(reading.readline(_LONGEST) or b'{"error": "it has ended"}')
        except OSError as error:
            raise DriverError(f"the lab in {state} does not answer: {error.strerror or error}") from error
    if "error" in said:
        raise DriverError(f"the lab in {state}: {said['error']}")
    return dict(said["messages"])


def _bound(state: Path) -> socket.socket:
    """Bound by its bare name: a path may have a hundred octets only."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        with chdir(state):
            listener.bind(_SOCKET)
            Path(_SOCKET).chmod(0o600)
    except BaseException:
        listener.close()
        raise
    return listener


class _Clerk:
    """Serves requests of a lab."""

    def __init__(self, lab: Embedded, sets: Sets) -> None:
        self._lab = lab
        self._sets = sets
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            said = await self._answer(await reader.readline())
            writer.write(json.dumps(said).encode() + b"\n")
            await writer.drain()
        except (ConnectionError, ValueError, asyncio.CancelledError):
            writer.transport.abort()  # gone, a line without end, or the lab ends
        finally:
            writer.close()
            self._tasks.discard(task)

    async def leave(self) -> None:
        """Answer nobody any more."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, line: bytes) -> Mapping[str, object]:
        try:
            wanted = self._sets[json.loads(line)["send"]]
        except (ValueError, KeyError, TypeError):
            return {"error": f"what can be sent is: {', '.join(self._sets)}"}
        mark = self._lab.ids.hex(6)
        try:
            sent = await self._lab.send(again(wanted(), mark))
            await self._lab.settled()
        except (DriverError, LabBug) as error:
            return {"error": str(error)}
        return {"messages": {key.removesuffix(f".{mark}"): name for key, name in sent.items()}}

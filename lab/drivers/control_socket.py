"""How a program of the lab is asked things by another: a socket in a folder, a line of JSON each way.

The folder's mode keeps other users away. One request a connection: whoever asks may wait as long as he likes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from lab.drivers.control_question import SOCKET, ControlAnswer, ControlRequest, answer, connected, nobody
from lab.errors import DriverError, LabBug

ControlHandler = Callable[[ControlRequest], Awaitable[ControlAnswer]]
"""Answers one request. ValueError, KeyError and TypeError mean that the request makes no sense."""
_LONGEST = 1 << 30
"""Octets of a line: a journal with its messages is one."""


@contextlib.asynccontextmanager
async def listening(folder: Path, answering: ControlHandler) -> AsyncIterator[None]:
    """Answer requests that come to the folder. A socket that a killed program left there is replaced."""
    (folder / SOCKET).unlink(missing_ok=True)
    clerk = _Clerk(answering)
    server = await asyncio.start_unix_server(clerk.serve, sock=_bound(folder), limit=_LONGEST)
    try:
        yield
    finally:
        server.close()
        await clerk.leave()
        await server.wait_closed()
        (folder / SOCKET).unlink(missing_ok=True)


async def ask(folder: Path, request: ControlRequest) -> ControlAnswer:
    """Ask the program that listens in a folder.

    Raises DriverError when none does, when it ends meanwhile, and when it refuses.
    """
    try:
        with connected(folder) as line:
            reader, writer = await asyncio.open_unix_connection(sock=line, limit=_LONGEST)
            try:
                writer.write(json.dumps(request).encode() + b"\n")
                await writer.drain()
                said = await reader.readline()
            finally:
                writer.transport.abort()
    except OSError as error:
        raise nobody(folder, error) from error
    return answer(folder, said)


def _bound(folder: Path) -> socket.socket:
    """Bound by its bare name: a path may have a hundred octets only."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        with contextlib.chdir(folder):
            listener.bind(SOCKET)
            Path(SOCKET).chmod(0o600)
    except BaseException:
        listener.close()
        raise
    return listener


class _Clerk:
    """Serves requests, each in a task of its own."""

    def __init__(self, answering: ControlHandler) -> None:
        self._answering = answering
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            writer.write(json.dumps(await self._answer(await reader.readline())).encode() + b"\n")
            await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            writer.transport.abort()  # gone, or the program ends
        finally:
            writer.close()
            self._tasks.discard(task)

    async def leave(self) -> None:
        """Answer nobody any more."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, line: bytes) -> ControlAnswer:
        try:
            return await self._answering(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            return {"error": f"this request makes no sense here: {error!r}"}
        except (DriverError, LabBug) as error:
            return {"error": str(error)}

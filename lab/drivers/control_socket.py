"""How a program of the lab is asked things by another: a socket in a folder, a line of JSON each way.

The folder's mode keeps other users away. One request a connection: whoever asks may wait as long as he likes. A relay
carries requests further, for those who do not see the folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

from lab.drivers import shared_folder
from lab.drivers.control_request import SOCKET, ControlAnswer, ControlRequest, connect, no_answer, read_answer
from lab.errors import DriverError, LabBug

ControlHandler = Callable[[ControlRequest], Awaitable[ControlAnswer]]
"""Answers one request. ValueError, KeyError and TypeError mean that the request makes no sense."""
_LONGEST = 1 << 30
"""Octets of a line: a journal with its messages is one."""
_AGAIN = 0.05
"""Seconds between two looks: nothing tells of a socket that appears."""


@contextlib.asynccontextmanager
async def listening(folder: Path, answering: ControlHandler) -> AsyncIterator[None]:
    """Answer requests that come to the folder. A socket that a killed program left there is replaced."""
    (folder / SOCKET).unlink(missing_ok=True)
    request_server = _RequestServer(answering)
    server = await asyncio.start_unix_server(request_server.serve, sock=_bound(folder), limit=_LONGEST)
    try:
        yield
    finally:
        server.close()
        await request_server.leave()
        await server.wait_closed()
        (folder / SOCKET).unlink(missing_ok=True)


async def ask(folder: Path, request: ControlRequest) -> ControlAnswer:
    """Ask the program that listens in a folder.

    Raises DriverError when none does, when it ends meanwhile, and when it refuses.
    """
    try:
        with connect(folder) as line:
            reader, writer = await asyncio.open_unix_connection(sock=line, limit=_LONGEST)
            try:
                writer.write(json.dumps(request).encode() + b"\n")
                await writer.drain()
                said = await reader.readline()
            finally:
                writer.transport.abort()
    except OSError as error:
        raise no_answer(folder, error) from error
    return read_answer(folder, said)


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


class _RequestServer:
    """Answers requests, each in a task of its own."""

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


class Sockets:
    """A `LabNodes` (`lab.drivers.remote_run`) whose parts share a folder with us."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def ask(self, part: str, request: ControlRequest) -> ControlAnswer:
        """Have a part answer. Raises DriverError when it does not."""
        return await ask(shared_folder.folder_of(self._root, part), request)

    async def awaited(self, parts: Iterable[str], patience: float) -> None:
        """Return when all are there. Raises DriverError, with those that are missing, after `patience` seconds."""
        missing = list(parts)
        try:
            async with asyncio.timeout(patience):
                while missing := [p for p in missing if not await self._is_there(p)]:  # noqa: ASYNC110 - in another program
                    await asyncio.sleep(_AGAIN)
        except TimeoutError:
            raise DriverError(f"not there within {patience:g} s: {', '.join(missing)}") from None

    async def _is_there(self, part: str) -> bool:
        try:
            await self.ask(part, {"do": "clock"})
        except DriverError:
            return False
        return True


async def relay(root: Path, patience: float) -> None:
    """Carry requests from stdin to parts and their answers to stdout, until stdin ends.

    A line is `{"id": N, "part": NAME, "request": {...}}`, its answer `{"id": N, "answer": {...}}` or `{"id": N,
    "error": TEXT}`; answers come as they are ready. A request with `"await": [NAME, ...]` in the place of part and
    request is answered when those parts are there.
    """
    nodes = Sockets(root)
    lines = asyncio.StreamReader(limit=_LONGEST)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(os.dup(0), "rb")
    )
    async with asyncio.TaskGroup() as requests:
        while line := await lines.readline():
            requests.create_task(_carry(nodes, json.loads(line), patience))


async def _carry(nodes: Sockets, asked: ControlRequest, patience: float) -> None:
    said: dict[str, object] = {"id": asked["id"]}
    try:
        if "await" in asked:
            await nodes.awaited(asked["await"], patience)
            said["answer"] = {}
        else:
            said["answer"] = await nodes.ask(asked["part"], asked["request"])
    except DriverError as error:
        said["error"] = str(error)
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()

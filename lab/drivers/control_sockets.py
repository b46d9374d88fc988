"""Asking the parts of a lab by their control sockets, for those who see the shared folder; and carrying it further."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from lab.drivers import control_socket, shared_folder
from lab.drivers.control_question import ControlAnswer, ControlRequest
from lab.errors import DriverError

_AGAIN = 0.05
"""Seconds between two looks: nothing tells of a socket that appears."""
_LONGEST = 1 << 30


class Sockets:
    """A `LabNodes` (`lab.drivers.remote_run`) whose parts share a folder with us."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def ask(self, part: str, request: ControlRequest) -> ControlAnswer:
        """Have a part answer. Raises DriverError when it does not."""
        return await control_socket.ask(shared_folder.place(self._root, part), request)

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
    cast = Sockets(root)
    lines = asyncio.StreamReader(limit=_LONGEST)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(os.dup(0), "rb")
    )
    async with asyncio.TaskGroup() as carrying:
        while line := await lines.readline():
            carrying.create_task(_carry(cast, json.loads(line), patience))


async def _carry(cast: Sockets, asked: ControlRequest, patience: float) -> None:
    said: dict[str, object] = {"id": asked["id"]}
    try:
        if "await" in asked:
            await cast.awaited(asked["await"], patience)
            said["answer"] = {}
        else:
            said["answer"] = await cast.ask(asked["part"], asked["request"])
    except DriverError as error:
        said["error"] = str(error)
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()

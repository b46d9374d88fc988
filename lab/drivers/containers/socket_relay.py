"""Asking the parts of a lab through a container that sees their control sockets: lines of JSON by its stdin and stdout.

Many questions may be under way at once; each has a number, and answers come as they are ready. The other end is
`mflab part relay`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from lab.drivers.control_question import ControlAnswer, ControlRequest
from lab.errors import DriverError


class RelayLine(Protocol):
    """What carries bytes to the relay and back."""

    def send(self, data: bytes) -> None:
        """To its stdin."""

    def frames(self) -> Iterator[tuple[bool, bytes]]:
        """What it says until it ends, and whether that is stdout."""

    def close(self) -> None:
        """End it."""


class Relay:
    """A `LabNodes` (`lab.drivers.remote_run`) whose parts are elsewhere. Use as an async context manager.

    A thread reads, because an engine's stream may be of several kinds, and not all of them are sockets for asyncio.
    """

    def __init__(self, line: RelayLine) -> None:
        self._line = line
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[ControlAnswer]] = {}
        self._errors: list[str] = []
        self._gone = False

    async def __aenter__(self) -> Relay:
        """Listen to it."""
        self._loop = asyncio.get_running_loop()
        self._reader = threading.Thread(target=self._read, name="relay", daemon=True)
        self._reader.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Hang up."""
        self._line.close()
        await asyncio.to_thread(self._reader.join)

    async def ask(self, part: str, request: ControlRequest) -> ControlAnswer:
        """Have a part answer. Raises DriverError when it does not."""
        return await self._asked({"part": part, "request": request})

    async def awaited(self, parts: Iterable[str]) -> None:
        """Return when all parts are there. Raises DriverError, with those that are missing, when they do not come."""
        await self._asked({"await": list(parts)})

    async def _asked(self, what: dict[str, Any]) -> ControlAnswer:
        if self._gone:
            raise self._lost()
        number = next(self._numbers)
        answer: asyncio.Future[ControlAnswer] = self._loop.create_future()
        self._waiting[number] = answer
        self._line.send(json.dumps({"id": number, **what}).encode() + b"\n")  # short: nothing to wait for
        return await answer

    # -- in the thread

    def _read(self) -> None:
        rest = b""
        for is_answer, piece in self._line.frames():
            if not is_answer:
                self._errors.append(piece.decode(errors="replace"))
                continue
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self._loop.call_soon_threadsafe(self._settle, line)
        self._loop.call_soon_threadsafe(self._end)

    # -- in the loop

    def _settle(self, line: bytes) -> None:
        message = json.loads(line)
        answer = self._waiting.pop(message["id"])
        if answer.done():  # nobody waits any more
            return
        if "error" in message:
            answer.set_exception(DriverError(message["error"]))
        else:
            answer.set_result(message["answer"])

    def _end(self) -> None:
        self._gone = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._lost())
        self._waiting.clear()

    def _lost(self) -> DriverError:
        said = "".join(self._errors).strip()
        return DriverError(f"the lab's relay has ended{f': {said}' if said else ''}")

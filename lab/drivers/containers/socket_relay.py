"""Asking the parts of a lab through a container that sees their control sockets: lines of JSON by its stdin and stdout.

Many questions may be under way at once; each has a number, and answers come as they are ready. The other end is
`mflab part relay`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from lab.drivers.control_request import ControlAnswer, ControlRequest
from lab.errors import DriverError

_HEADER = struct.Struct(">BxxxL")
"""The engine puts it before each frame: which stream, and how many octets."""
_STDOUT = 1
_CHUNK = 1 << 20


class Stream:
    """An attached container. Reading and writing may be done by different threads."""

    def __init__(self, attached: Any) -> None:
        """`attached` is a socket, or what the SDK has one in; it stays open as long as that is referred to."""
        self._attached = attached
        self._socket = getattr(attached, "_sock", attached)
        self._socket.settimeout(None)

    def send(self, data: bytes) -> None:
        """To stdin. Raises DriverError when the container has gone."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise DriverError(f"a container of the lab has gone: {error.strerror or error}") from error

    def frames(self) -> Iterator[tuple[bool, bytes]]:
        """What it says until it ends or the stream is closed: whether that is stdout (and not stderr), and a piece."""
        while header := self._exactly(_HEADER.size):
            kind, size = _HEADER.unpack(header)
            yield kind == _STDOUT, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        """So many octets; none if it ends before."""
        parts, missing = [], size
        while missing:
            try:
                part = self._socket.recv(min(missing, _CHUNK))
            except OSError:  # closed while we read
                part = b""
            if not part:
                return b""
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Its stdin ends; whoever reads frames gets no more of them."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._attached.close()
        self._socket.close()


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

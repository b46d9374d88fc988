"""What a client has sent and nobody has read yet, and the three ways to read it: lines, dotted content, octets.

Only CRLF ends a line, and only CRLF.CRLF ends content, however the octets were cut into packets: whoever takes
anything else for an end can be made to take one message for two (SMTP smuggling). Nothing here grows without bound:
what is too long is dropped while it comes in, and a client that sends faster than it is read is paused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto

LINE_LIMIT = 2048
"""Octets of a command line: RFC 5321 4.5.3.1.4 says 512, and the extensions' parameters add to it."""
HIGH_WATER = 65536
"""Octets waiting unread at which the client is paused."""
END_OF_DATA = b"\r\n.\r\n"


class LineFlaw(Enum):
    """Why a line is not a command, whatever it says."""

    TOO_LONG = auto()
    BARE = auto()
    """A CR or LF that is not part of a CRLF, or a NUL; what follows a bare LF up to the next CRLF is as bad."""


class ClientGone(Exception):  # noqa: N818 - what happened, in one word
    """The client is gone, and all it had sent is read."""


class ReceiveBuffer:
    """The receive buffer of one connection."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, before_waiting: Callable[[], Awaitable[None]]
    ) -> None:
        self._loop = loop
        self._before_waiting = before_waiting
        self._data = bytearray()
        self._scanned = 0
        self._dropped = 0
        self._spoiled = False
        self._received = 0
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None
        self._source: asyncio.ReadTransport | None = None
        self._paused = False
        self.waiting_since: float | None = None
        """Loop time since when nothing has come that was waited for; None while the server itself is busy."""

    @property
    def is_waiting(self) -> bool:
        """Whether somebody waits for more."""
        return self._waiter is not None

    def attach(self, source: asyncio.ReadTransport) -> None:
        """Say where octets come from, and so whom to pause."""
        self._source = source

    def feed(self, data: bytes) -> None:
        """Octets have come."""
        self._data += data
        self._received += len(data)
        if self._waiter is not None:
            self._wake()
        elif len(self._data) > HIGH_WATER and self._source is not None and not self._paused:
            self._source.pause_reading()
            self._paused = True

    def end(self) -> None:
        """No more will come."""
        self._ended = True
        self._wake()

    def forget(self) -> None:
        """Drop what is unread: plaintext behind STARTTLS must not be taken for what the TLS session says."""
        self._data.clear()
        self._scanned = self._dropped = 0
        self._spoiled = False
        self._resume()

    async def more(self) -> None:
        """Wait until something comes, but first let out what the client may be waiting for.

        Raises ClientGone when nothing will come.
        """
        seen = self._received
        await self._before_waiting()
        if self._received != seen:
            return
        if self._ended:
            raise ClientGone
        self._resume()
        self._waiter = self._loop.create_future()
        self.waiting_since = self._loop.time()
        try:
            await self._waiter
        finally:
            self._waiter = self.waiting_since = None

    def _resume(self) -> None:
        if self._paused and self._source is not None:
            self._source.resume_reading()
            self._paused = False

    def _wake(self) -> None:
        self.waiting_since = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def line(self) -> bytes | LineFlaw | None:
        """The next line without its CRLF, or what is wrong with it; None until its end is there."""
        end = self._data.find(b"\n", self._scanned)
        if end < 0:
            self._trim()
            return None
        line = bytes(self._data[: end + 1])
        del self._data[: end + 1]
        too_long = self._dropped + len(line) > LINE_LIMIT
        self._scanned = self._dropped = 0
        bare, self._spoiled = self._spoiled, not line.endswith(b"\r\n")
        if too_long:
            return LineFlaw.TOO_LONG
        if bare or self._spoiled or line.find(b"\r") != end - 1 or b"\0" in line:
            return LineFlaw.BARE
        return line[:-2]

    def _trim(self) -> None:
        """Drop what has come of a line that is too long already: only its end matters."""
        if len(self._data) > LINE_LIMIT:
            self._dropped += len(self._data) - 1
            del self._data[:-1]  # it may be the CR of the end
        self._scanned = len(self._data)

    async def content(self, limit: int) -> bytes | None:
        """What DATA brings, without the dots that were stuffed into it; None when it is longer than `limit` octets.

        Raises ClientGone when the client goes before the end.
        """
        data = self._data
        data[:0] = b"\r\n"  # the CRLF of the DATA line: an end may follow at once
        scan, fits = 0, True
        while (end := data.find(END_OF_DATA, scan)) < 0:
            if len(data) > limit + len(END_OF_DATA) + 1:
                fits = False
                del data[:-4]
            scan = max(0, len(data) - 4)
            await self.more()
        raw = bytes(data[: end + 2])
        del data[: end + len(END_OF_DATA)]
        self._scanned = 0
        if not fits or len(raw) - 2 > limit:
            return None
        return (raw.replace(b"\r\n.", b"\r\n") if b"\n." in raw else raw)[2:]

    async def octets(self, count: int) -> bytes:
        """The next `count` octets, whatever they are. Raises ClientGone when the client goes before."""
        while len(self._data) < count:
            await self.more()
        taken = bytes(self._data[:count])
        del self._data[:count]
        self._scanned = 0
        return taken

    async def skip(self, count: int) -> None:
        """Drop the next `count` octets without keeping them."""
        while len(self._data) < count:
            count -= len(self._data)
            self._data.clear()
            await self.more()
        del self._data[:count]
        self._scanned = 0

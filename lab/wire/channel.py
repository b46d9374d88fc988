"""A client's connection to an SMTP server: commands out, replies in, TLS when asked for.

Trouble is a value here too: once the connection is of no use, every reply that is still waited for is the reason why,
a 421 included (RFC 5321 3.8: the server may say it at any time, and closes).
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from typing import Self, cast

from lab.core.smtp_delivery import BROKEN_OFF, CONNECTION_REFUSED, TIMED_OUT
from lab.errors import WireError
from lab.model.reply import Reply
from lab.wire.reply_reader import ReplyReader

_BLOCK = 65_536
"""Octets to write before looking whether they leave."""
_CLOSING = 421
_NO_ANSWER = (errno.EHOSTUNREACH, errno.ENETUNREACH)
"""How soon the network tells that nobody is there depends on how near the place is; to mail it is all the same."""


class Channel(asyncio.Protocol):
    """One connection. `gone` is why it is of no use any more; None while it is."""

    def __init__(self) -> None:
        self.gone: Reply | None = None
        self._reader = ReplyReader()
        self._transport: asyncio.Transport | None = None
        self._ended = False
        self._changed = asyncio.Event()
        """Set when something came, left, or ended."""
        self._writable = True
        self._reading = True

    @classmethod
    async def dial(cls, source: str, target: tuple[str, int], seconds: float) -> Self | Reply:
        """Connect from the address `source`; a reply says why not.

        Raises WireError when this machine does not have `source`.
        """
        loop = asyncio.get_running_loop()
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            line.setblocking(False)
            _bind(line, source)
            async with asyncio.timeout(seconds):
                await loop.sock_connect(line, target)
            _, channel = await loop.create_connection(cls, sock=line)
        except BaseException as error:
            line.close()
            if isinstance(error, TimeoutError):  # ours, or the kernel's ETIMEDOUT
                return TIMED_OUT
            if isinstance(error, OSError):
                return TIMED_OUT if error.errno in _NO_ANSWER else CONNECTION_REFUSED
            raise
        return channel

    @property
    def port(self) -> int:
        """Our port."""
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    @property
    def transport(self) -> asyncio.Transport:
        """What the octets go through now: TLS after `secure`."""
        assert self._transport is not None
        return self._transport

    async def send(self, data: bytes, seconds: float) -> None:
        """Write, and wait until little is left to be sent; `seconds` are for each block (RFC 5321 4.5.3.2.5)."""
        for start in range(0, len(data), _BLOCK):
            if self.gone is not None or self._ended:
                return
            self.transport.write(data[start : start + _BLOCK])
            await self._until(lambda: self._writable or self._ended, seconds)

    async def reply(self, seconds: float) -> Reply:
        """The next reply, or the reason why there is none."""
        if self.gone is not None:
            return self.gone
        reply: Reply | None = None

        def is_there() -> bool:
            nonlocal reply
            reply = self._take()
            return reply is not None or self._ended

        await self._until(is_there, seconds)
        if reply is None:
            return self.give_up(BROKEN_OFF)
        if reply.code == _CLOSING:
            self.gone = reply
        return reply

    def give_up(self, why: Reply) -> Reply:
        """Call the connection useless; returns the first reason that it was."""
        self.gone = self.gone or why
        return self.gone

    async def secure(self, context: ssl.SSLContext, server_name: str, seconds: float) -> bool:
        """Begin TLS. What the server sent in clear behind its 220 might be somebody else's: then it is given up."""
        if self._reader.holds_something:
            self.give_up(BROKEN_OFF)
            return False
        before = self.transport
        try:
            async with asyncio.timeout(seconds):
                upgraded = await asyncio.get_running_loop().start_tls(
                    before,
                    self,
                    context,
                    server_hostname=server_name or None,
                    ssl_handshake_timeout=2 * seconds,
                )
        except OSError as error:  # ssl.SSLError is one, and TimeoutError
            before.abort()
            self._ended = True  # asyncio does not tell a protocol whose handshake failed
            self.give_up(TIMED_OUT if isinstance(error, TimeoutError) else BROKEN_OFF)
            return False
        self._transport = cast(asyncio.Transport, upgraded)
        return True

    async def close(self, seconds: float) -> None:
        """End the connection in order; after `seconds` by force."""
        if not self.transport.is_closing():  # twice, and Python 3.11.2 (Debian 12) fails to abort it
            self.transport.close()
        await self._until(lambda: self._ended, seconds)
        self.abort()

    def abort(self) -> None:
        """End it by force; nothing happens when it has ended."""
        if self._transport is not None and not self._ended:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the connection stands."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, _: Exception | None) -> None:
        """asyncio: the connection has ended, whoever did it."""
        self._ended = True
        self._changed.set()

    def data_received(self, data: bytes) -> None:
        """asyncio: octets came; a server that says too much unasked has to wait."""
        self._reader.feed(data)
        if self._reader.is_full and self._reading:
            self._reading = False
            self.transport.pause_reading()
        self._changed.set()

    def pause_writing(self) -> None:
        """asyncio: the server reads slowly."""
        self._writable = False

    def resume_writing(self) -> None:
        """asyncio: it has caught up."""
        self._writable = True
        self._changed.set()

    def _take(self) -> Reply | None:
        """A complete reply, if there is one; nonsense ends the conversation."""
        try:
            reply = self._reader.next()
        except ValueError:
            reply = self.give_up(BROKEN_OFF)
        if not self._reading and not self._reader.is_full and not self._ended:
            self._reading = True
            self.transport.resume_reading()
        return reply

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait for a condition; when it takes too long, the connection is given up."""
        if condition():
            return
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            self.give_up(TIMED_OUT)


def _bind(line: socket.socket, source: str) -> None:
    try:
        line.bind((source, 0))
    except OSError as error:
        raise WireError(
            f"cannot connect from {source}: {error.strerror}; `mflab doctor` may know why"
        ) from error

"""The octets of one connection to a server: in, out, through TLS or not, and what happens when they stay away.

aiosmtpd gives the frame: a protocol with a task and an idle timer per connection. How octets are taken and TLS is
pumped is our own: its reader needs a line limit that slows it down, its STARTTLS can be nested, it searches itself and its
handler for methods on each connection, and cancels the task when the client goes, whatever that is about. Replies go
out when the client has to wait for them, all at once: what was pipelined in one flight is answered in one.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import field

from aiosmtpd.smtp import SMTP

from lab.model.reply import Reply
from lab.model.transport import Node
from lab.model.value import dataclass
from lab.wire import server_replies
from lab.wire.receive_buffer import ClientGone, ReceiveBuffer
from lab.wire.server_host import ServerHost, ServerLimits
from lab.wire.tls import PermissiveTLSContext
from lab.wire.tls_session import TlsPump

RECEIVE = 65536
"""Octets to take from a socket at once."""


@dataclass(slots=True)
class ListenerState:
    """What the connections to one listener share: the node they talk to, and the list of themselves."""

    node: Node
    host: ServerHost
    tls: PermissiveTLSContext | None
    limits: ServerLimits
    sessions: set[ServerConnection] = field(default_factory=set)
    taken: int = 0
    """Connections so far."""
    buffer: memoryview = field(default_factory=lambda: memoryview(bytearray(RECEIVE)))
    """Where octets are received; asyncio hands over what it has put there before it turns to another connection."""


class _NoHooks:
    """aiosmtpd looks through its handler for hooks; there are none."""

    def __dir__(self) -> tuple[str, ...]:
        return ()


class ServerConnection(SMTP, asyncio.BufferedProtocol):
    """One connection, as far as octets go; a subclass says what they mean (`_converse`)."""

    def __init__(self, listener: ListenerState, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(_NoHooks(), hostname="lab", timeout=listener.limits.idle, loop=loop)
        self.gone: asyncio.Future[None] = loop.create_future()
        """Done when the connection is closed and its task has ended."""
        self._listener = listener
        self._inbox = ReceiveBuffer(loop, self._flush)
        self._out: list[bytes] = []
        self._writable = asyncio.Event()
        self._writable.set()
        self._pump: TlsPump | None = None
        self._handshake: asyncio.Future[None] | None = None
        self._over = False
        self._farewell: Reply | None = None

    def __dir__(self) -> tuple[str, ...]:
        """Nothing: aiosmtpd's constructor would search it for verbs, a sixth of the time of a short session."""
        return ()

    # What the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        assert isinstance(transport, asyncio.Transport)
        self._listener.sessions.add(self)
        self._listener.taken += 1
        self._inbox.attach(transport)
        super().connection_made(transport)
        assert self._handler_coroutine is not None
        self._handler_coroutine.add_done_callback(self._depart)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - part of the interface
        """Where to put what the client sent. A fresh 256 KiB for each packet would cost more than the packet."""
        return self._listener.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Octets from the client."""
        self.data_received(bytes(self._listener.buffer[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Octets from the client."""
        if self._pump is None:
            self._inbox.feed(data)
            return
        try:
            plaintext = self._pump.receive(data)
        except ssl.SSLError:
            self._write(self._pump.outgoing())  # the alert that says why
            self._break_off()
            return
        if self._handshake is not None and not self._handshake.done():
            self._write(self._pump.outgoing())  # later, whatever TLS has to say goes with the next reply
            if self._pump.stands:
                self._handshake.set_result(None)
        if plaintext:
            self._inbox.feed(plaintext)
        if self._pump.ended:
            self._break_off()

    def eof_received(self) -> bool:
        """The client says no more, but may still listen: what it has said is answered before the connection ends."""
        self._break_off()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone. aiosmtpd would cancel the task here, perhaps in the middle of `ServerHost.keep`."""
        self._break_off()
        self._writable.set()
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self.transport = None
        self._depart()

    def pause_writing(self) -> None:
        """The client does not read."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self._writable.set()

    def _timeout_cb(self) -> None:
        """Called when the client might have been silent for too long; the timer is not touched at each command."""
        since, now = self._inbox.waiting_since, self.loop.time()
        left = self._listener.limits.idle - (now - since) if since is not None else self._listener.limits.idle
        if left > 0:
            self._reset_timeout(left)
        else:
            self._leave(server_replies.CLIENT_IS_SILENT)

    def _break_off(self) -> None:
        self._inbox.end()
        if self._handshake is not None and not self._handshake.done():
            self._handshake.set_exception(ClientGone())

    def _depart(self, _: object = None) -> None:
        """Leave the listener when both the connection and the task are done."""
        assert self._handler_coroutine is not None
        if self.transport is None and self._handler_coroutine.done() and not self.gone.done():
            self._listener.sessions.discard(self)
            self.gone.set_result(None)

    # What the listener tells

    def dismiss(self) -> None:
        """End the connection once the command it is at is answered."""
        self._leave(server_replies.SHUTTING_DOWN)

    def abort(self) -> None:
        """End the connection now."""
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def _leave(self, farewell: Reply) -> None:
        self._farewell = farewell
        self._over = True
        if self._inbox.is_waiting or self._handshake is not None:
            self._break_off()

    # The task

    async def _handle_client(self) -> None:
        """The connection's task."""
        try:
            await self._converse()
        except ClientGone:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends this connection and no other
            self._listener.host.bug(error)
            self._say(server_replies.TEMPORARY_ERROR)
        if self._farewell is not None:
            self._say(self._farewell)
        self._hang_up()

    async def _converse(self) -> None:
        """The conversation, from the banner on; `ClientGone` ends it as well as returning does."""
        raise NotImplementedError

    async def _secure(self, context: PermissiveTLSContext) -> TlsPump:
        """Send what there is to send in plaintext, then shake hands. Raises ClientGone when that comes to nothing."""
        self._inbox.forget()
        self._send()
        self._pump = TlsPump(
            context.connection()
        )  # nothing was awaited since: each octet after the reply is TLS's
        self._handshake = self.loop.create_future()
        try:
            async with asyncio.timeout(self._listener.limits.handshake):
                await self._handshake
        except TimeoutError:
            raise ClientGone from None
        finally:
            self._handshake = None
        return self._pump

    # Replies

    def _say(self, reply: Reply) -> None:
        """Add to the flight; 421 means that the connection ends."""
        self._out.append(server_replies.encode(reply))
        if reply.code == 421:
            self._over = True

    async def _flush(self) -> None:
        """Send the flight, and wait for a client that does not read, but not for ever."""
        self._send()
        if not self._writable.is_set():
            try:
                async with asyncio.timeout(self._listener.limits.idle):
                    await self._writable.wait()
            except TimeoutError:
                self.abort()

    def _send(self, *, last: bool = False) -> None:
        """Send the flight; after the `last` one TLS ends."""
        flight = b"".join(self._out)
        self._out.clear()
        if self._pump is not None:
            flight = self._pump.send(flight) if self._pump.stands and flight else b""
            flight += self._pump.end() if last else b""
        if flight:
            self._write(flight)

    def _write(self, octets: bytes) -> None:
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
            transport.write(octets)

    def _hang_up(self) -> None:
        self._send(last=True)
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.close()

"""The SMTP server: listeners, each of which speaks for a node on one address, and their sessions.

Here are the commands that octets other than the next command follow: DATA, BDAT and STARTTLS. All others are the
dialogue's alone. aiosmtpd's own conversation is not used: it lacks PIPELINING, CHUNKING, BINARYMIME and DSN.
"""

from __future__ import annotations

import asyncio
import os

from lab.errors import WireError
from lab.model.transport import Connection, Node
from lab.wire import commands, server_replies
from lab.wire.dialogue import Dialogue
from lab.wire.receive_buffer import LineFlaw
from lab.wire.server_connection import ListenerState, ServerConnection
from lab.wire.server_host import ServerHost, ServerLimits
from lab.wire.tls import PermissiveTLSContext

FLAWS = {
    LineFlaw.TOO_LONG: server_replies.LINE_TOO_LONG,
    LineFlaw.BARE: server_replies.BARE_LINE_END,
}
FLIGHT = 64
"""Replies after which a flight goes out even if the client has sent more commands."""


class SmtpSession(ServerConnection):
    """One connection, from the banner to the farewell."""

    async def _converse(self) -> None:
        if len(self._listener.sessions) > self._listener.limits.connections:
            self._say(server_replies.TOO_MANY_CONNECTIONS)
            return
        listener = self._listener
        dialogue = Dialogue(
            listener.node, listener.host, listener.limits, self._connection(), tls=listener.tls is not None
        )
        self._say(dialogue.greeting())
        while not self._over:
            line = self._inbox.line()
            if line is None:
                await self._inbox.more()
            elif isinstance(line, LineFlaw):
                self._say(FLAWS[line])
            else:
                await self._obey(dialogue, line)
            if len(self._out) > FLIGHT:
                await self._flush()

    def _connection(self) -> Connection:
        assert self.transport is not None
        host = self._listener.host
        address, port = self.transport.get_extra_info("peername")[:2]
        client, server = host.public(address), host.public(self.transport.get_extra_info("sockname")[0])
        return Connection(
            client=client,
            server=server,
            key=f"{client}:{port}>{server}",
            session=host.ids.hex(16),
            started=host.now(),
        )

    async def _obey(self, dialogue: Dialogue, line: bytes) -> None:
        """One command."""
        word, _, rest = line.partition(b" ")
        try:
            verb, argument = word.decode("ascii").upper(), rest.decode().strip()
        except UnicodeDecodeError:
            self._say(server_replies.INVALID_ARGUMENTS)
            return
        match verb:
            case "DATA":
                await self._data(dialogue, argument)
            case "BDAT":
                await self._bdat(dialogue, argument)
            case "STARTTLS":
                await self._starttls(dialogue, argument)
            case "QUIT":
                self._say(server_replies.GOODBYE)
                self._over = True
            case _:
                self._say(await dialogue.answer(verb, argument))

    async def _data(self, dialogue: Dialogue, argument: str) -> None:
        reply = dialogue.data(argument)
        self._say(reply)
        if reply is server_replies.SEND_DATA:
            self._say(await dialogue.end_of_data(await self._inbox.content(dialogue.room)))

    async def _bdat(self, dialogue: Dialogue, argument: str) -> None:
        command = commands.bdat(argument)
        if command is None:
            self._say(server_replies.INVALID_ARGUMENTS)
            self._over = True  # what follows may be a chunk of unknown size: no command may be seen in it
            return
        refusal = dialogue.bdat(command)
        if refusal is not None:
            await self._inbox.skip(command.octets)
            self._say(refusal)
            return
        self._say(await dialogue.chunk(await self._inbox.octets(command.octets), last=command.last))

    async def _starttls(self, dialogue: Dialogue, argument: str) -> None:
        reply = dialogue.starttls(argument)
        self._say(reply)
        if reply is server_replies.READY_FOR_TLS and self._listener.tls is not None:
            pump = await self._secure(self._listener.tls)
            dialogue.encrypted(pump.tls, pump.peer)


__all__ = ["Listener", "ServerHost", "ServerLimits", "serve"]

PATIENCE = 5.0
"""Seconds that connections get to end by themselves when a listener closes."""


async def serve(
    node: Node,
    host: ServerHost,
    address: str,
    port: int,
    tls: PermissiveTLSContext | None,
    limits: ServerLimits | None = None,
) -> Listener:
    """Listen for a node on one address until `Listener.close`; port 0 means any, no `tls` means no STARTTLS.

    Raises WireError when the address or port cannot be had.
    """
    listener = Listener(ListenerState(node, host, tls, limits or ServerLimits()))
    await listener.open(address, port)
    return listener


class Listener:
    """One address of a node, and the connections to it."""

    def __init__(self, state: ListenerState) -> None:
        self._state = state
        self._server: asyncio.Server | None = None

    async def open(self, address: str, port: int) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: SmtpSession(self._state, loop), address, port, backlog=1024
            )
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            raise WireError(f"cannot listen on {address} port {port}: {why}") from error

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        assert self._server is not None
        address, port = self._server.sockets[0].getsockname()[:2]
        return address, port

    def show(self, tls: PermissiveTLSContext | None) -> None:
        """Give connections from now on another certificate, or no STARTTLS."""
        self._state.tls = tls

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._state.sessions)

    @property
    def taken(self) -> int:
        """How many there have been."""
        return self._state.taken

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._server is not None and self._server.is_serving()

    async def close(self) -> None:
        """Take no more connections, let each finish the command it is at, and end them all."""
        assert self._server is not None
        self._server.close()
        sessions = tuple(self._state.sessions)
        for session in sessions:
            session.dismiss()
        if sessions:
            await asyncio.wait([session.gone for session in sessions], timeout=PATIENCE)
        for session in tuple(self._state.sessions):
            session.abort()
            await session.gone
        await self._server.wait_closed()

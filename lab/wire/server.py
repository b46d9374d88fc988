"""The SMTP server: speaks for a node, on one address."""

from __future__ import annotations

import asyncio
import os

from lab.errors import WireError
from lab.model.transport import Node
from lab.wire.server_connection import ListenerState
from lab.wire.server_host import ServerHost, ServerLimits
from lab.wire.smtp_session import SmtpSession
from lab.wire.tls import PermissiveTLSContext

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

    def __init__(self, desk: ListenerState) -> None:
        self._desk = desk
        self._server: asyncio.Server | None = None

    async def open(self, address: str, port: int) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: SmtpSession(self._desk, loop), address, port, backlog=1024
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
        self._desk.tls = tls

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._desk.sessions)

    @property
    def taken(self) -> int:
        """How many there have been."""
        return self._desk.taken

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._server is not None and self._server.is_serving()

    async def close(self) -> None:
        """Take no more connections, let each finish the command it is at, and end them all."""
        assert self._server is not None
        self._server.close()
        sessions = tuple(self._desk.sessions)
        for session in sessions:
            session.dismiss()
        if sessions:
            await asyncio.wait([session.gone for session in sessions], timeout=PATIENCE)
        for session in tuple(self._desk.sessions):
            session.abort()
            await session.gone
        await self._server.wait_closed()

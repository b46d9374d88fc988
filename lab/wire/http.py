"""A few pages over HTTP, for those who watch a lab: read only, loopback only, one request a connection.

h11 reads and writes the messages. Pages are looked up in a table, never in a folder. A request must name the server by
a loopback name: a page in a browser whose own name was made to lead here (DNS rebinding) has another `Host`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

import h11

from lab.errors import WireError
from lab.model.value import dataclass

LONGEST_HEAD = 8192
"""Octets of a request line and its headers."""
PATIENCE = 5.0
"""Seconds for a request to come, and for an answer to be taken."""
AT_ONCE = 32
"""Connections; one more is closed at once."""
_LOOPBACK = "127.0.0.1"
_NAMES = (b"127.0.0.1", b"localhost")
_SAFE = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a request is answered with."""

    body: str
    status: HTTPStatus = HTTPStatus.OK
    type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


Pages = Mapping[str, Callable[[], Coroutine[Any, Any, Page]]]
"""What makes each page, by path."""


class HttpServer:
    """Serves pages; `bug` is told of what a page raises, and the client gets a 500."""

    def __init__(self, pages: Pages, bug: Callable[[Exception], None]) -> None:
        self._pages = pages
        self._bug = bug
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one, told by `port`. Raises WireError when it cannot be had."""
        try:
            self._server = await asyncio.start_server(self._serve, _LOOPBACK, port, limit=LONGEST_HEAD)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            raise WireError(f"HTTP cannot listen on {_LOOPBACK} port {port}: {why}") from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end all connections; more than once does no harm."""
        if self._server is None:
            return
        self._server.close()
        for client in tuple(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, in a task of its own."""
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            if len(self._clients) <= AT_ONCE:
                async with asyncio.timeout(PATIENCE):
                    await self._talk(h11.Connection(h11.SERVER, LONGEST_HEAD), reader, writer)
        except (TimeoutError, ConnectionError, asyncio.CancelledError):
            writer.transport.abort()  # the client is slow, or gone, or the lab ends: nothing is owed to it
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()
            self._clients.discard(task)

    async def _talk(
        self, http: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            request = await _request(http, reader)
            if request is None:
                return
            page = await self._page(request)
            empty = request.method == b"HEAD"
        except h11.RemoteProtocolError as error:
            page, empty = _plain(HTTPStatus(error.error_status_hint)), False
        for octets in _octets(http, page, empty=empty):
            writer.write(octets)
        await writer.drain()

    async def _page(self, request: h11.Request) -> Page:
        if not _names_us(request, self.port):
            return _plain(HTTPStatus.MISDIRECTED_REQUEST)
        maker = self._pages.get(request.target.partition(b"?")[0].decode("ascii"))
        if maker is None:
            return _plain(HTTPStatus.NOT_FOUND)
        if request.method not in (b"GET", b"HEAD"):
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, (("Allow", "GET, HEAD"),))
        try:
            return await maker()
        except Exception as error:  # noqa: BLE001 - a page that breaks must not break what it watches
            self._bug(error)
            return _plain(HTTPStatus.INTERNAL_SERVER_ERROR)


async def _request(http: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """The head of the request; None when the client went before. A body is not read: no page wants one."""
    while True:
        event = http.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            return None
        http.receive_data(await reader.read(LONGEST_HEAD))


def _names_us(request: h11.Request, port: int) -> bool:
    """RFC 9110 7.4: a request for another authority is misdirected. h11 refuses HTTP/1.1 without a Host, and two."""
    host = next((value for name, value in request.headers if name == b"host"), b"")
    name, _, given_port = host.lower().partition(b":")
    return name in _NAMES and given_port in (b"", str(port).encode())


def _plain(status: HTTPStatus, headers: tuple[tuple[str, str], ...] = ()) -> Page:
    return Page(f"{status.value} {status.phrase}\n", status, headers=headers)


def _octets(http: h11.Connection, page: Page, *, empty: bool) -> tuple[bytes, ...]:
    body = page.body.encode()
    headers = [
        ("Content-Type", page.type),
        ("Content-Length", str(len(body))),
        *_SAFE,
        *page.headers,
    ]
    head = h11.Response(status_code=page.status, headers=headers, reason=page.status.phrase)
    parts = [http.send(head)]
    if not empty:
        parts.append(http.send(h11.Data(data=body)))
    return tuple(octets for octets in (*parts, http.send(h11.EndOfMessage())) if octets)

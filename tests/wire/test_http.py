"""The pages over HTTP: what is served, and what is refused. Bytes in, bytes out, on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from lab.errors import WireError
from lab.wire import http
from lab.wire.http import HttpServer, Page

pytestmark = pytest.mark.wire


@pytest.fixture
async def bugs() -> list[Exception]:
    return []


@pytest.fixture
async def server(bugs: list[Exception]) -> AsyncIterator[HttpServer]:
    async def hello() -> Page:
        return Page("hello\n")

    async def broken() -> Page:
        raise RuntimeError("what?")

    server = HttpServer({"/hello": hello, "/broken": broken}, bugs.append)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


async def said(server: HttpServer, octets: bytes) -> tuple[int, bytes]:
    """Status and body of what comes back before the connection ends; 0 if nothing does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    got = b""
    with contextlib.suppress(ConnectionError):  # one that is turned away may be reset
        writer.write(octets)
        got = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    head, _, body = got.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body


def asking(target: str, *, method: str = "GET", host: str = "127.0.0.1", more: str = "") -> bytes:
    return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


async def test_a_page_is_served_and_head_has_no_body(server):
    assert await said(server, asking("/hello")) == (200, b"hello\n")
    assert await said(server, asking("/hello?a=b")) == (200, b"hello\n")
    assert await said(server, asking("/hello", method="HEAD")) == (200, b"")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "127.0.0.1", "localhost:PORT", "127.0.0.1:PORT"], ids=str
)
async def test_loopback_names_are_ours(server, host):
    asked = asking("/hello", host=host.replace("PORT", str(server.port)))
    assert (await said(server, asked))[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost:1", "127.0.0.2", ""])
async def test_another_host_is_misdirected(server, host):
    """DNS rebinding: a browser would send the name of the page that wants to read us."""
    assert (await said(server, asking("/hello", host=host)))[0] == 421


@pytest.mark.parametrize(
    "target", ["/", "/nothing", "/hello/", "/../hello", "/%68ello", "//hello", "http://127.0.0.1/hello", "*"]
)
async def test_only_the_table_is_served(server, target):
    assert (await said(server, asking(target)))[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
async def test_nothing_can_be_changed(server, method):
    assert (await said(server, asking("/hello", method=method)))[0] == 405


@pytest.mark.parametrize(
    "octets",
    [
        b"GET /hello HTTP/1.1\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"GET /hello\r\n\r\n",
        b"GET /hel\x00lo HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
    ],
    ids=["no host", "two hosts", "http 0.9", "nul", "two lengths", "tls"],
)
async def test_what_is_no_request_is_refused(server, octets):
    assert (await said(server, octets))[0] == 400


async def test_a_head_without_end_is_refused(server):
    status, _ = await said(server, b"GET /hello HTTP/1.1\r\nX: " + b"x" * (http.LONGEST_HEAD + 1))
    assert status == 431


async def test_octet_by_octet_is_the_same(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for octet in asking("/hello"):
        writer.write(bytes([octet]))
        await writer.drain()
    assert (await reader.read()).endswith(b"\r\n\r\nhello\n")
    writer.close()
    await writer.wait_closed()


async def test_who_says_nothing_is_sent_away(server, monkeypatch):
    monkeypatch.setattr(http, "PATIENCE", 0.05)
    assert (await said(server, b"GET /hel"))[0] == 0


async def test_too_many_at_once_are_not_served(server, monkeypatch):
    monkeypatch.setattr(http, "AT_ONCE", 1)
    _, idle = await asyncio.open_connection("127.0.0.1", server.port)
    assert (await said(server, asking("/hello")))[0] == 0
    idle.close()
    await idle.wait_closed()


async def test_a_page_that_breaks_is_told(server, bugs):
    assert (await said(server, asking("/broken")))[0] == 500
    assert [str(bug) for bug in bugs] == ["what?"]
    bugs.clear()


async def test_a_taken_port_is_told(server):
    second = HttpServer({}, lambda _: None)
    with pytest.raises(WireError, match=str(server.port)):
        await second.start(server.port)
    await second.close()


async def test_closing_ends_connections_that_wait(bugs):
    server = HttpServer({}, bugs.append)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET ")
    await writer.drain()
    await server.close()
    with contextlib.suppress(ConnectionError):  # an end or a reset, as the timing has it
        assert await reader.read() == b""
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()

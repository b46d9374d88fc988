"""The lab's DNS server: UDP and TCP on one address and port, answers from `lab.wire.dns_answers`."""

from __future__ import annotations

import asyncio
import os
from collections import Counter, deque
from dataclasses import replace
from typing import Literal, cast

from lab.core.bounded_memory import BoundedMemory
from lab.errors import WireError
from lab.model.dns import Zones
from lab.model.value import dataclass
from lab.wire.dns_answers import LONGEST_TCP, Response, respond

Over = Literal["udp", "tcp"]

COUNTED_TYPES = frozenset({"A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "TXT"})
_IDLE = 30.0
"""Seconds after which a silent TCP client is sent away (RFC 7766 6.2.3)."""
_KEPT = 10_000
"""Queries that the log remembers."""
_TRIES = 8
"""How often to look for a port that is free for both UDP and TCP."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was answered."""

    client: str
    """The address it came from, as the socket has it."""
    name: str
    """As asked; '' when it could not be read."""
    type: str
    rcode: str
    over: Over


class DnsServer:
    """Answers from `zones`, which may be replaced while it runs."""

    def __init__(self, zones: Zones) -> None:
        self.zones = zones
        self.log: deque[Query] = deque(maxlen=_KEPT)
        """The last queries, oldest first."""
        self.counts: Counter[tuple[str, ...]] = Counter()
        """Queries so far by type and response code; a type that nobody asks for in earnest is `other`."""
        self.address = ""
        self.port = 0
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._streams: set[_Stream] = set()
        self._answers = BoundedMemory[tuple[bytes, Over], Response]()
        """By query without its id: hosts ask the same things again and again."""
        self._made_from = zones

    async def start(self, address: str, port: int = 0) -> None:
        """Listen; port 0 takes a free one, told by `port`. Raises WireError when the address or port is not ours."""
        for tries_left in reversed(range(_TRIES if port == 0 else 1)):
            try:
                await self._listen(address, port)
                return
            except OSError as error:
                await self.close()
                if not tries_left:
                    why = os.strerror(error.errno) if error.errno else str(error)
                    raise WireError(f"DNS cannot listen on {address} port {port}: {why}") from error

    async def _listen(self, address: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._tcp = await loop.create_server(lambda: _Stream(self, self._streams), address, port)
        self.address, self.port = self._tcp.sockets[0].getsockname()[:2]
        self._udp, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=(self.address, self.port)
        )

    async def close(self) -> None:
        """Stop listening and drop all connections; more than once does no harm."""
        if self._udp is not None:
            self._udp.abort()
        if self._tcp is not None:
            self._tcp.close()
            for stream in tuple(self._streams):
                stream.drop()
            await self._tcp.wait_closed()
        self._udp = self._tcp = None

    def answer(self, query: bytes, client: str, over: Over) -> Response | None:
        """Answer one query and write it in the log."""
        response = self._known(query[2:], over) or self._made(query, over)
        if response is None:
            return None
        self.log.append(Query(client, response.name, response.type, response.rcode, over))
        self.counts[response.type if response.type in COUNTED_TYPES else "other", response.rcode] += 1
        return replace(response, wire=query[:2] + response.wire[2:])

    def _known(self, question: bytes, over: Over) -> Response | None:
        if self._made_from is not self.zones:
            self._made_from = self.zones
            self._answers.clear()
        return self._answers.get((question, over))

    def _made(self, query: bytes, over: Over) -> Response | None:
        longest = LONGEST_TCP if over == "tcp" else None
        response = respond(self.zones, query, longest=longest)
        if response is not None:
            self._answers[query[2:], over] = response
        return response


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        response = self._server.answer(data, addr[0], "udp")
        if response is not None and self._transport is not None:
            self._transport.sendto(response.wire, addr)


class _Stream(asyncio.Protocol):
    """A TCP client: queries with their length in front, any number, one after the other."""

    def __init__(self, server: DnsServer, streams: set[_Stream]) -> None:
        self._server = server
        self._streams = streams
        self._transport: asyncio.Transport | None = None
        self._client = ""
        self._received = bytearray()
        self._bored: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._client = transport.get_extra_info("peername")[0]
        self._streams.add(self)
        self._wait()

    def connection_lost(self, _: Exception | None) -> None:
        self._streams.discard(self)
        if self._bored is not None:
            self._bored.cancel()

    def drop(self) -> None:
        """End the connection now."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._wait()
        self._received += data
        while len(self._received) >= 2:
            end = 2 + int.from_bytes(self._received[:2], "big")
            if len(self._received) < end:
                return
            query = bytes(self._received[2:end])
            del self._received[:end]
            self._reply(query)

    def _reply(self, query: bytes) -> None:
        assert self._transport is not None
        response = self._server.answer(query, self._client, "tcp")
        if response is not None:
            self._transport.write(len(response.wire).to_bytes(2, "big") + response.wire)

    def _wait(self) -> None:
        if self._bored is not None:
            self._bored.cancel()
        self._bored = asyncio.get_running_loop().call_later(_IDLE, self.drop)

    def pause_writing(self) -> None:
        """The client asks faster than it reads: stop listening to it."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

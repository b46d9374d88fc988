"""A node that takes everything and remembers it, a host with a memory for a disk, and a client that speaks raw."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn

from lab.errors import WireError
from lab.model.dns import DnsAnswer, DnsQueries, DnsQuestion, NxDomain
from lab.model.message import Message
from lab.model.names import Address, Domain
from lab.model.reply import Reply
from lab.model.steps import Accepted, Attributed, Connected, Refused, Stage, Step
from lab.model.trace import HopHead
from lab.model.transport import (
    Attempt,
    Connection,
    Context,
    Heard,
    QueueItem,
    Route,
    Settlement,
    Submission,
    Transaction,
)
from lab.wire.server import Listener, ServerLimits, serve
from lab.wire.tls import PermissiveTLSContext
from tests.steps import step_of

NOW = datetime(2031, 5, 4, 12, tzinfo=UTC)
EXTENSIONS = (
    "SIZE 157286400",
    "PIPELINING",
    "DSN",
    "ENHANCEDSTATUSCODES",
    "STARTTLS",
    "8BITMIME",
    "BINARYMIME",
    "CHUNKING",
    "SMTPUTF8",
)
LOCAL = ("127.51.100.25", "127.0.113.7")
"""Where clients and servers live in these tests; the scenario calls them 198.51.100.25 and 203.0.113.7."""
PUBLIC = {"127.51.100.25": "198.51.100.25", "127.0.113.7": "203.0.113.7"}


@dataclass
class Taken:
    """A message as the node got it."""

    connection: Connection
    transaction: Transaction
    content: bytes

    @property
    def recipients(self) -> tuple[str, ...]:
        return tuple(str(each.address) for each in self.transaction.recipients)


@dataclass
class RecordingNode:
    """Takes what it is given, but for addresses whose local part names something else to do."""

    name: str = "mx"
    offers: tuple[str, ...] = EXTENSIONS
    taken: list[Taken] = field(default_factory=list)
    refused_hello: str = ""

    def greeting(self, connection: Connection, context: Context) -> Reply:
        return Reply(220, "", f"mx.uclabor.example Microsoft ESMTP MAIL Service ready [{connection.session}]")

    def extensions(self, connection: Connection) -> tuple[str, ...]:
        offers = tuple(line for line in self.offers if line != "STARTTLS" or connection.tls is None)
        return (f"mx.uclabor.example Hello [{connection.client}]", *offers)

    def hello(self, connection: Connection, context: Context) -> Reply | None:
        return Reply(550, "5.7.1", "Not you") if connection.helo == self.refused_hello else None

    def postmaster(self, connection: Connection) -> Address:
        return Address("postmaster", Domain("mx.uclabor.example"))

    def mail(self, connection: Connection, transaction: Transaction, context: Context) -> DnsQueries[Heard]:
        yield from ()
        address = transaction.reverse_path.address
        local = address.local if address else ""
        step = step_of(Connected, client=connection.client)
        match local:
            case "blocked":
                refused = step_of(Refused, stage=Stage.MAIL)
                return Heard(reply=Reply(550, "5.7.1", "Blocked"), steps=(step, refused), head=self._head(""))
            case "crash":
                raise RuntimeError("a node's mistake")
            case "busy":
                return Heard(reply=Reply(421, "4.3.2", "Busy"))
            case _:
                pass
        return Heard(reply=Reply(250, "2.1.0", "Sender OK"), steps=(step,))

    def rcpt(
        self, connection: Connection, transaction: Transaction, recipient: Address, context: Context
    ) -> DnsQueries[Heard]:
        answer = yield DnsQuestion(recipient.domain, "MX")
        if recipient.local == "nobody":
            refused = step_of(Refused, stage=Stage.RCPT, recipient=str(recipient))
            return Heard(
                reply=Reply(550, "5.4.1", "Access denied"),
                steps=(*transaction.steps, refused),
                head=self._head(""),
            )
        step = step_of(Attributed, recipient=str(recipient))
        return Heard(reply=Reply(250, "2.1.5", "Recipient OK"), steps=(step,), decision=answer)

    def data(
        self, connection: Connection, transaction: Transaction, message: Message, context: Context
    ) -> DnsQueries[Heard]:
        yield DnsQuestion(Domain("uclabor.example"), "TXT")
        self.taken.append(Taken(connection, transaction, bytes(message)))
        reply = Reply(250, "2.6.0", f"{message.message_id or '<none>'} Queued mail for delivery")
        step = step_of(Accepted, reply=reply)
        return Heard(reply=reply, steps=(*transaction.steps, step), head=self._head(message.message_id))

    def submit(self, submission: Submission, context: Context) -> NoReturn:
        raise NotImplementedError

    def dispatch(self, item: QueueItem, context: Context) -> DnsQueries[Settlement]:
        raise NotImplementedError

    def settle(
        self, item: QueueItem, route: Route, attempt: Attempt, context: Context
    ) -> DnsQueries[Settlement]:
        raise NotImplementedError

    def _head(self, message_id: str) -> HopHead:
        return HopHead(
            id=str(len(self.taken)),
            node=self.name,
            host=self.name,
            tenant=None,
            message_id=message_id,
            arrived=NOW,
        )


class Ids:
    """Names that count."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def hex(self, digits: int) -> str:
        return f"{next(self._count):0{digits}X}"

    def number(self) -> int:
        return 10_000_000_000_000 + next(self._count)

    def guid(self) -> str:
        return f"00000000-0000-0000-0000-{next(self._count):012x}"


@dataclass
class MemoryHost:
    """Keeps in memory; can be told to have a full disk, or to be slow to write."""

    kept: list[tuple[Heard, tuple[Step, ...]]] = field(default_factory=list)
    asked: list[DnsQuestion] = field(default_factory=list)
    bugs: list[Exception] = field(default_factory=list)
    full: bool = False
    writing: asyncio.Event | None = None
    """Set when a write begins..."""
    written: asyncio.Event | None = None
    """...which ends when this is set."""
    ids: Ids = field(default_factory=Ids)
    addresses: Mapping[str, str] = field(default_factory=lambda: PUBLIC)

    def now(self) -> datetime:
        return NOW

    def public(self, address: str) -> str:
        return self.addresses.get(address, address)

    async def answer(self, question: DnsQuestion) -> DnsAnswer:
        self.asked.append(question)
        return NxDomain()

    async def keep(self, heard: Heard) -> None:
        if self.writing is not None and self.written is not None:
            self.writing.set()
            await self.written.wait()
        if self.full:
            raise WireError("no space left")
        self.kept.append((heard, heard.steps))

    def bug(self, error: Exception) -> None:
        self.bugs.append(error)


@dataclass
class Server:
    """A listener with its fakes."""

    node: RecordingNode
    host: MemoryHost
    listener: Listener
    clients: list[Client] = field(default_factory=list)

    async def connect(self) -> Client:
        """A client at the scenario's 198.51.100.25, hung up when the test ends."""
        reader, writer = await asyncio.open_connection(*self.listener.address, local_addr=(LOCAL[0], 0))
        self.clients.append(Client(reader, writer))
        return self.clients[-1]

    async def fewer_than(self, connections: int) -> None:
        """Wait until the server has noticed that clients went."""
        while self.listener.connections >= connections:  # noqa: ASYNC110 - the listener has nothing to wait for
            await asyncio.sleep(0)


@asynccontextmanager
async def serving(
    node: RecordingNode | None = None,
    host: MemoryHost | None = None,
    tls: PermissiveTLSContext | None = None,
    limits: ServerLimits | None = None,
) -> AsyncIterator[Server]:
    """A server that listens; afterwards it must have found no bug in the lab, unless the test has taken it away."""
    node, host = node or RecordingNode(), host or MemoryHost()
    listener = await serve(node, host, LOCAL[1], 0, tls, limits)
    server = Server(node, host, listener)
    try:
        yield server
    finally:
        for client in server.clients:
            await client.close()
        await listener.close()
        assert listener.connections == 0
    assert not host.bugs


@dataclass
class Client:
    """Says what it is told, octet for octet."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def reply(self) -> str:
        """One reply, its lines joined by newlines."""
        lines: list[str] = []
        while True:
            line = (await self.reader.readline()).decode()
            if not line:
                return "\n".join([*lines, "(closed)"])
            assert line.endswith("\r\n")
            lines.append(line[:-2])
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, octets: bytes) -> str:
        """Send, and the reply."""
        self.writer.write(octets)
        return await self.reply()

    async def hello(self) -> None:
        """Banner and EHLO."""
        assert (await self.reply()).startswith("220 ")
        assert (await self.say(b"EHLO client.example\r\n")).startswith("250-")

    async def rest(self) -> str:
        """All that still comes until the server closes."""
        return (await self.reader.read()).decode()

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return

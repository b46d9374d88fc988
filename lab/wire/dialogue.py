"""One client's side of an SMTP connection so far, and what a node has to say to the next command.

All state of a connection is here and belongs to that connection alone. Which command may come when is a table;
what a command leads to is the node's business. Nothing here reads or writes a socket.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from enum import Enum, auto

from lab.errors import WireError
from lab.model.certificate import CertificateIdentity
from lab.model.message import Message
from lab.model.reply import Reply
from lab.model.transport import Connection, Context, Heard, Node, Tls, Transaction
from lab.wire import commands, server_replies
from lab.wire.commands import BdatCommand, Offered
from lab.wire.server_host import ServerHost, ServerLimits, answered_by

LINE_LIMIT = 998
"""Octets of a text line without its CRLF, RFC 5322 2.1.1."""
FIXED: Mapping[str, Reply] = {
    "NOOP": server_replies.OK,
    "VRFY": server_replies.CANNOT_VERIFY,
    "HELP": server_replies.HELP,
}


class CommandStage(Enum):
    """How far a client has come."""

    CONNECTED = auto()
    GREETED = auto()
    SENDER = auto()
    RECIPIENTS = auto()
    CHUNKS = auto()


_OUT_OF_TURN: Mapping[str, Mapping[CommandStage, Reply]] = {
    "STARTTLS": {CommandStage.CONNECTED: server_replies.HELLO_FIRST},
    "MAIL": {
        CommandStage.CONNECTED: server_replies.HELLO_FIRST,
        CommandStage.SENDER: server_replies.SENDER_KNOWN,
        CommandStage.RECIPIENTS: server_replies.SENDER_KNOWN,
        CommandStage.CHUNKS: server_replies.SENDER_KNOWN,
    },
    "RCPT": {
        CommandStage.CONNECTED: server_replies.HELLO_FIRST,
        CommandStage.GREETED: server_replies.NEED_MAIL,
        CommandStage.CHUNKS: server_replies.BAD_SEQUENCE,
    },
    "DATA": {
        CommandStage.CONNECTED: server_replies.HELLO_FIRST,
        CommandStage.GREETED: server_replies.NEED_MAIL,
        CommandStage.SENDER: server_replies.NEED_RCPT,
        CommandStage.CHUNKS: server_replies.BAD_SEQUENCE,
    },
    "BDAT": {
        CommandStage.CONNECTED: server_replies.HELLO_FIRST,
        CommandStage.GREETED: server_replies.NEED_MAIL,
        CommandStage.SENDER: server_replies.NEED_RCPT,
    },
}
"""The reply to a command that comes at the wrong stage; all other commands may come at any."""


class Dialogue:
    """What has been said on one connection."""

    def __init__(
        self, node: Node, host: ServerHost, limits: ServerLimits, connection: Connection, *, tls: bool
    ) -> None:
        self.connection = connection
        self._node = node
        self._host = host
        self._limits = limits
        self._tls = tls
        self._offered = Offered()
        self._transaction: Transaction | None = None
        self._chunks: list[bytes] | None = None
        self._held = 0
        self._verbs: Mapping[str, Callable[[str], Awaitable[Reply]]] = {
            "HELO": self._helo,
            "EHLO": self._ehlo,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "RSET": self._rset,
            "AUTH": self._auth,
        }

    @property
    def stage(self) -> CommandStage:
        """How far the client has come."""
        if not self.connection.helo:
            return CommandStage.CONNECTED
        if self._transaction is None:
            return CommandStage.GREETED
        if self._chunks is not None:
            return CommandStage.CHUNKS
        return CommandStage.RECIPIENTS if self._transaction.recipients else CommandStage.SENDER

    @property
    def room(self) -> int:
        """Octets that the message may still have."""
        return self._offered.size - self._held

    def greeting(self) -> Reply:
        """The banner."""
        return self._node.greeting(self.connection, self._context())

    async def answer(self, verb: str, argument: str) -> Reply:
        """The reply to any command after which the next command follows."""
        if verb in FIXED:
            return FIXED[verb]
        respond = self._verbs.get(verb)
        if respond is None:
            return server_replies.UNRECOGNIZED
        return self._out_of_turn(verb) or await respond(argument)

    def starttls(self, argument: str) -> Reply:
        """Whether a handshake may begin."""
        if self.connection.tls is not None:
            return server_replies.TLS_STANDS
        if not self._tls:
            return server_replies.UNRECOGNIZED
        if argument:
            return server_replies.INVALID_ARGUMENTS
        return self._out_of_turn("STARTTLS") or server_replies.READY_FOR_TLS

    def encrypted(self, tls: Tls, certificate: CertificateIdentity | None) -> None:
        """TLS stands; all that was said before is forgotten (RFC 3207 4.2)."""
        self.connection = self.connection.encrypted(tls, certificate)
        self._offered = Offered()
        self._end()

    def data(self, argument: str) -> Reply:
        """Whether content may follow a DATA command."""
        early = self._out_of_turn("DATA")
        if early is not None:
            return early
        if argument:
            return server_replies.INVALID_ARGUMENTS
        return server_replies.BINARY_NEEDS_BDAT if self._binary else server_replies.SEND_DATA

    def bdat(self, command: BdatCommand) -> Reply | None:
        """Why a chunk, whose octets are on their way, is not wanted; None when it is."""
        if "CHUNKING" not in self._offered.keywords:
            return server_replies.UNRECOGNIZED
        early = self._out_of_turn("BDAT")
        if early is not None:
            return early
        if command.octets > self.room:
            self._end()
            return server_replies.TOO_BIG
        return None

    async def chunk(self, octets: bytes, *, last: bool) -> Reply:
        """A chunk is here; the last one ends the data."""
        self._chunks = self._chunks or []
        self._chunks.append(octets)
        self._held += len(octets)
        return (
            await self.end_of_data(b"".join(self._chunks))
            if last
            else server_replies.chunk_received(len(octets))
        )

    async def end_of_data(self, content: bytes | None) -> Reply:
        """The node's word on a message; None stands for one that is too long."""
        transaction, binary = self._transaction, self._binary
        assert transaction is not None
        self._end()
        if content is None:
            return server_replies.TOO_BIG
        refused = None if binary else objection(content)
        if refused is not None:
            return refused
        message = Message.parse(content)
        asking = self._node.data(self.connection, transaction, message, self._context())
        return await self._kept(await answered_by(self._host, asking))

    async def _helo(self, argument: str) -> Reply:
        refused = self._meet(argument, extended=False)
        return refused or Reply(250, "", self._node.extensions(self.connection)[0])

    async def _ehlo(self, argument: str) -> Reply:
        return self._meet(argument, extended=True) or Reply(250, "", "\n".join(self._extensions()))

    def _meet(self, argument: str, *, extended: bool) -> Reply | None:
        """Let a client introduce itself, which ends what it was about; a reply if that is refused."""
        name = commands.hello(argument)
        if name is None:
            return server_replies.INVALID_DOMAIN
        greeted = self.connection.greeted(name)
        refused = self._node.hello(greeted, self._context())
        if refused is not None:
            return refused
        self._end()
        self.connection = greeted
        self._offered = Offered.of(self._extensions()[1:], extended=extended)
        return None

    def _extensions(self) -> tuple[str, ...]:
        """The EHLO answer: what the node offers, without a STARTTLS that there is no certificate for."""
        lines = self._node.extensions(self.connection)
        if self._tls and self.connection.tls is None:
            return lines
        return tuple(line for line in lines if line.upper() != "STARTTLS")

    async def _mail(self, argument: str) -> Reply:
        command = commands.mail(argument, self._offered)
        if isinstance(command, Reply):
            return command
        transaction = Transaction(command.reverse_path, command.parameters)
        asking = self._node.mail(self.connection, transaction, self._context())
        heard = await answered_by(self._host, asking)
        reply = await self._kept(heard)
        if reply.positive:
            self._transaction = replace(transaction, steps=heard.steps)
        return reply

    async def _rcpt(self, argument: str) -> Reply:
        transaction = self._transaction
        assert transaction is not None  # by the table
        command = commands.rcpt(
            argument,
            self._offered,
            utf8="SMTPUTF8" in transaction.parameters,
            postmaster=lambda: self._node.postmaster(self.connection),
        )
        if isinstance(command, Reply):
            return command
        if len(transaction.recipients) >= self._limits.recipients:
            return server_replies.TOO_MANY_RECIPIENTS
        asking = self._node.rcpt(self.connection, transaction, command.recipient, self._context())
        heard = await answered_by(self._host, asking)
        reply = await self._kept(heard)
        if reply.positive:
            self._transaction = transaction.having(command.recipient, command.dsn, heard)
        return reply

    async def _rset(self, argument: str) -> Reply:
        if argument:
            return server_replies.INVALID_ARGUMENTS
        self._end()
        return server_replies.RESETTING

    async def _auth(self, _: str) -> Reply:
        return server_replies.NO_SUCH_AUTHENTICATION

    async def _kept(self, heard: Heard) -> Reply:
        """The node's reply, once what it decided is on disk."""
        if heard.head is None:
            return heard.reply
        try:
            await self._host.keep(heard)
        except WireError:
            return server_replies.TEMPORARY_ERROR
        return heard.reply

    def _out_of_turn(self, verb: str) -> Reply | None:
        rows = _OUT_OF_TURN.get(verb)
        return rows.get(self.stage) if rows else None

    def _end(self) -> None:
        self._transaction = self._chunks = None
        self._held = 0

    @property
    def _binary(self) -> bool:
        return self._transaction is not None and self._transaction.parameters.get("BODY") == "BINARYMIME"

    def _context(self) -> Context:
        return Context(self._host.now(), self._host.ids)


def objection(content: bytes) -> Reply | None:
    """Why text cannot be taken; binary content (BODY=BINARYMIME) is not asked about.

    A bare CR or LF is refused and not mended: the next system could take it for a line end, and with it a part of
    this message for a message of its own.
    """
    line_ends = content.count(b"\r\n")
    if content.count(b"\n") != line_ends or content.count(b"\r") != line_ends or b"\0" in content:
        return server_replies.INVALID_CHARACTERS
    if _has_long_line(content):
        return server_replies.TEXT_LINE_TOO_LONG
    return None


def _has_long_line(content: bytes) -> bool:
    """Leaps from the last line end in reach to the next, so most octets are never looked at."""
    start, size = 0, len(content)
    while size - start > LINE_LIMIT:
        end = content.rfind(b"\n", start, start + LINE_LIMIT + 2)
        if end < 0:
            return True
        start = end + 1
    return False

"""The SMTP client of the wire: carries out what the courier asks for (`lab.core.smtp_delivery`).

It connects to addresses of the lab's address book and to nothing else: any other target is refused before a socket
exists. That is what keeps the lab from ever sending mail to the world.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from lab.core import smtp_delivery
from lab.errors import LabBug, WireError
from lab.model.reply import Reply
from lab.model.transport import Attempt
from lab.model.value import dataclass
from lab.wire.channel import Channel
from lab.wire.tls import TlsClock, client_context, session_on
from lab.wire.transaction import ClientTransaction, Offers, Patience

_NOT_ESMTP = (500, 502)
"""Replies to EHLO that ask for HELO (RFC 5321 4.1.1.1)."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What a client shows: PEM files, and how it is called in traces."""

    chain: Path
    key: Path
    label: str


def own_loopback(dial: smtp_delivery.Dial) -> str:
    """The address that the server is to see, on loopback: the same with 127 in front (198.51.100.25 -> 127.51.100.25)."""
    return f"127.{dial.source.partition('.')[2]}"


@dataclass(frozen=True, kw_only=True)
class ClientWire:
    """What all clients of a lab share. Certificate files are read once."""

    book: Mapping[str, tuple[str, int]]
    """Where each of the scenario's addresses really listens: (address, port). Nothing else is connected to."""
    bind: Callable[[smtp_delivery.Dial], str] = own_loopback
    """The real address to connect from."""
    certificates: Mapping[str, ClientCertificate] = field(default_factory=dict)
    """By profile name."""
    anchors: Path | None = None
    """PEM file of the CAs that a server's certificate is judged against."""
    clock: TlsClock | None = None
    """The lab's now, for that judgement."""
    patience: Patience = field(default_factory=Patience)
    hinders: Callable[[smtp_delivery.Dial], smtp_delivery.ConnectFailed | None] = lambda _: None
    """Why a connection does not come about, for a lab that plays a broken network."""
    _contexts: dict[str | None, ssl.SSLContext] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def context(self, profile: str | None) -> ssl.SSLContext:
        """The TLS side of a client with that profile; WireError when there are no such files."""
        if profile not in self._contexts:
            chain = key = None
            if profile is not None:
                shown = self._certificate(profile)
                chain, key = shown.chain, shown.key
            self._contexts[profile] = client_context(chain, key, self.anchors, clock=self.clock)
        return self._contexts[profile]

    def label(self, profile: str | None) -> str:
        """How the certificate of a profile is called, '' for none."""
        return self._certificate(profile).label if profile is not None else ""

    def _certificate(self, profile: str) -> ClientCertificate:
        try:
            return self.certificates[profile]
        except KeyError:
            raise WireError(f"there are no certificate files for profile {profile}") from None


async def run(talk: smtp_delivery.ClientDialogue, wire: ClientWire) -> Attempt:
    """Carry out a courier's talk to its end; every failure on the way is an answer to it.

    Raises WireError when this machine lacks what the talk needs (an address of its own, a certificate's files).
    """
    conversation = Conversation(wire)
    try:
        answer: smtp_delivery.ClientEvent = None
        while True:
            ask = talk.send(answer)
            answer = await conversation.answer(ask)
    except StopIteration as end:
        attempt: Attempt = end.value
        return attempt
    finally:
        conversation.abandon()
        talk.close()


class Conversation:
    """A client's side of one talk: at most one connection at a time."""

    def __init__(self, wire: ClientWire) -> None:
        self._wire = wire
        self._channel: Channel | None = None
        self._offers = Offers()
        self._left_open = False
        """Whether the server may still be inside a transaction."""

    async def answer(self, ask: smtp_delivery.ClientAction) -> smtp_delivery.ClientEvent:
        """Do what is asked for."""
        match ask:
            case smtp_delivery.Dial():
                return await self._dial(ask)
            case smtp_delivery.Hello():
                return await self._hello(ask)
            case smtp_delivery.StartTls():
                return await self._start_tls(ask)
            case smtp_delivery.SendTransaction():
                return await self._hand(ask)
            case smtp_delivery.HangUp():
                await self._hang_up()
                return None

    def abandon(self) -> None:
        """Drop the connection without a word, if there is one."""
        if self._channel is not None:
            self._channel.abort()
            self._channel = None

    async def _dial(
        self, ask: smtp_delivery.Dial
    ) -> smtp_delivery.ConnectionOpened | smtp_delivery.ConnectFailed:
        place = self._wire.book.get(ask.target.address)
        if place is None:
            return smtp_delivery.ConnectFailed(smtp_delivery.OUTSIDE)
        hindrance = self._wire.hinders(ask)
        if hindrance is not None:
            return hindrance
        self.abandon()
        self._offers, self._left_open = Offers(), False
        channel = await Channel.dial(self._wire.bind(ask), place, self._wire.patience.connect)
        if not isinstance(channel, Channel):
            return smtp_delivery.ConnectFailed(channel)
        self._channel = channel
        key = f"{ask.source}:{channel.port}>{ask.target.address}"
        greeting = await channel.reply(self._wire.patience.greeting)
        if greeting is smtp_delivery.BROKEN_OFF or greeting is smtp_delivery.TIMED_OUT:  # no banner came
            self.abandon()
            return smtp_delivery.ConnectFailed(greeting)
        return smtp_delivery.ConnectionOpened(greeting, key)

    async def _hello(self, ask: smtp_delivery.Hello) -> smtp_delivery.HelloReply:
        reply = await self._command(f"EHLO {ask.name}", self._wire.patience.hello)
        if reply.code in _NOT_ESMTP:
            reply = await self._command(f"HELO {ask.name}", self._wire.patience.hello)
            greeted = smtp_delivery.HelloReply(reply, frozenset())
        else:
            lines = reply.text.split("\n")[1:] if reply.positive else []
            greeted = smtp_delivery.HelloReply(reply, frozenset(line.strip().upper() for line in lines))
        self._offers = Offers(greeted.offers("PIPELINING"), greeted.offers("CHUNKING"))
        return greeted

    async def _start_tls(
        self, ask: smtp_delivery.StartTls
    ) -> smtp_delivery.TlsEstablished | smtp_delivery.TlsRefused:
        channel, patience = self._open, self._wire.patience
        context = self._wire.context(ask.certificate)
        reply = await self._command("STARTTLS", patience.starttls)
        if reply.code != 220:
            return smtp_delivery.TlsRefused(reply)
        if not await channel.secure(context, ask.server_name, patience.starttls):
            return smtp_delivery.TlsRefused(channel.gone or smtp_delivery.BROKEN_OFF)
        self._offers = Offers()  # RFC 3207 4.2: what was offered before does not count any more
        session = session_on(channel.transport)
        shown = self._wire.label(ask.certificate) if session.sent_certificate else ""
        return smtp_delivery.TlsEstablished(session.tls, session.peer, shown)

    async def _hand(self, ask: smtp_delivery.SendTransaction) -> smtp_delivery.TransactionReplies:
        transaction = ClientTransaction(self._open, ask, self._offers, self._wire.patience)
        handed = await transaction.run(reset=self._left_open)
        self._left_open = handed.mail.positive and not (handed.data is not None and handed.data.positive)
        return handed

    async def _hang_up(self) -> None:
        """QUIT; the reply is read for good manners only, so that no reset meets it on its way."""
        channel, self._channel = self._open, None
        try:
            if channel.gone is None:
                await channel.send(b"QUIT\r\n", self._wire.patience.quit)
                await channel.reply(self._wire.patience.quit)
            await channel.close(self._wire.patience.quit)
        finally:
            channel.abort()

    async def _command(self, line: str, seconds: float) -> Reply:
        await self._open.send(f"{line}\r\n".encode(), seconds)
        return await self._open.reply(seconds)

    @property
    def _open(self) -> Channel:
        if self._channel is None:
            raise LabBug("the courier talks without a connection")
        return self._channel

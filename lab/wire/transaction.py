"""One mail transaction from the client's side: MAIL, RCPTs and the content, in as few flights as the server allows.

With PIPELINING (RFC 2920) the commands go out together, with CHUNKING (RFC 3030) a short message goes along with them.
The replies mean the same either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lab.core.smtp_delivery import BROKEN_OFF, SendTransaction, TransactionReplies
from lab.errors import LabBug
from lab.model.message import is_binary
from lab.model.reply import Reply
from lab.model.transport import DsnParameters
from lab.model.value import dataclass
from lab.wire.channel import Channel

SHORT = 65_536
"""Octets of content to send before it is known whether anybody wants them."""
_GO_AHEAD = 354


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds to wait, by phase (RFC 5321 4.5.3.2)."""

    connect: float = 30
    greeting: float = 300
    hello: float = 300
    starttls: float = 120
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    """For the 354."""
    block: float = 180
    """For each 64 KiB to leave."""
    end: float = 600
    """For the reply to the content."""
    quit: float = 2
    """Only manners: nothing depends on that reply."""

    def scaled(self, factor: float) -> Patience:
        """The same proportions, quicker or slower."""
        return Patience(**{name: factor * getattr(self, name) for name in self.__slots__})


@dataclass(frozen=True, slots=True)
class Offers:
    """The extensions that shape a transaction."""

    pipelining: bool = False
    chunking: bool = False


class ClientTransaction:
    """Carries out one `SendTransaction`."""

    def __init__(self, channel: Channel, ask: SendTransaction, offers: Offers, patience: Patience) -> None:
        self._channel = channel
        self._ask = ask
        self._offers = offers
        self._patience = patience
        self._content = bytes(ask.message)
        if not offers.chunking and is_binary(self._content):
            raise LabBug(
                "bare CR, bare LF or NUL can only be sent by BDAT: in DATA they could end the message early"
            )

    async def run(self, *, reset: bool) -> TransactionReplies:
        """All of it; `reset` gets rid of an earlier transaction that was left open."""
        return await (self._in_flights(reset) if self._offers.pipelining else self._step_by_step(reset))

    async def _step_by_step(self, reset: bool) -> TransactionReplies:
        if reset:
            await self._say("RSET")
            await self._channel.reply(self._patience.mail)
        await self._say(mail_line(self._ask))
        mail = await self._channel.reply(self._patience.mail)
        if not mail.positive:
            return TransactionReplies(mail, {}, None)
        replies = []
        for line in rcpt_lines(self._ask):
            await self._say(line)
            replies.append(await self._channel.reply(self._patience.rcpt))
        wanted = any(reply.positive for reply in replies)
        return self._handed(mail, replies, await self._hand_over() if wanted else None)

    async def _hand_over(self) -> Reply:
        """Send the content to a server that wants it."""
        if self._offers.chunking:
            await self._write(self._chunk())
            return await self._channel.reply(self._patience.end)
        await self._say("DATA")
        return await self._after_data(wanted=True) or BROKEN_OFF

    async def _in_flights(self, reset: bool) -> TransactionReplies:
        along = self._content_along()
        lines = [*(["RSET"] if reset else []), mail_line(self._ask), *rcpt_lines(self._ask)]
        await self._write(_octets(lines) + along)
        if reset:
            await self._channel.reply(self._patience.mail)
        mail = await self._channel.reply(self._patience.mail)
        replies = [await self._channel.reply(self._patience.rcpt) for _ in self._ask.recipients]
        data = await self._rest(along, wanted=mail.positive and any(reply.positive for reply in replies))
        return self._handed(mail, replies, data) if mail.positive else TransactionReplies(mail, {}, None)

    def _content_along(self) -> bytes:
        """What goes out with the envelope: a short message as a chunk, or DATA."""
        if not self._offers.chunking:
            return b"DATA\r\n"
        return self._chunk() if len(self._content) <= SHORT else b""

    async def _rest(self, along: bytes, *, wanted: bool) -> Reply | None:
        if not along:
            return await self._hand_over() if wanted else None
        if not self._offers.chunking:
            return await self._after_data(wanted=wanted)
        reply = await self._channel.reply(self._patience.end)
        return reply if wanted else None

    async def _after_data(self, *, wanted: bool) -> Reply | None:
        """The content, or a lone dot when a server says 354 though nobody wants it (RFC 2920 3.1)."""
        reply = await self._channel.reply(self._patience.data)
        if reply.code == _GO_AHEAD:
            await self._write(stuffed(self._content) if wanted else b".\r\n")
            reply = await self._channel.reply(self._patience.end)
        elif reply.positive:  # neither go ahead nor refused: the dialog is out of step
            reply = self._channel.give_up(BROKEN_OFF)
        return reply if wanted else None

    def _handed(self, mail: Reply, replies: Sequence[Reply], data: Reply | None) -> TransactionReplies:
        keys = [address.key for address, _ in self._ask.recipients]
        return TransactionReplies(mail, dict(zip(keys, replies, strict=True)), data)

    def _chunk(self) -> bytes:
        return b"BDAT %d LAST\r\n" % len(self._content) + self._content

    async def _say(self, line: str) -> None:
        await self._write(_octets([line]))

    async def _write(self, octets: bytes) -> None:
        await self._channel.send(octets, self._patience.block)


def mail_line(ask: SendTransaction) -> str:
    """MAIL with its parameters."""
    words = (f"{name}={value}" if value else name for name, value in ask.parameters.items())
    return " ".join((f"MAIL FROM:{ask.reverse_path}", *words))


def rcpt_lines(ask: SendTransaction) -> list[str]:
    """The RCPTs, with their DSN parameters where the server takes them."""
    return [
        " ".join((f"RCPT TO:<{address}>", *(_dsn_words(dsn) if ask.dsn else ())))
        for address, dsn in ask.recipients
    ]


def _dsn_words(dsn: DsnParameters) -> Iterable[str]:
    if dsn.notify:
        yield f"NOTIFY={','.join(sorted(dsn.notify))}"
    if dsn.orcpt:
        yield f"ORCPT={dsn.orcpt}"


def stuffed(content: bytes) -> bytes:
    """The content as DATA takes it: lines that begin with a dot get another, and a dot ends it (RFC 5321 4.5.2)."""
    lines = content.replace(b"\r\n.", b"\r\n..")
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines + (b".\r\n" if lines.endswith(b"\r\n") or not lines else b"\r\n.\r\n")


def _octets(lines: Iterable[str]) -> bytes:
    """Command lines; LabBug when one would be more than one line."""
    octets = [line.encode("utf-8", "surrogateescape") for line in lines]
    if any(b"\r" in line or b"\n" in line for line in octets):
        raise LabBug("a command holds a line end")
    return b"".join(line + b"\r\n" for line in octets)

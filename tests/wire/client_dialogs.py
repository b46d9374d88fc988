"""How the tests talk to a scripted server: a client behind NAT, its questions, and the dialog around them."""

from collections.abc import Mapping
from typing import Any

from lab.core.smtp_delivery import (
    ClientAction,
    ClientEvent,
    Dial,
    HangUp,
    Hello,
    SendTransaction,
    TransactionReplies,
)
from lab.model.message import Message
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.transport import DsnParameters, Target
from lab.wire.client import ClientWire, Conversation
from lab.wire.transaction import Patience
from tests.wire.scripted import ScriptedServer

MX = Target("mx.b.example", "198.51.100.25")
SOURCE, OWN = "203.0.113.5", "198.18.7.5"
"""The client sits behind NAT: it has OWN, and is seen as SOURCE."""
PATIENT = Patience().scaled(0.1)
HASTY = Patience().scaled(0.001)
OK = Reply(250, "2.0.0", "Ok")
ESMTP = ("S: 220 mx.b.example", "C: EHLO a.example", "S: 250-mx.b.example")
BYE = ("C: QUIT", "S: 221 2.0.0 Bye")


def script(*lines: str, offers: str = "") -> str:
    """A dialog from banner to QUIT around `lines`."""
    keywords = [f"S: 250-{word}" for word in offers.split()]
    return "\n".join((*ESMTP, *keywords, "S: 250 HELP", *lines, *BYE))


def a_wire(server: ScriptedServer | None, **other: Any) -> ClientWire:
    values: dict[str, Any] = {"book": {MX.address: server.place} if server else {}, "patience": PATIENT}
    return ClientWire(**(values | other))


def a_hand(
    *recipients: str | tuple[str, DsnParameters],
    content: bytes = b"Subject: x\r\n\r\nHi\r\n",
    sender: str = "s@a.example",
    parameters: Mapping[str, str] | None = None,
    dsn: bool = False,
) -> SendTransaction:
    pairs = [
        each if isinstance(each, tuple) else (each, DsnParameters())
        for each in recipients or ("r@b.example",)
    ]
    return SendTransaction(
        ReversePath.parse(sender),
        parameters or {},
        tuple((Address.parse(address), asked) for address, asked in pairs),
        dsn,
        Message.parse(content),
    )


DIAL, HELLO = Dial(MX, OWN, SOURCE), Hello("a.example")


async def converse(wire: ClientWire, *asks: ClientAction) -> list[ClientEvent]:
    """The answers to some questions; a dialog that was not hung up is dropped."""
    conversation = Conversation(wire)
    try:
        return [await conversation.answer(ask) for ask in asks]
    finally:
        conversation.abandon()


async def hand_over(server: ScriptedServer, hand: SendTransaction, **other: Any) -> TransactionReplies:
    """One transaction, from dialing to QUIT."""
    answers = await converse(a_wire(server, **other), DIAL, HELLO, hand, HangUp())
    handed = answers[2]
    assert isinstance(handed, TransactionReplies)
    return handed

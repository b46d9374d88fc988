"""What happened to a message: `MessageTrace` > `Hop` > `Step`, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from lab.model.steps import Step
from lab.model.value import value

S = TypeVar("S", bound=Step)


@value(kw_only=True)
class HopHead:
    """What identifies the stay of one message at one node."""

    id: str
    """The queue id (Exchange's InternalId) or, if the message was never taken, the session id."""
    node: str
    host: str
    """The machine that logs it: the hub or front end at EOP, the server elsewhere."""
    tenant: str | None
    message_id: str
    """'' when the message was refused before DATA."""
    network_message_id: str = ""
    in_reply_to: str = ""
    """Message-ID of the original, on NDRs."""
    arrived: datetime
    client: str = ""
    client_host: str = ""
    server: str = ""
    connection: str = ""
    """`client:port>server`, the key that both ends of a connection know."""
    connector: str = ""
    reverse_path: str = ""
    author: str = ""
    """The address of the Sender header, else of the From header; '' when the message was refused before DATA."""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    size: int = 0
    direction: str = ""


@value()
class Hop:
    """The stay of a message at one node, and what was done there."""

    head: HopHead
    steps: tuple[Step, ...]

    def first(self, kind: type[S]) -> S | None:
        """The first step of that class."""
        return next((step for step in self.steps if isinstance(step, kind)), None)

    def all(self, kind: type[S]) -> tuple[S, ...]:
        """All steps of that class."""
        return tuple(step for step in self.steps if isinstance(step, kind))


class Disposition(StrEnum):
    """How a message ended for one recipient."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    REJECTED = "rejected"
    """Refused at SMTP to a client of the lab's user: nobody in the lab had taken it."""
    QUEUED = "queued"
    DROPPED = "dropped"
    LOST = "lost"
    """Never happens; a lab bug if it does."""


@value()
class MessageTrace:
    """The whole way of one message, hop by hop in causal order, and of the NDRs that it caused."""

    message_id: str
    hops: tuple[Hop, ...]
    dispositions: Mapping[str, Disposition]
    """By original recipient."""
    reports: tuple[MessageTrace, ...] = ()

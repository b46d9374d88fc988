"""What an SMTP server needs of the body it lives in; the embedded lab is one, a test another."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, TypeVar

from lab.model.dns import DnsAnswer, DnsQueries, DnsQuestion
from lab.model.transport import Heard, IdSource
from lab.model.value import dataclass

T = TypeVar("T")


class ServerHost(Protocol):
    """Clock, names, DNS and disk."""

    @property
    def ids(self) -> IdSource:
        """Where names come from."""

    def now(self) -> datetime:
        """The lab's now, aware."""

    def public(self, address: str) -> str:
        """The scenario's address behind the one that a socket has (127.51.100.25 is 198.51.100.25)."""

    async def answer(self, question: DnsQuestion) -> DnsAnswer:
        """Look something up; a failure is a `ServFail`, not an exception."""

    async def keep(self, heard: Heard) -> None:
        """Have a hop, its steps and its queue items on disk before this returns: the reply follows.

        Raises WireError when that cannot be done; nothing may then have been kept.
        """

    def bug(self, error: Exception) -> None:
        """Something broke that is nobody's verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """How much a server puts up with."""

    connections: int = 1000
    """At once, on one listener."""
    recipients: int = 1000
    """Of one transaction, whatever the node would take."""
    idle: float = 300
    """Seconds without an octet from the client, RFC 5321 4.5.3.2.7."""
    handshake: float = 60
    """Seconds that a TLS handshake may take."""


async def answered_by(host: ServerHost, asking: DnsQueries[T]) -> T:
    """Run a node's computation to its end; the machine that it runs on looks up what it asks for."""
    try:
        question = next(asking)
        while True:
            question = asking.send(await host.answer(question))
    except StopIteration as end:
        value: T = end.value
        return value

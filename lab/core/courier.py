"""The SMTP client as a generator: what to say, in which order, and what to make of the answers.

It asks for things (`Dial`, `Hello`, `StartTls`, `Hand`, `HangUp`) and is sent the answers; the simulator answers by
calling nodes, the wire by talking SMTP. So both bodies have one client, with one idea of TLS policy and MX fall-over.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from lab.model.certificate import CertificateIdentity
from lab.model.message import Message
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.transport import Attempt, DsnParameters, Target, Tls

CONNECTION_REFUSED = Reply(450, "4.4.316", "Connection refused [Message=Socket error code 10061]")
TIMED_OUT = Reply(450, "4.4.316", "Connection timed out [Message=Socket error code 10060]")
OUTSIDE = Reply(450, "4.4.316", "Connection refused [Message=this address is not in the lab's address book]")
BROKEN_OFF = Reply(450, "4.4.316", "Connection dropped before the reply")


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect from `bind` (seen as `source`) to the target."""

    target: Target
    bind: str
    source: str


@dataclass(frozen=True, slots=True)
class Dialed:
    """Connected: the banner, and the key that both ends know."""

    greeting: Reply
    key: str


@dataclass(frozen=True, slots=True)
class NotDialed:
    """No connection, or it broke; `reply` is one of this module's constants."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Hello:
    """EHLO."""

    name: str


@dataclass(frozen=True, slots=True)
class Greeted:
    """The answer to EHLO with the upper-case extension lines (`SIZE 157286400`)."""

    reply: Reply
    extensions: frozenset[str]

    def offers(self, keyword: str) -> bool:
        """Whether an extension is offered."""
        return any(line == keyword or line.startswith(keyword + " ") for line in self.extensions)


@dataclass(frozen=True, slots=True)
class StartTls:
    """STARTTLS, showing the certificate of that profile (None: none), asking for `server_name` by SNI."""

    certificate: str | None
    server_name: str


@dataclass(frozen=True, slots=True)
class Secured:
    """TLS stands. `certificate` is the server's, `shown` the label of the client certificate really sent."""

    tls: Tls
    certificate: CertificateIdentity | None
    shown: str


@dataclass(frozen=True, slots=True)
class NotSecured:
    """STARTTLS was refused or the handshake failed; the connection may be gone."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Hand:
    """One transaction, pipelined where offered. `parameters` are MAIL parameters."""

    reverse_path: ReversePath
    parameters: Mapping[str, str]
    recipients: tuple[tuple[Address, DsnParameters], ...]
    dsn: bool
    message: Message


@dataclass(frozen=True, slots=True)
class Handed:
    """The replies: to MAIL, to each RCPT by address key, and to the data (None if it was not sent)."""

    mail: Reply
    recipients: Mapping[str, Reply]
    data: Reply | None


@dataclass(frozen=True, slots=True)
class HangUp:
    """QUIT and close; the answer is not waited for."""


Ask = Dial | Hello | StartTls | Hand | HangUp
Answer = Dialed | NotDialed | Greeted | Secured | NotSecured | Handed | None
Talk = Generator[Ask, Answer, Attempt]

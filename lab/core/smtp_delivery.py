"""The SMTP client as a generator: what to say, in which order, and what to make of the answers.

It asks for things (`Dial`, `Hello`, `StartTls`, `SendTransaction`, `HangUp`) and is sent the answers; the simulator
answers by calling nodes, the wire by talking SMTP. So both bodies have one client, with one idea of TLS policy and MX
fall-over.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

from lab.core.outbound_tls import NO_STARTTLS, judge_server
from lab.model.certificate import CertificateIdentity
from lab.model.message import Message
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.transport import Attempt, DsnParameters, QueueItem, Route, Target, Tls
from lab.model.value import value

CONNECTION_REFUSED = Reply(450, "4.4.316", "Connection refused [Message=Socket error code 10061]")
TIMED_OUT = Reply(450, "4.4.316", "Connection timed out [Message=Socket error code 10060]")
OUTSIDE = Reply(450, "4.4.316", "Connection refused [Message=this address is not in the lab's address book]")
BROKEN_OFF = Reply(450, "4.4.316", "Connection dropped before the reply")
_NOT_HEARD = (CONNECTION_REFUSED, TIMED_OUT, OUTSIDE, BROKEN_OFF)
"""The client's own account of a failure; all other replies are the server's words."""


@value()
class Dial:
    """Connect from `bind` (seen as `source`) to the target."""

    target: Target
    bind: str
    source: str


@value()
class ConnectionOpened:
    """The banner, and the key that both ends know."""

    greeting: Reply
    key: str


@value()
class ConnectFailed:
    """No connection, or it broke; `reply` is one of this module's constants."""

    reply: Reply


@value()
class Hello:
    """EHLO."""

    name: str


@value()
class HelloReply:
    """The answer to EHLO with the upper-case extension lines (`SIZE 157286400`)."""

    reply: Reply
    extensions: frozenset[str]

    def offers(self, keyword: str) -> bool:
        """Whether an extension is offered."""
        if keyword in self.extensions:
            return True
        start = keyword + " "
        return any(line.startswith(start) for line in self.extensions)


@value()
class StartTls:
    """STARTTLS, showing the certificate of that profile (None: none), asking for `server_name` by SNI."""

    certificate: str | None
    server_name: str


@value()
class TlsEstablished:
    """TLS stands. `certificate` is the server's, `shown` the label of the client certificate really sent."""

    tls: Tls
    certificate: CertificateIdentity | None
    shown: str


@value()
class TlsRefused:
    """STARTTLS was refused or the handshake failed; the connection may be gone."""

    reply: Reply


@value()
class SendTransaction:
    """One transaction, pipelined where offered. `parameters` are MAIL parameters."""

    reverse_path: ReversePath
    parameters: Mapping[str, str]
    recipients: tuple[tuple[Address, DsnParameters], ...]
    dsn: bool
    message: Message


@value()
class TransactionReplies:
    """The replies: to MAIL, to each RCPT by address key, and to the data (None if it was not sent)."""

    mail: Reply
    recipients: Mapping[str, Reply]
    data: Reply | None


@value()
class HangUp:
    """QUIT and close; the answer is not waited for."""


ClientAction = Dial | Hello | StartTls | SendTransaction | HangUp
ClientEvent = (
    ConnectionOpened | ConnectFailed | HelloReply | TlsEstablished | TlsRefused | TransactionReplies | None
)
ClientDialogue = Generator[ClientAction, ClientEvent, Attempt]


def deliver(item: QueueItem, route: Route) -> ClientDialogue:
    """Try the targets of a route in order, until one answers for the recipients.

    The next target is tried when one cannot be reached, does not greet, or cannot satisfy the TLS policy: RFC 5321
    5.1. What a server says of the transaction itself is final for this attempt.
    """
    attempt: Attempt | None = None
    for target in route.targets:
        attempt, final = yield from _visit(item, route, target)
        if final:
            break
    return attempt or _all(route, None, CONNECTION_REFUSED, remote=False)


def _visit(
    item: QueueItem, route: Route, target: Target
) -> Generator[ClientAction, ClientEvent, tuple[Attempt, bool]]:
    """One target, by TLS where it is offered; without, if TLS fails and no connector demands it (R100, R133)."""
    attempt, verdict = yield from _session(item, route, target, use_tls=True)
    if verdict == "tls failed" and route.tls.level is None:
        attempt, verdict = yield from _session(item, route, target, use_tls=False)
    return attempt, verdict == "final"


def _session(
    item: QueueItem, route: Route, target: Target, *, use_tls: bool
) -> Generator[ClientAction, ClientEvent, tuple[Attempt, str]]:
    dialed = yield Dial(target, route.bind, route.seen_by(target.address))
    if not isinstance(dialed, ConnectionOpened):
        assert isinstance(dialed, ConnectFailed)
        return _all(route, target, dialed.reply, remote=False), "next"
    if not dialed.greeting.positive:
        yield HangUp()
        return _all(route, target, dialed.greeting, connection=dialed.key), "next"
    greeted = yield Hello(route.ehlo)
    assert isinstance(greeted, HelloReply)
    if not greeted.reply.positive:
        yield HangUp()
        return _all(route, target, greeted.reply, connection=dialed.key), _weight(greeted.reply)
    secured: TlsEstablished | None = None
    if use_tls and greeted.offers("STARTTLS"):
        answer = yield StartTls(route.certificate, target.host)
        if not isinstance(answer, TlsEstablished):
            assert isinstance(answer, TlsRefused)
            yield HangUp()
            return _all(route, target, answer.reply, remote=False, connection=dialed.key), "tls failed"
        secured = answer
        refusal = judge_server(route.tls, secured.certificate)
        if refusal is not None:
            yield HangUp()
            return _all(route, target, refusal, remote=False, connection=dialed.key, secured=secured), "next"
        greeted = yield Hello(route.ehlo)
        assert isinstance(greeted, HelloReply)
    elif route.tls.level is not None:
        yield HangUp()
        return _all(route, target, NO_STARTTLS, remote=False, connection=dialed.key), "next"
    attempt = yield from _transact(item, route, target, greeted, dialed.key, secured)
    yield HangUp()
    return attempt, "final"


def _weight(reply: Reply) -> str:
    return "final" if reply.permanent else "next"


def _transact(
    item: QueueItem,
    route: Route,
    target: Target,
    greeted: HelloReply,
    key: str,
    secured: TlsEstablished | None,
) -> ClientDialogue:
    message = route.message or item.message
    reverse_path = route.reverse_path or item.reverse_path
    parameters = _parameters(item, route, greeted, message, reverse_path)
    if isinstance(parameters, Reply):
        return _all(route, target, parameters, remote=False, connection=key, secured=secured)
    default = DsnParameters()
    recipients = tuple((a, item.dsn.get(a.key, default)) for a in route.recipients)
    handed = yield SendTransaction(reverse_path, parameters, recipients, greeted.offers("DSN"), message)
    assert isinstance(handed, TransactionReplies)
    replies = {}
    for address in route.recipients:
        reply = handed.mail
        if reply.positive:
            reply = handed.recipients[address.key]
        if reply.positive and handed.data is not None:
            reply = handed.data
        replies[address.key] = reply
    heard = not any(reply in _NOT_HEARD for reply in replies.values())
    return _attempt(target, replies, key, secured, remote=heard, dsn=greeted.offers("DSN"))


def _parameters(
    item: QueueItem, route: Route, greeted: HelloReply, message: Message, reverse_path: ReversePath
) -> dict[str, str] | Reply:
    """MAIL parameters, only of extensions that are offered; a reply when the message cannot travel without one."""
    found = {}
    if greeted.offers("SIZE"):
        found["SIZE"] = str(message.size)
    binary = message.is_binary
    if binary and not (greeted.offers("BINARYMIME") and greeted.offers("CHUNKING")):
        return Reply(550, "5.6.1", "The message is binary, and the next hop does not offer BINARYMIME")
    if binary:
        found["BODY"] = "BINARYMIME"
    elif not message.is_ascii and greeted.offers("8BITMIME"):
        found["BODY"] = "8BITMIME"
    if _needs_utf8(message, reverse_path, route.recipients):
        if not greeted.offers("SMTPUTF8"):
            return Reply(
                550, "5.6.7", "An address or header is not ASCII, and the next hop does not offer SMTPUTF8"
            )
        found["SMTPUTF8"] = ""
    if greeted.offers("DSN"):
        found.update({k: v for k, v in (("RET", item.ret), ("ENVID", item.envid)) if v})
    if route.xoorg and greeted.offers("XOORG"):
        found["XOORG"] = route.xoorg
    return found


def _needs_utf8(message: Message, reverse_path: ReversePath, recipients: tuple[Address, ...]) -> bool:
    paths = (*recipients, *((reverse_path.address,) if reverse_path.address else ()))
    return any(not a.is_ascii for a in paths) or not message.has_ascii_headers


def _all(
    route: Route,
    target: Target | None,
    reply: Reply,
    *,
    remote: bool = True,
    connection: str = "",
    secured: TlsEstablished | None = None,
) -> Attempt:
    replies = {address.key: reply for address in route.recipients}
    return _attempt(target, replies, connection, secured, remote=remote)


def _attempt(
    target: Target | None,
    replies: Mapping[str, Reply],
    connection: str,
    secured: TlsEstablished | None,
    *,
    remote: bool = True,
    dsn: bool = False,
) -> Attempt:
    return Attempt(
        target=target,
        replies=replies,
        connection=connection,
        tls=secured.tls if secured else None,
        certificate=secured.certificate if secured else None,
        shown=secured.shown if secured else "",
        remote=remote,
        dsn=dsn,
    )

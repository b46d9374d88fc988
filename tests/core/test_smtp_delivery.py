"""The client as a generator: which answers end the attempt, and which send it to the next target (RFC 5321 5.1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.core.outbound_tls import NO_STARTTLS
from lab.core.smtp_delivery import (
    CONNECTION_REFUSED,
    ClientAction,
    ClientEvent,
    ConnectFailed,
    ConnectionOpened,
    Dial,
    HangUp,
    Hello,
    HelloReply,
    SendTransaction,
    StartTls,
    TlsEstablished,
    TlsRefused,
    TransactionReplies,
    deliver,
)
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.tenant import TlsSettings
from lab.model.transport import Attempt, Route, Target, Tls, TlsPolicy
from tests.core.mail import an_item
from tests.core.worlds import a_certificate

OK = Reply(250, "2.0.0", "OK")
FIRST, SECOND = Target("mx1.b.example", "203.0.113.1"), Target("mx2.b.example", "203.0.113.2")
USER = "user@b.example"
Says = Callable[[ClientAction], ClientEvent]


def a_server(
    *,
    banner: Reply = OK,
    ehlo: Reply = OK,
    extensions: tuple[str, ...] = ("STARTTLS",),
    handshake: bool = True,
    certificate: CertificateIdentity | None = None,
    mail: Reply = OK,
    rcpt: Reply = OK,
    data: Reply | None = OK,
) -> Says:
    def says(ask: ClientAction) -> ClientEvent:
        match ask:
            case Dial():
                return ConnectionOpened(banner, "key")
            case Hello():
                return HelloReply(ehlo, frozenset(extensions))
            case StartTls():
                if not handshake:
                    return TlsRefused(Reply(454, "4.7.0", "TLS not available"))
                return TlsEstablished(Tls(), certificate or a_certificate("mx1.b.example"), "")
            case SendTransaction():
                return TransactionReplies(mail, {address.key: rcpt for address, _ in ask.recipients}, data)
            case HangUp():
                return None

    return says


def unreachable(ask: ClientAction) -> ClientEvent:
    assert isinstance(ask, Dial), "nobody is there"
    return ConnectFailed(CONNECTION_REFUSED)


def delivered(
    first: Says, second: Says | None = None, *, policy: TlsSettings | None = None
) -> tuple[Attempt, list[ClientAction]]:
    """The attempt, and all that was asked for."""
    route = Route(
        connector="",
        targets=(FIRST, SECOND),
        ehlo="out.a.example",
        source="198.51.100.25",
        bind="198.51.100.25",
        certificate=None,
        tls=TlsPolicy(policy),
        message=None,
        reverse_path=None,
        recipients=(Address.parse(USER),),
    )
    servers = {FIRST: first, SECOND: second or a_server()}
    talk = deliver(an_item(), route)
    asked: list[ClientAction] = []
    at = first
    answer: ClientEvent = None
    try:
        while True:
            asked.append(talk.send(answer))
            if isinstance(asked[-1], Dial):
                at = servers[asked[-1].target]
            answer = at(asked[-1])
    except StopIteration as end:
        attempt: Attempt = end.value
        return attempt, asked


def reply(attempt: Attempt) -> Reply:
    return attempt.replies[USER]


REFUSES = Reply(550, "5.7.1", "Go away")
TIRED = Reply(421, "4.3.2", "Come back later")


@pytest.mark.parametrize(
    ("answer", "target"),
    [(REFUSES, FIRST), (Reply(500, "", "No"), FIRST), (TIRED, SECOND), (Reply(499, "", "No"), SECOND)],
    ids=["550", "500", "421", "499"],
)
def test_a_permanent_answer_to_ehlo_is_final_and_a_temporary_one_is_not(answer, target):
    attempt, asked = delivered(a_server(ehlo=answer))
    assert attempt.target == target
    assert reply(attempt) == (answer if target is FIRST else OK)
    assert sum(isinstance(ask, Dial) for ask in asked) == (1 if target is FIRST else 2)


def test_a_refused_ehlo_is_the_server_s_own_word_and_ends_with_a_farewell():
    attempt, asked = delivered(a_server(ehlo=REFUSES))
    assert (attempt.remote, attempt.connection) == (True, "key")
    assert [type(ask) for ask in asked] == [Dial, Hello, HangUp]


@pytest.mark.parametrize("banner", [REFUSES, TIRED], ids=["554", "421"])
def test_an_unfriendly_banner_sends_to_the_next_target(banner):
    attempt, asked = delivered(a_server(banner=banner))
    assert (attempt.target, reply(attempt)) == (SECOND, OK)
    assert [type(ask) for ask in asked[:3]] == [Dial, HangUp, Dial]


def test_a_target_that_cannot_be_reached_sends_to_the_next():
    attempt, _ = delivered(unreachable)
    assert (attempt.target, reply(attempt)) == (SECOND, OK)


def test_the_last_target_s_failure_is_the_attempt_s():
    attempt, _ = delivered(a_server(ehlo=TIRED), unreachable)
    assert (attempt.target, reply(attempt), attempt.remote) == (SECOND, CONNECTION_REFUSED, False)


@pytest.mark.parametrize(
    "server",
    [a_server(mail=TIRED, data=None), a_server(rcpt=TIRED, data=None), a_server(data=TIRED)],
    ids=["mail", "rcpt", "data"],
)
def test_what_is_said_of_the_transaction_is_final(server):
    attempt, _ = delivered(server)
    assert (attempt.target, reply(attempt), attempt.remote) == (FIRST, TIRED, True)


def test_a_failed_handshake_is_tried_again_in_the_clear_where_no_connector_demands_tls():
    attempt, asked = delivered(a_server(handshake=False))
    assert (attempt.target, reply(attempt), attempt.tls) == (FIRST, OK, None)
    assert sum(isinstance(ask, StartTls) for ask in asked) == 1


def test_a_failed_handshake_sends_to_the_next_target_where_one_does():
    attempt, _ = delivered(a_server(handshake=False), policy=TlsSettings.ENCRYPTION_ONLY)
    assert (attempt.target, reply(attempt), attempt.tls) == (SECOND, OK, Tls())


def test_without_starttls_a_demanding_connector_goes_to_the_next_target():
    plain = a_server(extensions=())
    assert delivered(plain)[0].target == FIRST
    attempt, _ = delivered(plain, plain, policy=TlsSettings.ENCRYPTION_ONLY)
    assert (attempt.target, reply(attempt), attempt.remote) == (SECOND, NO_STARTTLS, False)


def test_a_certificate_that_does_not_satisfy_sends_to_the_next_target():
    expired = a_certificate("mx1.b.example", faults=frozenset({CertFault.EXPIRED}))
    attempt, _ = delivered(a_server(certificate=expired), policy=TlsSettings.CERTIFICATE_VALIDATION)
    assert (attempt.target, reply(attempt)) == (SECOND, OK)

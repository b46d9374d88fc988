"""The SMTP client: whom it talks to, how it greets and begins TLS, and what it makes of trouble."""

import asyncio
import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiosmtpd.smtp import SMTP

from lab.core.smtp_delivery import (
    BROKEN_OFF,
    CONNECTION_REFUSED,
    OUTSIDE,
    TIMED_OUT,
    ConnectFailed,
    ConnectionOpened,
    Dial,
    HangUp,
    HelloReply,
    StartTls,
    TlsEstablished,
    TlsRefused,
    deliver,
)
from lab.errors import LabBug, WireError
from lab.model.certificate import CertificateProfile
from lab.model.message import Message
from lab.model.reply import Reply
from lab.model.transport import Target
from lab.wire.channel import Channel
from lab.wire.client import ClientCertificate, ClientWire, run
from lab.wire.tls import server_context
from tests.wire.authority import Authority
from tests.wire.client_dialogs import (
    BYE,
    DIAL,
    ESMTP,
    HASTY,
    HELLO,
    MX,
    OWN,
    PATIENT,
    SOURCE,
    a_wire,
    converse,
    script,
)
from tests.wire.fakes import serving
from tests.wire.scripted import scripted
from tests.wire.store_items import a_route, an_item

NOW = datetime(2031, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
async def sockets():
    """Every use of a socket in the process from here on, by its audit event; the event loop has its own already."""
    seen: list[str] = []
    watching = [True]

    def audit(event: str, _: object) -> None:
        if watching and event.startswith("socket."):
            seen.append(event)

    sys.addaudithook(audit)  # cannot be removed, only be told to look away
    yield seen
    watching.clear()


async def test_target_outside_the_address_book_opens_no_socket(sockets):
    wire = ClientWire(book={MX.address: ("127.51.100.25", 25)})
    outside = Target("mail.protection.outlook.com", "52.101.68.3")
    for address in ("52.101.68.3", "127.51.100.25", "127.0.0.1", "mx.b.example", "198.51.100.25.", ""):
        answers = await converse(wire, Dial(replace(outside, address=address), OWN, SOURCE))
        assert answers == [ConnectFailed(OUTSIDE)]
    assert sockets == []


async def test_route_outside_the_address_book_ends_as_such(sockets):
    route = replace(a_route("b"), targets=(Target("mx.example", "192.88.99.1"),))
    attempt = await run(deliver(an_item("1"), route), ClientWire(book={}))
    assert attempt.replies == {"b@b.example": OUTSIDE}
    assert sockets == []


async def test_audit_would_have_seen_a_socket(sockets):
    with socket.socket() as line:
        line.bind(("127.51.100.1", 0))
    assert "socket.bind" in sockets


async def test_client_comes_from_where_others_see_it_and_both_ends_know_the_key():
    async with scripted("S: 220-mx.b.example\nS: 220 ready\nC: QUIT\nS: 221 Bye") as server:
        dialed, _ = await converse(a_wire(server), DIAL, HangUp())
    ((client, port),) = server.clients
    assert client == "127.0.113.5"
    assert dialed == ConnectionOpened(Reply(220, "", "mx.b.example\nready"), f"{SOURCE}:{port}>{MX.address}")


async def test_address_to_connect_from_may_be_chosen():
    async with scripted("S: 220 x\nC: QUIT\nS: 221 Bye") as server:
        await converse(a_wire(server, bind=lambda dial: "127.9.9.9"), DIAL, HangUp())
    assert server.clients[0][0] == "127.9.9.9"


async def test_missing_own_address_is_a_wire_error():
    async with scripted() as server:
        with pytest.raises(WireError, match=r"cannot connect from 198\.51\.100\.77"):
            await converse(a_wire(server, bind=lambda dial: "198.51.100.77"), DIAL)


async def test_nobody_listening_is_a_refused_connection():
    async with scripted() as server:
        pass
    assert await converse(a_wire(server), DIAL) == [ConnectFailed(CONNECTION_REFUSED)]


async def test_full_backlog_is_a_timeout():
    with socket.socket() as deaf:
        deaf.bind(("127.51.100.25", 0))
        deaf.listen(0)
        waiting = []
        for _ in range(3):  # the kernel keeps one more than asked for
            line = socket.socket()
            line.setblocking(False)
            line.connect_ex(deaf.getsockname())
            waiting.append(line)
        wire = ClientWire(book={MX.address: deaf.getsockname()}, patience=HASTY)
        assert await converse(wire, DIAL) == [ConnectFailed(TIMED_OUT)]
        for line in waiting:
            line.close()


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        ("X: close", BROKEN_OFF),
        ("X: reset", BROKEN_OFF),
        ("S: SSH-2.0-OpenSSH_9.2", BROKEN_OFF),
        ("S: 100 continue", BROKEN_OFF),
        ("X: hang", TIMED_OUT),
        ("S: 220-mx.b.example\nX: hang", TIMED_OUT),
    ],
    ids=["closed", "reset", "other-protocol", "no-smtp-code", "silent", "half-a-banner"],
)
async def test_no_banner_is_no_connection(lines, reply):
    async with scripted(lines) as server:
        answers = await converse(a_wire(server, patience=HASTY if reply is TIMED_OUT else PATIENT), DIAL)
        assert answers == [ConnectFailed(reply)]


@pytest.mark.parametrize("code", [421, 554])
async def test_unfriendly_banner_is_the_servers_own_word(code):
    bye = "" if code == 421 else "\n".join(BYE)
    async with scripted(f"S: {code} 5.7.1 go away\n{bye}") as server:
        dialed, _ = await converse(a_wire(server), DIAL, HangUp())
    assert isinstance(dialed, ConnectionOpened)
    assert dialed.greeting == Reply(code, "5.7.1", "go away")


@pytest.mark.parametrize("dribble", [False, True], ids=["whole", "octet-by-octet"])
async def test_extensions_are_read_in_upper_case(dribble):
    async with scripted(script(offers="SIZE pipelining 8BitMime"), dribble=dribble) as server:
        _, greeted, _ = await converse(a_wire(server), DIAL, HELLO, HangUp())
    assert isinstance(greeted, HelloReply)
    assert greeted.extensions == {"SIZE", "PIPELINING", "8BITMIME", "HELP"}
    assert greeted.offers("PIPELINING")


async def test_server_without_esmtp_is_greeted_in_the_old_way():
    old = "S: 220 x\nC: EHLO a.example\nS: 502 no\nC: HELO a.example\nS: 250-PIPELINING\nS: 250 CHUNKING\n"
    async with scripted(old + "\n".join(BYE)) as server:
        _, greeted, _ = await converse(a_wire(server), DIAL, HELLO, HangUp())
    assert greeted == HelloReply(Reply(250, "", "PIPELINING\nCHUNKING"), frozenset())


@pytest.mark.parametrize("end", ["X: close", "X: reset", "S: 25", "S: 250-a\nS: 251 b", "S: 220x"])
async def test_broken_greeting_is_told_in_the_answer(end):
    async with scripted(f"S: 220 x\nC: EHLO a.example\n{end}") as server:
        _, greeted, _ = await converse(a_wire(server), DIAL, HELLO, HangUp())
    assert greeted == HelloReply(BROKEN_OFF, frozenset())


async def test_endless_reply_is_broken_off():
    async with scripted("S: 220 x\nC: EHLO a.example\nX: flood") as server:
        _, greeted, _ = await converse(a_wire(server), DIAL, HELLO, HangUp())
    assert greeted == HelloReply(BROKEN_OFF, frozenset())


async def test_talk_needs_a_connection():
    with pytest.raises(LabBug, match="without a connection"):
        await converse(ClientWire(book={}), HELLO)


async def test_cancelled_delivery_leaves_no_connection_behind():
    async with scripted("S: 220 mx.b.example\nX: hang") as server:
        route = replace(a_route("b"), targets=(MX,))
        running = asyncio.ensure_future(run(deliver(an_item("1"), route), a_wire(server)))
        await server.met.wait()
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
    # `scripted` has seen the connection end: it waits for its scripts


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("pki"), NOW)


@pytest.fixture(scope="module")
def identities(authority):
    """A wire's certificates, and a server's context."""
    client = authority.issue(CertificateProfile(name="wildcard", names=("*.a.example",)))
    server = authority.issue(CertificateProfile(name="server", names=("mx.b.example",)))
    context = server_context(server.chain, server.key, authority.anchors, clock=lambda: NOW)
    shown = {"wildcard": ClientCertificate(client.chain, client.key, "*.a.example")}
    return context, {"certificates": shown, "anchors": authority.anchors, "clock": lambda: NOW}


async def test_starttls_shows_the_profile_and_tells_the_server(identities):
    context, client = identities
    lines = ("C: STARTTLS", "S: 220 go", "X: tls", "C: EHLO a.example", "S: 250 mx.b.example")
    async with scripted(script(*lines, offers="STARTTLS PIPELINING"), tls=context) as server:
        wire = a_wire(server, **client)
        tls = StartTls("wildcard", MX.host)
        *_, secured, greeted, _ = await converse(wire, DIAL, HELLO, tls, HELLO, HangUp())
    assert isinstance(secured, TlsEstablished)
    assert secured.certificate is not None
    assert (secured.certificate.names, secured.certificate.faults) == (("mx.b.example",), frozenset())
    assert (secured.shown, secured.tls.version) == ("*.a.example", "TLS1_3")
    assert greeted == HelloReply(Reply(250, "", "mx.b.example"), frozenset())


async def test_no_profile_shows_nothing(identities):
    context, client = identities
    async with scripted(
        script("C: STARTTLS", "S: 220 go", "X: tls", offers="STARTTLS"), tls=context
    ) as server:
        *_, secured, _ = await converse(
            a_wire(server, **client), DIAL, HELLO, StartTls(None, MX.host), HangUp()
        )
    assert isinstance(secured, TlsEstablished)
    assert secured.shown == ""


async def test_unknown_profile_is_a_wire_error(identities):
    async with scripted(script(offers="STARTTLS").rpartition("C: QUIT")[0] + "X: hang") as server:
        with pytest.raises(WireError, match="no certificate files for profile stranger"):
            await converse(a_wire(server), DIAL, HELLO, StartTls("stranger", MX.host))


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        (("S: 454 4.7.0 not now", *BYE), Reply(454, "4.7.0", "not now")),
        (("S: 220 go", "X: close"), BROKEN_OFF),
        (("S: 220 go", "S: this is no ServerHello", "X: hang"), BROKEN_OFF),
        (("S: 220 go", "X: hang"), TIMED_OUT),
        (("S: 220 go\\r\\n250-AUTH PLAIN", "X: hang"), BROKEN_OFF),
        (("X: close",), BROKEN_OFF),
    ],
    ids=["refused", "closed", "garbage", "silent", "injected", "gone"],
)
async def test_failed_starttls_is_told_why(lines, reply):
    text = "\n".join((*ESMTP, "S: 250 STARTTLS", "C: STARTTLS", *lines))
    async with scripted(text) as server:
        wire = a_wire(server, patience=replace(PATIENT, starttls=0.3))
        *_, answer, _ = await converse(wire, DIAL, HELLO, StartTls(None, MX.host), HangUp())
    assert answer == TlsRefused(reply)


class Box:
    """An aiosmtpd handler that keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[tuple[str, list[str], bytes]] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's spelling
        self.got.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 2.0.0 Ok"


@pytest.mark.wire
async def test_stock_aiosmtpd_gets_what_was_sent():
    box = Box()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(box, hostname="mx.b.example", loop=loop), "127.51.100.27", 0
    )
    wire = ClientWire(book={MX.address: server.sockets[0].getsockname()}, patience=PATIENT)
    contents = [
        b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\n",
        b"Subject: 8\r\n\r\n\xc3\xbc\r\n",
        b"Subject: " + b"y" * 900 + b"\r\n\r\n",
    ]
    for content in contents:
        route = replace(a_route("b", "c"), targets=(MX,))
        attempt = await run(deliver(replace(an_item("1"), message=Message.parse(content)), route), wire)
        assert {key: reply.code for key, reply in attempt.replies.items()} == {
            "b@b.example": 250,
            "c@b.example": 250,
        }
    server.close()
    await server.wait_closed()
    assert box.got == [("a@a.example", ["b@b.example", "c@b.example"], content) for content in contents]


def test_channel_has_no_port_before_it_is_connected():
    with pytest.raises(AssertionError):
        _ = Channel().port


@pytest.mark.wire
async def test_our_server_gets_what_was_sent_and_both_know_the_same_connection(identities):
    context, client = identities
    content = b"Subject: x\r\n\r\n.\r\nbinary: \0 \r \n"
    async with serving(tls=context) as server:
        wire = a_wire(None, book={MX.address: server.listener.address}, **client)
        route = replace(
            a_route("b", "nobody"), targets=(MX,), certificate="wildcard", bind=OWN, source=SOURCE
        )
        attempt = await run(deliver(replace(an_item("1"), message=Message.parse(content)), route), wire)
    (taken,) = server.node.taken
    assert (taken.content, taken.recipients) == (content, ("b@b.example",))
    assert taken.connection.certificate is not None
    assert taken.connection.certificate.names == ("*.a.example",)
    assert {key: reply.code for key, reply in attempt.replies.items()} == {
        "b@b.example": 250,
        "nobody@b.example": 550,
    }
    assert (attempt.shown, attempt.tls) == ("*.a.example", taken.connection.tls)
    assert taken.connection.client == "127.0.113.5"
    port = taken.connection.key.partition(":")[2].partition(">")[0]
    assert attempt.connection == f"{SOURCE}:{port}>{MX.address}"

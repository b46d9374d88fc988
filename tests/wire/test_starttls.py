"""STARTTLS with other people's clients: smtplib, openssl s_client and swaks, with certificates of every kind."""

from __future__ import annotations

import asyncio
import os
import shutil
import smtplib
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from lab.model.certificate import CertFault, CertificateProfile, KeyUsage, Validity
from lab.wire.server import ServerLimits
from lab.wire.tls import PermissiveTLSContext, TlsVersion, server_context
from tests.wire.authority import Authority, Files
from tests.wire.fakes import NOW, Client, Server, Taken, serving

pytestmark = pytest.mark.wire

NAMES = ("mail.msxfaq.example", "*.msxfaq.example")
FINE = CertificateProfile(name="trusted", names=NAMES)
PROFILES = [
    FINE,
    replace(FINE, name="rsa", key="rsa"),
    replace(FINE, name="cn-only", san=False),
    replace(FINE, name="untrusted", issuer="private"),
    replace(FINE, name="self-signed", self_signed=True),
    replace(FINE, name="expired", validity=Validity.EXPIRED),
    replace(FINE, name="not-yet-valid", validity=Validity.NOT_YET),
    replace(FINE, name="server-auth-only", key_usage=KeyUsage.SERVER_ONLY),
    replace(FINE, name="no-usage", key_usage=KeyUsage.NONE),
    replace(FINE, name="no-intermediate", missing_intermediate=True),
]
MESSAGE = b"Message-ID: <1@msxfaq.example>\r\n\r\n.text\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"), NOW)


@pytest.fixture
def context(authority: Authority) -> PermissiveTLSContext:
    return ours(authority)


def ours(authority: Authority, *, resumption: bool = False) -> PermissiveTLSContext:
    files = authority.issue(CertificateProfile(name="server", names=("mx.uclabor.example",)))
    return server_context(*files, authority.anchors, clock=lambda: NOW, resumption=resumption)


def tool(name: str) -> str:
    """Where a program is; without it the test is skipped, but never in CI."""
    found = shutil.which(name)
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed")
    assert found, f"{name} must be installed in CI"
    return found


async def run(*command: str, say: bytes = b"") -> str:
    """Run a client to its end; all it printed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate(say)
    return printed.decode(errors="replace")


async def s_client(server: Server, *options: str) -> str:
    """Deliver a message through `openssl s_client`, which reads its commands only when the server has answered."""
    address, port = server.listener.address
    process = await asyncio.create_subprocess_exec(
        tool("openssl"),
        *("s_client", "-starttls", "smtp", "-connect", f"{address}:{port}", "-crlf", "-quiet"),
        *options,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdin
    assert process.stdout
    for line in ("EHLO c.example", "MAIL FROM:<a@msxfaq.example>", "rcpt to:<b@uclabor.example>", "DATA"):
        process.stdin.write(f"{line}\n".encode())
        await process.stdout.readuntil(b"354 " if line == "DATA" else b"250 ")
        await process.stdout.readline()
    process.stdin.write(b"Subject: x\n\nx\n.\n")
    await process.stdout.readuntil(b"250 2.6.0")
    process.stdin.write(b"QUIT\n")
    printed, _ = await process.communicate()
    return printed.decode(errors="replace")


def standard(files: Files | None, version: TlsVersion = TlsVersion.TLS1_3) -> ssl.SSLContext:
    """A stock client."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = ssl.TLSVersion(int(version))
    if files:
        context.load_cert_chain(*files)
    return context


async def send(server: Server, context: ssl.SSLContext) -> Taken:
    """Deliver a message through smtplib; what the node got."""

    def deliver() -> None:
        with smtplib.SMTP(*server.listener.address, local_hostname="mail.msxfaq.example") as client:
            client.starttls(context=context)
            client.sendmail("a@msxfaq.example", ["b@uclabor.example"], MESSAGE)

    await asyncio.to_thread(deliver)
    return server.node.taken[-1]


@pytest.mark.parametrize("version", TlsVersion, ids=lambda version: version.name)
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
async def test_every_certificate_delivers_and_is_told_as_it_is(
    authority: Authority, context: PermissiveTLSContext, profile: CertificateProfile, version: TlsVersion
) -> None:
    async with serving(tls=context) as server:
        taken = await send(server, standard(authority.issue(profile), version))
    seen, wanted = taken.connection.certificate, profile.identity()
    assert taken.content == MESSAGE
    assert taken.connection.tls is not None
    assert taken.connection.tls.version == version.name
    assert seen is not None
    assert (seen.names, seen.faults, seen.issuer) == (wanted.names, profile.faults(), wanted.issuer)


async def test_no_certificate_is_needed(context: PermissiveTLSContext) -> None:
    async with serving(tls=context) as server:
        taken = await send(server, standard(None))
    assert taken.connection.tls is not None
    assert taken.connection.certificate is None


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_resumed_session_is_not_trusted(authority: Authority, tmp_path: Path, version: str) -> None:
    chain, key = map(str, authority.issue(replace(FINE, name="self-signed", self_signed=True)))
    options = ("-cert", chain, "-key", key, version)
    file = str(tmp_path / "session")
    async with serving(tls=ours(authority, resumption=True)) as server:
        await s_client(server, *options, "-sess_out", file)
        await s_client(server, *options, "-sess_in", file)
        first, second = (taken.connection.certificate for taken in server.node.taken)
    assert first is not None
    assert second is not None
    assert first.faults == {CertFault.SELF_SIGNED}
    assert second.faults == {CertFault.RESUMED}
    assert second.names == first.names


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_sessions_are_not_resumed_by_default(
    authority: Authority, context: PermissiveTLSContext, tmp_path: Path, version: str
) -> None:
    chain, key = map(str, authority.issue(FINE))
    options = ("-cert", chain, "-key", key, "-cert_chain", chain, version)
    file = tmp_path / "session"
    async with serving(tls=context) as server:
        await s_client(server, *options, "-sess_out", str(file))
        await s_client(server, *options, *(("-sess_in", str(file)) if file.exists() else ()))
        assert [
            taken.connection.certificate.faults for taken in server.node.taken if taken.connection.certificate
        ] == [
            frozenset(),
            frozenset(),
        ]


async def test_swaks_delivers_with_its_certificate(
    authority: Authority, context: PermissiveTLSContext
) -> None:
    chain, key = map(str, authority.issue(replace(FINE, name="private", issuer="private")))
    async with serving(tls=context) as server:
        address, port = server.listener.address
        printed = await run(
            *(tool("swaks"), "--server", address, "--port", str(port), "--local-interface", "127.51.100.25"),
            *(
                "--from",
                "a@msxfaq.example",
                "--to",
                "b@uclabor.example",
                "--tls",
                "--ehlo",
                "mail.msxfaq.example",
            ),
            *("--tls-cert", chain, "--tls-key", key),
        )
        assert "250 2.6.0" in printed, printed
        (taken,) = server.node.taken
    assert taken.connection.client == "198.51.100.25"
    assert taken.connection.certificate is not None
    assert taken.connection.certificate.names == NAMES


class Encrypted:
    """A raw client that can become a TLS client in the middle."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def upgrade(self) -> None:
        await self.client.writer.start_tls(standard(None), server_hostname="mx.uclabor.example")


async def test_plaintext_behind_starttls_is_dropped(context: PermissiveTLSContext) -> None:
    async with serving(tls=context) as server:
        client = await server.connect()
        await client.hello()
        injected = b"STARTTLS\r\nMAIL FROM:<evil@msxfaq.example>\r\nRCPT TO:<b@uclabor.example>\r\nNOOP\r\n"
        assert await client.say(injected) == "220 2.0.0 SMTP server ready"
        await Encrypted(client).upgrade()
        assert await client.say(b"RCPT TO:<b@uclabor.example>\r\n") == "503 5.5.2 Send hello first"
        assert "STARTTLS" not in await client.say(b"EHLO c.example\r\n")
        assert await client.say(b"RCPT TO:<b@uclabor.example>\r\n") == "503 5.5.2 Need mail command"
        assert await client.say(b"STARTTLS\r\n") == "503 5.5.2 TLS already started"


async def test_a_flood_behind_starttls_ends_the_connection(context: PermissiveTLSContext) -> None:
    async with serving(tls=context) as server:
        client = await server.connect()
        await client.hello()
        client.writer.write(b"STARTTLS\r\n" + b"RCPT TO:<b@uclabor.example>\r\n" * 10_000)
        await server.fewer_than(1)
        assert not server.host.asked


async def test_starttls_forgets_what_was_said_before(context: PermissiveTLSContext) -> None:
    async with serving(tls=context) as server:
        client = await server.connect()
        await client.reply()
        assert await client.say(b"STARTTLS\r\n") == "503 5.5.2 Send hello first"
        await client.say(b"EHLO c.example\r\n")
        assert await client.say(b"STARTTLS now\r\n") == "501 5.5.4 Invalid arguments"
        await client.say(b"MAIL FROM:<a@msxfaq.example>\r\n")
        await client.say(b"STARTTLS\r\n")
        await Encrypted(client).upgrade()
        assert await client.say(b"DATA\r\n") == "503 5.5.2 Send hello first"
        await client.say(b"EHLO c.example\r\n")
        assert (await client.say(b"MAIL FROM:<a@msxfaq.example>\r\n")).startswith("250 ")
        assert await client.say(b"QUIT\r\n") == "221 2.0.0 Service closing transmission channel"
        assert await client.reply() == "(closed)"


@pytest.mark.parametrize("octets", [b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00", b""], ids=repr)
async def test_a_handshake_that_is_none_ends_the_connection(
    context: PermissiveTLSContext, octets: bytes
) -> None:
    async with serving(tls=context) as server:
        client = await server.connect()
        await client.hello()
        await client.say(b"STARTTLS\r\n")
        client.writer.write(octets)
        client.writer.write_eof()
        rest = await client.reader.read()
        assert rest[:1] in (b"", b"\x15")  # nothing, or an alert: no plaintext behind STARTTLS


async def test_a_handshake_has_a_time_limit(context: PermissiveTLSContext) -> None:
    async with serving(tls=context, limits=ServerLimits(handshake=0.05)) as server:
        client = await server.connect()
        await client.hello()
        await client.say(b"STARTTLS\r\n")
        assert await client.rest() == ""


async def test_closing_the_listener_ends_a_handshake(context: PermissiveTLSContext) -> None:
    async with serving(tls=context) as server:
        client = await server.connect()
        await client.hello()
        await client.say(b"STARTTLS\r\n")
        await server.listener.close()
        assert await client.rest() == ""


async def test_a_message_of_many_records_arrives_whole(
    authority: Authority, context: PermissiveTLSContext
) -> None:
    body = b"Subject: big\r\n\r\n" + b"".join(b"%06d " % i + b"x" * 69 + b"\r\n" for i in range(20_000))

    def deliver(server: Server) -> None:
        with smtplib.SMTP(*server.listener.address) as client:
            client.starttls(context=standard(authority.issue(FINE)))
            client.sendmail("a@msxfaq.example", ["b@uclabor.example"], body)

    async with serving(tls=context) as server:
        await asyncio.to_thread(deliver, server)
        assert server.node.taken[0].content == body

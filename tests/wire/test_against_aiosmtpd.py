"""Differential fuzz: what our server makes of a session, and what stock aiosmtpd makes of the same octets.

Only what both support: DATA with stuffed dots, pipelined or not, cut into any packets, in plaintext and TLS. Bodies
have CRLF line ends and lines that fit aiosmtpd's limit.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from lab.model.certificate import CertificateProfile
from lab.wire.tls import PermissiveTLSContext, client_context, server_context
from tests.wire.authority import Authority
from tests.wire.fakes import NOW, serving

pytestmark = pytest.mark.wire

SESSIONS = int(os.environ.get("FUZZ_SESSIONS", "40"))
LINES = [b"", b".", b"..", b"...x", b".x", b"x.", b"text", b".\t.", b"-" * 900]
CUTS = [(1, 2, 3, 7), (100, 1000), (100_000,), (1, 5000)]


class Oracle:
    """Stock aiosmtpd with a memory."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, tuple[str, ...], bytes]] = []

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.taken.append((envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content))
        return "250 taken"


def bodies(dice: random.Random) -> list[bytes]:
    """What the messages of one session hold."""

    def line() -> bytes:
        return (
            bytes(dice.choices(b"abc. ", k=dice.randrange(60))) if dice.random() < 0.3 else dice.choice(LINES)
        )

    sizes = [dice.choice([0, 1, 2, 10, 60]) for _ in range(dice.randrange(1, 4))]
    return [b"".join(line() + b"\r\n" for _ in range(size)) for size in sizes]


def session(dice: random.Random) -> bytes:
    """All that one client says after EHLO."""
    said = b""
    for number, body in enumerate(bodies(dice)):
        stuffed = (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")[2:]
        recipients = b"".join(b"RCPT TO:<r%d@uclabor.example>\r\n" % i for i in range(dice.randrange(1, 4)))
        said += b"MAIL FROM:<s%d@msxfaq.example>\r\n" % number + recipients + b"DATA\r\n" + stuffed + b".\r\n"
        said += dice.choice([b"", b"NOOP\r\n", b"RSET\r\n", b"DATA\r\n"])
    return said + b"QUIT\r\n"


async def talk(
    address: tuple[str, int],
    said: bytes,
    cuts: tuple[int, ...],
    dice: random.Random,
    tls: PermissiveTLSContext | None,
) -> list[str]:
    """Say it, cut into pieces; the codes of the replies."""
    reader, writer = await asyncio.open_connection(*address)
    await reader.readline()
    await greet(reader, writer)
    if tls is not None:
        writer.write(b"STARTTLS\r\n")
        await reader.readline()
        await writer.start_tls(tls, server_hostname="mx.uclabor.example")
        await greet(reader, writer)
    start = 0
    while start < len(said):
        size = dice.choice(cuts)
        writer.write(said[start : start + size])
        start += size
        await asyncio.sleep(0)
    replies = (await reader.read()).splitlines()
    writer.close()
    await writer.wait_closed()
    return [reply[:3].decode() for reply in replies]


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"EHLO c.example\r\n")
    while (await reader.readline())[3:4] == b"-":
        pass


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[PermissiveTLSContext, PermissiveTLSContext]:
    folder: Path = tmp_path_factory.mktemp("pki")
    authority = Authority(folder, NOW)
    server = authority.issue(CertificateProfile(name="server", names=("mx.uclabor.example",)))
    client = authority.issue(CertificateProfile(name="client", names=("mail.msxfaq.example",)))
    return server_context(*server, authority.anchors), client_context(*client, authority.anchors)


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("seed", range(4))
async def test_both_servers_take_the_same_messages(
    contexts: tuple[PermissiveTLSContext, PermissiveTLSContext], seed: int, encrypted: bool
) -> None:
    for_server, for_client = contexts
    oracle, loop = Oracle(), asyncio.get_running_loop()
    stock = await loop.create_server(
        lambda: SMTP(oracle, hostname="stock", tls_context=for_server, loop=loop), "127.0.0.1", 0
    )
    async with stock, serving(tls=for_server) as server:
        for number in range(SESSIONS // 8 + 1):
            name = f"{seed}-{number}"
            said, cuts = session(random.Random(name)), random.Random(name).choice(CUTS)
            oracle.taken.clear()
            server.node.taken.clear()
            replies = [
                await talk(address, said, cuts, random.Random(name), for_client if encrypted else None)
                for address in (server.listener.address, stock.sockets[0].getsockname())
            ]
            ours = [
                (str(t.transaction.reverse_path)[1:-1], t.recipients, t.content) for t in server.node.taken
            ]
            assert ours == normalised(oracle.taken), name
            assert replies[0] == replies[1], name


def normalised(taken: list[tuple[str, tuple[str, ...], bytes]]) -> list[tuple[str, tuple[str, ...], bytes]]:
    """As a `Message` writes them: one whose header never ends gets the empty line that ends it."""
    return [
        (
            sender,
            recipients,
            content if b"\r\n\r\n" in content or content.startswith(b"\r\n") else content + b"\r\n",
        )
        for sender, recipients, content in taken
    ]

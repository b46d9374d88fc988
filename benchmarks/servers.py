"""The servers to measure, each a process of its own: `python -m benchmarks.servers NAME STATE`.

Each prints one line of JSON once it listens, and runs until its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP

from lab.drivers.address_mapping import loopback
from lab.drivers.embedded import Embedded
from lab.drivers.lab_state import SeededIds
from lab.model.dns import DnsAnswer, DnsQueries, DnsQuestion, NxDomain
from lab.model.message import Message
from lab.model.names import Address, Domain
from lab.model.reply import Reply
from lab.model.transport import Connection, Context, Heard, Node, Transaction
from lab.pki import certificate_folder as pki
from lab.scenario.load import load
from lab.wire.server import serve
from lab.wire.tls import server_context

SCENARIO = Path(__file__).parents[1] / "scenarios" / "wildcard-misrouting.yaml"
VARIANT, PROFILE, GATEWAY = "shared-wildcard", "wildcard", "gateway"
"""Whose certificate is attributed: the filter's, to the tenant of its own company."""
MAIL, RCPT = "useronprem@msxfaq.example", "partner@uclabor.example"


@asynccontextmanager
async def eop(state: Path) -> AsyncIterator[Mapping[str, object]]:
    """The embedded lab; a front end of its Exchange Online listens at `address`. What it takes stays in its queue."""
    variant, now = load(SCENARIO).variants[VARIANT], datetime.now(UTC)  # noqa: TID251 - for other servers too
    async with Embedded(variant, state, starts=now, working=False) as lab:
        front_end = next(r.front_ends[0] for r in variant.topology.regions.values())
        yield {
            "address": loopback(front_end.address),
            "port": lab.port,
            "source": loopback(variant.topology.hosts[GATEWAY].address),
        }


@asynccontextmanager
async def bare(state: Path) -> AsyncIterator[Mapping[str, object]]:
    """The lab's SMTP server before a node that takes everything and keeps nothing."""
    made = _certificates(state)
    tls = server_context(made.chain(PROFILE), made.key(PROFILE), made.anchors)
    listener = await serve(cast(Node, _Taker()), _Nowhere(), "127.0.0.1", 0, tls)
    yield {"address": "127.0.0.1", "port": listener.address[1]}
    await listener.close()


@asynccontextmanager
async def aiosmtpd(state: Path) -> AsyncIterator[Mapping[str, object]]:
    """aiosmtpd as it comes, with the standard library's TLS and a handler that drops each message."""
    made = _certificates(state)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(made.anchors))
    tls.load_cert_chain(made.chain(PROFILE), made.key(PROFILE))
    tls.verify_mode = ssl.CERT_OPTIONAL
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(_Dropping(), hostname="lab.example", tls_context=tls, loop=loop), "127.0.0.1", 0
    )
    async with server:
        yield {"address": "127.0.0.1", "port": server.sockets[0].getsockname()[1]}


class _Dropping:
    """A handler of aiosmtpd's."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 2.0.0 OK"


class _Taker:
    """A node as far as the SMTP moments go; nothing it takes ever reaches a queue."""

    name = "bare"

    def greeting(self, connection: Connection, context: Context) -> Reply:  # noqa: ARG002
        return Reply(220, "", f"lab.example ESMTP [{connection.session}]")

    def extensions(self, connection: Connection) -> tuple[str, ...]:
        tls = () if connection.tls else ("STARTTLS",)
        return ("lab.example", "SIZE 157286400", "PIPELINING", "ENHANCEDSTATUSCODES", *tls, "8BITMIME")

    def hello(self, connection: Connection, context: Context) -> Reply | None:  # noqa: ARG002
        return None

    def postmaster(self, connection: Connection) -> Address:  # noqa: ARG002
        return Address("postmaster", Domain("lab.example"))

    def mail(self, connection: Connection, transaction: Transaction, context: Context) -> DnsQueries[Heard]:  # noqa: ARG002
        yield from ()
        return Heard(reply=Reply(250, "2.1.0", "Sender OK"))

    def rcpt(
        self,
        connection: Connection,
        transaction: Transaction,  # noqa: ARG002
        recipient: Address,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> DnsQueries[Heard]:
        yield from ()
        # A load that shows no certificate, or one that is not trusted, is not what was meant to be measured.
        trusted = connection.certificate is not None and not connection.certificate.faults
        return Heard(
            reply=Reply(250, "2.1.5", "Recipient OK") if trusted else Reply(550, "5.7.1", "Not trusted")
        )

    def data(
        self,
        connection: Connection,  # noqa: ARG002
        transaction: Transaction,  # noqa: ARG002
        message: Message,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> DnsQueries[Heard]:
        yield from ()
        return Heard(reply=Reply(250, "2.6.0", "Taken"))


class _Nowhere:
    """A host for a server that has no lab around it."""

    def __init__(self) -> None:
        self.ids = SeededIds()

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - it is a clock

    def public(self, address: str) -> str:
        return address

    async def answer(self, question: DnsQuestion) -> DnsAnswer:  # noqa: ARG002
        return NxDomain()

    async def keep(self, heard: Heard) -> None:
        """Nothing is kept."""

    def bug(self, error: Exception) -> None:
        raise error


def _certificates(state: Path) -> pki.CertificateFolder:
    now = datetime.now(UTC)  # noqa: TID251 - from when they are valid
    return pki.make(state / "certificates", load(SCENARIO).variants[VARIANT].profiles, now)


Server = Callable[[Path], AbstractAsyncContextManager[Mapping[str, object]]]
SERVERS: Mapping[str, Server] = {"eop": eop, "bare": bare, "aiosmtpd": aiosmtpd}


async def _run(name: str, state: Path) -> None:
    async with SERVERS[name](state) as told:
        print(json.dumps(told), flush=True)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        await reader.read()


def main() -> None:
    """Read the command line and serve."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("name", choices=SERVERS)
    arguments.add_argument("state", type=Path)
    given = arguments.parse_args()
    asyncio.run(_run(given.name, given.state))


if __name__ == "__main__":
    main()

"""Both ends of a TLS session see the other's certificate as its profile says, and nothing ends a handshake."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from lab.errors import WireError
from lab.model.certificate import CertFault, CertificateIdentity, CertificateProfile, KeyUsage, Validity
from lab.model.transport import Tls
from lab.wire.peer_certificate import Verification, faults_of, suite_name
from lab.wire.tls import (
    PermissiveTLSContext,
    TlsVersion,
    client_context,
    server_context,
    session_on,
)
from tests.wire.authority import Authority, Files

NOW = datetime(2031, 5, 4, 12, tzinfo=UTC)  # not the machine's: the lab's clock may be anywhere
NAMES = ("mail.msxfaq.example", "*.msxfaq.example")
SERVER = CertificateProfile(name="server", names=("mx.uclabor.example",))


def every_profile() -> list[CertificateProfile]:
    """All combinations of what can be wrong with a certificate."""
    ways: dict[str, dict[str, Any]] = {
        "public": {},
        "private": {"issuer": "private"},
        "self-signed": {"self_signed": True},
        "no-intermediate": {"missing_intermediate": True},
    }
    return [
        CertificateProfile(
            name=f"{way}-{validity.value}-{usage.value}",
            names=NAMES,
            validity=validity,
            key_usage=usage,
            **ways[way],
        )
        for way, validity, usage in product(ways, Validity, KeyUsage)
    ]


OTHER = [
    CertificateProfile(name="cn-only", names=NAMES[:1], san=False),
    CertificateProfile(name="rsa", names=NAMES, key="rsa"),
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"), NOW)


def facts_of(transport: asyncio.BaseTransport) -> tuple[Tls, CertificateIdentity | None]:
    """The TLS session on a transport, and the certificate that the other side showed."""
    session = session_on(transport)
    return session.tls, session.peer


async def shake(
    server: PermissiveTLSContext, client: PermissiveTLSContext
) -> tuple[tuple[Tls, CertificateIdentity | None], tuple[Tls, CertificateIdentity | None], bool]:
    """What the server and the client see of each other, and whether the client sent its certificate."""
    seen: asyncio.Future[tuple[Tls, CertificateIdentity | None]] = asyncio.get_running_loop().create_future()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await writer.start_tls(server)
        seen.set_result(facts_of(writer.transport))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
        await writer.start_tls(client, server_hostname="mx.uclabor.example")
        mine = facts_of(writer.transport)
        sent = session_on(writer.transport).sent_certificate
        theirs = await seen
        await reader.read()
        writer.close()
        await writer.wait_closed()
        return theirs, mine, sent


def contexts(
    authority: Authority,
    client: Files | None,
    version: TlsVersion = TlsVersion.TLS1_3,
    server: Files | None = None,
) -> tuple[PermissiveTLSContext, PermissiveTLSContext]:
    shown = server or authority.issue(SERVER)
    chain, key = client or (None, None)
    return (
        server_context(*shown, authority.anchors, clock=lambda: NOW, latest=version),
        client_context(chain, key, authority.anchors, clock=lambda: NOW, latest=version),
    )


@pytest.mark.parametrize("version", TlsVersion, ids=lambda version: version.name)
@pytest.mark.parametrize("profile", [*every_profile(), *OTHER], ids=lambda profile: profile.name)
async def test_both_ends_find_the_faults_that_the_profile_predicts(
    authority: Authority, profile: CertificateProfile, version: TlsVersion
) -> None:
    files = authority.issue(profile)
    for_client = contexts(authority, files, version)
    (tls, as_client), _, sent = await shake(*for_client)
    for_server = contexts(authority, None, version, server=files)
    _, (_, as_server), _ = await shake(*for_server)
    wanted = profile.identity()
    assert tls.version == version.name
    assert sent
    for seen in (as_client, as_server):
        assert seen is not None
        assert seen.faults == profile.faults()
        assert (seen.common_name, seen.dns_names) == (wanted.common_name, wanted.dns_names)
        assert seen.subject == wanted.subject
        assert seen.issuer == wanted.issuer


async def test_no_certificate_is_no_fault(authority: Authority) -> None:
    (_, as_client), (tls, as_server), sent = await shake(*contexts(authority, None))
    assert as_client is None
    assert not sent
    assert as_server is not None
    assert as_server.names == SERVER.names
    assert tls == Tls("TLS1_3", "TLS_AES_256_GCM_SHA384")


async def test_expiry_is_judged_by_the_labs_clock(authority: Authority) -> None:
    server, client = contexts(authority, authority.issue(CertificateProfile(name="fine", names=NAMES)))
    files = authority.issue(SERVER)
    later = server_context(*files, authority.anchors, clock=lambda: NOW + timedelta(days=120))
    (_, now), _, _ = await shake(server, client)
    (_, then), _, _ = await shake(later, client)
    assert now is not None
    assert then is not None
    assert not now.faults
    assert then.faults == {CertFault.EXPIRED}


async def test_a_client_that_is_not_asked_knows_that_it_sent_nothing(authority: Authority) -> None:
    class Indifferent(PermissiveTLSContext):
        def __init__(self) -> None:
            stock = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            stock.load_cert_chain(*authority.issue(SERVER))
            self.stock = stock

        def wrap_bio(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
            return self.stock.wrap_bio(*args, **kwargs)  # type: ignore[arg-type]

    sent: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    indifferent = Indifferent()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await writer.start_tls(indifferent)
        writer.close()

    client = client_context(
        *authority.issue(replace(SERVER, name="client")), authority.anchors, clock=lambda: NOW
    )
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
        await writer.start_tls(client, server_hostname="mx.uclabor.example")
        sent.set_result(session_on(writer.transport).sent_certificate)
        await reader.read()
        writer.close()
        await writer.wait_closed()
    assert sent.result() is False


def test_an_unusable_certificate_file_is_a_wire_error(authority: Authority, tmp_path: Path) -> None:
    chain, _ = authority.issue(SERVER)
    _, other_key = authority.issue(replace(SERVER, name="other"))
    empty = tmp_path / "empty.pem"
    empty.touch()
    with pytest.raises(WireError, match="key values mismatch"):
        server_context(chain, other_key, None)
    with pytest.raises(WireError, match=r"empty\.pem"):
        server_context(empty, other_key, None)


async def test_plain_connections_have_no_facts() -> None:
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as listener:
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
        with pytest.raises(WireError):
            facts_of(writer.transport)
        await reader.read()
        writer.close()
        await writer.wait_closed()


def test_what_was_not_verified_is_not_trusted() -> None:
    assert faults_of(Verification(), client=True) == {CertFault.RESUMED}


def test_a_root_that_the_peer_sends_along_is_not_trusted_for_that() -> None:
    assert faults_of(Verification([(1, 19)], ran=True), client=True) == {CertFault.UNTRUSTED}


def test_weak_keys_and_digests_are_told() -> None:
    for error in (66, 67, 68):
        assert faults_of(Verification([(0, error)], ran=True), client=True) == {CertFault.WEAK_KEY}


def test_suite_names_are_the_ones_of_iana() -> None:
    with_certificates = "TLS13:aECDSA+AES:aECDSA+CHACHA20:aRSA+AES:aRSA+CHACHA20:aRSA+CAMELLIA:!kRSAPSK:!SRP"
    told = subprocess.run(
        ["openssl", "ciphers", "-stdname", with_certificates], check=True, capture_output=True, text=True
    )
    pairs = [re.split(r" +", line)[:3:2] for line in told.stdout.splitlines()]
    wrong = [(ours, suite_name(ours), iana) for iana, ours in pairs if suite_name(ours) != iana]
    assert len(pairs) > 20
    assert not wrong

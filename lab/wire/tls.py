"""TLS that asks for a certificate, never aborts because of it, and tells everything about it.

`PermissiveTLSContext` is an `ssl.SSLContext` in name, so that asyncio takes it wherever it takes one
(`loop.start_tls`, `StreamWriter.start_tls`), and pyOpenSSL inside: only there does a verification error not end the
handshake. Both ends use it: `server_context`, `client_context`. After the handshake `session_on(transport)` tells the
version and the other side's certificate with its faults.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Self

from OpenSSL import SSL, crypto

from lab.errors import WireError
from lab.wire.peer_certificate import Verification
from lab.wire.tls_session import TlsObject, reasons

TlsClock = Callable[[], datetime]
"""The lab's now, aware; certificates are judged by it."""
_CERTIFICATE_SENT = b"SSLv3/TLS write client certificate"
"""OpenSSL's name of the state a client only reaches when it was asked for a certificate."""


class TlsVersion(IntEnum):
    """TLS versions of the lab."""

    TLS1_2 = SSL.TLS1_2_VERSION
    TLS1_3 = SSL.TLS1_3_VERSION


def server_context(
    chain: Path,
    key: Path,
    anchors: Path | None,
    *,
    clock: TlsClock | None = None,
    latest: TlsVersion = TlsVersion.TLS1_3,
    resumption: bool = False,
) -> PermissiveTLSContext:
    """A server's side: shows `chain`, asks for a client certificate and judges it against `anchors` (PEM files).

    `clock` is the lab's now, if it is not the machine's. `resumption` exists to prove that a resumed session is not
    trusted. Raises WireError when a file cannot be used.
    """
    context = PermissiveTLSContext(_pyopenssl(SSL.TLS_SERVER_METHOD, chain, key, anchors, latest), clock)
    context.forget_sessions(keep=resumption)
    return context


def client_context(
    chain: Path | None,
    key: Path | None,
    anchors: Path | None,
    *,
    clock: TlsClock | None = None,
    latest: TlsVersion = TlsVersion.TLS1_3,
) -> PermissiveTLSContext:
    """A client's side: shows `chain` when asked (None: nothing), judges the server against `anchors`, never aborts.

    For `loop.start_tls(transport, protocol, context, server_hostname=...)` or `StreamWriter.start_tls`; the host name
    is sent as SNI. Whether it matches the server's certificate is for the caller to judge. Raises WireError when a
    file cannot be used.
    """
    context = _pyopenssl(SSL.TLS_CLIENT_METHOD, chain, key, anchors, latest)
    if chain is not None:
        context.set_info_callback(_watch)
    return PermissiveTLSContext(context, clock)


def session_on(transport: asyncio.BaseTransport) -> TlsObject:
    """The TLS session on a transport that one of our contexts has upgraded; WireError when there is none."""
    session = transport.get_extra_info("ssl_object")
    if not isinstance(session, TlsObject):
        raise WireError("the transport has no TLS session of the lab's")
    return session


def _pyopenssl(
    method: int, chain: Path | None, key: Path | None, anchors: Path | None, latest: TlsVersion
) -> SSL.Context:
    context = SSL.Context(method)
    context.set_min_proto_version(TlsVersion.TLS1_2)
    context.set_max_proto_version(latest)
    try:
        if chain is not None and key is not None:
            context.use_certificate_chain_file(str(chain))
            context.use_privatekey_file(str(key))
            context.check_privatekey()
        if anchors is not None:
            context.load_verify_locations(str(anchors))  # trusted, but not announced to clients
    except SSL.Error as error:
        raise WireError(f"cannot use {chain or ''} {key or ''} {anchors or ''}: {reasons(error)}") from error
    context.set_verify(SSL.VERIFY_PEER, _note)
    return context


def _note(connection: SSL.Connection, _: crypto.X509, error: int, depth: int, ok: int) -> bool:
    verification: Verification = connection.get_app_data()
    verification.found(error, depth, ok)
    return True


def _watch(connection: SSL.Connection, _where: int, _result: int) -> None:
    if connection.get_state_string() == _CERTIFICATE_SENT:
        connection.get_app_data().sent = True


class PermissiveTLSContext(ssl.SSLContext):
    """Passes for a standard context; its sessions are pyOpenSSL's."""

    def __new__(cls, *_: object) -> Self:
        """As the standard context wants it; the protocol named here is never spoken."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, context: SSL.Context, clock: TlsClock | None = None) -> None:
        self._context = context
        self._clock = clock

    def forget_sessions(self, *, keep: bool) -> None:
        """Decide about resumption. The id must be set either way, or OpenSSL cuts off a client that tries it."""
        self._context.set_session_id(b"mailflow-lab")
        if not keep:
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            self._context.set_options(SSL.OP_NO_TICKET)

    def connection(self) -> SSL.Connection:
        """A fresh session over memory, judged at the lab's now."""
        if self._clock is not None:
            store = self._context.get_cert_store()
            assert store is not None
            store.set_time(self._clock().astimezone(UTC))
        connection = SSL.Connection(self._context, None)
        connection.set_app_data(Verification())
        return connection

    def wrap_bio(  # type: ignore[override]  # asyncio only needs what TlsObject has
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,  # noqa: ARG002 - part of the interface
    ) -> TlsObject:
        """A session between two memory buffers, as asyncio pumps it."""
        connection = self.connection()
        if server_hostname and not server_side:
            name = server_hostname.encode("idna") if isinstance(server_hostname, str) else server_hostname
            connection.set_tlsext_host_name(name)
        return TlsObject(self, connection, incoming, outgoing, server_side=server_side)

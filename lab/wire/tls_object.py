"""A pyOpenSSL connection in the shape of `ssl.SSLObject`, which is what asyncio pumps bytes through."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from OpenSSL import SSL

from lab.model.certificate import CertificateIdentity
from lab.model.transport import Tls
from lab.wire.peer_certificate import Verification, identity_of, session_of

P = ParamSpec("P")
T = TypeVar("T")

_RECORD = 16384
"""Octets of plaintext in a full TLS record."""


def reasons(error: SSL.Error) -> str:
    """What OpenSSL's error stack says, in one line."""
    stack = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(reason or library for library, _, reason in stack) or str(error) or type(error).__name__


class TlsObject:
    """The part of `ssl.SSLObject` that asyncio uses, and what the lab wants to know besides."""

    session = None
    server_hostname = None

    def __init__(
        self,
        context: ssl.SSLContext,
        connection: SSL.Connection,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        *,
        server_side: bool,
    ) -> None:
        self.context = context
        self.server_side = server_side
        self._connection = connection
        self._incoming = incoming
        self._outgoing = outgoing
        self._ended = False

    @property
    def tls(self) -> Tls:
        """Version and cipher suite."""
        return session_of(self._connection)

    @property
    def peer(self) -> CertificateIdentity | None:
        """The other side's certificate and its faults."""
        return identity_of(self._connection, self._verification, client=self.server_side)

    @property
    def sent_certificate(self) -> bool:
        """Whether this client was asked for its certificate and sent it."""
        return self._verification.sent

    @property
    def _verification(self) -> Verification:
        verification: Verification = self._connection.get_app_data()
        return verification

    def do_handshake(self) -> None:
        """One more step of the handshake."""
        self._call(self._connection.do_handshake)

    def read(self, size: int = 1024, buffer: bytearray | memoryview | None = None) -> bytes | int:
        """Plaintext: returned, or put into `buffer` and counted. Nothing when the peer has ended the session."""
        size = min(size, _RECORD)
        try:
            if buffer is not None:
                return self._call(self._connection.recv_into, buffer, size)
            return self._call(self._connection.recv, size)
        except ssl.SSLZeroReturnError:
            return 0 if buffer is not None else b""

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Encrypt; returns how much was taken."""
        return self._call(self._connection.send, bytes(data))

    def unwrap(self) -> None:
        """Say that this side is done, and wait for the other to say so."""
        if not self._call(self._connection.shutdown) and not self._call(self._connection.shutdown):
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "waiting for the peer to end the session")

    def pending(self) -> int:
        """Octets of plaintext that can be read without more input."""
        return self._connection.pending()

    def version(self) -> str:
        """As the standard library names it."""
        return self._connection.get_protocol_version_name()

    def cipher(self) -> tuple[str | None, str | None, int | None]:
        """Name, version, bits."""
        connection = self._connection
        return connection.get_cipher_name(), connection.get_cipher_version(), connection.get_cipher_bits()

    def compression(self) -> None:
        """TLS has none."""

    def selected_alpn_protocol(self) -> None:
        """SMTP negotiates none."""

    def getpeercert(self, binary_form: bool = False) -> dict[str, object]:  # noqa: ARG002 - part of the interface
        """Nothing: asyncio asks each time, and `peer_certificate` tells more."""
        return {}

    def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something with the connection, ciphertext in before and out after; errors as the ssl module has them."""
        self._feed()
        try:
            return function(*args, **kwargs)
        except SSL.WantReadError:
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "more ciphertext is needed") from None
        except SSL.ZeroReturnError:
            raise ssl.SSLZeroReturnError(ssl.SSL_ERROR_ZERO_RETURN, "the peer ended the session") from None
        except SSL.SysCallError as error:
            raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, str(error)) from None
        except SSL.Error as error:
            raise ssl.SSLError(ssl.SSL_ERROR_SSL, reasons(error)) from None
        finally:
            self._drain()

    def _feed(self) -> None:
        if self._incoming.pending:
            data = memoryview(self._incoming.read())
            while data:
                data = data[self._connection.bio_write(bytes(data)) :]
        elif self._incoming.eof and not self._ended:
            self._ended = True
            self._connection.bio_shutdown()

    def _drain(self) -> None:
        try:
            while True:
                data = self._connection.bio_read(4 * _RECORD)
                self._outgoing.write(data)
                if len(data) < 4 * _RECORD:
                    return
        except SSL.WantReadError:
            return

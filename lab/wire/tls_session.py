"""TLS sessions over memory: `TlsObject` for asyncio, which pumps its octets through it, `TlsPump` for the server.

asyncio's own way (`loop.start_tls`) moves each octet through two more buffers and a state machine of its own, and keeps
260 KiB more per connection (measured: 315 against 55).
"""

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
_FLIGHT = 32768
"""Octets of ciphertext to ask for at once; a flight of ours is seldom longer."""


def reasons(error: SSL.Error) -> str:
    """What OpenSSL's error stack says, in one line."""
    stack = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(reason or library for library, _, reason in stack) or str(error) or type(error).__name__


class TlsSession:
    """One side of a session, and what it tells of the other."""

    def __init__(self, connection: SSL.Connection, *, server_side: bool) -> None:
        self.server_side = server_side
        self._connection = connection
        if server_side:
            connection.set_accept_state()
        else:
            connection.set_connect_state()

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

    def outgoing(self) -> bytes:
        """What OpenSSL has to say: handshake messages, key updates, alerts, ciphertext."""
        flights: list[bytes] = []
        try:
            while not flights or len(flights[-1]) == _FLIGHT:
                flights.append(self._connection.bio_read(_FLIGHT))
        except SSL.WantReadError:
            pass
        return b"".join(flights)


class TlsObject(TlsSession):
    """The part of `ssl.SSLObject` that asyncio uses."""

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
        super().__init__(connection, server_side=server_side)
        self.context = context
        self._incoming = incoming
        self._outgoing = outgoing
        self._ended = False

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
            self._outgoing.write(self.outgoing())

    def _feed(self) -> None:
        if self._incoming.pending:
            data = memoryview(self._incoming.read())
            while data:
                data = data[self._connection.bio_write(bytes(data)) :]
        elif self._incoming.eof and not self._ended:
            self._ended = True
            self._connection.bio_shutdown()


class TlsPump(TlsSession):
    """A server's session. After each call that may make OpenSSL say something, `outgoing` has it."""

    def __init__(self, connection: SSL.Connection) -> None:
        super().__init__(connection, server_side=True)
        self.stands = False
        """Whether the handshake is done and nothing has broken since."""
        self.ended = False
        """Whether the peer has ended the session, and not just been cut off."""

    def receive(self, ciphertext: bytes) -> bytes:
        """Take what has come; the plaintext in it. Raises ssl.SSLError when it is no TLS, or broken."""
        self._connection.bio_write(ciphertext)
        plaintext: list[bytes] = []
        try:
            if not self.stands:
                self._connection.do_handshake()
                self.stands = True
            while True:
                plaintext.append(self._connection.recv(_RECORD))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.ended = True
        except SSL.Error as error:
            self.stands = False
            raise ssl.SSLError(ssl.SSL_ERROR_SSL, reasons(error)) from None
        return plaintext[0] if len(plaintext) == 1 else b"".join(plaintext)

    def send(self, plaintext: bytes) -> bytes:
        """Encrypt; the ciphertext to send. Nothing when the session has broken meanwhile."""
        rest = memoryview(plaintext)
        try:
            while rest:
                rest = rest[self._connection.send(rest[:_RECORD]) :]
        except SSL.Error:
            self.stands = False
        return self.outgoing()

    def end(self) -> bytes:
        """End the session from this side; the alert to send."""
        try:
            self._connection.shutdown()
        except SSL.Error:  # in the middle of a handshake there is nothing to end
            return b""
        return self.outgoing()

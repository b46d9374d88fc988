"""What the other side of a TLS session showed, turned into the facts that attribution works with.

OpenSSL verifies each chain as always, but its verdict never ends a handshake (`lab.wire.tls`): every error is kept by
depth and number, and becomes a `CertFault` here. What was not verified is never trusted: a resumed session carries the
certificate of an earlier one, and OpenSSL does not look at it again.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from functools import lru_cache

from cryptography import x509
from OpenSSL import SSL

from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.transport import Tls
from lab.model.value import dataclass
from lab.pki import certificate_files

SELF_SIGNED_LEAF = 18
INVALID_PURPOSE = 26
FAULTS = {
    9: CertFault.NOT_YET_VALID,
    10: CertFault.EXPIRED,
    SELF_SIGNED_LEAF: CertFault.SELF_SIGNED,
    66: CertFault.WEAK_KEY,
    67: CertFault.WEAK_KEY,
    68: CertFault.WEAK_KEY,
}
"""By X509_V_ERR number; every other error means that no chain to an anchor could be built."""

_SUITE = re.compile(r"(?:(ECDHE|DHE)-(ECDSA|RSA)-)?(AES|CAMELLIA)?(\d{3})?-?(.+)")


@dataclass(slots=True)
class Verification:
    """What OpenSSL's verification of the peer's chain found, in the order found."""

    errors: list[tuple[int, int]] = field(default_factory=list)
    """(depth, X509_V_ERR number)."""
    ran: bool = False
    sent: bool = False
    """Whether this side, a client, was asked for a certificate and sent its own."""

    def found(self, error: int, depth: int, ok: int) -> None:
        """One finding; it is called at least once for each chain that is verified."""
        self.ran = True
        if not ok:
            self.errors.append((depth, error))


def identity_of(
    connection: SSL.Connection, verification: Verification, *, client: bool
) -> CertificateIdentity | None:
    """The certificate that the peer showed, with its faults; None when it showed none.

    `client` says whether the peer is one: OpenSSL checks a server's certificate for another purpose, which tells
    nothing about clientAuth.
    """
    try:
        leaf = connection.get_peer_certificate(as_cryptography=True)
        if leaf is None:
            return None
        names, may_be_client = _read(leaf)
    except ValueError:  # OpenSSL took it, the stricter parser does not
        return CertificateIdentity(None, faults=frozenset({CertFault.UNTRUSTED}), subject="(unreadable)")
    faults = faults_of(verification, client=client)
    if not may_be_client:
        faults |= {CertFault.NO_CLIENT_AUTH}
    return replace(names, faults=faults)


def faults_of(verification: Verification, *, client: bool) -> frozenset[CertFault]:
    """The faults that stand behind OpenSSL's error numbers."""
    if not verification.ran:
        return frozenset({CertFault.RESUMED})
    faults = {
        _fault(depth, error) for depth, error in verification.errors if client or error != INVALID_PURPOSE
    }
    if CertFault.SELF_SIGNED in faults:  # "no chain" would say the same thing twice
        faults.discard(CertFault.UNTRUSTED)
    return frozenset(faults)


def _fault(depth: int, error: int) -> CertFault:
    if error == INVALID_PURPOSE and depth == 0:
        return CertFault.NO_CLIENT_AUTH
    return FAULTS.get(error, CertFault.UNTRUSTED)


@lru_cache(maxsize=1024)
def _read(certificate: x509.Certificate) -> tuple[CertificateIdentity, bool]:
    """A certificate, and whether it may name a client (R129); peers show the same ones again and again."""
    return certificate_files.names_of(certificate), certificate_files.may_be_client(certificate)


def session_of(connection: SSL.Connection) -> Tls:
    """Version and cipher suite as Exchange writes them: `TLS1_2`, `TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384`."""
    version = connection.get_protocol_version_name().replace("TLSv1", "TLS1").replace(".", "_")
    return Tls(version, suite_name(connection.get_cipher_name() or ""))


@lru_cache(maxsize=128)
def suite_name(openssl: str) -> str:
    """The IANA name of a cipher suite from OpenSSL's, which has the same words in another order."""
    if openssl.startswith("TLS_") or not openssl:
        return openssl
    match = _SUITE.fullmatch(openssl)
    assert match is not None  # its last group takes anything
    exchange, signature, cipher, bits, rest = match.groups()
    if rest.startswith("SHA"):  # OpenSSL does not name the mode of the old ones
        rest = f"CBC-{rest}"
    words = (cipher, bits, rest.replace("CCM8", "CCM-8").replace("POLY1305", "POLY1305-SHA256"))
    method = f"{exchange}_{signature}" if exchange else "RSA"
    return f"TLS_{method}_WITH_" + "_".join(word for word in words if word).replace("-", "_")

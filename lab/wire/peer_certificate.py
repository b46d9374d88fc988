"""What the other side of a TLS session showed, turned into the facts that attribution works with.

OpenSSL verifies each chain as always, but its verdict never ends a handshake (`lab.wire.tls`): every error is kept by
depth and number, and becomes a `CertFault` here. What was not verified is never trusted: a resumed session carries the
certificate of an earlier one, and OpenSSL does not look at it again.
"""

from __future__ import annotations

import re
from dataclasses import field
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import SSL

from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.transport import Tls
from lab.model.value import dataclass

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


@dataclass(frozen=True, slots=True)
class CertificateNames:
    """What a certificate says of itself."""

    identity: CertificateIdentity
    client_auth: bool
    """Whether its extended key usage, if it has any, lets it name a client (R129)."""


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
        reading = read(leaf)
    except ValueError:  # OpenSSL took it, the stricter parser does not
        return CertificateIdentity(None, faults=frozenset({CertFault.UNTRUSTED}), subject="(unreadable)")
    faults = faults_of(verification, client=client)
    if not reading.client_auth:
        faults |= {CertFault.NO_CLIENT_AUTH}
    identity = reading.identity
    return CertificateIdentity(
        identity.common_name,
        identity.dns_names,
        faults,
        identity.subject,
        identity.issuer,
        identity.serial,
        identity.thumbprint,
    )


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
def read(certificate: x509.Certificate) -> CertificateNames:
    """Read a certificate; peers show the same ones again and again.

    Raises ValueError when its names or key usage cannot be parsed.
    """
    common_names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    identity = CertificateIdentity(
        common_name=str(common_names[0].value) if common_names else None,
        dns_names=_dns_names(certificate),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:X}",
        thumbprint=certificate.fingerprint(SHA1()).hex().upper(),  # noqa: S303 - a name, not a proof; Exchange's choice
    )
    return CertificateNames(identity, _client_auth(certificate))


def _dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(extension.value.get_values_for_type(x509.DNSName))


def _client_auth(certificate: x509.Certificate) -> bool:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in usages or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usages


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

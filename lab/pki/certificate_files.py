"""Reading a certificate file: its names, and what a verifying peer would find wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import MD5, SHA1
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.model.certificate import CertFault, CertificateIdentity

_LONGEST_CHAIN = 8

T = TypeVar("T", bound=x509.ExtensionType)


def identity(pem_or_der: bytes, at: datetime, anchors: bytes | None = None) -> CertificateIdentity:
    """The certificate in a file (the first one; in PEM others may follow, its chain), judged at the time `at` (aware).

    `anchors` are PEM certificates to trust. None takes the chain on trust, for a certificate whose authority is known
    to be public; what the certificate shows by itself (self-signed, dates, key usage, weakness) is judged all the same.
    Raises ValueError when the bytes hold no certificate, or a private key: the lab must never see a real one.
    """
    if b"PRIVATE KEY" in pem_or_der:
        raise ValueError("the file holds a private key; give the certificate alone")
    leaf, *sent = _certificates(pem_or_der)
    trusted = None if anchors is None else x509.load_pem_x509_certificates(anchors)
    return replace(names_of(leaf), faults=judge(leaf, sent, at, trusted))


def names_of(certificate: x509.Certificate) -> CertificateIdentity:
    """What a certificate says of itself, without faults. Raises ValueError when its names cannot be parsed."""
    common_names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    dns_names = _extension(certificate, x509.SubjectAlternativeName)
    return CertificateIdentity(
        common_name=str(common_names[0].value) if common_names else None,
        dns_names=() if dns_names is None else tuple(dns_names.get_values_for_type(x509.DNSName)),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:X}",
        thumbprint=certificate.fingerprint(SHA1()).hex().upper(),  # noqa: S303 - a name that Exchange prints, not a proof
    )


def judge(
    leaf: x509.Certificate,
    sent: Sequence[x509.Certificate],
    at: datetime,
    anchors: Sequence[x509.Certificate] | None,
) -> frozenset[CertFault]:
    """Every fault of a leaf that came with the certificates `sent`; None for `anchors` takes the chain on trust."""
    faults = set()
    if _issued(leaf, leaf):
        faults.add(CertFault.SELF_SIGNED)
    elif anchors is not None and not _chain(leaf, sent, at, anchors):
        faults.add(CertFault.UNTRUSTED)
    if at < leaf.not_valid_before_utc:
        faults.add(CertFault.NOT_YET_VALID)
    if at > leaf.not_valid_after_utc:
        faults.add(CertFault.EXPIRED)
    if not may_be_client(leaf):
        faults.add(CertFault.NO_CLIENT_AUTH)
    if _weak(leaf):
        faults.add(CertFault.WEAK_KEY)
    return frozenset(faults)


def _certificates(pem_or_der: bytes) -> list[x509.Certificate]:
    """What the library says of a text that is none is about its parser, and no help to whoever gave the file."""
    if b"-----BEGIN" in pem_or_der:
        try:
            return x509.load_pem_x509_certificates(pem_or_der)
        except ValueError:
            problem = "the file holds no certificate in PEM form, or one that is cut off or damaged"
            raise ValueError(problem) from None
    try:
        return [x509.load_der_x509_certificate(pem_or_der)]
    except ValueError:
        raise ValueError("the file holds no certificate in PEM or DER form") from None


def _chain(
    leaf: x509.Certificate,
    sent: Sequence[x509.Certificate],
    at: datetime,
    anchors: Sequence[x509.Certificate],
) -> bool:
    """Whether the issuers, one above the other, lead to an anchor. The leaf's own dates are no matter here."""
    link = leaf
    for _ in range(_LONGEST_CHAIN):
        if link in anchors or any(_issued(link, anchor) for anchor in anchors):
            return True
        above = (c for c in sent if c != link and _is_authority(c, at) and _issued(link, c))
        issuer = next(above, None)
        if issuer is None:
            return False
        link = issuer
    return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):  # other name, a key that signs nothing, other key
        return False
    return True


def _is_authority(certificate: x509.Certificate, at: datetime) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    return (
        constraints is not None
        and constraints.ca
        and certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
    )


def may_be_client(certificate: x509.Certificate) -> bool:
    """Whether the extended key usage allows a client (R129); a certificate without one allows everything."""
    usages = _extension(certificate, x509.ExtendedKeyUsage)
    allowing = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    return usages is None or not allowing.isdisjoint(usages)


def _weak(certificate: x509.Certificate) -> bool:
    """What OpenSSL's security level 2 and every public CA refuse: less than 112 bits, or a broken digest."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        return True
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < 224:
        return True
    return isinstance(certificate.signature_hash_algorithm, SHA1 | MD5)


def _extension(certificate: x509.Certificate, kind: type[T]) -> T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None

"""A certification authority of the lab: a root, an intermediate that issues, and leaves as a profile wants them."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.model.certificate import CertificateProfile, KeyUsage, Validity
from lab.model.value import dataclass

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

DAY = timedelta(days=1)
PERIODS: dict[Validity, tuple[timedelta, timedelta]] = {
    Validity.CURRENT: (-30 * DAY, 365 * DAY),
    Validity.EXPIRED: (-395 * DAY, -30 * DAY),
    Validity.NOT_YET: (30 * DAY, 395 * DAY),
}
"""From and until, counted from the lab's now."""
AUTHORITY_PERIOD = (-3650 * DAY, 3650 * DAY)
"""Wider than any leaf's, so that a fault of dates is always the leaf's own."""

USAGES: dict[KeyUsage, tuple[x509.ObjectIdentifier, ...]] = {
    KeyUsage.BOTH: (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
    KeyUsage.SERVER_ONLY: (ExtendedKeyUsageOID.SERVER_AUTH,),
    KeyUsage.CLIENT_ONLY: (ExtendedKeyUsageOID.CLIENT_AUTH,),
    KeyUsage.NONE: (),
}
"""Extended key usages; none at all means any use (RFC 5280 4.2.1.12)."""


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A leaf with its key, and the chain as the handshake sends it."""

    key: PrivateKey
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class _Signer:
    """Whose name and key stand under a certificate."""

    name: x509.Name
    key: PrivateKey


class Authority:
    """A root that signs one intermediate, which signs all leaves: the shape of a public CA.

    Its keys live as long as the object and are never written down, so nobody can issue in its name later.
    """

    def __init__(self, name: str, now: datetime) -> None:
        self.name = name
        self._now = now
        root = _Signer(_name(f"Mailflow Lab {name} root"), make_key("ec"))
        self._issuer = _Signer(_name(f"Mailflow Lab {name} CA"), make_key("ec"))
        start, end = now + AUTHORITY_PERIOD[0], now + AUTHORITY_PERIOD[1]
        self.root = _sign(_authority(root, path_length=1, start=start, end=end), root)
        self.intermediate = _sign(_authority(self._issuer, path_length=0, start=start, end=end), root)

    def issue(self, profile: CertificateProfile) -> IssuedCertificate:
        """A certificate as the profile wants it. Raises ValueError when its names do not fit into one."""
        key = make_key(profile.key)
        leaf = _sign(_leaf(profile, key, self._now), self._issuer)
        return IssuedCertificate(key, (leaf,) if profile.missing_intermediate else (leaf, self.intermediate))


def self_signed(profile: CertificateProfile, now: datetime) -> IssuedCertificate:
    """A certificate that vouches for itself. Raises ValueError when its names do not fit into one."""
    key = make_key(profile.key)
    return IssuedCertificate(key, (_sign(_leaf(profile, key, now), _Signer(_subject(profile), key)),))


def make_key(kind: str) -> PrivateKey:
    """A fresh private key: `ec` (P-256) or `rsa` (2048 bit). Raises ValueError for any other word."""
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    raise ValueError(f"{kind!r} is no kind of key; there are 'ec' and 'rsa'")


def _leaf(profile: CertificateProfile, key: PrivateKey, now: datetime) -> x509.CertificateBuilder:
    start, end = PERIODS[profile.validity]
    builder = _begun(_subject(profile), key, now + start, now + end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(ca=False, rsa_key=profile.key == "rsa"), critical=True)
    if profile.san and profile.names:
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in profile.names])
        builder = builder.add_extension(names, critical=False)
    if usages := USAGES[profile.key_usage]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return builder


def _authority(
    signer: _Signer, *, path_length: int, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = _begun(signer.name, signer.key, start, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    return builder.add_extension(_key_usage(ca=True, rsa_key=False), critical=True)


def _begun(subject: x509.Name, key: PrivateKey, start: datetime, end: datetime) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start.replace(microsecond=0))  # X.509 counts whole seconds
        .not_valid_after(end.replace(microsecond=0))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _sign(builder: x509.CertificateBuilder, signer: _Signer) -> x509.Certificate:
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    signed = builder.issuer_name(signer.name).add_extension(identifier, critical=False)
    return signed.sign(signer.key, hashes.SHA256())


def _key_usage(*, ca: bool, rsa_key: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=rsa_key,  # an EC key cannot encipher
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(profile: CertificateProfile) -> x509.Name:
    return _name(profile.names[0]) if profile.names else x509.Name([])


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])

"""Certificates of every kind a `CertificateProfile` can describe, made by hand so that the wire is tested without pki."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.model.certificate import CertificateProfile, KeyUsage, Validity

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAY = timedelta(days=1)
USAGES = {
    KeyUsage.BOTH: [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH],
    KeyUsage.SERVER_ONLY: [ExtendedKeyUsageOID.SERVER_AUTH],
    KeyUsage.CLIENT_ONLY: [ExtendedKeyUsageOID.CLIENT_AUTH],
}
PERIODS = {Validity.CURRENT: (-1, 90), Validity.EXPIRED: (-60, -30), Validity.NOT_YET: (30, 60)}


class Files(NamedTuple):
    """A certificate with its chain, and its key, as PEM files."""

    chain: Path
    key: Path


class Ca(NamedTuple):
    """An authority: its certificate and key."""

    certificate: x509.Certificate
    key: Key


class Authority:
    """Root, intermediate and any number of private CAs, with leaves by profile, all valid around `now`."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.folder = folder
        self.now = now
        self._private: dict[str, Ca] = {}

    @cached_property
    def root(self) -> Ca:
        return self._ca("Mailflow Lab Root", None)

    @cached_property
    def intermediate(self) -> Ca:
        return self._ca("Mailflow Lab public CA", self.root)

    @cached_property
    def anchors(self) -> Path:
        return self._write("anchors.pem", self.root.certificate)

    def issue(self, profile: CertificateProfile) -> Files:
        """Make the certificate that `profile` describes."""
        key = _key(profile.key)
        issuer = None if profile.self_signed else self._issuer(profile.issuer)
        leaf = self._leaf(profile, key, issuer)
        chain = [leaf] if issuer is None or profile.missing_intermediate else [leaf, issuer.certificate]
        return Files(self._write(f"{profile.name}.pem", *chain), self._write_key(f"{profile.name}.key", key))

    def _issuer(self, name: str) -> Ca:
        if name == "public":
            return self.intermediate
        if name not in self._private:
            self._private[name] = self._ca(f"Mailflow Lab {name} CA", None)
        return self._private[name]

    def _leaf(self, profile: CertificateProfile, key: Key, issuer: Ca | None) -> x509.Certificate:
        subject = _name(profile.names[0] if profile.names else "")
        first, last = PERIODS[profile.validity]
        builder = self._builder(subject, key, issuer, first, last)
        if profile.san and profile.names:
            names = x509.SubjectAlternativeName([x509.DNSName(name) for name in profile.names])
            builder = builder.add_extension(names, critical=False)
        if profile.key_usage in USAGES:
            builder = builder.add_extension(x509.ExtendedKeyUsage(USAGES[profile.key_usage]), critical=False)
        return builder.sign(issuer.key if issuer else key, SHA256())

    def _ca(self, name: str, issuer: Ca | None) -> Ca:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_name(name), key, issuer, -100, 3650)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return Ca(builder.sign(issuer.key if issuer else key, SHA256()), key)

    def _builder(
        self, subject: x509.Name, key: Key, issuer: Ca | None, first: int, last: int
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + first * DAY)
            .not_valid_after(self.now + last * DAY)
        )

    def _write(self, name: str, *certificates: x509.Certificate) -> Path:
        path = self.folder / name
        path.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates))
        return path

    def _write_key(self, name: str, key: Key) -> Path:
        path = self.folder / name
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return path


def _key(kind: str) -> Key:
    return rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])

"""Certificates in files: PEM, DER and PKCS #7, the public part only. A private key is refused before it is read."""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeAlias

import certifi
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.utils import CryptographyDeprecationWarning

from lab.errors import words_of
from lab.importers.text_decoding import LineNumbers, TextSource, whole
from lab.importers.types import ExportedValue, ExportLocation, Exports, FoundCertificate, Notice
from lab.model.certificate import CertFault
from lab.pki.certificate_files import identity, judge
from lab.sentence import sentence

_PEM = re.compile(
    r"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*+-----END (?:X509 |TRUSTED )?CERTIFICATE-----"
)
_PKCS7 = re.compile(r"-----BEGIN (?:PKCS7|CMS)-----[^-]*+-----END (?:PKCS7|CMS)-----")
_BROKEN = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for bytes that are no certificate, or a strange one."""
_DAMAGED = sentence("a certificate that is cut off or damaged")
_LONGEST_CHAIN = 8
_LONGEST_RAW = 64 * 1024
"""Bytes; a certificate has one to three thousand."""
_Placed: TypeAlias = Sequence[tuple[ExportLocation, x509.Certificate]]
_DATES = frozenset({CertFault.EXPIRED, CertFault.NOT_YET_VALID})


def from_text(source: TextSource) -> Exports:
    """The chains of a PEM file; several certificates that have nothing to do with each other are a chain each."""
    lines = LineNumbers(source.text)
    read: list[tuple[ExportLocation, x509.Certificate]] = []
    notices: list[Notice] = []
    for at, data in pem_blocks(source.text):
        place = ExportLocation(source.file, lines.at(at))
        try:
            read += [(place, certificate) for certificate in _loaded(data)]
        except _BROKEN:
            notices.append(Notice(place, _DAMAGED, serious=True))
    judged = [_judged(place, chain) for place, chain in _chains(read)]
    return Exports.joined([*judged, Exports(notices=tuple(notices))])


def from_bytes(file: str, data: bytes) -> Exports | None:
    """The certificates of a DER file, single or as PKCS #7; None when it is no such file."""
    try:
        loaded = _loaded(data)
    except _BROKEN:
        return None
    return Exports.joined(
        _judged(place, chain)
        for place, chain in _chains([(ExportLocation(file), certificate) for certificate in loaded])
    )


def found(place: ExportLocation, chain: Sequence[bytes], server: str = "") -> Exports:
    """The certificate that stands first in `chain` (DER or PEM), judged with the rest of it."""
    try:
        loaded = [certificate for data in chain for certificate in _loaded(data)]
    except _BROKEN:
        return Exports.noting(_DAMAGED, place.file, place.line)
    return _judged(place, loaded, server) if loaded else Exports()


def certificate_in(place: ExportLocation, values: Mapping[str, ExportedValue]) -> Exports:
    """What `RawData` of an object of `Get-ExchangeCertificate` holds; where it is missing, the object tells names and dates."""
    raw = next((value for name, value in values.items() if name.lower() == "rawdata"), None)
    if raw is None:
        return Exports()
    data = _raw_bytes(raw)
    if data:
        return found(place, [data])
    return Exports.noting(sentence("RawData holds no certificate"), place.file, place.line, serious=False)


def _raw_bytes(raw: ExportedValue) -> bytes:
    """Export-Clixml writes base64, ConvertTo-Json a list of numbers, Export-Csv neither."""
    if isinstance(raw, str) and len(raw) < _LONGEST_RAW * 2:
        try:
            return base64.b64decode("".join(raw.split()), validate=True)
        except (binascii.Error, ValueError):
            return b""
    if isinstance(raw, tuple) and len(raw) < _LONGEST_RAW:
        numbers = [item for item in raw if isinstance(item, int) and 0 <= item < 256]
        return bytes(numbers) if len(numbers) == len(raw) else b""
    return b""


def pem_blocks(text: str) -> list[tuple[int, bytes]]:
    """Every certificate in a text with the offset it begins at."""
    blocks = sorted((*_PEM.finditer(text), *_PKCS7.finditer(text)), key=lambda block: block.start())
    return [(block.start(), block[0].encode()) for block in blocks]


def _loaded(data: bytes) -> list[x509.Certificate]:
    with _lenient():
        if data.startswith((b"-----BEGIN PKCS7", b"-----BEGIN CMS")):
            return pkcs7.load_pem_pkcs7_certificates(data.replace(b" CMS-----", b" PKCS7-----"))
        if data.startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificates(data)
        try:
            return [x509.load_der_x509_certificate(data)]
        except ValueError:
            return pkcs7.load_der_pkcs7_certificates(data)


@contextmanager
def _lenient() -> Iterator[None]:
    """Serial numbers of 0 and the like are old certificates' habits, and no news to whoever has them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        yield


def _chains(read: _Placed) -> list[tuple[ExportLocation, list[x509.Certificate]]]:
    """A chain for each certificate that has issued none of the others, in whatever order they stand."""
    issuers = {certificate.issuer for _, certificate in read if certificate.issuer != certificate.subject}
    leaves = [(place, cert) for place, cert in read if cert.subject not in issuers] or read[:1]
    by_name = {certificate.subject: certificate for _, certificate in reversed(read)}
    return [(place, [leaf, *_above(leaf, by_name)]) for place, leaf in leaves]


def _above(
    leaf: x509.Certificate, by_name: Mapping[x509.Name, x509.Certificate]
) -> Iterator[x509.Certificate]:
    link = leaf
    for _ in range(_LONGEST_CHAIN):
        issuer = by_name.get(link.issuer)
        if issuer is None or issuer == link:
            return
        yield issuer
        link = issuer


def _judged(place: ExportLocation, chain: Sequence[x509.Certificate], server: str = "") -> Exports:
    try:
        with _lenient():
            return Exports(certificates=(_certificate(place, chain, server),))
    except _BROKEN as broken:
        text = sentence("a certificate that cannot be understood: {why}", why=words_of(broken))
        return Exports.noting(text, place.file, place.line)


def _certificate(place: ExportLocation, chain: Sequence[x509.Certificate], server: str) -> FoundCertificate:
    leaf, *sent = chain
    issued = leaf.not_valid_before_utc  # dates are judged later; the chain was in force when it was made
    shown = identity(leaf.public_bytes(Encoding.DER), issued)
    public = _public(leaf, sent)
    faults = _faults(leaf, sent, public)
    return FoundCertificate(
        place=place,
        common_name=None if shown.common_name is None else whole(shown.common_name),
        dns_names=tuple(map(whole, shown.dns_names)),
        subject=shown.subject,
        issuer=shown.issuer,
        serial=shown.serial,
        thumbprint=shown.thumbprint,
        not_before=issued,
        not_after=leaf.not_valid_after_utc,
        self_signed=CertFault.SELF_SIGNED in faults,
        chain=len(sent),
        public=public,
        faults=faults,
        server=server,
    )


def _faults(
    leaf: x509.Certificate, sent: Sequence[x509.Certificate], public: bool | None
) -> frozenset[CertFault]:
    """Apart from dates. A certificate that names itself as its issuer is self-signed even where a signature of today's
    rules cannot be checked: those that Exchange makes for itself have had SHA-1 for long."""
    faults = judge(leaf, sent, leaf.not_valid_before_utc, None) - _DATES
    if leaf.subject == leaf.issuer:
        return faults | {CertFault.SELF_SIGNED}
    return faults | {CertFault.UNTRUSTED} if public is False else faults


def _public(leaf: x509.Certificate, sent: Sequence[x509.Certificate]) -> bool | None:
    """Yes when the chain leads to a root; no when it ends at a root of somebody's own; else a certificate is missing."""
    if leaf in _roots():
        return True
    doubts = judge(leaf, sent, leaf.not_valid_before_utc, _roots())
    if CertFault.SELF_SIGNED not in doubts and CertFault.UNTRUSTED not in doubts:
        return True
    return False if any(certificate.subject == certificate.issuer for certificate in (leaf, *sent)) else None


@cache
def _roots() -> Sequence[x509.Certificate]:
    """Mozilla's, as certifi brings them: the same on every machine."""
    with _lenient():
        return x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())

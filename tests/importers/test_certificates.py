"""Certificates in files, and what can be told of their chains."""

from datetime import UTC, datetime

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from lab.importers import certificates
from lab.importers.folder_reader import parsed
from lab.model.certificate import CertFault, CertificateProfile, KeyUsage
from lab.pki.authority import Authority, self_signed
from tests.importers.sources import told

NOW = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
PUBLIC = Authority("public", NOW)
LEAF = PUBLIC.issue(
    CertificateProfile(name="mail", names=("mail.msxfaq.example", "smtp.msxfaq.example"))
).chain[0]
OTHER = PUBLIC.issue(CertificateProfile(name="hybrid", names=("hybrid.msxfaq.example",))).chain[0]
ABOVE = PUBLIC.intermediate


@pytest.fixture
def world(monkeypatch):
    """The lab's public authority is one that the world trusts."""
    monkeypatch.setattr(certificates, "_roots", lambda: [PUBLIC.root])


def pem(*chain: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in chain)


def der(one: x509.Certificate) -> bytes:
    return one.public_bytes(Encoding.DER)


def p7b(encoding: Encoding, *chain: x509.Certificate) -> bytes:
    return pkcs7.serialize_certificates(list(chain), encoding)


@pytest.mark.parametrize(
    "data",
    [
        pem(LEAF, ABOVE),
        pem(ABOVE, LEAF),
        b"subject=CN = mail\r\n" + pem(LEAF).replace(b"\n", b"\r\n") + pem(ABOVE),
        b"\xef\xbb\xbf" + pem(LEAF, ABOVE),
        p7b(Encoding.DER, ABOVE, LEAF),
        p7b(Encoding.PEM, ABOVE, LEAF),
    ],
    ids=["pem", "issuer-first", "with-text", "bom", "p7b", "p7b-pem"],
)
def test_every_form_tells_the_same_chain(world, data):
    [found] = parsed("mail.crt", data).certificates
    assert (found.common_name, found.dns_names) == (
        "mail.msxfaq.example",
        ("mail.msxfaq.example", "smtp.msxfaq.example"),
    )
    assert (found.chain, found.public, found.self_signed, found.faults) == (1, True, False, frozenset())
    assert (found.not_before, found.not_after) == (LEAF.not_valid_before_utc, LEAF.not_valid_after_utc)


def test_der_is_read_and_its_chain_is_not_known(world):
    [found] = parsed("mail.cer", der(LEAF)).certificates
    assert (found.chain, found.public, found.faults) == (0, None, frozenset())


def test_several_certificates_of_one_file_are_a_chain_each(world):
    found = parsed("all.pem", pem(LEAF, ABOVE, OTHER)).certificates
    assert [(one.common_name, one.chain, one.public) for one in found] == [
        ("mail.msxfaq.example", 1, True),
        ("hybrid.msxfaq.example", 1, True),
    ]
    assert found[1].place.line > found[0].place.line == 1


def test_a_root_of_ones_own_is_not_public(world):
    own = Authority("private", NOW)
    leaf = own.issue(CertificateProfile(name="mail", names=("mail.msxfaq.example",))).chain[0]
    [found] = parsed("own.pem", pem(leaf, own.intermediate, own.root)).certificates
    assert found.public is False
    assert found.faults == {CertFault.UNTRUSTED}


def test_a_self_signed_certificate_is_not_public(world):
    [found] = parsed(
        "own.pem", pem(self_signed(CertificateProfile(name="x", names=("x.example",)), NOW).chain[0])
    ).certificates
    assert (found.self_signed, found.public) == (True, False)


def test_a_certificate_for_servers_only_has_that_fault(world):
    leaf = PUBLIC.issue(
        CertificateProfile(name="x", names=("x.example",), key_usage=KeyUsage.SERVER_ONLY)
    ).chain[0]
    [found] = parsed("x.pem", pem(leaf, ABOVE)).certificates
    assert found.faults == {CertFault.NO_CLIENT_AUTH}


def test_roots_of_the_world_are_public():
    with open(certifi.where(), "rb") as file:
        bundle = file.read()
    found = parsed("roots.pem", bundle).certificates
    assert len(found) > 50
    assert all(one.public for one in found)


def test_a_damaged_certificate_is_told_with_its_line(world):
    line = pem(LEAF).count(b"\n") + 1
    text = pem(LEAF) + b"-----BEGIN CERTIFICATE-----\nMIIBszCC\n-----END CERTIFICATE-----\n"
    found = parsed("mail.pem", text)
    assert [one.common_name for one in found.certificates] == ["mail.msxfaq.example"]
    assert f"mail.pem:{line}: a certificate that is cut off" in told(found)


def test_bytes_that_are_no_certificate_are_told():
    assert "left unread" in told(parsed("mail.cer", b"\x30\x82\x01\x00" + bytes(64)))


def test_numbers_of_convertto_json_are_a_certificate_too(world):
    text = f'{{"Thumbprint": "A", "Services": "SMTP", "RawData": {list(der(LEAF))}}}'
    found = parsed("Get-ExchangeCertificate.json", text.encode())
    assert [one.common_name for one in found.certificates] == ["mail.msxfaq.example"]
    assert found.objects[0].values == {"Thumbprint": "A", "Services": "SMTP"}
    assert found.objects[0].place == found.certificates[0].place


@pytest.mark.parametrize("raw", ['"bm9uZQ=="', '"%%%"', "[1, 2, 999]", "[]", "5"])
def test_raw_data_that_is_no_certificate_is_told(raw):
    found = parsed("Get-ExchangeCertificate.json", f'{{"Subject": "CN=a", "RawData": {raw}}}'.encode())
    assert found.certificates == ()
    assert found.objects[0].values["Subject"] == "CN=a"
    assert "certificate" in told(found)

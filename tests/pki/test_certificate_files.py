"""Reading a user's certificate file."""

from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from lab.model.certificate import CertFault, CertificateProfile
from lab.pki.authority import Authority, self_signed
from lab.pki.certificate_files import identity

NOW = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
PROFILE = CertificateProfile(name="mail", names=("mail.msxfaq.example", "smtp.msxfaq.example"))
AUTHORITY = Authority("public", NOW)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def test_pem_and_der_tell_the_same():
    leaf = AUTHORITY.issue(PROFILE).chain[0]
    assert identity(pem(leaf), NOW) == identity(leaf.public_bytes(Encoding.DER), NOW)


def test_names_serial_and_thumbprint_are_told_as_exchange_prints_them():
    leaf = AUTHORITY.issue(PROFILE).chain[0]
    found = identity(pem(leaf), NOW)
    assert found.names == PROFILE.names
    assert found.subject == "CN=mail.msxfaq.example"
    assert found.issuer == "CN=Mailflow Lab public CA"
    assert int(found.serial, 16) == leaf.serial_number
    assert found.thumbprint == leaf.fingerprint(hashes.SHA1()).hex().upper()


def test_without_anchors_the_chain_is_taken_on_trust():
    leaf = AUTHORITY.issue(PROFILE).chain[0]
    assert identity(pem(leaf), NOW).faults == frozenset()


def test_with_anchors_the_intermediate_must_be_in_the_file():
    leaf = AUTHORITY.issue(PROFILE).chain[0]
    anchors = pem(AUTHORITY.root)
    assert identity(pem(leaf), NOW, anchors).faults == {CertFault.UNTRUSTED}
    assert identity(pem(leaf, AUTHORITY.intermediate), NOW, anchors).faults == frozenset()


def test_order_of_the_chain_behind_the_leaf_does_not_matter():
    leaf = AUTHORITY.issue(PROFILE).chain[0]
    sent = pem(leaf, AUTHORITY.root, AUTHORITY.intermediate)
    assert identity(sent, NOW, pem(AUTHORITY.root)).faults == frozenset()


def test_an_intermediate_that_is_itself_trusted_is_enough():
    leaf = AUTHORITY.issue(PROFILE).chain[0]
    assert identity(pem(leaf), NOW, pem(AUTHORITY.intermediate)).faults == frozenset()


def test_an_expired_intermediate_leads_nowhere():
    leaf = AUTHORITY.issue(PROFILE).chain[0]
    late = NOW + timedelta(days=36500)
    found = identity(pem(leaf, AUTHORITY.intermediate), late, pem(AUTHORITY.root)).faults
    assert found == {CertFault.UNTRUSTED, CertFault.EXPIRED}


def test_a_leaf_cannot_issue():
    first = AUTHORITY.issue(PROFILE)
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other.example")]))
        .issuer_name(first.chain[0].subject)
        .public_key(ec.generate_private_key(ec.SECP256R1()).public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(first.key, hashes.SHA256())
    )
    assert identity(pem(forged, *first.chain), NOW, pem(AUTHORITY.root)).faults == {CertFault.UNTRUSTED}


def test_self_signed_is_seen_without_any_anchor():
    leaf = self_signed(PROFILE, NOW).chain[0]
    assert identity(pem(leaf), NOW).faults == {CertFault.SELF_SIGNED}


def test_a_foreign_authority_is_trusted_when_given():
    authority = trustme.CA()
    leaf = authority.issue_cert("mail.fabrikam.example", not_before=NOW, not_after=NOW + timedelta(days=9))
    file = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    assert identity(file, NOW, pem(AUTHORITY.root)).faults == {CertFault.UNTRUSTED}
    found = identity(file, NOW, authority.cert_pem.bytes())
    assert found.faults == frozenset()
    assert found.names == ("mail.fabrikam.example",)


def test_a_short_key_is_weak():
    key = rsa.generate_private_key(65537, 1024)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old.example")])
    leaf = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    assert identity(pem(leaf), NOW).faults == {CertFault.SELF_SIGNED, CertFault.WEAK_KEY}


@pytest.mark.parametrize("word", ["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])
def test_a_file_with_a_private_key_is_refused(word):
    leaf = AUTHORITY.issue(PROFILE).chain[0]
    with pytest.raises(ValueError, match="private key"):
        identity(pem(leaf) + f"-----BEGIN {word}-----\n".encode(), NOW)


@given(st.binary(max_size=64))
def test_no_file_raises_anything_but_value_error(content):
    with pytest.raises(ValueError, match="certificate"):
        identity(content, NOW)

"""What the lab's authorities issue."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from lab.model.certificate import CertificateProfile
from lab.pki.authority import Authority, make_key, self_signed

NOW = datetime(2026, 3, 3, 9, 15, 7, 250_000, tzinfo=UTC)
PROFILE = CertificateProfile(name="mail", names=("mail.msxfaq.example",))


def test_the_root_signs_one_intermediate_which_signs_the_leaves():
    authority = Authority("public", NOW)
    leaf, intermediate = authority.issue(PROFILE).chain
    leaf.verify_directly_issued_by(intermediate)
    intermediate.verify_directly_issued_by(authority.root)
    assert authority.root.subject.rfc4514_string() == "CN=Mailflow Lab public root"


def test_the_intermediate_cannot_make_further_authorities():
    constraints = Authority("public", NOW).intermediate.extensions.get_extension_for_class(
        x509.BasicConstraints
    )
    assert constraints.value.path_length == 0
    assert constraints.critical


def test_two_authorities_of_one_name_do_not_vouch_for_each_other():
    first, second = Authority("public", NOW), Authority("public", NOW)
    with pytest.raises(InvalidSignature):
        first.intermediate.verify_directly_issued_by(second.root)


def test_serial_numbers_are_never_twice_the_same():
    authority = Authority("public", NOW)
    assert len({authority.issue(PROFILE).chain[0].serial_number for _ in range(50)}) == 50


def test_validity_counts_whole_seconds():
    leaf = self_signed(PROFILE, NOW).chain[0]
    assert leaf.not_valid_before_utc.microsecond == 0
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days == 395


def test_an_unknown_kind_of_key_is_refused():
    with pytest.raises(ValueError, match="no kind of key"):
        make_key("dsa")

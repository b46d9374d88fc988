"""What of a client's certificate counts, which rules say so, and when the connection is refused instead."""

from __future__ import annotations

from typing import Any

import pytest

from lab.core.client_credentials import Credentials, judge_credentials
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.switches import Switches
from tests.core.worlds import a_certificate

ADDRESS = "198.51.100.25"
NUMBER = 198 << 24 | 51 << 16 | 100 << 8 | 25
EXPIRED_SELF_SIGNED = frozenset({CertFault.EXPIRED, CertFault.SELF_SIGNED})


def judged(
    *faults: CertFault,
    shown: CertificateIdentity | None = None,
    tls: bool = True,
    **switches: Any,
) -> Credentials:
    """A certificate for mx.a.example with these faults, unless another one is shown."""
    certificate = shown or a_certificate("mx.a.example", faults=frozenset(faults))
    return judge_credentials(ADDRESS, tls, certificate, Switches(**switches))


@pytest.mark.parametrize(
    ("tls", "rules"), [(True, ("R132",)), (False, ("R195",))], ids=["encrypted", "in-the-clear"]
)
def test_no_certificate_is_told_apart_from_no_tls(tls, rules):
    found = judge_credentials(ADDRESS, tls, None, Switches())
    assert found == Credentials(address=ADDRESS, number=NUMBER, tls=tls, rules=rules)


def test_a_sound_certificate_counts_with_its_names():
    shown = a_certificate("mx.a.example", "*.b.example")
    found = judged(shown=shown)
    assert (found.address, found.number, found.tls, found.certificate) == (ADDRESS, NUMBER, True, shown)
    assert [str(name) for name in found.names] == ["mx.a.example", "*.b.example"]
    assert (bool(found.ignored), found.refused, found.rules) == (False, False, ("R8", "R10"))


def test_what_is_known_of_tls_is_passed_on():
    assert not judged(tls=False).tls
    assert not judged(CertFault.EXPIRED, tls=False).tls


def test_a_certificate_without_domain_names_is_ignored_but_not_refused():
    shown = CertificateIdentity(common_name="Printer 3")
    found = judged(shown=shown, bad_chain="refuse_connection", expired_cert="refuse_connection")
    assert (found.certificate, found.names, found.refused, found.rules) == (shown, (), False, ("R10",))
    assert found.ignored


@pytest.mark.parametrize(
    ("faults", "rules"),
    [
        ((CertFault.SELF_SIGNED,), ("R9", "R125")),
        ((CertFault.UNTRUSTED,), ("R8", "R125", "R126")),
        ((CertFault.EXPIRED,), ("R127",)),
        ((CertFault.NOT_YET_VALID,), ("R127",)),
        ((CertFault.EXPIRED, CertFault.SELF_SIGNED), ("R9", "R125", "R127")),
        ((CertFault.UNTRUSTED, CertFault.NOT_YET_VALID), ("R8", "R125", "R126", "R127")),
        ((CertFault.SELF_SIGNED, CertFault.UNTRUSTED), ("R9", "R125", "R8", "R125", "R126")),
        ((CertFault.RESUMED,), ("R8",)),
    ],
    ids=[
        "self-signed",
        "untrusted",
        "expired",
        "not-yet",
        "expired-self-signed",
        "untrusted-not-yet",
        "self-signed-untrusted",
        "resumed",
    ],
)
def test_a_faulty_certificate_is_ignored_by_the_rules_of_its_faults(faults, rules):
    found = judged(*faults)
    assert (found.names, found.refused, found.rules) == ((), False, rules)
    assert (found.address, found.number, found.tls) == (ADDRESS, NUMBER, True)
    assert found.certificate == a_certificate("mx.a.example", faults=frozenset(faults))
    assert all(fault in found.ignored for fault in faults)


@pytest.mark.parametrize(
    ("faults", "switch", "refused"),
    [
        ({CertFault.EXPIRED}, "expired_cert", True),
        ({CertFault.EXPIRED}, "bad_chain", False),
        ({CertFault.NOT_YET_VALID}, "expired_cert", True),
        ({CertFault.EXPIRED, CertFault.NOT_YET_VALID}, "expired_cert", True),
        ({CertFault.SELF_SIGNED}, "expired_cert", False),
        ({CertFault.SELF_SIGNED}, "bad_chain", True),
        (EXPIRED_SELF_SIGNED, "expired_cert", False),
        (EXPIRED_SELF_SIGNED, "bad_chain", True),
    ],
    ids=[
        "expired-by-its-own-switch",
        "expired-is-no-bad-chain",
        "not-yet-valid-like-expired",
        "both-ends-of-the-chain-out-of-date",
        "self-signed-is-not-expired",
        "self-signed-is-a-bad-chain",
        "expired-and-self-signed-is-not-only-expired",
        "expired-and-self-signed-is-a-bad-chain",
    ],
)
def test_a_bad_chain_decides_the_switch_and_the_date_only_alone(faults, switch, refused):
    position: dict[str, Any] = {switch: "refuse_connection"}
    assert judged(*faults, **position).refused is refused


def test_a_weak_key_is_harmless():
    found = judged(CertFault.WEAK_KEY, require_client_eku=True, bad_chain="refuse_connection")
    assert (len(found.names), found.refused, found.rules) == (1, False, ("R8", "R10"))


def test_a_weak_key_beside_an_expired_date_is_only_expired():
    assert judged(CertFault.WEAK_KEY, CertFault.EXPIRED, expired_cert="refuse_connection").refused


def test_client_key_usage_is_a_fault_only_by_switch():
    assert judged(CertFault.NO_CLIENT_AUTH).rules == ("R8", "R10")
    assert judged(CertFault.NO_CLIENT_AUTH, CertFault.EXPIRED).rules == ("R127",)
    found = judged(CertFault.NO_CLIENT_AUTH, require_client_eku=True)
    assert (found.names, found.rules) == ((), ("R129",))
    assert judged(CertFault.NO_CLIENT_AUTH, require_client_eku=True, bad_chain="refuse_connection").refused


def test_only_the_common_name_counts_by_switch():
    shown = a_certificate("mx.a.example", "mx.b.example")
    assert [str(name) for name in judged(shown=shown, cert_names="cn_only").names] == ["mx.a.example"]

"""TLS on the way out: what a server shows as a client, and which next hop satisfies a connector (R90, R91, R129)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.core.outbound_tls import NO_STARTTLS, client_certificate, judge_server, server_faults
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.dns import zones_of
from lab.model.names import Domain, DomainPattern
from lab.model.reply import Reply
from lab.model.roles import Role
from lab.model.switches import Switches
from lab.model.tenant import TlsSettings
from lab.model.topology import Host, Topology
from lab.model.transport import TlsPolicy
from tests.core.worlds import a_certificate

GOOD = a_certificate("mx.b.example")
SERVER_ONLY = a_certificate("mx.b.example", faults=frozenset({CertFault.NO_CLIENT_AUTH}))
EXPIRED = a_certificate("mx.b.example", faults=frozenset({CertFault.EXPIRED}))


def policy(level: TlsSettings | None, domain: str | None = None) -> TlsPolicy:
    return TlsPolicy(level, DomainPattern.parse(domain) if domain else None)


def deferral(message: str) -> Reply:
    return Reply(450, "4.4.317", f"Cannot connect to remote server [Message={message}]")


def topology(**switches: bool) -> Topology:
    return Topology(
        hosts={},
        regions={},
        organizations={},
        tenants={},
        zones=zones_of([]),
        certificates={"good": GOOD, "server only": SERVER_ONLY, "expired": EXPIRED},
        switches=Switches(**switches),  # type: ignore[arg-type]
    )


HOST = Host(
    name="gw", role=Role.GATEWAY, fqdn=Domain("mx.a.example"), address="198.51.100.25", certificate="good"
)


class TestJudgeServer:
    @pytest.mark.parametrize(
        "level", [None, TlsSettings.ENCRYPTION_ONLY], ids=["no-policy", "encryption-only"]
    )
    @pytest.mark.parametrize("shown", [None, EXPIRED, GOOD], ids=["none", "expired", "good"])
    def test_without_validation_any_certificate_will_do(self, level, shown):
        assert judge_server(policy(level, "other.example"), shown) is None

    @pytest.mark.parametrize(
        "level", [TlsSettings.CERTIFICATE_VALIDATION, TlsSettings.DOMAIN_VALIDATION], ids=["chain", "domain"]
    )
    @pytest.mark.parametrize(
        ("shown", "deferred"),
        [
            (GOOD, False),
            (SERVER_ONLY, False),
            (a_certificate("mx.b.example", faults=frozenset({CertFault.WEAK_KEY})), False),
            (EXPIRED, True),
            (a_certificate("mx.b.example", faults=frozenset({CertFault.SELF_SIGNED})), True),
            (None, True),
        ],
        ids=["good", "server-only", "weak-key", "expired", "self-signed", "none"],
    )
    def test_validation_asks_for_a_chain_without_faults(self, level, shown, deferred):
        reply = judge_server(policy(level, "mx.b.example"), shown)
        assert (reply is not None) is deferred
        if reply is not None:
            assert (
                (reply.code, reply.enhanced) == (NO_STARTTLS.code, NO_STARTTLS.enhanced) == (450, "4.4.317")
            )
            assert reply.text.startswith(
                "Cannot connect to remote server [Message=CertificateValidationFailure "
            )

    def test_a_server_without_certificate_is_told_from_one_with_a_bad_one(self):
        reply = judge_server(policy(TlsSettings.CERTIFICATE_VALIDATION), None)
        assert reply == deferral("CertificateValidationFailure The remote server showed no certificate")

    @pytest.mark.parametrize(
        ("domain", "satisfied"),
        [("mx.b.example", True), ("*.b.example", True), ("other.example", False), (None, True)],
        ids=["exact", "wildcard", "other", "unset"],
    )
    def test_domain_validation_asks_for_the_name_as_well(self, domain, satisfied):
        reply = judge_server(policy(TlsSettings.DOMAIN_VALIDATION, domain), GOOD)
        assert (reply is None) is satisfied
        if reply is not None:
            assert reply == deferral(
                "SubjectMismatch Expected Subject: other.example. Presented Subject: mx.b.example"
            )

    def test_any_name_of_the_certificate_will_do(self):
        shown = a_certificate("www.b.example", "mx.b.example")
        assert judge_server(policy(TlsSettings.DOMAIN_VALIDATION, "mx.b.example"), shown) is None

    def test_the_name_is_not_asked_for_by_certificate_validation(self):
        assert judge_server(policy(TlsSettings.CERTIFICATE_VALIDATION, "other.example"), GOOD) is None

    def test_all_faults_are_told(self):
        both = a_certificate("mx.b.example", faults=frozenset({CertFault.SELF_SIGNED, CertFault.EXPIRED}))
        reply = judge_server(policy(TlsSettings.CERTIFICATE_VALIDATION), both)
        assert reply == deferral(f"CertificateValidationFailure {CertFault.EXPIRED}, {CertFault.SELF_SIGNED}")

    def test_a_wildcard_of_the_server_covers_the_name_that_is_asked_for(self):
        shown = a_certificate("*.b.example")
        assert judge_server(policy(TlsSettings.DOMAIN_VALIDATION, "mx.b.example"), shown) is None


def test_a_server_needs_no_client_key_usage_and_a_weak_key_is_harmless():
    faults = {CertFault.NO_CLIENT_AUTH, CertFault.WEAK_KEY, CertFault.UNTRUSTED}
    shown = CertificateIdentity(common_name=None, faults=frozenset(faults))
    assert server_faults(shown) == {CertFault.UNTRUSTED}


class TestClientCertificate:
    def test_a_server_shows_its_certificate(self):
        assert client_certificate(HOST, topology()) == "good"

    @pytest.mark.parametrize(
        "host",
        [replace(HOST, certificate=None), replace(HOST, client_certificate=False)],
        ids=["has-none", "shows-none"],
    )
    def test_it_shows_none(self, host):
        assert client_certificate(host, topology()) is None
        assert client_certificate(host, topology(send_cert_without_client_eku=False)) is None

    @pytest.mark.parametrize(
        ("profile", "without_switch"),
        [("good", "good"), ("server only", None), ("expired", "expired"), ("unheard of", "unheard of")],
        ids=["good", "server-only", "expired", "unknown"],
    )
    def test_one_without_client_key_usage_is_dropped_by_switch(self, profile, without_switch):
        host = replace(HOST, certificate=profile)
        assert client_certificate(host, topology()) == profile
        assert client_certificate(host, topology(send_cert_without_client_eku=False)) == without_switch

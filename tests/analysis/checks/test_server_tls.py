"""What Exchange shows as a server, and by what string its connectors find it."""

import pytest

from lab.analysis.checks.finding import Severity
from tests.analysis.checks.worlds import told

ERROR, WARNING = Severity.ERROR, Severity.WARNING
BASICS = ("hybrid-basics.yaml", "as-the-wizard-left-it")
RENEWAL, TLS = "faults/p09-certificate-renewal.yaml", "faults/p23-hybrid-tls.yaml"
TWICE = "faults/p04-same-certificate-both-connectors.yaml"
GUID = "799256f5-159a-5ba8-ba83-7fcbda21da93"
SEND, RECEIVE, CLOUD = f"Outbound to Office 365 - {GUID}", "Default Frontend EX01", f"Outbound to {GUID}"
CONNECTOR = "tenants.msxfaq.OutboundConnectors[Outbound to *]"
RELAXED = {f"{CONNECTOR}.TlsSettings": None, f"{CONNECTOR}.TlsDomain": None}
FOUND = [
    (RENEWAL, "old-one-removed", f"MFL-CERT-007:{SEND}", ERROR),
    (RENEWAL, "old-one-removed", f"MFL-CERT-007:{RECEIVE}", ERROR),
    (RENEWAL, "old-one-expired", f"MFL-CERT-007:{SEND}", ERROR),
    (RENEWAL, "old-one-expired", f"MFL-CERT-007:{RECEIVE}", ERROR),
    (RENEWAL, "both-in-the-store", f"MFL-CERT-008:{SEND}", WARNING),
    (RENEWAL, "both-in-the-store", f"MFL-CERT-008:{RECEIVE}", WARNING),
    (TLS, "subject-mismatch", f"MFL-CERT-009:{CLOUD}", ERROR),
    (TWICE, "one-certificate", f"MFL-CERT-009:{CLOUD}", ERROR),
    (TLS, "untrusted", f"MFL-CERT-010:{CLOUD}", ERROR),
    (TWICE, "self-signed", f"MFL-CERT-010:{CLOUD}", ERROR),
    (TLS, "no-starttls", "MFL-CERT-011:exchange", ERROR),
    (TLS, "filter-without-starttls", "MFL-CERT-012:Internet via filter", ERROR),
]


@pytest.mark.parametrize(("file", "variant", "finding", "severity"), FOUND)
def test_what_makes_mail_wait_is_found_and_its_cure_works(file, variant, finding, severity):
    found = told(file, variant, finding.partition(":")[0])
    assert found[finding].severity is severity
    assert all(cured.works for cured in found[finding].cures)


def test_a_send_connector_may_expect_another_name_than_the_service_has():
    path = "organizations.msxfaq.SendConnectors[Outbound to Office 365 *].TlsDomain"
    found = told(*BASICS, "MFL-CERT-012", {path: "smtp.other.example"})
    assert "SubjectMismatch" in str(found[f"MFL-CERT-012:{SEND}"].shown)
    assert found[f"MFL-CERT-012:{SEND}"].cures[0].works


def test_a_server_without_a_certificate_offers_no_starttls():
    change = {
        "organizations.msxfaq.hosts.exchange.certificate": None,
        "tenants.msxfaq.OutboundConnectors[To on-premises].TlsSettings": "EncryptionOnly",
    }
    found = told("faults/p08-missing-intermediate.yaml", "complete-chain", "MFL-CERT-011", change)
    assert found["MFL-CERT-011:exchange"].cures[0].works


def test_a_name_that_finds_its_certificate_is_no_finding():
    named = "<I>CN=Mailflow Lab public CA<S>CN=hybrid.msxfaq.example"
    path = "organizations.msxfaq.SendConnectors[Outbound to Office 365 *].TlsCertificateName"
    assert not told(*BASICS, "MFL-CERT", {path: named})


def test_a_second_certificate_for_something_else_is_no_successor():
    assert not told("topologies/several-tenants.yaml", "certificate-each", "MFL-CERT-008")


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("MFL-CERT-009", {f"{CONNECTOR}.TlsDomain": "owa.msxfaq.example"}),
        ("MFL-CERT-010", {"certificates.hybrid.issuer": "company"}),
        ("MFL-CERT-011", {"organizations.msxfaq.hosts.exchange.offers_tls": False}),
    ],
)
def test_what_nobody_demands_may_be_missing(code, change):
    """The tenant's connector encrypts where it can, and asks for no name."""
    assert told(*BASICS, code, change)
    assert not told(*BASICS, code, {**change, **RELAXED})


def test_a_filter_without_starttls_is_fine_for_a_connector_that_does_not_ask():
    assert not told(*BASICS, "MFL-CERT-012", {"organizations.msxfaq.hosts.gateway.offers_tls": False})

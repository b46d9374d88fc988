"""Certificates that do not count, and those that soon will not."""

import pytest

from lab.analysis.checks.finding import Severity
from lab.reports.findings.audit_report import Assumption
from lab.sentence import sentence
from tests.analysis.checks.worlds import told

ERROR, WARNING = Severity.ERROR, Severity.WARNING
BASICS = ("hybrid-basics.yaml", "as-the-wizard-left-it")
MISROUTING = "wildcard-misrouting.yaml"
FOUND = [
    ("faults/p08-missing-intermediate.yaml", "incomplete-chain", "MFL-CERT-003:hybrid", ERROR),
    ("faults/p23-hybrid-tls.yaml", "untrusted", "MFL-CERT-004:hybrid", ERROR),
    ("faults/p04-same-certificate-both-connectors.yaml", "self-signed", "MFL-CERT-004:untrusted", ERROR),
    ("faults/p04-same-certificate-both-connectors.yaml", "self-signed", "MFL-CERT-006:exchange", WARNING),
    ("flows/client-key-usage.yaml", "nobody-minds", "MFL-CERT-005:wildcard", WARNING),
    (MISROUTING, "expired", "MFL-CERT-006:gateway", WARNING),
    (MISROUTING, "self-signed", "MFL-CERT-006:gateway", WARNING),
    (MISROUTING, "missing-intermediate", "MFL-CERT-006:gateway", WARNING),
]


@pytest.mark.parametrize(("file", "variant", "finding", "severity"), FOUND)
def test_a_certificate_that_does_not_count_is_found_and_its_cure_works(file, variant, finding, severity):
    found = told(file, variant, finding.partition(":")[0])
    assert list(found) == [finding]
    assert found[finding].severity is severity
    assert any(cured.works for cured in found[finding].cures)


def test_an_expired_certificate_is_told_with_what_it_does_to_mail():
    found = told(*BASICS, "MFL-CERT-001", {"certificates.hybrid.validity": "expired"})
    assert list(found) == ["MFL-CERT-001:hybrid"]
    assert found["MFL-CERT-001:hybrid"].severity is ERROR
    assert "stranger" in str(found["MFL-CERT-001:hybrid"].shown)
    assert found["MFL-CERT-001:hybrid"].cures[0].works


def test_a_certificate_that_no_connector_means_may_expire():
    """The tenant knows Exchange by its address: nothing depends on what it shows."""
    change = {"certificates.hybrid.validity": "expired"}
    assert not told("faults/p12-null-sender-by-address.yaml", "by-address", "MFL-CERT-001", change)


def test_a_filter_whose_certificate_opens_nothing_may_let_it_expire():
    assert not told(*BASICS, "MFL-CERT-006", {"certificates.mail.validity": "expired"})


def test_what_may_be_wanted_one_day_names_the_assumption():
    found = told("flows/client-key-usage.yaml", "nobody-minds", "MFL-CERT-005")
    resting = {"switch": "require_client_eku", "position": "on", "rule": "R129"}
    assumed = Assumption(sentence("{switch}: {position} ({rule})", **resting))
    assert found["MFL-CERT-005:wildcard"].assumptions == (assumed,)
    assert found["MFL-CERT-005:wildcard"].suspicion.condition


@pytest.mark.parametrize(
    ("last", "severity"),
    [("2026-12-24", WARNING), ("2026-11-24", WARNING), ("2026-11-23", ERROR)],
    ids=["in-30-days", "today", "yesterday"],
)
def test_the_end_of_a_certificate_is_told_with_what_stops(last, severity):
    found = told(*BASICS, "MFL-CERT-002", {"certificates.hybrid.not_after": last})
    assert list(found) == ["MFL-CERT-002:hybrid"]
    assert found["MFL-CERT-002:hybrid"].severity is severity
    assert found["MFL-CERT-002:hybrid"].cures[0].works


def test_the_end_of_a_certificate_is_not_told_earlier():
    assert not told(*BASICS, "MFL-CERT-002", {"certificates.hybrid.not_after": "2026-12-25"})


def test_the_end_of_a_certificate_that_nothing_relies_on_is_not_told():
    """Nobody checks what the filter shows as a server, and no connector means it as a client."""
    assert not told(*BASICS, "MFL-CERT-002", {"certificates.mail.not_after": "2026-12-01"})


def test_the_end_of_a_certificate_that_opens_the_door_is_told():
    """Here a partner connector takes mail only from who shows it (R61)."""
    change = {"certificates.mail.not_after": "2026-12-01"}
    found = told("faults/p25-side-entrance.yaml", "by-certificate", "MFL-CERT-002", change)
    assert "5.7.51" in str(found["MFL-CERT-002:mail"].shown)

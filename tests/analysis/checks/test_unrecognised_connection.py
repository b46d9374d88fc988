"""The company's own connection, and a tenant that does not recognise it."""

import pytest

from lab.analysis.checks.finding import Severity
from tests.analysis.checks.worlds import told

BASICS = ("hybrid-basics.yaml", "as-the-wizard-left-it")
INBOUND = "tenants.msxfaq.InboundConnectors[Inbound from *]"
HYBRID = "Inbound from 799256f5-159a-5ba8-ba83-7fcbda21da93"
FOUND = [
    ("faults/p10-name-not-accepted.yaml", "not-accepted", "MFL-ATTR-007:From our server", "5.7.64"),
    ("wildcard-misrouting.yaml", "name-not-accepted-domain", f"MFL-ATTR-007:{HYBRID}", "5.7.51"),
    ("faults/p12-null-sender-by-address.yaml", "by-address", "MFL-ATTR-008:From our server", "5.7.64"),
    ("faults/p07-shared-address.yaml", "address-changed", "MFL-ATTR-011:exchange", "5.7.64"),
    ("faults/p11-own-restriction-hits-hybrid.yaml", "certificate-expired", "MFL-ATTR-011:exchange", "5.7.51"),
    ("faults/p11-own-restriction-hits-hybrid.yaml", "lock-opened", "MFL-ATTR-011:exchange", "stranger"),
    ("faults/p28-connectors-prohibited.yaml", "prohibited", "MFL-CONN-012:msxfaq", "stranger"),
]


@pytest.mark.parametrize(("file", "variant", "finding", "shown"), FOUND)
def test_a_connection_that_is_not_recognised_is_found_and_its_cure_works(file, variant, finding, shown):
    found = told(file, variant, finding.partition(":")[0])
    assert list(found) == [finding]
    assert found[finding].severity is Severity.ERROR
    assert shown in str(found[finding].shown)
    assert found[finding].cures[0].works


@pytest.mark.parametrize(
    "change",
    [
        {f"{INBOUND}.Enabled": False},
        {f"{INBOUND}.TlsSenderCertificateName": "old.msxfaq.example"},
        {f"{INBOUND}.TlsSenderCertificateName": None, f"{INBOUND}.SenderIPAddresses": "198.51.100.99"},
    ],
    ids=["disabled", "other-name", "other-address"],
)
def test_the_cure_is_the_one_for_the_cause(change):
    (finding,) = told(*BASICS, "MFL-ATTR-011", change).values()
    assert finding.cures[0].works


def test_without_a_hybrid_connector_on_either_side_mail_is_a_strangers_by_design():
    send = "organizations.msxfaq.SendConnectors[Outbound to Office 365 *]"
    change = {f"{INBOUND}.Enabled": False, f"{send}.CloudServicesMailEnabled": False}
    assert not told(*BASICS, "MFL-ATTR-011", change)


def test_a_certificate_that_does_not_count_is_not_told_twice():
    assert not told(*BASICS, "MFL-ATTR-011", {"certificates.hybrid.validity": "expired"})


def test_a_wildcard_needs_only_its_parent_accepted():
    assert not told("faults/p10-name-not-accepted.yaml", "wildcard-value", "MFL-ATTR-007")


def test_reports_that_merely_arrive_as_a_strangers_are_a_warning():
    accepted = {"tenants.msxfaq.AcceptedDomains": [{"DomainName": "msxfaq.example", "Default": True}]}
    (finding,) = told(*BASICS, "MFL-ATTR-007", accepted).values()
    assert finding.severity is Severity.WARNING
    assert finding.cures[0].works


def test_a_connector_by_address_is_fine_for_who_sends_to_the_world_himself():
    assert not told("wildcard-misrouting.yaml", "shared-address", "MFL-ATTR-008")

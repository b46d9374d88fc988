"""Several tenants behind one connection, and whoever may relay through the company's."""

import pytest

from lab.analysis.checks.finding import Severity
from tests.analysis.checks.worlds import told

ERROR, WARNING = Severity.ERROR, Severity.WARNING
CUSTOMERS, ADD_ON = (
    "faults/p06-one-certificate-many-customers.yaml",
    "faults/p13-add-on-own-bounce-domain.yaml",
)
SHARED, BY_ADDRESS = "faults/p07-shared-address.yaml", "faults/p12-null-sender-by-address.yaml"
ADDRESSES = "tenants.msxfaq.InboundConnectors[From our server].SenderIPAddresses"
FOUND = [
    ("topologies/several-tenants.yaml", "one-certificate", "MFL-ATTR-009:exchange/copper", ERROR),
    (CUSTOMERS, "one-certificate", "MFL-ATTR-010:cloud-beta/beta", ERROR),
    (ADD_ON, "since-then", "MFL-ATTR-012:service", WARNING),
    (ADD_ON, "by-address-since-then", "MFL-ATTR-012:service", WARNING),
    (SHARED, "shared", "MFL-ATTR-013:From our server/neighbour", WARNING),
    ("faults/p29-domain-not-verified.yaml", "not-verified", "MFL-TENANT-001:msxfaq.example", ERROR),
]


@pytest.mark.parametrize(("file", "variant", "finding", "severity"), FOUND)
def test_who_speaks_for_whom_is_found_and_its_cure_works(file, variant, finding, severity):
    found = told(file, variant, finding.partition(":")[0])
    assert list(found) == [finding]
    assert found[finding].severity is severity
    assert all(cured.works for cured in found[finding].cures)


def test_which_customer_wins_a_tie_is_a_guess_and_no_error():
    found = told("topologies/provider-gateway.yaml", "wildcard-on-the-gateway", "MFL-ATTR-010")
    assert {each.severity for each in found.values()} == {WARNING}
    assert any("tenant_tie_break" in str(guess.text) for each in found.values() for guess in each.assumptions)


@pytest.mark.parametrize(
    ("file", "variant", "code"),
    [
        ("topologies/several-tenants.yaml", "certificate-each", "MFL-ATTR-009"),
        ("topologies/multi-forest.yaml", "shared-certificate", "MFL-ATTR-009"),
        ("topologies/provider-gateway.yaml", "certificate-each", "MFL-ATTR-010"),
        (CUSTOMERS, "one-for-each", "MFL-ATTR-010"),
        (ADD_ON, "certificate-per-customer", "MFL-ATTR-012"),
        (ADD_ON, "before-november-2023", "MFL-ATTR-012"),
        ("faults/p27-reject-direct-send.yaml", "connector", "MFL-ATTR-012"),
        (SHARED, "shared", "MFL-ATTR-012"),
        (SHARED, "certificate", "MFL-ATTR-013"),
        (BY_ADDRESS, "by-address", "MFL-ATTR-014"),
        ("faults/p29-domain-not-verified.yaml", "verified", "MFL-TENANT-001"),
    ],
)
def test_what_only_looks_like_it_is_no_finding(file, variant, code):
    assert not told(file, variant, code)


def test_a_connector_for_a_network_lets_everybody_in_it_relay():
    (finding,) = told(BY_ADDRESS, "by-address", "MFL-ATTR-014", {ADDRESSES: ["198.51.100.0/28"]}).values()
    assert finding.severity is WARNING
    assert "198.51.100.1," in str(finding.shown)
    assert all(cured.works for cured in finding.cures)


def test_a_network_that_is_only_named_for_incoming_mail_relays_nothing():
    """A partner connector identifies nobody."""
    lock = {
        "Name": "From our server",
        "ConnectorType": "Partner",
        "SenderDomains": "*",
        "RestrictDomainsToIPAddresses": True,
        "SenderIPAddresses": ["198.51.100.0/28"],
    }
    assert not told(BY_ADDRESS, "by-address", "MFL-ATTR-014", {"tenants.msxfaq.InboundConnectors": [lock]})

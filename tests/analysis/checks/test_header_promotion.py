"""The trust between the halves, Enhanced Filtering, blocked connectors."""

import pytest

from lab.analysis.checks.finding import Severity
from tests.analysis.checks.worlds import told

ERROR, WARNING = Severity.ERROR, Severity.WARNING
BASICS = ("hybrid-basics.yaml", "as-the-wizard-left-it")
GUID = "799256f5-159a-5ba8-ba83-7fcbda21da93"
INBOUND = "tenants.msxfaq.InboundConnectors[Inbound from *]"
SEND = "organizations.msxfaq.SendConnectors[Outbound to Office 365 *]"
SIGNER, FILTERED = "faults/p36-internal-or-cross-premises.yaml", "faults/p35-no-enhanced-filtering.yaml"
FOUND = [
    ("faults/p22-lost-promotion.yaml", "flag-lost", f"MFL-CONN-007:Inbound from {GUID}", ERROR),
    (
        "faults/p22-lost-promotion.yaml",
        "flag-lost-on-premises",
        f"MFL-CONN-007:Outbound to Office 365 - {GUID}",
        ERROR,
    ),
    (SIGNER, "one-connector", "MFL-CONN-008:signer", ERROR),
    (FILTERED, "filtering-off", "MFL-CONN-009:Only the filter", WARNING),
    ("faults/p25-side-entrance.yaml", "open", "MFL-CONN-009:msxfaq", WARNING),
    ("faults/p24-no-tls-domain-capabilities.yaml", "missing", "MFL-CONN-010:Default Frontend EX01", ERROR),
]


@pytest.mark.parametrize(("file", "variant", "finding", "severity"), FOUND)
def test_mail_that_arrives_as_a_strangers_is_found_and_its_cure_works(file, variant, finding, severity):
    found = told(file, variant, finding.partition(":")[0])
    assert list(found) == [finding]
    assert found[finding].severity is severity
    assert found[finding].cures[0].works


def test_the_flag_may_be_lost_on_the_way_back():
    (finding,) = told(
        *BASICS,
        "MFL-CONN-007",
        {"tenants.msxfaq.OutboundConnectors[Outbound to *].CloudServicesMailEnabled": False},
    ).values()
    assert finding.id == f"MFL-CONN-007:Outbound to {GUID}"
    assert finding.cures[0].works


def test_connectors_that_were_never_to_carry_internal_mail_lost_nothing():
    """Neither end has the flag: a relay, no hybrid connection."""
    change = {f"{INBOUND}.CloudServicesMailEnabled": False, f"{SEND}.CloudServicesMailEnabled": False}
    assert not told(*BASICS, "MFL-CONN-007", change)
    assert not told("faults/p08-missing-intermediate.yaml", "complete-chain", "MFL-CONN-007")


def test_a_gateway_whose_mail_nobody_refuses_is_a_warning():
    (finding,) = told(
        SIGNER, "one-connector", "MFL-CONN-008", {"tenants.msxfaq.distribution_groups": None}
    ).values()
    assert finding.severity is WARNING
    assert finding.cures[0].works


def test_a_gateway_with_a_connector_of_its_own_shares_nothing():
    assert not told(SIGNER, "connector-of-its-own", "MFL-CONN-008")


def test_a_filter_that_is_skipped_is_no_finding():
    assert not told(FILTERED, "skip-last-address", "MFL-CONN-009")


def test_behind_exchange_there_is_nothing_to_skip():
    """The filter hands mail to Exchange, and Exchange is recognised."""
    assert not told(*BASICS, "MFL-CONN-009")


def test_a_blocked_connector_is_found_by_what_it_refuses():
    (finding,) = told(*BASICS, "MFL-CONN-011", {f"{INBOUND}.blocked": True}).values()
    assert finding.severity is ERROR
    assert "5.7.711" in str(finding.shown)
    assert finding.cures[0].works


def test_a_blocked_connector_that_nobody_uses_refuses_nothing():
    unused = {
        "Name": "Old",
        "ConnectorType": "OnPremises",
        "SenderIPAddresses": ["198.51.100.99"],
        "blocked": True,
    }
    assert not told(*BASICS, "MFL-CONN-011", {"tenants.msxfaq.InboundConnectors[Old]": unused})

"""Who may hand mail to the tenant: strangers that should not, own machines that should."""

import pytest

from lab.analysis.checks.finding import Severity
from tests.analysis.checks.worlds import told

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
SIDE, LOCKED = "faults/p25-side-entrance.yaml", "faults/p11-own-restriction-hits-hybrid.yaml"
LOCK = "tenants.msxfaq.InboundConnectors[Only from the filter]"
FOUND = [
    (LOCKED, "certificate-expired", "MFL-CONN-001:Only from the filter", ERROR),
    (LOCKED, "certificate-fits", "MFL-CONN-002:Only from the filter", WARNING),
    (
        "faults/p26-on-premises-connector-restricts-nothing.yaml",
        "type-on-premises",
        "MFL-CONN-003:Only the filter",
        WARNING,
    ),
    (SIDE, "open", "MFL-CONN-004:msxfaq", WARNING),
    ("faults/p27-reject-direct-send.yaml", "no-connector", "MFL-CONN-005:printer", ERROR),
]


@pytest.mark.parametrize(("file", "variant", "finding", "severity"), FOUND)
def test_a_door_that_is_wrong_is_found_and_its_cure_works(file, variant, finding, severity):
    found = told(file, variant, finding.partition(":")[0])
    assert list(found) == [finding]
    assert found[finding].severity is severity
    assert all(cured.works for cured in found[finding].cures)


@pytest.mark.parametrize("variant", ["by-address", "by-certificate"])
def test_a_lock_leaves_nothing_to_tell_of_the_side_entrance(variant):
    for code in ("MFL-CONN-003", "MFL-CONN-004", "MFL-CONN-006", "MFL-CONN-014", "MFL-CONN-015"):
        assert not told(SIDE, variant, code)


def test_a_tenant_whose_mx_is_exchange_online_has_no_side_entrance():
    assert not told("flows/matrix-special-recipients.yaml", "mx-at-exchange-online", "MFL-CONN-004")


def test_a_partner_connector_may_lack_its_flag():
    flag = {"tenants.msxfaq.InboundConnectors[Only the filter].RestrictDomainsToIPAddresses": False}
    found = told(SIDE, "by-address", "MFL-CONN-0", flag)
    assert found["MFL-CONN-014:Only the filter"].cures[0].works
    assert "MFL-CONN-004:msxfaq" not in found


def test_a_lock_that_knows_exchange_survives_its_certificate():
    assert not told(
        LOCKED, "certificate-fits", "MFL-CONN-002", {f"{LOCK}.SenderIPAddresses": ["198.51.100.0/27"]}
    )


def test_a_lock_by_certificate_lets_exchange_in_by_a_second_connector():
    by_name = {
        f"{LOCK}.RestrictDomainsToIPAddresses": False,
        f"{LOCK}.SenderIPAddresses": None,
        f"{LOCK}.RestrictDomainsToCertificate": True,
        f"{LOCK}.TlsSenderCertificateName": "mail.msxfaq.example",
    }
    (finding,) = told(LOCKED, "certificate-fits", "MFL-CONN-002", by_name).values()
    assert finding.cures[0].works


def test_a_lock_that_does_not_know_the_gateway_is_an_error():
    (finding,) = told(
        LOCKED, "certificate-fits", "MFL-CONN-015", {f"{LOCK}.SenderIPAddresses": "198.51.100.26"}
    ).values()
    assert finding.severity is ERROR
    assert finding.cures[0].works
    assert not told(LOCKED, "certificate-fits", "MFL-CONN-015")


def test_a_device_with_a_connector_is_not_refused():
    assert not told("faults/p27-reject-direct-send.yaml", "connector", "MFL-CONN-005")


def test_direct_send_is_a_note_and_no_more():
    (finding,) = told(SIDE, "open", "MFL-CONN-006").values()
    assert finding.severity is NOTE
    assert finding.cures[0].works


def test_direct_send_that_dmarc_refuses_is_none():
    mx = ("flows/matrix-special-recipients.yaml", "mx-at-exchange-online")
    assert told(*mx, "MFL-CONN-006")
    assert not told(*mx, "MFL-CONN-006", {"organizations.msxfaq.dmarc": "reject"})


PARTNER = {
    "Name": "Only uclabor's filter",
    "ConnectorType": "Partner",
    "SenderDomains": ["uclabor.example"],
    "RestrictDomainsToIPAddresses": True,
    "SenderIPAddresses": ["198.51.100.125"],
}


@pytest.mark.parametrize("variant", ["mx-at-exchange-online", "as-it-should-be"])
def test_a_partner_in_the_cloud_is_refused_where_the_tenant_asks_him(variant):
    """With the MX on-premises the tenant never sees him as a stranger."""
    path = f"tenants.msxfaq.InboundConnectors[{PARTNER['Name']}]"
    found = told("flows/matrix-special-recipients.yaml", variant, "MFL-CONN-013", {path: PARTNER})
    assert bool(found) == (variant == "mx-at-exchange-online")
    assert all(each.cures[0].works for each in found.values())

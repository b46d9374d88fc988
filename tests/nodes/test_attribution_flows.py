"""Acceptance list, T1-T8 and T10-T12: who a message is taken to speak for, followed to its end."""

from __future__ import annotations

import pytest

from lab.evidence.message_trace import message_trace
from lab.model.decision import Reason
from lab.model.steps import Bounced, Refused, Routed
from lab.model.trace import Disposition
from tests.nodes.worlds import (
    RESTRICTED,
    Client,
    attributed,
    lab_of,
    last_hop,
    places,
    run,
    steps,
    stranger,
)

EXACT = """
organizations:
  a:
    hosts: {ex: {certificate: hybrid}, gw: {certificate: %s}}
    hybrid: {certificate_name: hybrid.a.example}
tenants:
  a: {AcceptedDomains: [{DomainName: a.example, Default: true}, hybrid.a.example]}
"""
"""Connector value hybrid.a.example, an accepted domain; the filter's certificate is to be filled in."""
BY_ADDRESS = """
tenants:
  a:
    InboundConnectors:
      - {Name: By address, ConnectorType: OnPremises, RequireTls: false, SenderIPAddresses: [198.51.100.25]}
organizations:
  a: {hosts: {gw: {client_certificate: false}}}
"""


def test_t1_shared_wildcard_ends_in_a_report_by_the_own_tenant():
    trace = run(RESTRICTED)
    assert attributed(trace) == ("a", "certificate")
    assert trace.dispositions == {"partner@b.example": Disposition.BOUNCED}
    (bounced,) = steps(trace, Bounced)
    assert bounced.status == "5.7.51"
    (report,) = trace.reports
    assert report.hops[0].head.tenant == "a"
    assert places(report) == ["tenant:a", "ex"]
    assert steps(report, Routed)[0].connector.startswith("Outbound to ")
    assert report.dispositions == {"user@a.example": Disposition.DELIVERED}


@pytest.mark.parametrize(("covers", "tenant"), [("true", "a"), ("false", "b")])
def test_t2_wildcard_certificate_against_exact_value_depends_on_the_switch(covers, tenant):
    trace = run(EXACT % "wild" + f"switches: {{wildcard_cert_covers_exact: {covers}}}")
    assert attributed(trace)[0] == tenant


def test_t3_exact_value_and_a_certificate_of_another_name_reach_the_target():
    trace = run(EXACT % "mx")
    assert attributed(trace) == ("b", "recipient")
    assert places(trace) == ["ex", "gw", "tenant:b"]
    assert trace.dispositions == {"partner@b.example": Disposition.DELIVERED}


def test_t4_wildcard_value_catches_a_single_name_without_any_wildcard_certificate():
    trace = run("organizations: {a: {hosts: {ex: {certificate: hybrid}, gw: {certificate: mx}}}}")
    assert attributed(trace) == ("a", "certificate")
    assert places(trace) == ["ex", "gw", "tenant:a", "tenant:b"]


def test_t5_without_a_client_certificate_the_recipient_decides():
    trace = run("organizations: {a: {hosts: {gw: {client_certificate: false}}}}")
    assert attributed(trace) == ("b", "recipient")


def test_t5_without_a_certificate_but_with_its_address_on_a_connector_the_client_is_a():
    assert attributed(run(BY_ADDRESS)) == ("a", "address")


BAD = {
    "missing-intermediate": "{names: ['*.a.example'], missing_intermediate: true}",
    "self-signed": "{names: ['*.a.example'], self_signed: true}",
    "expired": "{names: ['*.a.example'], validity: expired}",
}


@pytest.mark.parametrize("fault", BAD)
def test_t6_a_certificate_without_trust_is_anonymous(fault):
    lab = lab_of(f"certificates: {{bad: {BAD[fault]}}}")
    handed = stranger(lab, certificate="bad").hand(
        "user@a.example", "partner@b.example", "friend@out.example"
    )
    assert handed.recipients["partner@b.example"].code == 250
    assert handed.recipients["friend@out.example"].bare == "550 5.7.64 TenantAttribution; Relay Access Denied"
    assert handed.data is not None
    assert handed.data.positive
    assert last_hop(lab).head.tenant == "b"


NOT_ACCEPTED = """
organizations: {a: {hybrid: {certificate_name: hybrid.a.example}}}
tenants:
  a:
    InboundConnectors:
      - Name: Only from my filter
        ConnectorType: Partner
        SenderDomains: "*"
        RestrictDomainsToIPAddresses: true
        SenderIPAddresses: [198.51.100.25]
"""


def test_t7_exact_value_that_is_no_accepted_domain_denies_relay_with_attr36():
    handed = stranger(lab_of(NOT_ACCEPTED), certificate="hybrid").hand(
        "someone@foreign.example", "friend@out.example"
    )
    assert "ATTR36" in handed.recipients["friend@out.example"].text
    assert handed.recipients["friend@out.example"].enhanced == "5.7.64"


def test_t7_and_the_own_partner_connector_refuses_what_is_for_a():
    handed = stranger(lab_of(NOT_ACCEPTED), certificate="hybrid").hand(
        "someone@foreign.example", "cloud@a.example"
    )
    assert handed.recipients["cloud@a.example"].enhanced == "5.7.51"


def test_t8_null_reverse_path_is_relayed_for_a_certificate():
    lab = lab_of()
    handed = stranger(lab, certificate="wild").hand("<>", "friend@out.example")
    assert handed.data is not None
    assert handed.data.enhanced == "2.6.0"
    assert last_hop(lab).head.tenant == "a"


def test_t8_null_reverse_path_is_not_relayed_for_an_address():
    handed = stranger(lab_of(BY_ADDRESS), source="198.51.100.25").hand("<>", "friend@out.example")
    assert handed.recipients["friend@out.example"].bare == "550 5.7.64 TenantAttribution; Relay Access Denied"


TWINS = """
tenants:
  c:
    initial_domain: clab.onmicrosoft.com
    AcceptedDomains: [c.example, shared.example]
    InboundConnectors: &shared
      - {Name: Shared, ConnectorType: OnPremises, TlsSenderCertificateName: "*.shared.example"}
  d:
    initial_domain: dlab.onmicrosoft.com
    AcceptedDomains: [d.example]
    InboundConnectors: *shared
certificates: {shared: {names: ["*.shared.example"]}, both: {names: [x.c.example, x.d.example]}}
"""
OWNERS = """
tenants:
  c:
    initial_domain: clab.onmicrosoft.com
    AcceptedDomains: [c.example]
    InboundConnectors: [{Name: C, ConnectorType: OnPremises, TlsSenderCertificateName: "*.c.example"}]
  d:
    initial_domain: dlab.onmicrosoft.com
    AcceptedDomains: [d.example]
    InboundConnectors: [{Name: D, ConnectorType: OnPremises, TlsSenderCertificateName: "*.d.example"}]
certificates: {both: {names: [x.c.example, x.d.example]}}
"""


def taken_by(lab, certificate, sender, recipient="friend@out.example"):
    """The tenant whose message trace has the row; exactly one does."""
    handed = stranger(lab, certificate=certificate).hand(sender, recipient)
    hops = lab.journal.hops()
    rows = [name for name in lab.topology.tenants if message_trace(hops, name)]
    assert len(rows) <= 1
    return rows[0] if rows else handed.recipients[recipient].enhanced


def test_t10_of_two_tenants_with_one_connector_value_the_owner_of_its_domain_wins():
    assert taken_by(lab_of(TWINS), "shared", "user@d.example") == "c"


@pytest.mark.parametrize(
    ("how", "sender", "winner"),
    [
        ("accepted_domain_then_p1_then_rcpt", "user@d.example", "d"),
        ("accepted_domain_then_p1_then_rcpt", "user@c.example", "c"),
        ("oldest", "user@d.example", "c"),
        ("reject", "user@d.example", "5.7.64"),
    ],
)
def test_t10_of_two_owners_of_one_certificate_the_switch_chooses(how, sender, winner):
    lab = lab_of(OWNERS + f"switches: {{tenant_tie_break: {how}}}")
    assert taken_by(lab, "both", sender) == winner


def test_t10_dice_fall_the_same_way_for_the_same_seed():
    over = OWNERS + "switches: {tenant_tie_break: seeded_random, seed: %d}"
    winners = [taken_by(lab_of(over % seed), "both", "user@d.example") for seed in range(16)]
    assert set(winners) == {"c", "d"}
    assert winners == [taken_by(lab_of(over % seed), "both", "user@d.example") for seed in range(16)]


@pytest.mark.parametrize(("switch", "tenant"), [("attr35", None), ("proxy", "a")])
def test_t11_a_certificate_of_another_region(switch, tenant):
    trace = run(f"tenants: {{b: {{region: NAM}}}}\nswitches: {{cross_region: {switch}}}")
    if tenant is None:
        assert trace.dispositions == {"partner@b.example": Disposition.BOUNCED}
        assert "ATTR35" in str(steps(trace, Refused)[0].reply)
        assert places(trace)[:2] == ["ex", "gw"]
        assert {step.reason for step in steps(trace, Refused)} == {Reason.WRONG_REGION}
    else:
        assert attributed(trace) == (tenant, "certificate")
        assert places(trace) == ["ex", "gw", "tenant:a", "tenant:b"]
        assert trace.dispositions == {"partner@b.example": Disposition.DELIVERED}


@pytest.mark.parametrize("name", ["mx.a.example", "ex01.a.example", "partner.b.example", "[203.0.113.66]"])
def test_t12_a_forged_greeting_changes_nothing(name):
    lab = lab_of()
    client = Client(lab, lab.topology.regions["EUR"].front_ends[0].address)
    client.hello(name)
    client.start_tls(None)
    client.hello(name)
    client.hand("user@a.example", "partner@b.example")
    assert last_hop(lab).head.tenant == "b"
    assert last_hop(lab).head.client_host == name


def test_t12_the_services_own_name_is_refused():
    lab = lab_of()
    client = Client(lab, lab.topology.regions["EUR"].front_ends[0].address)
    assert (
        client.hello("eur05-db8-obe.outbound.protection.outlook.com").bare
        == "550 5.7.506 Access Denied, Bad HELO"
    )

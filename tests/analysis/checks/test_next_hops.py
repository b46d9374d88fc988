"""Smart hosts, MX records, and what stands between both sides."""

import pytest

from lab.analysis.checks.catalogue import checks_of
from lab.analysis.checks.finding import Finding, Severity
from lab.analysis.checks.routing import hybrid_path, mx_records, next_hops
from lab.scenario.changeable_scenario import ChangeableScenario
from tests.analysis.checks.examples import example, found

ALL = (*checks_of(next_hops), *checks_of(mx_records), *checks_of(hybrid_path))
PARTNER = """
tenants: {msxfaq: {OutboundConnectors: [{Name: To partner, RecipientDomains: partner.example, UseMXRecord: false,
                                         SmartHosts: ["%s"]}]}}
"""


def asked(text: str) -> dict[str, Finding]:
    return found(example(text), ALL)


def test_a_name_without_an_address_is_a_warning_as_dns_may_know_more() -> None:
    gone = "dns: {records: {relay.partner.example: {A: ~}}}"
    (warning,) = asked(PARTNER % "relay.partner.example" + gone).values()
    assert (warning.id, warning.severity) == ("MFL-ROUTE-012:To partner", Severity.WARNING)
    assert "unless DNS" in str(warning.suspicion.condition)
    assert warning.cures[0].works


def test_a_machine_that_is_down_is_an_error() -> None:
    host = (
        "hosts: {relay: {address: 203.0.113.60, domains: [partner.example], fqdn: relay.partner.example%s}}"
    )
    (error,) = asked(PARTNER % "relay.partner.example" + host % ", down: true").values()
    assert (error.id, error.severity) == ("MFL-ROUTE-012:To partner", Severity.ERROR)
    assert error.cures[0].works
    assert not asked(PARTNER % "relay.partner.example" + host % "")


def test_an_address_of_which_nothing_is_known_is_not_judged() -> None:
    assert not asked(PARTNER % "[203.0.113.60]")
    alias = "dns: {records: {relay.partner.example: {CNAME: mail.msxfaq.example}}}"
    assert not asked(PARTNER % "relay.partner.example" + alias)


def test_another_tenants_door_in_another_region_is_a_warning_as_what_happens_there_is_not_documented() -> (
    None
):
    scenario = ChangeableScenario.load("scenarios/faults/p14-wrong-region.yaml")
    (warning,) = found(scenario, ALL, "sisters-name").values()
    assert (warning.code, warning.severity) == ("MFL-ROUTE-013", Severity.WARNING)
    assert "cross_region" in str(warning.assumptions[0].text)
    assert warning.cures[0].works
    assert not found(scenario, ALL, "own-name")
    assert not found(scenario, ALL, "proxied")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dns: {records: {msxfaq.example: {MX: '0 .'}}}", "null mx"),
        ("dns: {records: {msxfaq.example: {MX: '0 gone.msxfaq.example'}}}", "no address"),
        (
            "organizations: {msxfaq: {hosts: {gateway: {accepts_domains: []}}}}\n"
            "dns: {records: {msxfaq.example: {MX: '10 mail.msxfaq.example'}}}",
            "Relay access denied",
        ),
        (
            "hosts: {elsewhere: {address: 203.0.113.200, domains: [elsewhere.example], fqdn: mx.elsewhere.example}}\n"
            "dns: {records: {msxfaq.example: {MX: '10 mx.elsewhere.example'}}}",
            "Relay access denied",
        ),
    ],
    ids=["null MX", "a name that is gone", "a gateway that does not take it", "somebody else"],
)
def test_an_mx_that_nobody_serves_is_an_error_with_a_cure(text: str, shown: str) -> None:
    (error,) = asked(text).values()
    assert (error.id, error.severity) == ("MFL-ROUTE-016:msxfaq.example", Severity.ERROR)
    assert shown in str(error.shown)
    assert error.cures[0].works


@pytest.mark.parametrize(
    "text",
    [
        "dns: {records: {msxfaq.example: {MX: '0 mx.provider.example'}}}",
        "dns: {records: {hybrid.msxfaq.example: {MX: '0 .'}}}",
        "tenants: {msxfaq: {InboundConnectors: [{Name: Shut, SenderDomains: '*', RestrictDomainsToIPAddresses: true,"
        " SenderIPAddresses: [198.51.100.25]}]}}\n"
        "dns: {records: {msxfaq.example: {MX: '0 msxfaq-example.mail.protection.outlook.com'}}}",
    ],
    ids=[
        "a provider whose DNS is not known",
        "a domain without mailboxes",
        "a door that is shut for other reasons",
    ],
)
def test_an_mx_that_cannot_be_judged_or_is_right_is_no_finding(text: str) -> None:
    assert not asked(text)


def test_a_gateway_between_both_sides_is_an_error_only_where_mail_would_be_internal_without_it() -> None:
    scenario = ChangeableScenario.load("scenarios/faults/p21-appliance-between.yaml")
    (error,) = found(scenario, ALL, "appliance").values()
    assert (error.id, error.severity, error.cures[0].works) == (
        "MFL-ROUTE-014:appliance",
        Severity.ERROR,
        True,
    )
    assert not found(scenario, ALL, "direct")
    by_gateway = """
organizations: {msxfaq: {SendConnectors: [{Name: "Outbound to Office 365 *", SmartHosts: [gateway],
                                          DNSRoutingEnabled: false, TlsDomain: mail.msxfaq.example}]}}
tenants: {msxfaq: {InboundConnectors: [{Name: "Inbound from *", CloudServicesMailEnabled: false}]}}
"""
    assert not asked(by_gateway)


def test_an_order_that_nobody_documents_is_a_note_until_a_domain_is_named() -> None:
    connectors = """
organizations: {msxfaq: {domains: [msxfaq.example, sub.msxfaq.example], mailboxes: [a@sub.msxfaq.example]}}
tenants:
  msxfaq:
    AcceptedDomains: [{DomainName: msxfaq.example, Default: true}, hybrid.msxfaq.example, sub.msxfaq.example]
    OutboundConnectors:
      - {Name: "Outbound to *", RecipientDomains: ~, AllAcceptedDomains: true}
      - {Name: Sub-domains, ConnectorType: OnPremises, RecipientDomains: %s, UseMXRecord: false, SmartHosts: [exchange]}
"""
    (note,) = asked(connectors % "'*.msxfaq.example'").values()
    assert (note.id, note.severity) == ("MFL-ROUTE-018:sub.msxfaq.example", Severity.NOTE)
    assert [cured.works for cured in note.cures] == [True, True]
    assert not asked(connectors % "sub.msxfaq.example")

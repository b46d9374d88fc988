"""Loops, and centralized transport: what looks suspicious and is none, and what is only a warning."""

import pytest

from lab.analysis.checks.catalogue import checks_of
from lab.analysis.checks.finding import Severity
from lab.analysis.checks.routing import centralized_transport, gateway_loops, mail_loops
from lab.scenario.changeable_scenario import ChangeableScenario
from tests.analysis.checks.examples import example, found

LOOPS = (*checks_of(mail_loops), *checks_of(gateway_loops))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "tenants: {msxfaq: {OutboundConnectors: [{Name: 'Outbound to *', UseMXRecord: true, SmartHosts: [],"
            " TlsSettings: ~, TlsDomain: ~}]}}",
            id="the hybrid connector uses MX, and the MX is the filter on-premises",
        ),
        pytest.param(
            "tenants: {msxfaq: {AcceptedDomains: [{DomainName: msxfaq.example, Default: true, DomainType: InternalRelay},"
            " hybrid.msxfaq.example]}}",
            id="a shared domain, and on-premises refuses what it does not know",
        ),
        pytest.param(
            "organizations: {msxfaq: {SendConnectors: [{Name: Internet, AddressSpaces: ['smtp:*;1'], SmartHosts: [gateway]},"
            " {Name: 'Outbound to Office 365 *', AddressSpaces: ['smtp:*.msxfaq.example;1',"
            " 'smtp:msxfaqlab.mail.onmicrosoft.com;1']}]}}\n"
            "hosts: {application: {address: 198.51.100.40, domains: [app.msxfaq.example]}}",
            id="a send connector for sub-domains, and the tenant knows the way",
        ),
    ],
)
def test_what_does_not_go_round_is_no_finding(text: str) -> None:
    assert not found(example(text), LOOPS)


def test_a_rule_to_a_gateway_that_hands_on_by_itself_is_no_loop() -> None:
    forgotten = ChangeableScenario.load("scenarios/flows/rule-forgotten-sender.yaml")
    assert not found(forgotten, LOOPS, "forgotten")


def test_a_cure_that_would_break_mail_for_known_recipients_is_told_not_to_work() -> None:
    scope = ChangeableScenario.load("scenarios/faults/p17-centralized-scope.yaml")
    told = found(scope, LOOPS, "own-domain-only")["MFL-ROUTE-005:app.msxfaq.example"]
    assert [cured.works for cured in told.cures] == [False, True]


def test_a_forward_past_centralized_transport_is_a_warning() -> None:
    scenario = ChangeableScenario.load("scenarios/faults/p18-forward-and-centralized-transport.yaml")
    told = found(scenario, checks_of(centralized_transport), "centralized")
    assert list(told) == ["MFL-ROUTE-003:away@msxfaq.example"]
    (finding,) = told.values()
    assert finding.severity is Severity.WARNING
    assert finding.cures[0].works
    assert not found(scenario, checks_of(centralized_transport), "without")
    assert not found(scenario, checks_of(centralized_transport), "forward-on-premises")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="somebody is on-premises"),
        pytest.param(
            "organizations: {msxfaq: {mailboxes: []}}",
            id="nobody is, but the filter there sends for the company",
        ),
    ],
)
def test_centralized_transport_that_works_is_no_finding(text: str) -> None:
    cmt = "variants: {cmt: {change: {organizations.msxfaq.hybrid.centralized_transport: true}}}"
    assert not found(example(f"{text}\n{cmt}"), checks_of(centralized_transport), "cmt")


def test_two_forests_of_which_one_alone_wants_the_mail_are_no_finding() -> None:
    forests = ChangeableScenario.load("scenarios/topologies/multi-forest.yaml")
    for name in forests.scenario.variants:
        assert not found(forests, checks_of(centralized_transport), name)

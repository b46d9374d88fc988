"""Mail flow rules: whom they forget, what they name, what they stop."""

import pytest

from lab.analysis.checks.catalogue import checks_of
from lab.analysis.checks.finding import Finding, Severity
from lab.analysis.checks.routing import blocking_rules, connector_rules
from lab.scenario.changeable_scenario import ChangeableScenario
from tests.analysis.checks.examples import example, found

BOTH = (*checks_of(connector_rules), *checks_of(blocking_rules))
FILTER = """
organizations: {msxfaq: {hosts: {gateway: {relay_from: [198.51.100.10, 203.0.113.14]}}}}
tenants:
  msxfaq:
    mailboxes: [%s]
    OutboundConnectors:
      - {Name: By filter, IsTransportRuleScoped: true, UseMXRecord: false, SmartHosts: [gateway], Enabled: %s%s}
    TransportRules:
      - {Name: Outward, State: %s, SentToScope: NotInOrganization, RouteMessageOutboundConnector: By filter}
"""


def by_filter(
    mailbox: str = "a@msxfaq.example", enabled: str = "true", more: str = "", state: str = "Enabled"
) -> dict[str, Finding]:
    return found(example(FILTER % (mailbox, enabled, more, state)), BOTH)


def stopping(rule: str) -> dict[str, Finding]:
    return found(example(f"tenants: {{msxfaq: {{TransportRules: [{{Name: Stop, {rule}}}]}}}}"), BOTH)


def test_a_rule_that_routes_everybody_rightly_is_no_finding() -> None:
    assert not by_filter()


def test_a_forgotten_sender_is_an_error_with_an_exception_as_cure() -> None:
    (error,) = by_filter("a@msxfaqlab.onmicrosoft.com").values()
    assert error.id == "MFL-RULE-001:Outward:onmicrosoft.com"
    assert (error.severity, error.cures[0].works) == (Severity.ERROR, True)


def test_automatic_answers_are_forgotten_where_a_connector_knows_senders_by_their_domain() -> None:
    scenario = ChangeableScenario.load("scenarios/faults/p20-signature-gateway-loop.yaml")
    assert not found(scenario, BOTH, "loop-mark")
    by_address = example(SIGNER)
    (error,) = found(by_address, BOTH).values()
    assert error.id == "MFL-RULE-001:Sign:<>"
    assert "5.7.64" in str(error.shown)
    assert error.cures[0].works


SIGNER = """
organizations:
  msxfaq:
    hosts:
      signer: {role: gateway, address: 198.51.100.26, accepts_domains: [], relay_from: [203.0.113.14],
               smart_hosts: [msxfaq-example.mail.protection.outlook.com], adds_headers: {X-Signed: "yes"}}
tenants:
  msxfaq:
    InboundConnectors: [{Name: From signer, ConnectorType: OnPremises, SenderIPAddresses: [198.51.100.26]}]
    OutboundConnectors: [{Name: To signer, IsTransportRuleScoped: true, UseMXRecord: false, SmartHosts: [signer]}]
    TransportRules:
      - {Name: Sign, SentToScope: NotInOrganization, RouteMessageOutboundConnector: To signer,
         ExceptIfHeaderContainsMessageHeader: X-Signed, ExceptIfHeaderContainsWords: "yes"}
"""


def test_a_rule_for_a_disabled_connector_is_an_error() -> None:
    (error,) = by_filter(enabled="false").values()
    assert (error.id, error.severity) == ("MFL-RULE-002:Outward", Severity.ERROR)
    assert "leaves by MX all the same" in str(error.shown)
    assert error.cures[0].works


def test_a_connector_whose_rule_is_off_is_a_note() -> None:
    (note,) = by_filter(state="Disabled").values()
    assert (note.id, note.severity) == ("MFL-RULE-003:By filter", Severity.NOTE)
    assert note.cures[0].works


def test_centralized_transport_that_only_a_rule_could_choose_is_an_error() -> None:
    more = ", ConnectorType: OnPremises, RouteAllMessagesViaOnPremises: true, RecipientDomains: '*'"
    (error,) = by_filter(more=more, state="Disabled").values()
    assert (error.id, error.severity) == ("MFL-RULE-003:By filter", Severity.ERROR)


@pytest.mark.parametrize(
    ("rule", "kinds"),
    [
        ("FromScope: NotInOrganization, RejectMessageReasonText: 'No'", {"voicemail"}),
        (
            "SentToScope: InOrganization, SenderDomainIs: msxfaq.example, DeleteMessage: true",
            {"on-premises", "<>", "cloud"},
        ),
        ("SenderIpRanges: 198.51.100.10, RejectMessageReasonText: 'No'", {"on-premises", "<>"}),
    ],
    ids=["strangers", "forgeries", "an address"],
)
def test_a_rule_that_stops_own_mail_is_an_error(rule: str, kinds: set[str]) -> None:
    told = stopping(rule)
    assert set(told) == {f"MFL-RULE-004:Stop:{kind}" for kind in kinds}
    assert all(each.severity is Severity.ERROR and each.cures[0].works for each in told.values())


@pytest.mark.parametrize(
    "rule",
    [
        "FromScope: NotInOrganization, SenderDomainIs: msxfaq.example, RejectMessageReasonText: 'No'",
        "SentTo: useronline@msxfaq.example, DeleteMessage: true",
        "SubjectContainsWords: secret, RejectMessageReasonText: 'No'",
        "FromScope: InOrganization, SentToScope: NotInOrganization, RejectMessageReasonText: 'No'",
        "FromScope: NotInOrganization, RejectMessageReasonText: 'No', Mode: Audit",
    ],
    ids=["forgeries of the own domain", "one recipient", "a word", "nobody writes outward", "test mode"],
)
def test_a_rule_that_stops_what_it_is_made_for_is_no_finding(rule: str) -> None:
    assert not stopping(rule)

"""Mail flow rules in scenarios: order, the connector's name, changes by path, and back again."""

from __future__ import annotations

import pytest

from lab.errors import ScenarioError
from lab.model.rules import RuleState, UserScope
from lab.scenario.load import load_text
from lab.scenario.rendering.render import render
from tests.nodes.worlds import BASE


def tenant_with(*rules: str, over: str = ""):
    text = f"{BASE}\nvariants:\n  it:\n    tenants: {{a: {{TransportRules: [{', '.join(rules)}]}}}}\n{over}"
    return load_text(text).variants["it"]


def names(variant) -> list[str]:
    return [rule.name for rule in variant.topology.tenants["a"].transport_rules]


@pytest.mark.parametrize(
    ("priorities", "wanted"),
    [
        (("", "", ""), ["R0", "R1", "R2"]),
        ((", Priority: 0", "", ", Priority: 0"), ["R2", "R0", "R1"]),
        (("", "", ", Priority: 1"), ["R0", "R2", "R1"]),
    ],
)
def test_a_rule_takes_its_place_among_those_before_it(priorities, wanted):
    rules = [f"{{Name: R{n}, DeleteMessage: true{priority}}}" for n, priority in enumerate(priorities)]
    assert names(tenant_with(*rules)) == wanted


def test_parameters_are_read_as_powershell_spells_them():
    variant = tenant_with(
        "{name: R, fromscope: InOrganization, EXCEPTIFSENTTO: x@a.example, setscl: -1, enabled: $false}"
    )
    (rule,) = variant.topology.tenants["a"].transport_rules
    assert rule.conditions.from_scope is UserScope.IN_ORGANIZATION
    assert [str(each) for each in rule.exceptions.sent_to] == ["x@a.example"]
    assert rule.actions.set_scl == -1
    assert rule.state is RuleState.DISABLED


def test_the_wizards_long_connector_name_may_be_cut_short():
    variant = tenant_with('{Name: R, RouteMessageOutboundConnector: "outbound to *"}')
    (rule,) = variant.topology.tenants["a"].transport_rules
    assert (
        rule.actions.route_message_outbound_connector
        == variant.topology.tenants["a"].outbound_connectors[0].name
    )


def test_a_variant_changes_a_rule_by_its_name():
    over = "    change: {'tenants.a.TransportRules[R].ExceptIfSubjectContainsWords': [one, two]}\n"
    (rule,) = tenant_with("{Name: R, DeleteMessage: true}", over=over).topology.tenants["a"].transport_rules
    assert rule.exceptions.subject_contains_words == ("one", "two")


def test_a_change_of_a_rule_that_is_not_there_is_told():
    over = "    change: {'tenants.a.TransportRules[Q].Mode': Audit}\n"
    with pytest.raises(ScenarioError, match="no mail flow rule is named 'Q'"):
        tenant_with("{Name: R, DeleteMessage: true}", over=over)


def test_every_parameter_survives_rendering():
    scope = (
        "FromScope: NotInOrganization, SentToScope: InOrganization, SenderDomainIs: [a.example, b.example]"
    )
    more = "RecipientDomainIs: a.example, From: u@a.example, SentTo: v@a.example, SenderIpRanges: 198.51.100.0/24"
    content = (
        "SubjectContainsWords: x, HeaderContainsMessageHeader: X-A, HeaderContainsWords: [a, b], "
        "HeaderMatchesMessageHeader: X-B, HeaderMatchesPatterns: '^a.b$'"
    )
    every = f"{scope}, {more}, {content}"
    unless = ", ".join(
        f"ExceptIf{each.strip()}"
        for each in every.replace("[a.example, b.example]", "b.example").replace("[a, b]", "a").split(", ")
    )
    actions = (
        "RouteMessageOutboundConnector: 'Outbound to *', SetHeaderName: X-C, SetHeaderValue: c, RemoveHeader: X-D, "
        "PrependSubject: '[x] ', SetSCL: 5, RejectMessageReasonText: No way, RejectMessageEnhancedStatusCode: 5.7.901, "
        "DeleteMessage: true, BlindCopyTo: w@a.example, RedirectMessageTo: [w@a.example, z@a.example], "
        "ApplyHtmlDisclaimerText: <p>x</p>, StopRuleProcessing: true, Mode: Audit, State: Disabled, Comments: why"
    )
    variant = tenant_with(f"{{Name: R, {every}, {unless}, {actions}}}", "{Name: S, SetSCL: 0}")
    assert load_text(render(variant)).variants["base"].topology == variant.topology

"""Mail of Microsoft's services: attributed by the recipient, spared by restrictions or not, or made inside (R231-R246)."""

from dataclasses import replace

import pytest

from lab.core.client_credentials import judge_credentials
from lab.core.incoming import admit
from lab.drivers.simulator import simulate
from lab.errors import ScenarioError
from lab.model.decision import Reason, Why, phrase
from lab.model.names import Address, ReversePath
from lab.model.steps import Attributed, Bounced, Submitted, decision_of
from lab.model.trace import Disposition
from lab.nodes import build
from lab.nodes.eop_front import EopFront
from lab.nodes.service import ServiceHost
from lab.words.decisions import reasons, story
from tests.nodes.worlds import attributed, places, steps, world

TEAMS = """
hosts:
  teams:
    role: service
    address: 203.0.113.201
    domains: [email.teams.microsoft.com]
    mailboxes: [noreply@email.teams.microsoft.com]
    past_mx: {past}
messages:
  m: {{from: noreply@email.teams.microsoft.com, to: {to}}}
"""
LOCKED = """
tenants:
  a:
    InboundConnectors:
      - Name: Only from my filter
        ConnectorType: Partner
        SenderDomains: "*"
        RestrictDomainsToIPAddresses: true
        SenderIPAddresses: [198.51.100.25]
"""
INSIDE = """
messages:
  m: {{from: {sender}, to: {to}, via: "tenant:a"}}
"""


def teams(to: str = "cloud@a.example", past: str = "true", more: str = "") -> str:
    return TEAMS.format(to=to, past=past) + more


def sent(over: str):
    return simulate(world(over)).trace("m")


def test_service_mail_past_the_mx_is_attributed_by_the_recipient():
    trace = sent(teams())
    assert places(trace) == ["teams", "tenant:a"]
    assert attributed(trace) == ("a", "recipient")


def test_service_mail_by_mx_meets_the_filter():
    assert places(sent(teams(past="false")))[:2] == ["teams", "gw"]


def test_service_mail_for_on_premises_takes_the_hybrid_connector_as_internet_mail():
    outcome = simulate(world(teams("user@a.example")))
    assert places(outcome.trace("m")) == ["teams", "tenant:a", "ex"]
    copy = outcome.delivered[0].message
    assert copy.get("X-MS-Exchange-CrossTenant-FromEntityHeader") == "Internet"


def test_a_domain_in_no_tenant_is_reached_by_mx_even_past_the_mx():
    assert places(sent(teams("friend@out.example"))) == ["teams", "out"]


def test_service_mail_is_spared_by_partner_restrictions():
    trace = sent(teams(more=LOCKED))
    assert trace.dispositions == {"cloud@a.example": Disposition.DELIVERED}
    assert "R246" in steps(trace, Attributed)[0].rules


def test_service_mail_is_refused_where_the_switch_says_so():
    trace = sent(teams(more=LOCKED + "switches: {service_mail_exempt: false}\n"))
    assert steps(trace, Bounced)[0].status == "5.7.51"


def test_a_stranger_is_not_spared():
    variant = world(LOCKED)
    node = build(variant.topology)["eop:EUR"]
    assert isinstance(node, EopFront)
    assert not node.services


def test_exemption_does_not_open_the_directory():
    """Service mail to nobody is refused at the edge like all mail (R136)."""
    trace = sent(teams("nobody@a.example", more=LOCKED))
    assert steps(trace, Bounced)[0].status == "5.4.1"


@pytest.mark.parametrize("direct_send", ["true", "false"])
def test_reject_direct_send_does_not_mean_services(direct_send):
    more = f"tenants: {{a: {{OrganizationConfig: {{RejectDirectSend: {direct_send}}}}}}}\n"
    assert sent(teams(more=more)).dispositions == {"cloud@a.example": Disposition.DELIVERED}


@pytest.mark.parametrize("sender", ["noreply@skype.voicemail.microsoft.com", "noreply@a.example"])
def test_what_the_service_makes_needs_no_mailbox_and_no_mx(sender):
    outcome = simulate(world(INSIDE.format(sender=sender, to="cloud@a.example")))
    assert places(outcome.trace("m")) == ["tenant:a"]
    assert outcome.delivered[0].message.get("X-MS-Exchange-Organization-AuthAs") == "Internal"


def test_what_the_service_makes_reaches_on_premises_by_the_hybrid_connector():
    outcome = simulate(world(INSIDE.format(sender="noreply@a.example", to="user@a.example")))
    assert places(outcome.trace("m")) == ["tenant:a", "ex"]
    copy = outcome.delivered[0].message
    assert copy.get("X-MS-Exchange-CrossTenant-FromEntityHeader") == "Hosted"
    assert copy.get("X-MS-Exchange-Organization-AuthAs") == "Internal"


@pytest.mark.parametrize(
    ("sender", "rule"), [("noreply@a.example", "R238"), ("noreply@skype.voicemail.microsoft.com", "R231")]
)
def test_the_rule_of_a_notice_follows_its_domain(sender, rule):
    trace = sent(INSIDE.format(sender=sender, to="cloud@a.example"))
    assert rule in steps(trace, Submitted)[0].rules


def test_a_notice_with_the_null_reverse_path_causes_no_report():
    over = INSIDE.format(sender="journal@alab.onmicrosoft.com", to="nobody@a.example").replace(
        "via:", "reverse_path: <>, via:"
    )
    trace = sent(over)
    assert trace.dispositions == {"nobody@a.example": Disposition.DROPPED}
    assert not trace.reports


def test_a_service_host_is_the_home_of_its_mailboxes():
    topology = world(teams()).topology
    assert topology.mailbox_node(Address.parse("noreply@email.teams.microsoft.com")) == "teams"
    assert isinstance(build(topology)["teams"], ServiceHost)


def test_a_service_belongs_to_no_organisation():
    over = "organizations: {a: {hosts: {odd: {role: service, address: 198.51.100.77}}}}"
    with pytest.raises(ScenarioError, match="belongs to no organisation"):
        world(over)


def test_only_services_go_past_the_mx():
    with pytest.raises(ScenarioError, match="past_mx is for role service"):
        world("hosts: {out: {address: 203.0.113.200, domains: [out.example], past_mx: true}}")


def test_a_notice_names_a_tenant_that_exists():
    with pytest.raises(ScenarioError, match="no host or tenant:NAME is named 'tenant:c'"):
        world(INSIDE.format(sender="noreply@a.example", to="cloud@a.example").replace("tenant:a", "tenant:c"))


def test_exempt_admission_names_no_connector():
    variant = world(LOCKED)
    switches = variant.topology.switches
    credentials = judge_credentials("203.0.113.201", tls=True, certificate=None, switches=switches)
    path, whom = ReversePath.parse("noreply@yammer.com"), Address.parse("cloud@a.example")
    tenant = variant.topology.tenants["a"]
    refused = admit(tenant, credentials, path, whom, switches)
    spared = admit(tenant, replace(credentials, service=True), path, whom, switches)
    assert refused.reason is Reason.PARTNER_RESTRICTS
    assert (spared.reason, spared.connector, spared.reply) == (Reason.ANONYMOUS, None, None)


def test_an_explanation_says_that_a_service_was_spared():
    decision = decision_of(steps(sent(teams(more=LOCKED)), Attributed)[0])
    assert decision is not None
    (spared,) = (each for each in decision.candidates if each.why == (phrase(Why.SERVICE_EXEMPT),))
    assert spared.rules == ("R246",)
    assert any(f"{reasons(spared)} [R246]" in line for line in story(decision))

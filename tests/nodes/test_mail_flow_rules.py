"""Mail flow rules in the hub and on-premises: once per message, bifurcation, connectors, refusals, copies, logs."""

from __future__ import annotations

import pytest

from lab.drivers.simulator import simulate
from lab.evidence.message_trace import message_trace, message_trace_detail
from lab.evidence.tracking_events import rows
from lab.model.decision import Why, phrase
from lab.model.steps import Bounced, Deferred, NextHop, Routed, Ruled, decision_of
from lab.model.trace import Disposition
from tests.nodes.worlds import lab_of, places, run, steps, stranger, world

TO_B_AND_OUT = (
    "messages: {m: {from: cloud@a.example, to: [partner@b.example, friend@out.example], subject: Offer}}\n"
)
VIA_GATEWAY = """
organizations: {a: {hosts: {gw: {relay_from: [198.51.100.10, 203.0.113.14]}}}}
tenants:
  a:
    OutboundConnectors: [{Name: By the filter, IsTransportRuleScoped: true, UseMXRecord: false, SmartHosts: [gw]}]
    TransportRules: [{Name: R, %s, RouteMessageOutboundConnector: By the filter}]
"""


def tenant_rules(
    *rules: str, message: str = "from: cloud@a.example, to: partner@b.example, subject: Offer"
) -> str:
    return f"messages: {{m: {{{message}}}}}\ntenants: {{a: {{TransportRules: [{', '.join(rules)}]}}}}\n"


def test_a_rule_chooses_a_connector_for_the_recipients_it_is_about():
    over = TO_B_AND_OUT + VIA_GATEWAY % "RecipientDomainIs: out.example"
    trace = simulate(world(over)).trace("m")
    ruled = {step.recipients: step.connector for step in steps(trace, Ruled)}
    assert ruled == {("friend@out.example",): "By the filter", ("partner@b.example",): ""}
    routed = {s.recipients: s for s in trace.hops[0].all(Routed)}
    assert routed["friend@out.example",].connector == "By the filter"
    assert routed["partner@b.example",].how is NextHop.MX
    assert set(trace.dispositions.values()) == {Disposition.DELIVERED}


def test_a_rules_connector_takes_even_mail_for_own_mailboxes():
    over = (
        VIA_GATEWAY
        % "SentTo: second@a.example, ExceptIfHeaderContainsMessageHeader: Received, ExceptIfHeaderContainsWords: Postfix"
    )
    over = over.replace(
        "gw: {", "gw: {smart_hosts: [a-example.mail.protection.outlook.com], accepts_domains: [], "
    )
    over = over.replace("  a:\n    Out", "  a:\n    mailboxes: [second@a.example]\n    Out")
    over += "messages: {m: {from: cloud@a.example, to: second@a.example}}"
    assert places(run(over)) == ["tenant:a", "gw", "tenant:a"]


def test_rules_of_a_rule_scoped_connector_are_told_with_the_losers():
    over = TO_B_AND_OUT + VIA_GATEWAY % "RecipientDomainIs: out.example"
    trace = simulate(world(over)).trace("m")
    (routed,) = [s for s in trace.hops[0].all(Routed) if s.connector == "By the filter"]
    assert routed.rules[:2] == ("R93", "R99")
    decision = decision_of(routed)
    assert decision is not None
    assert phrase(Why.RULE_CHOSE_ANOTHER) in [
        why for each in decision.candidates for why in each.why if not each.won
    ]


def test_a_rule_is_applied_once_however_often_the_message_is_tried():
    over = tenant_rules("{Name: P, PrependSubject: '[x] '}") + "dns: {servfail: b.example}\n"
    trace = run(over)
    assert len(steps(trace, Deferred)) > 1
    assert len(steps(trace, Ruled)) == 1


def test_a_refusing_rule_makes_the_hub_report():
    rule = "{Name: Never, RejectMessageReasonText: Not today, RejectMessageEnhancedStatusCode: 5.7.900}"
    trace = run(tenant_rules(rule))
    (bounced,) = steps(trace, Bounced)
    assert bounced.status == "5.7.900"
    assert "Not today" in str(bounced.reply)
    assert trace.reports[0].dispositions == {"cloud@a.example": Disposition.DELIVERED}


def test_the_services_own_report_is_not_judged_by_rules():
    trace = run(tenant_rules("{Name: Never, RejectMessageReasonText: Not today}"))
    assert not [step for hop in trace.reports[0].hops for step in hop.all(Ruled)]


def test_a_deleting_rule_drops_without_a_report():
    trace = run(tenant_rules("{Name: Away, DeleteMessage: true}"))
    assert trace.dispositions == {"partner@b.example": Disposition.DROPPED}
    assert trace.reports == ()


def test_an_unknown_recipient_is_reported_and_no_rule_is_asked():
    rule = "{Name: Away, DeleteMessage: true}"
    trace = run(tenant_rules(rule, message="from: cloud@a.example, to: [nobody@a.example, user@a.example]"))
    assert trace.dispositions == {
        "nobody@a.example": Disposition.BOUNCED,
        "user@a.example": Disposition.DROPPED,
    }
    assert [s.recipients for s in steps(trace, Ruled)] == [("user@a.example",)]


def test_copies_go_to_others_too_and_a_redirection_to_others_instead():
    over = tenant_rules(
        "{Name: C, SentTo: partner@b.example, BlindCopyTo: cloud@a.example}",
        "{Name: D, SentTo: friend@out.example, RedirectMessageTo: user@a.example}",
        message="from: cloud@a.example, to: [partner@b.example, friend@out.example]",
    )
    outcome = simulate(world(over))
    assert sorted(str(each.mailbox) for each in outcome.delivered) == [
        "cloud@a.example",
        "partner@b.example",
        "user@a.example",
    ]
    assert set(outcome.trace("m").dispositions.values()) == {Disposition.DELIVERED}


def test_mail_from_outside_is_outside_whatever_its_author_says():
    lab = lab_of(
        tenant_rules("{Name: X, FromScope: NotInOrganization, SetHeaderName: X-Out, SetHeaderValue: 'yes'}")
    )
    stranger(lab).hand("user@a.example", "cloud@a.example")
    lab.run()
    (box,) = lab.mailboxes
    assert box.message.get("X-Out") == "yes"


def test_both_halves_of_a_hybrid_organisation_have_rules_of_their_own():
    over = (
        "messages: {m: {from: user@a.example, to: cloud@a.example, subject: Offer}}\n"
        "organizations: {a: {TransportRules: [{Name: One, PrependSubject: 'one '}]}}\n"
        "tenants: {a: {TransportRules: [{Name: Two, PrependSubject: 'two '}]}}\n"
    )
    outcome = simulate(world(over))
    assert [box.message.subject for box in outcome.delivered] == ["two one Offer"]
    assert [s.names for s in steps(outcome.trace("m"), Ruled)] == [("One",), ("Two",)]


@pytest.mark.parametrize(("mode", "subject"), [("Enforce", "x Offer"), ("Audit", "Offer")])
def test_audit_mode_is_traced_and_changes_nothing(mode, subject):
    outcome = simulate(world(tenant_rules(f"{{Name: P, Mode: {mode}, PrependSubject: 'x '}}")))
    assert [box.message.subject for box in outcome.delivered] == [subject]
    details = message_trace_detail(outcome.hops, "a")
    assert [row["Detail"] for row in details if row["Event"] == "Transport rule"] != []


def test_the_tracking_log_tells_of_rules_as_agent_info():
    over = (
        "messages: {m: {from: user@a.example, to: user@a.example, subject: Offer}}\n"
        "organizations: {a: {TransportRules: [{Name: One, SetSCL: 5}, {Name: Not, SubjectContainsWords: bill, SetSCL: 6}]}}\n"
    )
    told = [row.custom for row in rows(simulate(world(over)).hops, "ex") if "TRA=ETR" in row.custom]
    assert len(told) == 1
    assert told[0].endswith("|action=SetSCL 5")


def test_message_trace_shows_who_a_group_was_expanded_to():
    over = (
        "messages: {m: {from: cloud@a.example, to: team@a.example}}\n"
        "tenants: {a: {distribution_groups: [{address: team@a.example, members: [cloud@a.example, friend@out.example]}]}}\n"
    )
    told = {row["RecipientAddress"]: row["Status"] for row in message_trace(simulate(world(over)).hops, "a")}
    assert told == {
        "team@a.example": "Expanded",
        "cloud@a.example": "Delivered",
        "friend@out.example": "Delivered",
    }

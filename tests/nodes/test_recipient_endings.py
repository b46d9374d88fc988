"""How a message is said to have ended for whom rules, groups and forwards add: each has an entry, and it is true."""

from __future__ import annotations

from lab.evidence.trace_assembly import path
from lab.model.steps import Dropped, DropReason
from lab.model.trace import Disposition, MessageTrace
from tests.nodes.worlds import run, steps

DELIVERED, BOUNCED, DROPPED = Disposition.DELIVERED, Disposition.BOUNCED, Disposition.DROPPED
GROUPS = (
    "distribution_groups: [{address: team@a.example, members: [cloud@a.example, user@a.example]},"
    " {address: empty@a.example}]"
)


def ends(to: str, *directory: str, rule: str = "") -> dict[str, Disposition]:
    return dict(traced(to, *directory, rule=rule).dispositions)


def traced(to: str, *directory: str, rule: str = "") -> MessageTrace:
    tenant = ", ".join((*directory, f"TransportRules: [{{Name: R, {rule}}}]" if rule else ""))
    return run(f"messages: {{m: {{from: cloud@a.example, to: [{to}]}}}}\ntenants: {{a: {{{tenant}}}}}\n")


def test_a_blind_copy_that_bounces_has_an_end():
    assert ends("cloud@a.example", rule="BlindCopyTo: nobody@a.example") == {
        "cloud@a.example": DELIVERED,
        "nobody@a.example": BOUNCED,
    }


def test_a_forwarded_copy_that_bounces_has_an_end():
    box = "mailboxes: [{address: box@a.example, ForwardingSmtpAddress: nobody@a.example, DeliverToMailboxAndForward: true}]"
    assert ends("box@a.example", box) == {"box@a.example": DELIVERED, "nobody@a.example": BOUNCED}


def test_of_two_groups_that_a_rule_redirects_to_one_may_be_empty():
    rule = "SentTo: box@a.example, RedirectMessageTo: [team@a.example, empty@a.example]"
    assert ends("box@a.example", "mailboxes: [box@a.example]", GROUPS, rule=rule) == {
        "cloud@a.example": DELIVERED,
        "user@a.example": DELIVERED,
        "empty@a.example": DROPPED,
    }


def test_a_member_whose_mail_is_redirected_back_to_the_group_gets_nothing():
    rule = "SentTo: cloud@a.example, RedirectMessageTo: team@a.example"
    trace = traced("team@a.example", GROUPS, rule=rule)
    assert dict(trace.dispositions) == {"cloud@a.example": DROPPED, "user@a.example": DELIVERED}


def test_a_microsoft_365_group_is_delivered_under_each_address_that_was_written_to():
    groups = "groups: [{address: team@a.example, proxies: [t@a.example], members: [cloud@a.example]}]"
    for to in ("team@a.example, t@a.example", "t@a.example"):
        own = dict.fromkeys(to.split(", "), DELIVERED)
        assert ends(to, groups) == {**own, "cloud@a.example": DELIVERED}


def test_an_empty_group_is_called_empty_however_it_is_met():
    rule = "SentTo: empty@a.example, RedirectMessageTo: empty@a.example"
    contact = "mail_contacts: [{address: contact@a.example, external: empty@a.example}]"
    trace = traced("contact@a.example, empty@a.example", GROUPS, contact)
    assert dict(trace.dispositions) == {"contact@a.example": DROPPED, "empty@a.example": DROPPED}
    trace = traced("cloud@a.example", GROUPS, rule=rule.replace("SentTo: empty", "SentTo: cloud"))
    assert [step.reason for step in steps(trace, Dropped)] == [DropReason.NO_MEMBERS]


def test_the_way_of_a_redirected_copy_begins_where_the_rule_was():
    rule = "SentTo: box@a.example, RedirectMessageTo: [friend@out.example, nobody@a.example]"
    trace = traced("box@a.example", "mailboxes: [box@a.example]", rule=rule)
    assert path(trace, "friend@out.example") == ("tenant:a", "out")
    assert path(trace, "nobody@a.example") == ("tenant:a",)
    assert path(trace) == ("tenant:a", "out")


def test_the_way_of_a_member_whose_mail_is_redirected_begins_with_the_group():
    rule = "SentTo: cloud@a.example, RedirectMessageTo: [friend@out.example, user@a.example]"
    trace = traced("team@a.example", GROUPS, rule=rule)
    assert path(trace)[0] == "tenant:a"
    assert path(trace, "friend@out.example") == ("tenant:a", "out")


def test_the_way_of_a_blind_copy_begins_where_the_rule_was():
    trace = traced("cloud@a.example", rule="BlindCopyTo: friend@out.example")
    assert path(trace, "friend@out.example") == ("tenant:a", "out")

"""Groups, contacts, forwards, restricted recipients and sending limits."""

from __future__ import annotations

import pytest

from lab.core.sending_limits import over_limit
from lab.drivers.simulator import simulate
from lab.model.names import Domain
from lab.model.steps import Connected, Deferred, Dropped, DropReason, Expanded, Routed
from lab.model.switches import Switches
from lab.model.tenant import SendingLimits
from lab.model.trace import Disposition
from tests.nodes.worlds import lab_of, places, run, steps, stranger, world


def groups(*groups: str, to: str, sender: str = "cloud@a.example", more: str = "") -> str:
    return (
        f"messages: {{m: {{from: {sender}, to: [{to}]}}}}\n"
        f"tenants: {{a: {{distribution_groups: [{', '.join(groups)}]{more}}}}}\n"
    )


def delivered(over: str) -> list[str]:
    return sorted(str(each.mailbox) for each in simulate(world(over)).delivered)


def test_a_group_becomes_its_members_and_they_are_the_recipients():
    trace = run(
        groups(
            "{address: team@a.example, members: [cloud@a.example, friend@out.example]}", to="team@a.example"
        )
    )
    (expanded,) = steps(trace, Expanded)
    assert expanded.members == ("cloud@a.example", "friend@out.example")
    assert trace.dispositions == {
        "cloud@a.example": Disposition.DELIVERED,
        "friend@out.example": Disposition.DELIVERED,
    }
    assert places(trace) == ["tenant:a", "out"]


def test_who_is_named_more_than_once_gets_one_copy():
    over = groups(
        "{address: one@a.example, members: [cloud@a.example, two@a.example]}",
        "{address: two@a.example, members: [cloud@a.example, second@a.example, s@a.example]}",
        to="cloud@a.example, one@a.example, two@a.example",
        more=", mailboxes: [{address: second@a.example, proxies: [s@a.example]}]",
    )
    assert delivered(over) == ["cloud@a.example", "second@a.example"]


def test_a_ring_of_groups_ends():
    over = groups(
        "{address: one@a.example, members: [two@a.example, cloud@a.example]}",
        "{address: two@a.example, members: [back@a.example, one@a.example]}",
        to="one@a.example",
        more=", mail_contacts: [{address: back@a.example, external: one@a.example}]",
    )
    outcome = simulate(world(over))
    assert [str(each.mailbox) for each in outcome.delivered] == ["cloud@a.example"]
    assert set(outcome.trace("m").dispositions.values()) == {Disposition.DELIVERED}
    assert len(steps(outcome.trace("m"), Expanded)) == 2


def test_groups_that_are_members_of_each_other_only_reach_nobody():
    over = groups(
        "{address: one@a.example, members: [two@a.example]}",
        "{address: two@a.example, members: [one@a.example]}",
        to="one@a.example",
    )
    trace = simulate(world(over)).trace("m")
    assert dict(trace.dispositions) == {"one@a.example": Disposition.DROPPED}
    assert [step.reason for step in steps(trace, Dropped)] == [DropReason.GROUP_RING]


def test_an_empty_group_swallows_the_message():
    trace = run(groups("{address: team@a.example}", to="team@a.example"))
    assert trace.dispositions == {"team@a.example": Disposition.DROPPED}
    assert [step.reason for step in steps(trace, Dropped)] == [DropReason.NO_MEMBERS]
    assert trace.reports == ()


def test_a_member_that_bounces_does_not_touch_the_others():
    trace = run(
        groups("{address: team@a.example, members: [cloud@a.example, nobody@a.example]}", to="team@a.example")
    )
    assert trace.dispositions == {
        "cloud@a.example": Disposition.DELIVERED,
        "nobody@a.example": Disposition.BOUNCED,
    }


def test_a_microsoft_365_group_keeps_the_mail_and_copies_its_members():
    over = (
        "messages: {m: {from: cloud@a.example, to: team@a.example}}\n"
        "tenants: {a: {groups: [{address: team@a.example, members: [cloud@a.example]}]}}\n"
    )
    assert delivered(over) == ["cloud@a.example", "team@a.example"]
    assert run(over).dispositions == {
        "team@a.example": Disposition.DELIVERED,
        "cloud@a.example": Disposition.DELIVERED,
    }


def test_groups_on_premises_are_synchronised():
    over = (
        "messages: {m: {from: cloud@a.example, to: team@a.example}}\n"
        "organizations: {a: {distribution_groups: [{address: team@a.example, members: [user@a.example, c@a.example]}],"
        " mail_contacts: [{address: c@a.example, external: friend@out.example}]}}\n"
    )
    assert places(run(over)) == ["tenant:a", "ex", "out"]
    assert delivered(over) == ["friend@out.example", "user@a.example"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("groups", "5.7.193"),
        ("distribution_groups", "5.7.133"),
        ("mailboxes", "5.7.134"),
        ("mail_users", "5.7.136"),
    ],
)
def test_internal_only_recipients_refuse_strangers_after_acceptance(kind, status):
    recipient = "{address: x@a.example, RequireSenderAuthenticationEnabled: true}"
    lab = lab_of(f"tenants: {{a: {{{kind}: [{recipient}]}}}}")
    handed = stranger(lab).hand("friend@out.example", "x@a.example")
    assert handed.data is not None
    assert handed.data.positive, "the edge knows nothing of it"
    lab.run()
    (box,) = lab.mailboxes
    assert status.encode() in box.message.body
    assert str(box.recipient) == "friend@out.example"


def test_an_own_address_that_nobody_vouches_for_is_not_an_allowed_sender():
    group = "{address: x@a.example, members: [cloud@a.example], RequireSenderAuthenticationEnabled: false, AcceptMessagesOnlyFrom: [user@a.example, friend@out.example]}"
    lab = lab_of(f"tenants: {{a: {{distribution_groups: [{group}]}}}}")
    stranger(lab).hand("user@a.example", "x@a.example")
    stranger(lab).hand("friend@out.example", "x@a.example")
    lab.run()
    boxes = [str(each.mailbox) for each in lab.mailboxes]
    assert boxes.count("cloud@a.example") == 1


def forwarding(*mailboxes: str, sender: str, to: str) -> str:
    return f"messages: {{m: {{from: {sender}, to: {to}}}}}\ntenants: {{a: {{mailboxes: [{', '.join(mailboxes)}]}}}}\n"


@pytest.mark.parametrize(
    ("keeps", "boxes", "ends"),
    [
        ("true", ["away@a.example", "friend@out.example"], ["away@a.example", "friend@out.example"]),
        ("false", ["friend@out.example"], ["away@a.example"]),
    ],
)
def test_a_forwarding_mailbox_keeps_a_copy_if_told_so(keeps, boxes, ends):
    mailbox = f"{{address: away@a.example, ForwardingSmtpAddress: friend@out.example, DeliverToMailboxAndForward: {keeps}}}"
    over = forwarding(mailbox, sender="cloud@a.example", to="away@a.example")
    assert delivered(over) == boxes
    assert run(over).dispositions == dict.fromkeys(ends, Disposition.DELIVERED)


def test_a_forwarded_strangers_reverse_path_names_the_forwarding_mailbox():
    lab = lab_of(
        "tenants: {a: {mailboxes: [{address: away@a.example, ForwardingSmtpAddress: partner@b.example}]}}"
    )
    stranger(lab).hand("friend@out.example", "away@a.example")
    lab.run()
    last = lab.journal.hops()[-1].head.reverse_path
    assert last.startswith("<away+SRS=")
    assert last.endswith("=out.example=friend@a.example>")


def test_a_long_forwarded_reverse_path_becomes_the_relay_form():
    lab = lab_of(
        "tenants: {a: {mailboxes: [{address: away@a.example, ForwardingSmtpAddress: partner@b.example}]}}"
    )
    stranger(lab).hand(f"{'f' * 50}@out.example", "away@a.example")
    lab.run()
    assert lab.journal.hops()[-1].head.reverse_path.startswith("<bounces+SRS=")


@pytest.mark.parametrize(
    ("keeps", "ends", "reasons"),
    [
        (
            "true",
            dict.fromkeys(["one@a.example", "two@a.example"], Disposition.DELIVERED),
            [DropReason.DUPLICATE],
        ),
        ("false", {"one@a.example": Disposition.BOUNCED}, []),
    ],
)
def test_mailboxes_that_forward_to_each_other_stop(keeps, ends, reasons):
    """Each has one copy: what comes back is a duplicate (R292)."""
    one, two = (
        f"{{address: {a}@a.example, ForwardingSmtpAddress: {b}@a.example, DeliverToMailboxAndForward: {keeps}}}"
        for a, b in (("one", "two"), ("two", "one"))
    )
    trace = run(forwarding(one, two, sender="cloud@a.example", to="one@a.example"))
    assert trace.dispositions == ends
    assert [step.reason for step in steps(trace, Dropped)] == reasons


@pytest.mark.parametrize(
    ("limits", "sender", "status"),
    [
        (SendingLimits(licences=1, already_sent=9999), "a.example", ""),
        (SendingLimits(licences=1, already_sent=10000), "a.example", "5.7.233"),
        (SendingLimits(trial=True, already_sent=5000), "a.example", "5.7.232"),
        (SendingLimits(already_sent=10**6), "a.example", ""),
        (SendingLimits(already_sent_from_moera=100), "alab.onmicrosoft.com", "5.7.236"),
        (SendingLimits(already_sent_from_moera=99), "alab.onmicrosoft.com", ""),
        (SendingLimits(already_sent_from_moera=100), "a.example", ""),
    ],
)
def test_limits_are_about_the_day_before_and_this_message(limits, sender, status):
    refused = over_limit(limits, Domain(sender), 1, Switches())
    assert (refused.enhanced if refused else "") == status


@pytest.mark.parametrize(
    ("limits", "sender", "last_day_without"),
    [
        ("trial: true, already_sent: 5000", "cloud@a.example", "2025-04-02"),
        ("already_sent_from_onmicrosoft: 100", "moera@alab.onmicrosoft.com", "2025-10-14"),
    ],
)
def test_limits_begin_on_their_day(limits, sender, last_day_without):
    over = (
        f"tenants: {{a: {{mailboxes: [moera@alab.onmicrosoft.com], sending_limits: {{{limits}}}}}}}\n"
        f"messages: {{m: {{from: {sender}, to: partner@b.example}}}}\n"
    )
    assert run(f"{over}as_of: {last_day_without}\n").dispositions == {
        "partner@b.example": Disposition.DELIVERED
    }
    assert run(over).dispositions == {"partner@b.example": Disposition.BOUNCED}


@pytest.mark.parametrize(("day", "pool"), [("2021-06-30", "normal"), ("2021-07-01", "relay")])
def test_the_relay_pool_came_in_july_2021(day, pool):
    foreign = "messages: {m: {from: friend@out.example, via: gw, to: partner@b.example}}\n"
    routed = steps(run(f"{foreign}as_of: {day}\n"), Routed)
    assert routed[-1].pool == pool


def test_only_external_recipients_of_cloud_senders_count():
    limits = "tenants: {a: {sending_limits: {trial: true, already_sent: 5000}}}\n"
    for sender, to, end in (
        ("cloud@a.example", "partner@b.example", Disposition.BOUNCED),
        ("cloud@a.example", "user@a.example", Disposition.DELIVERED),
        ("user@a.example", "partner@b.example", Disposition.DELIVERED),
    ):
        trace = run(f"{limits}messages: {{m: {{from: {sender}, to: {to}}}}}\n")
        assert trace.dispositions == {to: end}


def test_a_stale_certificate_name_leaves_mail_in_the_queue():
    over = (
        "messages: {m: {from: user@a.example, to: cloud@a.example}}\n"
        "organizations: {a: {SendConnectors: [{Name: 'Outbound to Office 365 *', TlsCertificateName: '<I>CN=gone<S>CN=gone'}]}}\n"
    )
    trace = run(over)
    assert str(steps(trace, Deferred)[0].reply).startswith("454 4.7.5 The certificate specified")
    assert trace.dispositions == {"cloud@a.example": Disposition.BOUNCED}


def test_the_newest_valid_certificate_that_fits_is_shown():
    name = "<I>CN=Mailflow Lab public CA<S>CN=hybrid.a.example"
    over = (
        "messages: {m: {from: user@a.example, to: cloud@a.example}}\n"
        "certificates: {newer: {names: [hybrid.a.example, newer.a.example]}, old: {names: [hybrid.a.example], validity: expired}}\n"
        "organizations: {a: {hosts: {ex: {certificates: [hybrid, newer, old]}}, SendConnectors: [{Name: 'Outbound to Office 365 *', "
        f"TlsCertificateName: '{name}'}}]}}}}\n"
    )
    (connected,) = steps(run(over), Connected)
    assert connected.certificate == ("hybrid.a.example", "newer.a.example")


@pytest.mark.parametrize(
    ("notify", "told"),
    [
        ({"SUCCESS"}, ["expanded"]),
        ({"SUCCESS", "FAILURE"}, ["expanded", "failed"]),
        ({"NEVER"}, []),
        (set(), ["failed"]),
    ],
)
def test_success_at_a_group_is_its_expansion_and_members_inherit_the_rest(notify, told):
    group = "{address: x@a.example, members: [cloud@a.example, nobody@a.example], RequireSenderAuthenticationEnabled: false}"
    lab = lab_of(f"tenants: {{a: {{distribution_groups: [{group}]}}}}")
    stranger(lab).hand("friend@out.example", "x@a.example", notify={"x@a.example": notify})
    lab.run()
    reports = [box.message.body for box in lab.mailboxes if str(box.mailbox) == "friend@out.example"]
    actions = [
        word for body in reports for word in ("expanded", "failed") if f"Action: {word}".encode() in body
    ]
    assert sorted(actions) == told

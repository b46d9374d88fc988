"""Several recipients in one transaction: of one tenant, of several, twice the same; and what DSN asks for them."""

from __future__ import annotations

from email import message_from_bytes

import pytest

from lab.core.smtp_delivery import TransactionReplies
from lab.drivers.simulator import Simulator, simulate
from lab.evidence.trace_assembly import traces
from lab.model.decision import Reason
from lab.model.message import Message
from lab.model.steps import Accepted, Attributed, Refused
from lab.model.trace import Disposition
from tests.nodes.worlds import a_message, lab_of, stranger, world

THREE = """
tenants:
  c:
    initial_domain: clab.onmicrosoft.com
    AcceptedDomains: [{DomainName: c.example, Default: true}]
    mailboxes: [third@c.example]
"""
BIFURCATE = THREE + "switches: {mixed_tenant_rcpts: bifurcate}"
MIXED = ("partner@b.example", "third@c.example", "second@b.example", "nobody@b.example", "x@nowhere.example")


def replies(handed: TransactionReplies) -> dict[str, str]:
    return {to: f"{reply.code} {reply.enhanced}" for to, reply in handed.recipients.items()}


def delivered(lab: Simulator) -> list[str]:
    lab.run()
    return sorted(str(each.mailbox) for each in lab.mailboxes)


def reports(lab: Simulator) -> list[Message]:
    lab.run()
    return [each.message for each in lab.mailboxes if "report" in (each.message.get("Content-Type") or "")]


def test_the_first_recipient_binds_and_another_tenants_is_asked_to_come_again():
    lab = lab_of(THREE)
    handed = stranger(lab).hand("friend@out.example", *MIXED)
    assert replies(handed) == {
        "partner@b.example": "250 2.1.5",
        "third@c.example": "452 4.5.3",
        "second@b.example": "250 2.1.5",
        "nobody@b.example": "550 5.4.1",
        "x@nowhere.example": "550 5.7.64",
    }
    assert delivered(lab) == ["partner@b.example", "second@b.example"]


def test_bifurcation_takes_all_and_keeps_the_tenants_apart():
    lab = lab_of(BIFURCATE)
    handed = stranger(lab).hand("friend@out.example", *MIXED)
    assert replies(handed)["third@c.example"] == "250 2.1.5"
    assert delivered(lab) == ["partner@b.example", "second@b.example", "third@c.example"]
    taken = [hop for hop in lab.journal.hops() if hop.first(Accepted)]
    assert {hop.head.tenant: hop.head.recipients for hop in taken} == {
        "b": ("partner@b.example", "second@b.example"),
        "c": ("third@c.example",),
    }
    for hop in taken:
        named = {step.tenant for step in hop.all(Attributed)}
        assert named == {hop.head.tenant}, "a tenant's rows must not tell of another tenant"


@pytest.mark.parametrize("over", [THREE, BIFURCATE], ids=["first binds", "bifurcate"])
def test_with_a_certificate_all_recipients_travel_through_the_own_tenant(over):
    lab = lab_of(over)
    handed = stranger(lab, certificate="wild").hand("user@a.example", *MIXED[:3], "friend@out.example")
    assert set(replies(handed).values()) == {"250 2.1.5"}
    assert delivered(lab) == [
        "friend@out.example",
        "partner@b.example",
        "second@b.example",
        "third@c.example",
    ]


def test_a_gateway_delivers_the_recipient_that_was_asked_to_come_again():
    over = THREE + (
        "organizations: {a: {hosts: {gw: {client_certificate: false}}}}\n"
        "messages: {m: {from: user@a.example, to: [partner@b.example, third@c.example, nobody@b.example]}}"
    )
    trace = simulate(world(over)).trace("m")
    assert trace.dispositions == {
        "partner@b.example": Disposition.DELIVERED,
        "third@c.example": Disposition.DELIVERED,
        "nobody@b.example": Disposition.BOUNCED,
    }


def test_a_recipient_named_twice_gets_one_copy():
    lab = lab_of()
    handed = stranger(lab).hand("friend@out.example", "partner@b.example", "PARTNER@b.example")
    assert handed.data is not None
    assert handed.data.positive
    assert delivered(lab) == ["partner@b.example"]


def test_two_addresses_of_one_mailbox_get_one_copy():
    lab = lab_of("tenants: {b: {mailboxes: [{address: partner@b.example, proxies: [p@b.example]}]}}")
    stranger(lab).hand("friend@out.example", "partner@b.example", "p@b.example")
    assert delivered(lab) == ["partner@b.example"]
    (trace,) = traces(lab.journal.hops()).values()
    assert set(trace.dispositions.values()) == {Disposition.DELIVERED}


def test_two_hundred_and_first_recipient_is_one_too_many():
    names = [f"r{n}@b.example" for n in range(201)]
    lab = lab_of(f"tenants: {{b: {{mailboxes: [{', '.join(names)}]}}}}")
    handed = stranger(lab).hand("friend@out.example", *names)
    assert replies(handed)[names[199]] == "250 2.1.5"
    assert handed.recipients[names[200]].bare == "452 4.5.3 Too many recipients"
    (refused,) = (step for hop in lab.journal.hops() for step in hop.all(Refused))
    assert (refused.reason, refused.rules) == (Reason.TOO_MANY, ("R155",))


def test_the_two_hundred_are_counted_for_each_domain():
    names = [f"r{n}@b.example" for n in range(200)]
    lab = lab_of(f"tenants: {{b: {{mailboxes: [{', '.join(names)}]}}}}")
    handed = stranger(lab, certificate="wild").hand("user@a.example", *names, "friend@out.example")
    assert handed.recipients["friend@out.example"].positive


def test_notify_never_keeps_a_report_away():
    lab = lab_of()
    handed = stranger(lab, certificate="wild").hand(
        "user@a.example", "nobody@b.example", notify={"nobody@b.example": {"NEVER"}}
    )
    assert handed.data is not None
    lab.run()
    assert lab.mailboxes == []
    (trace,) = traces(lab.journal.hops()).values()
    assert trace.dispositions == {"nobody@b.example": Disposition.BOUNCED}
    assert trace.reports == ()


def test_only_the_recipients_that_want_it_are_in_the_report():
    lab = lab_of()
    stranger(lab, certificate="wild").hand(
        "user@a.example",
        "nobody@b.example",
        "none@b.example",
        notify={"nobody@b.example": {"NEVER"}, "none@b.example": {"FAILURE"}},
    )
    (report,) = reports(lab)
    assert b"none@b.example" in bytes(report)
    assert b"Final-Recipient: rfc822;nobody@b.example" not in bytes(report)


def test_notify_success_reports_delivery():
    lab = lab_of()
    stranger(lab, certificate="wild").hand(
        "user@a.example", "cloud@a.example", notify={"cloud@a.example": {"SUCCESS"}}
    )
    (report,) = reports(lab)
    assert b"Action: delivered" in bytes(report)


def test_notify_success_travels_with_the_message_and_is_reported_once():
    lab = lab_of()
    stranger(lab, certificate="wild").hand(
        "user@a.example", "partner@b.example", notify={"partner@b.example": {"SUCCESS"}}
    )
    (report,) = reports(lab)
    assert b"Action: delivered" in bytes(report)
    assert b"Final-Recipient: rfc822;partner@b.example" in bytes(report)


@pytest.mark.parametrize(
    ("ret", "kept"),
    [("HDRS", False), ("FULL", True)],
)
def test_ret_decides_how_much_comes_back(ret, kept):
    lab = lab_of()
    stranger(lab, certificate="wild").hand("user@a.example", "nobody@b.example", RET=ret)
    (report,) = reports(lab)
    parts = message_from_bytes(bytes(report)).get_payload()
    assert isinstance(parts, list)
    assert (b"Text." in bytes(parts[-1])) is kept  # type: ignore[arg-type]  # parts of a multipart are messages


def test_envid_and_orcpt_come_back_in_the_report():
    lab = lab_of()
    stranger(lab, certificate="wild").hand("user@a.example", "nobody@b.example", ENVID="QQ314159")
    (report,) = reports(lab)
    assert b"Original-Envelope-Id: QQ314159" in bytes(report)


def test_a_failed_report_is_dropped_and_causes_none():
    lab = lab_of()
    stranger(lab, certificate="wild").hand(
        "gone@a.example", "nobody@b.example", content=a_message("gone@a.example", "nobody@b.example")
    )
    lab.run()
    (trace,) = traces(lab.journal.hops()).values()
    (report,) = trace.reports
    assert set(report.dispositions.values()) == {Disposition.DROPPED}
    assert report.reports == ()

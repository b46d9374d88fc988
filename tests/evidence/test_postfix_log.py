"""Logs that a real Postfix 3.7 wrote as the article's filter, read as hops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.evidence.postfix_log import PostfixLog, read
from lab.model.names import Domain
from lab.model.roles import Role
from lab.model.steps import (
    Accepted,
    Bounced,
    Connected,
    Deferred,
    Dropped,
    NextHop,
    Refused,
    Resolved,
    Routed,
    Sent,
    Stage,
    Step,
)
from lab.model.topology import Host
from lab.model.trace import Hop

LOGS = Path(__file__).parent / "postfix"
BEGINS = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
FILTER = Host(
    name="gateway",
    role=Role.GATEWAY,
    fqdn=Domain("mail.msxfaq.example"),
    address="198.51.100.25",
    relay_from=("198.51.100.10",),
    forwards_to=("ex01.msxfaq.example",),
)
SHOWN = "*.msxfaq.example"
USER, PARTNER = "useronprem@msxfaq.example", "partner@uclabor.example"


def of(log: str, **how) -> PostfixLog:
    return read((LOGS / f"{log}.log").read_text().splitlines(), FILTER, shown=SHOWN, begins=BEGINS, **how)


def up_to(log: str, wanted: str) -> PostfixLog:
    """The log as it was before its first line with `wanted`."""
    told = (LOGS / f"{log}.log").read_text().splitlines()
    end = next(number for number, line in enumerate(told) if wanted in line)
    return read(told[:end], FILTER, shown=SHOWN, begins=BEGINS)


def kinds(hop: Hop) -> list[type[Step]]:
    return [type(step) for step in hop.steps]


@pytest.fixture(scope="module")
def passed_on() -> Hop:
    (hop,) = of("shared-wildcard").hops
    return hop


def test_the_head_tells_who_and_what(passed_on):
    head = passed_on.head
    assert (head.node, head.host, head.tenant) == ("gateway", "mail.msxfaq.example", None)
    assert head.message_id == "<offer@ex01.msxfaq.example>"
    assert (head.client, head.client_host) == ("198.51.100.10", "ex01.msxfaq.example")
    assert (head.reverse_path, head.recipients) == (f"<{USER}>", (PARTNER,))
    assert (head.subject, head.author) == ("Our offer", USER)
    assert head.size > 500


def test_a_connection_that_came_is_known_whole(passed_on):
    head = passed_on.head
    assert head.connection.startswith("198.51.100.10:")
    assert head.connection.endswith(">198.51.100.25")
    assert head.server == "198.51.100.25"


def test_of_a_connection_that_was_made_the_log_has_the_server_only(passed_on):
    sent = passed_on.first(Sent)
    assert sent.contact.connection == ">203.0.113.10"
    assert sent.source == "198.51.100.25"
    assert sent.contact.host == "uclabor-example.mail.protection.outlook.com"


def test_the_way_through_is_taken_over_and_sent(passed_on):
    assert kinds(passed_on) == [Connected, Accepted, Routed, Sent]
    assert passed_on.first(Connected).tls == "TLS1_3"
    assert passed_on.head.id in str(passed_on.first(Accepted).reply)
    sent = passed_on.first(Sent)
    assert str(sent.reply).startswith("250 2.6.0 <offer@ex01.msxfaq.example> [InternalId=")
    assert (sent.contact.tls, sent.contact.cipher) == ("TLS1_3", "TLS_AES_256_GCM_SHA384")
    assert sent.contact.certificate == SHOWN


def test_the_next_host_was_configured_or_found_by_mx():
    offer, report = of("other-region").hops
    assert {step.how for step in offer.all(Routed)} == {NextHop.MX}
    assert {step.how for step in report.all(Routed)} == {NextHop.SMART_HOST}


def test_the_labs_clock_tells_the_time():
    (hop,) = of("shared-wildcard", clock=lambda at: at - timedelta(days=100)).hops
    assert hop.head.arrived.date() == (BEGINS - timedelta(days=100)).date()


def test_a_message_is_at_work_until_it_is_removed():
    assert (of("shared-wildcard").at_work, of("shared-wildcard").deferred) == (0, 0)
    assert up_to("shared-wildcard", ": removed").at_work == 1
    assert up_to("shared-wildcard", "message-id=").at_work == 1  # its content is on the way
    assert up_to("shared-wildcard", ": client=").at_work == 0


def test_what_was_tried_and_put_off_waits():
    reading = up_to("other-region", "status=expired")
    assert (reading.at_work, reading.deferred) == (0, 1)
    (hop,) = reading.hops
    assert kinds(hop)[2:] == [Routed, Deferred] * 2


def test_each_host_that_was_tried_has_its_step():
    offer, _ = of("other-region").hops
    first, last = offer.all(Deferred)
    assert first.contact.connection != last.contact.connection
    assert first.recipients == last.recipients == (PARTNER,)
    for step in (first, last):
        assert str(step.reply).startswith("451 4.4.62 ")
        assert str(step.reply).endswith("]")  # without Postfix's `(in reply to RCPT TO command)`


def test_what_expired_bounces_with_its_last_reply_and_the_report_is_a_hop_of_its_own():
    offer, report = of("other-region").hops
    (bounced,) = offer.all(Bounced)
    assert bounced.status == "4.4.62"
    assert bounced.reply == offer.all(Deferred)[-1].reply
    assert (bounced.ndr, bounced.ndr_to) == (report.head.message_id, USER)
    assert report.head.in_reply_to == offer.head.message_id
    assert (report.head.reverse_path, report.head.recipients) == ("<>", (USER,))
    assert kinds(report) == [Routed, Sent]


def test_a_report_that_passes_through_says_what_it_is_about():
    report = next(hop for hop in of("name-not-accepted-domain").hops if hop.head.reverse_path == "<>")
    assert report.head.in_reply_to == "<order@mail.elsewhere.example>"


def test_a_stranger_who_may_not_relay_is_a_hop_that_nobody_took_over():
    hop = next(hop for hop in of("strangers").hops if hop.first(Refused))
    (refused,) = hop.all(Refused)
    assert (hop.head.message_id, hop.head.client) == ("", "198.51.100.77")
    assert (hop.head.client_host, hop.head.recipients) == ("x.example", ("b@y.example",))
    assert (refused.stage, refused.recipient) == (Stage.RCPT, "b@y.example")
    assert str(refused.reply) == "554 5.7.1 <b@y.example>: Relay access denied"


def test_a_recipient_refused_beside_others_is_told_of_at_the_messages_own_hop():
    hop = next(hop for hop in of("strangers").hops if hop.first(Refused) and hop.head.message_id)
    assert kinds(hop) == [
        Connected,
        Refused,
        Accepted,
        Routed,
        Sent,
    ]
    assert hop.head.recipients == (USER,)


def test_recipients_that_end_alike_share_a_step_and_the_others_do_not():
    hop = next(hop for hop in of("strangers").hops if len(hop.head.recipients) == 3)
    (sent,), (bounced,) = hop.all(Sent), hop.all(Bounced)
    assert sent.recipients == ("nobody@uclabor.example", PARTNER)
    assert bounced.recipient == "x@nowhere.example"
    assert str(bounced.reply).startswith("550 5.4.4 Host or domain name not found.")
    assert bounced.contact.connection == ""


def test_what_fails_with_a_null_sender_is_dropped():
    dropped = [hop for hop in of("strangers").hops if hop.first(Dropped)]
    (hop,) = dropped
    assert (hop.head.reverse_path, hop.head.recipients) == ("<>", ("x@nowhere.example",))


def test_an_alias_is_a_recipient_that_was_resolved():
    hop = next(hop for hop in of("strangers").hops if hop.first(Resolved))
    assert hop.head.recipients == ("postmaster@mail.msxfaq.example",)
    (resolved,) = hop.all(Resolved)
    assert resolved.rewritten == "postmaster@msxfaq.example"


def test_who_gives_up_before_the_content_leaves_nothing_behind():
    reading = of("strangers")
    assert reading.at_work == 0
    assert all(hop.head.message_id or hop.first(Refused) for hop in reading.hops)


def test_a_queue_id_that_is_used_again_is_another_message():
    told = (LOGS / "shared-wildcard.log").read_text()
    twice = (told + told.replace("<offer@", "<second@")).splitlines()
    hops = read(twice, FILTER, shown=SHOWN, begins=BEGINS).hops
    assert [hop.head.message_id.partition("@")[0] for hop in hops] == ["<offer", "<second"]
    assert [kinds(hop) for hop in hops] == [kinds(hops[0])] * 2


def test_a_refusal_after_the_content_leaves_no_message():
    told = (LOGS / "shared-wildcard.log").read_text().splitlines()
    start = next(n for n, line in enumerate(told) if "message-id=" in line)
    queue_id = told[start].split(": ")[1]
    refused = (
        f"Nov 24 10:16:00 mail postfix/cleanup[140]: {queue_id}: reject: END-OF-MESSAGE from "
        f"ex01.msxfaq.example[198.51.100.10]:42029: 552 5.3.4 Message size exceeds fixed limit; from=<{USER}> proto=ESMTP helo=<ex01>"
    )
    reading = read([*told[: start + 1], refused], FILTER, shown=SHOWN, begins=BEGINS)
    (hop,) = reading.hops
    assert kinds(hop)[-1] is Refused
    assert reading.at_work == 0


def test_what_a_program_of_postfix_died_of_is_told():
    died = "Nov 24 10:16:00 mail postfix/smtpd[7]: fatal: no SASL authentication mechanisms"
    assert read([died], FILTER, shown=SHOWN, begins=BEGINS).troubles == (
        "postfix/smtpd: fatal: no SASL authentication mechanisms",
    )
    assert of("strangers").troubles == ()

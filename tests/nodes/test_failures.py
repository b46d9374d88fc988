"""Next hops that cannot be had: DNS, TLS, dead hosts, loops. What is tried again, for how long, and what is reported."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from lab.drivers.simulator import Simulator, simulate
from lab.model.steps import Bounced, Deferred, NextHop, Refused, Routed, Sent
from lab.model.trace import Disposition, MessageTrace
from tests.nodes.worlds import lab_of, places, run, steps, stranger, world

FROM_CLOUD = "messages: {m: {from: cloud@a.example, to: friend@out.example}}\n"
"""Sent by a cloud mailbox of a: Exchange Online looks up the MX itself."""
TO_GROUND = "messages: {m: {from: cloud@a.example, to: user@a.example}}\n"
"""Sent by a cloud mailbox to an on-premises one: over the hybrid outbound connector."""


def deferrals(trace: MessageTrace) -> list[str]:
    return [str(step.reply) for step in steps(trace, Deferred)]


def final(trace: MessageTrace) -> str:
    (bounced,) = steps(trace, Bounced)
    return str(bounced.reply)


def lasted(trace: MessageTrace) -> timedelta:
    """From the first attempt to the report."""
    first = steps(trace, Deferred)[0].at
    last = steps(trace, Bounced)[0].at
    assert first is not None
    assert last is not None
    return last - first


def test_null_mx_is_reported_at_once():
    trace = run(FROM_CLOUD + 'dns: {records: {out.example: {MX: "0 ."}}}')
    assert deferrals(trace) == []
    assert final(trace) == "550 5.1.10 Recipient domain out.example has a null MX record"


def test_without_mx_the_address_of_the_domain_itself_is_tried():
    trace = run(FROM_CLOUD + "dns: {records: {out.example: {MX: ~, A: 203.0.113.200}}}")
    assert steps(trace, Routed)[0].how is NextHop.IMPLICIT_MX
    assert trace.dispositions == {"friend@out.example": Disposition.DELIVERED}


def test_the_lowest_preference_is_tried_first_and_the_next_when_it_is_down():
    over = (
        "hosts: {down: {address: 203.0.113.201, domains: [down.example]}}\n"
        'dns: {records: {out.example: {MX: ["20 out.internet.example", "10 dead.example"]},'
        " dead.example: {A: 198.51.100.99}, out.internet.example: {A: 203.0.113.200}}}\n"
    )
    trace = run(FROM_CLOUD + over)
    assert steps(trace, Routed)[0].targets == ("dead.example", "out.internet.example")
    assert trace.dispositions == {"friend@out.example": Disposition.DELIVERED}


@pytest.mark.parametrize(
    "dns",
    ["servfail: [out.example]", "records: {out.example: {MX: 10 gone.example}}"],
    ids=["SERVFAIL", "MX without address"],
)
def test_dns_failure_waits_a_day_and_expires_with_its_twin(dns):
    trace = run(FROM_CLOUD + f"dns: {{{dns}}}")
    assert all(reply.startswith("450 4.4.312 DNS query failed [Message=") for reply in deferrals(trace))
    assert final(trace).startswith("550 5.4.312 Message expired, DNS query failed")
    assert lasted(trace) == timedelta(days=1)
    assert trace.dispositions == {"friend@out.example": Disposition.BOUNCED}


def test_attempts_come_every_quarter_of_an_hour_and_later_every_hour():
    trace = run(FROM_CLOUD + "dns: {servfail: [out.example]}")
    times = [step.at for step in steps(trace, Deferred) if step.at]
    gaps = [(late - early) // timedelta(minutes=1) for early, late in pairwise(times)]
    assert gaps[:4] == [15, 15, 30, 60]
    assert set(gaps[4:]) == {60}


DEAD = FROM_CLOUD + "dns: {records: {out.example: {MX: 10 dead.example}, dead.example: {A: 198.51.100.99}}}"
"""Nobody in the lab has that address."""


def test_host_down_waits_and_expires_with_its_twin():
    trace = run(DEAD)
    assert deferrals(trace)[0].startswith("450 4.4.316 Connection refused")
    assert final(trace).startswith("550 5.4.316 Message expired, connection refused")
    assert lasted(trace) == timedelta(days=1)


def test_a_name_that_does_not_fit_tls_domain_waits_and_expires_with_its_twin():
    over = (
        "organizations: {a: {hybrid: {certificate_name: hybrid.a.example},"
        " hosts: {ex: {certificate: mx}}}}\n"
        "tenants: {a: {AcceptedDomains: [{DomainName: a.example, Default: true}, hybrid.a.example]}}\n"
    )
    trace = run(TO_GROUND + over)
    assert deferrals(trace)[0] == (
        "450 4.4.317 Cannot connect to remote server [Message=SubjectMismatch Expected Subject: "
        "hybrid.a.example. Presented Subject: mx.a.example]"
    )
    assert final(trace).startswith("550 5.4.317 Message expired, cannot connect to remote server")
    assert "SubjectMismatch" in final(trace)


def test_an_untrusted_certificate_does_not_satisfy_the_connector():
    over = "certificates: {wild: {names: ['*.a.example'], self_signed: true}}\n"
    trace = run(TO_GROUND + over)
    assert "self-signed" in deferrals(trace)[0]
    assert deferrals(trace)[0].startswith("450 4.4.317 ")


def test_missing_starttls_waits_for_a_connector_that_demands_it():
    trace = run(TO_GROUND + "organizations: {a: {hosts: {ex: {offers_tls: false}}}}")
    assert deferrals(trace)[0] == (
        "450 4.4.317 Cannot connect to remote server [Message=451 5.7.3 STARTTLS is required to send mail]"
    )
    assert final(trace).startswith("550 5.4.317 ")


def test_without_a_connector_no_tls_is_needed():
    trace = run(FROM_CLOUD)
    (sent,) = steps(trace, Sent)
    assert sent.contact.tls == ""


def test_the_report_on_an_expired_message_comes_home():
    outcome = simulate(world(DEAD))
    (report,) = outcome.trace("m").reports
    assert report.dispositions == {"cloud@a.example": Disposition.DELIVERED}
    assert outcome.took > timedelta(days=1)


def test_on_premises_gives_up_after_two_days_with_a_report_of_its_own():
    trace = run(
        "organizations: {a: {SendConnectors: [{Name: Direct, AddressSpaces: 'smtp:*;1'}]}}\n"
        "messages: {m: {from: user@a.example, to: friend@out.example}}\n"
        "dns: {servfail: [out.example]}"
    )
    assert final(trace).startswith("550 4.4.7 QUEUE.Expired; message expired")
    assert lasted(trace) == timedelta(days=2)
    assert [hop.head.node for hop in trace.reports[0].hops] == ["ex"]


def test_two_gateways_that_trust_each_other_end_their_loop_by_counting_hops():
    over = """
organizations:
  a: {hosts: {gw: {forwards_to: other.example, accepts_domains: [a.example, b.example], max_hops: 20}}}
  c:
    domains: [c.example]
    hosts:
      other: {role: gateway, address: 198.51.100.26, fqdn: other.example, forwards_to: gw,
              accepts_domains: [b.example, a.example, c.example], max_hops: 30}
dns: {records: {b.example: {MX: 10 mx.a.example}}}
messages: {m: {from: friend@out.example, to: partner@b.example}}
"""
    trace = run(over)
    assert len(trace.hops) == 22  # from outside once, twenty lines, and the one that is too many
    assert {str(s.reply) for s in steps(trace, Refused)} == {"554 5.4.6 Error: too many hops"}
    assert trace.dispositions == {"partner@b.example": Disposition.BOUNCED}


def test_a_ring_of_mail_users_ends_inside_the_tenant():
    ring = ", ".join(
        f"{{address: {one}@b.example, external: {other}@b.example}}" for one, other in ("xy", "yz", "zx")
    )
    trace = run(
        f"tenants: {{b: {{mail_users: [{ring}]}}}}\nmessages: {{m: {{from: partner@b.example, to: x@b.example}}}}"
    )
    assert places(trace) == ["tenant:b"]
    assert final(trace) == "554 5.4.6 Hop count exceeded - possible mail loop"


def test_a_mail_user_of_another_tenant_and_back_is_a_loop_of_entries():
    trace = run(
        "tenants:\n"
        "  a: {mail_users: [{address: ring@a.example, external: ring@b.example}]}\n"
        "  b: {mail_users: [{address: ring@b.example, external: ring@alab.onmicrosoft.com}]}\n"
        "dns: {records: {a.example: {MX: 0 a-example.mail.protection.outlook.com}}}\n"
        "messages: {m: {from: friend@out.example, to: ring@b.example}}\n"
    )
    assert trace.dispositions == {"ring@b.example": Disposition.BOUNCED}


def run_until(lab: Simulator, hours: float) -> None:
    lab.run(lab.now + timedelta(hours=hours))


def test_a_waiting_message_is_queued_and_not_lost():
    lab = lab_of(DEAD)
    stranger(lab, certificate="wild").hand("user@a.example", "friend@out.example")
    run_until(lab, 5)
    (item,) = lab.pending()
    assert item.attempts == 7
    assert item.last_reply.startswith("450 4.4.316")

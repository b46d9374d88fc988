"""Hops joined into message traces."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.trace_assembly import path, traces, way
from lab.model.steps import (
    Accepted,
    Deferred,
    Delivered,
    Dropped,
    Refused,
    Resolution,
    Resolved,
    Routed,
    Stage,
    Submitted,
)
from lab.model.trace import Disposition
from tests.evidence.hops import (
    NDR,
    OFFER,
    PARTNER,
    USER,
    a_hop,
    a_step,
    bounced,
    exchange_hop,
    gateway_hop,
    ndr_hops,
    own_tenant_hop,
    refusing_hop,
    sent,
    the_fault,
)


def test_the_fault_is_one_trace_with_its_report():
    found = traces(the_fault())
    assert list(found) == [OFFER]
    offer = found[OFFER]
    assert path(offer) == ("exchange", "gateway", "tenant:msxfaq", "tenant:uclabor")
    assert offer.dispositions == {PARTNER: Disposition.BOUNCED}
    (report,) = offer.reports
    assert report.message_id == NDR
    assert path(report) == ("tenant:msxfaq", "exchange")
    assert report.dispositions == {USER: Disposition.DELIVERED}


@given(st.permutations(the_fault()))
def test_the_order_in_which_hops_were_told_does_not_matter(hops):
    assert traces(hops) == traces(the_fault())


@pytest.mark.parametrize(
    ("last", "end"),
    [
        pytest.param(a_step(Delivered, recipient=PARTNER, mailbox=PARTNER), "delivered", id="delivered"),
        pytest.param(bounced(), "bounced", id="bounced"),
        pytest.param(a_step(Dropped, recipient=PARTNER), "dropped", id="dropped"),
        pytest.param(
            a_step(Deferred, recipients=[PARTNER], reply="451 4.4.62"), "queued", id="deferred is queued"
        ),
        pytest.param(a_step(Routed, recipients=[PARTNER]), "queued", id="not yet tried is queued"),
        pytest.param(sent("mx", "a:1>b"), "lost", id="handed over and never seen again is lost"),
    ],
)
def test_how_a_message_ends(last, end):
    hop = a_hop(a_step(Submitted, sender=USER, recipients=[PARTNER]), last)
    assert traces([hop])[OFFER].dispositions == {PARTNER: Disposition(end)}


def test_recipients_end_each_for_themselves():
    other = "other@fabrikam.example"
    hop = a_hop(
        a_step(Submitted, sender=USER, recipients=[PARTNER, other]),
        bounced(),
        a_step(Delivered, recipient=other.upper(), mailbox=other),
        recipients=(PARTNER, other),
    )
    assert traces([hop])[OFFER].dispositions == {PARTNER: Disposition.BOUNCED, other: Disposition.DELIVERED}


def test_a_refusal_to_a_stranger_is_a_trace_of_its_own():
    (trace,) = traces([refusing_hop()]).values()
    assert trace.message_id == ""
    assert trace.dispositions == {PARTNER: Disposition.REJECTED}
    assert path(trace) == ("tenant:uclabor",)


def test_a_stranger_with_one_good_recipient_is_one_trace():
    unknown = "unknown@uclabor.example"
    link = {"connection": "192.0.2.1:9>203.0.113.40", "node": "eop:EUR", "tenant": "uclabor"}
    refused = a_hop(
        a_step(Refused, recipient=unknown, stage=Stage.RCPT), message_id="", recipients=(), **link
    )
    taken = a_hop(
        a_step(Accepted, recipients=[PARTNER]),
        a_step(Delivered, recipient=PARTNER, mailbox=PARTNER),
        seconds=1,
        **link,
    )
    trace = traces([taken, refused])[OFFER]
    assert trace.dispositions == {unknown: Disposition.REJECTED, PARTNER: Disposition.DELIVERED}
    assert path(trace, unknown) == path(trace, PARTNER) == ("tenant:uclabor",)


def test_a_recipient_refused_beside_an_accepted_one_is_rejected():
    unknown = "unknown@uclabor.example"
    hop = a_hop(
        a_step(Refused, recipient=unknown),
        a_step(Accepted, recipients=[PARTNER]),
        a_step(Delivered, recipient=PARTNER),
    )
    ends = traces([hop])[OFFER].dispositions
    assert ends == {PARTNER: Disposition.DELIVERED, unknown: Disposition.REJECTED}


def test_refused_at_end_of_data_is_no_acceptance():
    link = "192.0.2.1:9>203.0.113.40"
    hop = a_hop(
        a_step(Refused, stage=Stage.DATA, recipient="", reply="550 5.7.509"), node="eop:EUR", connection=link
    )
    assert traces([hop])[OFFER].dispositions == {PARTNER: Disposition.REJECTED}


def test_a_rewritten_recipient_is_followed():
    target = "useronline@msxfaqlab.mail.onmicrosoft.com"
    link = "198.51.100.10:1>203.0.113.40"
    here = a_hop(
        a_step(Submitted, sender=USER, recipients=["useronline@msxfaq.example"]),
        a_step(
            Resolved, recipient="useronline@msxfaq.example", resolution=Resolution.MAIL_USER, rewritten=target
        ),
        sent("eop", link, recipients=[target]),
        recipients=("useronline@msxfaq.example",),
    )
    there = a_hop(
        a_step(Accepted, recipients=[target]),
        a_step(Delivered, recipient=target, mailbox="useronline@msxfaq.example"),
        node="eop:EUR",
        tenant="msxfaq",
        connection=link,
        recipients=(target,),
        seconds=1,
    )
    trace = traces([there, here])[OFFER]
    assert trace.dispositions == {"useronline@msxfaq.example": Disposition.DELIVERED}
    assert path(trace) == ("exchange", "tenant:msxfaq")


def deferred_then_taken():
    again = "203.0.113.70:1030>203.0.113.40"
    first = a_step(
        Deferred,
        2,
        recipients=[PARTNER],
        host="mx",
        connection="203.0.113.70:1027>203.0.113.40",
        reply="451",
    )
    taken = a_hop(
        a_step(Accepted, 600, recipients=[PARTNER]),
        a_step(Delivered, 600, recipient=PARTNER, mailbox=PARTNER),
        node="eop:EUR",
        tenant="uclabor",
        connection=again,
        seconds=600,
    )
    return own_tenant_hop(first, sent("mx", again, 601)), refusing_hop(), taken


def test_a_refusal_that_a_later_attempt_made_good_is_no_part_of_the_way():
    trace = traces(deferred_then_taken())[OFFER]
    assert len(trace.hops) == 3
    assert path(trace) == ("tenant:msxfaq", "tenant:uclabor")


def test_of_several_refusals_the_last_one_ends_the_way():
    other = refusing_hop(
        seconds=9, connection="203.0.113.70:1031>203.0.113.40", tenant="fabrikam", id="later"
    )
    first = a_step(
        Deferred, 2, recipients=[PARTNER], connection="203.0.113.70:1027>203.0.113.40", reply="451"
    )
    hops = (own_tenant_hop(first, bounced(connection=other.head.connection)), refusing_hop(), other)
    assert path(traces(hops)[OFFER]) == ("tenant:msxfaq", "tenant:fabrikam")


def test_a_refusal_at_mail_from_belongs_to_all_recipients():
    refusal = refusing_hop(recipients=())
    refusal = replace(
        refusal, steps=(a_step(Refused, 1.5, stage=Stage.MAIL, recipient="", reply="550 5.7.1"),)
    )
    trace = traces((own_tenant_hop(), refusal))[OFFER]
    assert path(trace, PARTNER) == ("tenant:msxfaq", "tenant:uclabor")


def test_a_loop_is_shown_round_by_round():
    hops = [a_hop(a_step(Submitted, recipients=[PARTNER]), sent("mx", "r0"), id="0")]
    for turn in range(1, 40):
        step = sent("mx", f"r{turn}", turn) if turn < 39 else bounced(connection="")
        hops.append(
            a_hop(
                a_step(Accepted, turn),
                step,
                id=str(turn),
                seconds=turn,
                connection=f"r{turn - 1}",
                tenant="a",
            )
        )
    assert path(traces(hops)[OFFER]) == ("exchange", *("tenant:a",) * 39)


def test_reports_on_reports_are_nested():
    second = "<second@x.example>"
    about = {"message_id": second, "in_reply_to": NDR, "recipients": ("postmaster@msxfaq.example",)}
    about["reverse_path"] = "<>"
    hops = (
        *the_fault(),
        a_hop(a_step(Delivered, recipient="postmaster@msxfaq.example"), seconds=9, **about),
    )
    (report,) = traces(hops)[OFFER].reports
    assert [inner.message_id for inner in report.reports] == [second]


def test_a_report_on_an_unknown_message_stands_alone():
    assert list(traces(ndr_hops())) == [NDR]


def test_reports_in_a_circle_are_shown():
    one = a_hop(message_id="<1@x.example>", in_reply_to="<2@x.example>", reverse_path="<>")
    two = a_hop(message_id="<2@x.example>", in_reply_to="<1@x.example>", reverse_path="<>")
    found = traces([one, two])
    assert [len(trace.reports) for trace in found.values()] == [1]


def test_an_answer_is_no_report():
    answer = a_hop(
        message_id="<re@uclabor.example>", in_reply_to=OFFER, reverse_path=f"<{PARTNER}>", recipients=(USER,)
    )
    assert list(traces([*the_fault(), answer])) == [OFFER, "<re@uclabor.example>"]


def test_hops_of_a_message_without_message_id_stay_together():
    hops = [exchange_hop(message_id=""), gateway_hop(message_id="")]
    (name,) = traces(hops)
    assert name == "nameless 1000000000001"


def test_the_way_of_all_recipients_names_shared_hops_once():
    other = "other@fabrikam.example"
    link = "198.51.100.25:1029>203.0.113.9"
    start = gateway_hop(recipients=(PARTNER, other), connection="")
    start = replace(start, steps=(*start.steps, sent("mx", link, 1, recipients=[other])))
    aside = a_hop(
        a_step(Accepted, recipients=[other]),
        a_step(Delivered, recipient=other),
        node="fabrikam",
        connection=link,
        recipients=(other,),
        seconds=1,
    )
    trace = traces((start, own_tenant_hop(), refusing_hop(), aside))[OFFER]
    assert path(trace, other) == ("gateway", "fabrikam")
    assert path(trace) == ("gateway", "tenant:msxfaq", "tenant:uclabor", "fabrikam")
    assert len(way(trace)) == 4

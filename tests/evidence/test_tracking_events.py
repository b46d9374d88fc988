"""The events that an on-premises server tracks."""

from lab.evidence.tracking_events import FIELDS, rows
from lab.model.steps import Deferred, Delivered, Dropped, DropReason, Resolution, Resolved, Submitted
from lab.words.reasons import drop
from tests.evidence.hops import NDR, OFFER, PARTNER, USER, a_hop, a_step, bounced, refusing_hop, the_fault


def events(hops, host="exchange"):
    return [(row.event, row.source) for row in rows(hops, host)]


def test_the_seed_case_has_its_events_in_order():
    assert events(the_fault()) == [
        ("RECEIVE", "STOREDRIVER"),
        ("SUBMIT", "STOREDRIVER"),
        ("RECEIVE", "SMTP"),
        ("AGENTINFO", "AGENT"),
        ("SEND", "SMTP"),
        ("RECEIVE", "SMTP"),
        ("AGENTINFO", "AGENT"),
        ("DELIVER", "STOREDRIVER"),
    ]


def test_fields_are_thirty_and_each_row_has_them_all():
    assert len(FIELDS) == 30
    assert all(len(row.values()) == len(FIELDS) for row in rows(the_fault(), "exchange"))


def test_a_bounce_is_a_report_and_a_failure_that_name_each_other():
    reply = "550 5.1.10 RESOLVER.ADR.RecipientNotFound"
    hop = a_hop(
        a_step(Submitted, sender=USER, recipients=[PARTNER]),
        bounced(host="", connection="", reply=reply, ndr=NDR),
    )
    report = a_hop(
        a_step(Delivered, 3, recipient=USER, mailbox=USER),
        id="2000",
        seconds=2,
        message_id=NDR,
        in_reply_to=OFFER,
        reverse_path="<>",
        recipients=(USER,),
    )
    dsn, fail = rows([hop, report], "exchange")[4:6]
    assert (dsn.event, dsn.source, dsn.hop.head.message_id, dsn.reference) == ("DSN", "DSN", NDR, OFFER)
    assert (fail.event, fail.source, fail.reference) == ("FAIL", "ROUTING", NDR)
    assert reply in fail.statuses[0]
    assert fail.values()[FIELDS.index("recipient-address")] == PARTNER


def test_a_deferral_quotes_the_last_error():
    step = a_step(
        Deferred,
        2,
        recipients=[PARTNER, USER],
        host="mx",
        connection="a:1>203.0.113.40",
        reply="451 4.7.0 later",
    )
    (row,) = rows([a_hop(step)], "exchange")
    assert (row.event, row.source, row.server) == ("DEFER", "SMTP", ("203.0.113.40", "mx"))
    assert row.statuses == (row.statuses[0],) * 2
    assert "{LED=451 4.7.0 later}" in row.statuses[0]


def test_a_resolved_recipient_keeps_its_old_address_as_related():
    step = a_step(
        Resolved, recipient=USER, resolution=Resolution.REMOTE_MAILBOX, rewritten="u@t.mail.onmicrosoft.com"
    )
    unknown = a_step(Resolved, recipient=USER, resolution=Resolution.UNKNOWN, rewritten="")
    (row,) = rows([a_hop(step, unknown)], "exchange")
    assert (row.event, row.related, row.recipients) == ("RESOLVE", USER, ("u@t.mail.onmicrosoft.com",))


def test_a_dropped_report_tells_why():
    step = a_step(Dropped, recipient=USER, reason=DropReason.NULL_SENDER)
    (row,) = rows([a_hop(step)], "exchange")
    assert (row.event, row.statuses) == ("DROP", (str(drop(step)),))


def test_a_refused_message_is_not_tracked():
    assert events([refusing_hop(node="exchange", tenant=None)]) == []


def test_log_ids_differ():
    ids = [row.values()[FIELDS.index("log-id")] for row in rows(the_fault(), "exchange")]
    assert len(set(ids)) == len(ids)


def test_another_host_has_its_own_log():
    assert events(the_fault(), "other") == []

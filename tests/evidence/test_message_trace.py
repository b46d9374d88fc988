"""What each tenant's administrator finds in the message trace."""

import json
from xml.etree import ElementTree as ET

import pytest

from lab.evidence.message_trace import message_trace, message_trace_detail
from lab.model.steps import Accepted, Connected, Deferred, Delivered, Dropped, Resolved, Submitted
from tests.evidence.goldens import assert_golden
from tests.evidence.hops import (
    NDR,
    OFFER,
    PARTNER,
    USER,
    a_hop,
    a_step,
    at,
    bounced,
    own_tenant_hop,
    sent,
    the_fault,
)

COLUMNS = (
    "Organization MessageId Received SenderAddress RecipientAddress Subject Status ToIP FromIP Size MessageTraceId "
    "StartDate EndDate Index"
)


def connector(row) -> str:
    found = ET.fromstring(row["Data"]).find("MEP[@Name='ConnectorId']")
    return "" if found is None else found.attrib["String"]


def test_the_own_tenant_sees_the_failure_and_its_report():
    rows = message_trace(the_fault(), "msxfaq", organization="msxfaqlab.onmicrosoft.com")
    assert_golden("message_trace.msxfaq.json", json.dumps(rows, indent=1) + "\n")
    assert " ".join(rows[0]) == COLUMNS


def test_details_name_the_connectors():
    rows = message_trace_detail(the_fault(), "msxfaq")
    assert_golden("message_trace_detail.msxfaq.json", json.dumps(rows, indent=1) + "\n")
    assert [(row["MessageId"], row["Event"], connector(row)) for row in rows] == [
        (OFFER, "Receive", "Inbound from 5d0c"),
        (OFFER, "Fail", ""),
        (NDR, "Receive", ""),
        (NDR, "Send", "Outbound to 5d0c"),
    ]


def test_the_target_that_refused_at_smtp_sees_nothing():
    assert message_trace(the_fault(), "uclabor") == []
    assert message_trace_detail(the_fault(), "uclabor") == []


def test_a_misrouted_message_has_both_addresses():
    row = message_trace(the_fault(), "msxfaq")[0]
    assert (row["FromIP"], row["ToIP"]) == ("198.51.100.25", "203.0.113.40")


def test_mail_from_a_cloud_mailbox_has_no_client_address():
    hop = a_hop(
        a_step(Submitted, recipients=[PARTNER]),
        a_step(Delivered, recipient=PARTNER, mailbox=PARTNER),
        tenant="msxfaq",
        node="eop:EUR",
    )
    (row,) = message_trace([hop], "msxfaq")
    assert (row["FromIP"], row["ToIP"], row["Status"]) == ("", "", "Delivered")
    assert [each["Event"] for each in message_trace_detail([hop], "msxfaq")] == ["Submit", "Deliver"]


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        pytest.param((a_step(Delivered, recipient=PARTNER),), "Delivered", id="delivered"),
        pytest.param((sent("mx", "a:1>b"),), "Delivered", id="taken by the next system"),
        pytest.param((bounced(),), "Failed", id="bounced"),
        pytest.param((a_step(Dropped, recipient=PARTNER),), "Failed", id="dropped"),
        pytest.param((a_step(Deferred, recipients=[PARTNER], reply="451"),), "Pending", id="deferred"),
        pytest.param(
            (a_step(Deferred, recipients=[PARTNER], reply="451"), sent("mx", "a:1>b")),
            "Delivered",
            id="then sent",
        ),
        pytest.param((), "GettingStatus", id="nothing yet"),
    ],
)
def test_status(steps, status):
    hop = a_hop(a_step(Accepted, recipients=[PARTNER]), *steps, tenant="msxfaq")
    assert message_trace([hop], "msxfaq")[0]["Status"] == status


def test_recipients_have_a_row_each_with_their_own_status():
    hop = own_tenant_hop(bounced(), a_step(Delivered, recipient=USER), recipients=(PARTNER, USER))
    rows = message_trace([hop], "msxfaq")
    assert [(row["RecipientAddress"], row["Status"], row["Index"]) for row in rows] == [
        (PARTNER, "Failed", 0),
        (USER, "Delivered", 1),
    ]
    events = [(row["RecipientAddress"], row["Event"]) for row in message_trace_detail([hop], "msxfaq")]
    assert events == [(PARTNER, "Receive"), (PARTNER, "Fail"), (USER, "Receive"), (USER, "Deliver")]


def test_a_resolved_recipient_keeps_the_row_of_the_address_that_was_used():
    target = "user@msxfaqlab.mail.onmicrosoft.com"
    hop = own_tenant_hop(
        a_step(Resolved, recipient=PARTNER, rewritten=target),
        a_step(Deferred, recipients=[target], host="mx", reply="451 4.4.62", connector="Outbound to 5d0c"),
        a_step(Dropped, recipient=target),
    )
    (row,) = message_trace([hop], "msxfaq")
    assert (row["RecipientAddress"], row["Status"]) == (PARTNER, "Failed")
    details = message_trace_detail([hop], "msxfaq")
    assert [each["Event"] for each in details] == ["Receive", "Resolve", "Defer", "Drop"]
    assert connector(details[2]) == "Outbound to 5d0c"


def test_rows_appear_with_the_delay_of_the_service():
    assert [row["MessageId"] for row in message_trace(the_fault(), "msxfaq", until=at(1))] == [OFFER]
    assert {row["MessageId"] for row in message_trace_detail(the_fault(), "msxfaq", until=at(1))} == {OFFER}


def test_hostile_names_stay_inside_their_attribute():
    hop = own_tenant_hop(client_host='"/><x a="&')
    told = ET.fromstring(str(message_trace_detail([hop], "msxfaq")[0]["Data"]))
    assert [each.attrib["String"] for each in told if each.attrib["Name"] == "ClientName"] == ['"/><x a="&']


def test_a_cipher_is_named_where_it_is_known():
    step = a_step(Connected, tls="TLS1_2", cipher="TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
    hop = a_hop(step, a_step(Accepted, recipients=[PARTNER]), tenant="msxfaq")
    assert str(message_trace_detail([hop], "msxfaq")[0]["Detail"]).endswith(" using TLS1.2 with AES256")

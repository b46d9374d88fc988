"""Acceptance list, T13, T15 and T17-T22: routing, loops, header firewall, Direct Send, unknown recipients, evidence."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message as Part
from typing import cast

import pytest

from lab.drivers.simulator import simulate
from lab.evidence.message_trace import message_trace
from lab.evidence.tracking_log_files import log_files, message_tracking_log
from lab.model.message import Message
from lab.model.steps import Bounced, Refused, Routed, Stage
from lab.model.trace import Disposition
from tests.nodes.worlds import (
    RESTRICTED,
    Client,
    a_message,
    attributed,
    lab_of,
    places,
    run,
    steps,
    stranger,
    world,
)

NO_CERTIFICATE = "organizations: {a: {hosts: {gw: {client_certificate: false}}}}\n"


def test_t13_centralized_transport_does_not_send_misrouted_mail_back():
    trace = run("organizations: {a: {hybrid: {centralized_transport: true}}}")
    assert places(trace) == ["ex", "gw", "tenant:a", "tenant:b"]
    assert steps(trace, Routed)[-1].connector == ""


def test_t13_it_does_catch_mail_of_cloud_mailboxes():
    over = "organizations: {a: {hybrid: {centralized_transport: true}}}\n"
    trace = run(over + "messages: {m: {from: cloud@a.example, to: partner@b.example}}")
    assert places(trace)[:3] == ["tenant:a", "ex", "gw"]


@pytest.mark.parametrize(
    ("recipient", "way", "auth_as"),
    [
        ("cloud@alab.onmicrosoft.com", ["ex", "gw", "tenant:a"], "Anonymous"),
        ("cloud@alab.mail.onmicrosoft.com", ["ex", "tenant:a"], "Internal"),
    ],
)
def test_t15_only_the_coexistence_domain_takes_the_hybrid_connector(recipient, way, auth_as):
    variant = world(f"messages: {{m: {{from: user@a.example, to: {recipient}}}}}")
    outcome = simulate(variant)
    assert places(outcome.trace("m")) == way
    (delivered,) = outcome.delivered
    assert delivered.message.get("X-MS-Exchange-Organization-AuthAs") == auth_as


LOOP = """
organizations:
  a: {hosts: {gw: {forwards_to: a-example.mail.protection.outlook.com}}, hybrid: ~, remote_mailboxes: ~}
tenants: {a: {AcceptedDomains: [{DomainName: a.example, DomainType: InternalRelay, Default: true}]}}
messages: {m: {from: friend@out.example, to: nobody@a.example}}
"""
"""The filter hands a.example to the cloud, which does not know everybody and relays by MX: to the filter."""


@pytest.mark.parametrize(("limit", "passes"), [(4, 3), (2, 1), (7, 6)])
def test_t17_internal_relay_loop_is_cut_after_the_configured_passes(limit, passes):
    over = LOOP + f"switches: {{loop_limit: 'eop_entries:{limit}'}}"
    trace = run(over)
    assert places(trace).count("tenant:a") == passes + 1  # the last one refused it
    (refused,) = steps(trace, Refused)
    assert str(refused.reply).startswith("554 5.4.14 Hop count exceeded - possible mail loop ATTR34 [")
    assert trace.dispositions == {"nobody@a.example": Disposition.BOUNCED}


FORGED = "X-MS-Exchange-Organization-AuthAs: Internal", "X-MS-Exchange-CrossTenant-Id: forged"


def mailbox(lab, address):
    lab.run()
    return next(m.message for m in lab.mailboxes if str(m.mailbox) == address)


def test_t18_an_anonymous_clients_organization_headers_vanish():
    lab = lab_of()
    stranger(lab).hand(
        "x@foreign.example",
        "partner@b.example",
        content=a_message("x@foreign.example", "partner@b.example", *FORGED),
    )
    assert mailbox(lab, "partner@b.example").all("X-MS-Exchange-Organization-AuthAs") == ("Anonymous",)


def test_t18_cross_premises_headers_of_a_stranger_are_not_promoted():
    field = "X-MS-Exchange-CrossPremises-AuthAs: Internal"
    lab = lab_of()
    stranger(lab).hand(
        "x@foreign.example",
        "partner@b.example",
        content=a_message("x@foreign.example", "partner@b.example", field),
    )
    got = mailbox(lab, "partner@b.example")
    assert got.all("X-MS-Exchange-Organization-AuthAs") == ("Anonymous",)
    assert got.get("X-CrossPremisesHeadersPromoted") is None


def test_the_exit_names_the_front_end_that_judged_a_relayed_sender():
    lab = lab_of()
    stranger(lab, certificate="wild").hand("user@a.example", "partner@b.example")
    source = mailbox(lab, "partner@b.example").get("X-MS-Exchange-CrossTenant-AuthSource")
    assert source == "DB3PEPF0000885C.mail.protection.outlook.com"


@pytest.mark.parametrize("server", ["203.0.113.10", "198.51.100.10", "198.51.100.25"])
def test_a_greeting_writes_no_header_of_its_own(server):
    lab = lab_of()
    client = Client(lab, server)
    client.hello("x\r\nX-Evil: 1")
    client.hand(
        "x@foreign.example", "user@a.example", content=a_message("x@foreign.example", "user@a.example")
    )
    lab.run()
    assert lab.mailboxes
    for each in lab.mailboxes:
        parsed = Message.parse(bytes(each.message))
        assert parsed.get("X-Evil") is None
        assert any("x??X-Evil: 1" in line for line in parsed.all("Received"))


def test_t18_the_hybrid_connector_promotes_them():
    field = "X-MS-Exchange-CrossPremises-AuthAs: Internal"
    lab = lab_of()
    stranger(lab, certificate="wild").hand(
        "user@a.example",
        "cloud@a.example",
        content=a_message("user@a.example", "cloud@a.example", field),
    )
    got = mailbox(lab, "cloud@a.example")
    assert got.all("X-MS-Exchange-Organization-AuthAs") == ("Internal",)
    assert got.get("X-CrossPremisesHeadersPromoted")


def test_t18_on_premises_trusts_nobody_but_the_service():
    lab = lab_of()
    client = Client(lab, "198.51.100.10")
    client.hello()
    client.hand(
        "x@foreign.example",
        "user@a.example",
        content=a_message("x@foreign.example", "user@a.example", *FORGED),
    )
    got = mailbox(lab, "user@a.example")
    assert "Internal" not in got.all("X-MS-Exchange-Organization-AuthAs")


REJECTS = "tenants: {a: {OrganizationConfig: {RejectDirectSend: true}}}"


def test_t19_own_reverse_path_without_a_connector_is_refused():
    handed = stranger(lab_of(REJECTS)).hand("user@a.example", "cloud@a.example")
    reply = handed.recipients["cloud@a.example"]
    assert reply.bare == (
        "550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization from unauthorized sources"
    )


def test_t19_the_same_through_the_connector_is_accepted():
    handed = stranger(lab_of(REJECTS), certificate="wild").hand("user@a.example", "cloud@a.example")
    assert handed.recipients["cloud@a.example"].code == 250


def test_t19_a_foreign_reverse_path_is_accepted():
    handed = stranger(lab_of(REJECTS)).hand("x@foreign.example", "cloud@a.example")
    assert handed.recipients["cloud@a.example"].code == 250


def test_t19_without_the_setting_direct_send_is_plain_incoming_mail():
    handed = stranger(lab_of()).hand("user@a.example", "cloud@a.example")
    assert handed.recipients["cloud@a.example"].code == 250


NOBODY = "messages: {m: {from: user@a.example, to: nobody@b.example}}\n"


def test_t20_direct_mail_to_an_unknown_recipient_is_refused_at_rcpt():
    trace = run(NO_CERTIFICATE + NOBODY)
    (refused,) = steps(trace, Refused)
    assert refused.stage is Stage.RCPT
    assert str(refused.reply).startswith("550 5.4.1 Recipient address rejected: Access denied. [")
    (bounced,) = steps(trace, Bounced)
    assert [hop.head.node for hop in trace.hops if bounced in hop.steps] == ["gw"]


def test_t20_misrouted_it_is_taken_and_reported_by_the_own_tenant_in_bs_words():
    trace = run(NOBODY)
    assert attributed(trace) == ("a", "certificate")
    (bounced,) = steps(trace, Bounced)
    assert [hop.head.tenant for hop in trace.hops if bounced in hop.steps] == ["a"]
    assert bounced.status == "5.4.1"
    (report,) = trace.reports
    assert report.hops[0].head.tenant == "a"


def rows_of(over):
    outcome = simulate(world(over))
    return {name: message_trace(outcome.hops, name) for name in ("a", "b")}


def test_t21_the_misrouted_and_refused_message_has_two_rows_at_home_and_none_at_the_target():
    found = rows_of(RESTRICTED)
    assert [(row["SenderAddress"], row["RecipientAddress"], row["Status"]) for row in found["a"]] == [
        ("user@a.example", "partner@b.example", "Failed"),
        ("<>", "user@a.example", "Delivered"),
    ]
    assert found["b"] == []


def test_t21_a_misrouted_message_has_both_addresses_filled():
    (row,) = rows_of("")["a"]
    assert row["FromIP"] == "198.51.100.25"
    assert row["ToIP"].startswith("203.0.113.")


def test_t21_incoming_mail_has_only_the_clients_and_cloud_mail_only_the_servers_address():
    (incoming,) = rows_of(NO_CERTIFICATE)["b"]
    assert (incoming["FromIP"], incoming["ToIP"]) == ("198.51.100.25", "")
    (sent,) = rows_of("messages: {m: {from: cloud@a.example, to: friend@out.example}}")["a"]
    assert (sent["FromIP"], sent["ToIP"]) == ("", "203.0.113.200")


def test_t21_correct_flow_leaves_nothing_in_the_own_tenant():
    found = rows_of(NO_CERTIFICATE)
    assert (len(found["a"]), len(found["b"])) == (0, 1)


FIELDS = (
    "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,"
    "internal-message-id,message-id,network-message-id,recipient-address,recipient-status,total-bytes,"
    "recipient-count,related-recipient-address,reference,message-subject,sender-address,return-path,message-info,"
    "directionality,tenant-id,original-client-ip,original-server-ip,custom-data,transport-traffic-type,log-id,"
    "schema-version"
)


def test_t21_the_tracking_log_of_exchange_tells_of_sending_and_of_the_report():
    outcome = simulate(world(RESTRICTED))
    files = log_files(outcome.hops, "ex")
    assert files
    assert all(f"#Fields: {FIELDS}" in content.splitlines() for content in files.values())
    events = [(row["Source"], row["EventId"]) for row in message_tracking_log(outcome.hops, "ex")]
    sent, delivered = events.index(("SMTP", "SEND")), events.index(("STOREDRIVER", "DELIVER"))
    assert sent < delivered


def parts(part: Part) -> list[Part]:
    return cast(list[Part], part.get_payload())


def test_t22_the_report_is_an_rfc_3464_report_with_exchange_onlines_fields_in_order():
    outcome = simulate(world(RESTRICTED))
    (delivered,) = outcome.delivered
    report = message_from_bytes(bytes(delivered.message))
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    text_part, status, original = parts(report)
    assert text_part.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parts(text_part)] == ["text/plain", "text/html"]
    of_message, of_recipient = parts(status)
    assert of_message.keys() == ["Reporting-MTA", "Received-From-MTA", "Arrival-Date"]
    assert of_recipient.keys() == [
        "Final-Recipient",
        "Action",
        "Status",
        "Diagnostic-Code",
        "Remote-MTA",
        "X-Display-Name",
    ]
    assert of_message["Received-From-MTA"] == "dns;mx.a.example"
    assert of_recipient["Status"] == "5.7.51"
    assert original.get_content_type() in ("message/rfc822", "text/rfc822-headers")
    assert Message.parse(bytes(delivered.message)).get("X-MS-Exchange-Message-Is-Ndr") is not None

"""Forms that the lab's own mail does not have: fields that were moved, forged, cut off, folded, attached."""

from __future__ import annotations

import pytest

from lab.analysis.diagnose import diagnose
from lab.analysis.diagnose.journey import hand_over
from lab.analysis.diagnose.mime import decoded_words
from lab.analysis.diagnose.status_meaning import meaning, refusal
from lab.reports.findings.diagnosis import Certainty, EvidenceKind, TieToTenant
from tests.analysis.diagnose.test_samples import SAMPLES

A = "aaaaaaaa-0000-4000-8000-000000000001"
B = "bbbbbbbb-0000-4000-8000-000000000002"
ENTRY_A = """\
Received: from DB3PEPF0000885C.eurprd02.prod.outlook.com (2603:10a6:10:234::8f) by AM9PR10MB4321.EURPRD10.PROD.OUTLOOK.COM
 (2603:10a6:20b:4a5::19) with Microsoft SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.9275.9; Tue, 3
 Mar 2026 09:15:02 +0000
Received: from mx.a.example (192.0.2.25) by DB3PEPF0000885C.mail.protection.outlook.com (10.167.242.8) with Microsoft SMTP
 Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.9275.10 via Frontend Transport; Tue, 3 Mar 2026 09:15:01 +0000
"""
ENTRY_B = """\
Received: from AS4P191CA0001.EURP191.PROD.OUTLOOK.COM (2603:10a6:20b:5d5::18) by DB9PR05MB7777.eurprd05.prod.outlook.com
 (2603:10a6:10:234::5) with HTTPS; Tue, 3 Mar 2026 09:15:05 +0000
Received: from AM1PEPF000252DA.eurprd07.prod.outlook.com (2603:10a6:20b:5d5:cafe::8f) by AS4P191CA0001.outlook.office365.com
 (2603:10a6:20b:5d5::18) with Microsoft SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.9275.9 via
 Frontend Transport; Tue, 3 Mar 2026 09:15:04 +0000
Received: from EUR05-DB8-obe.outbound.protection.outlook.com (40.107.20.70) by AM1PEPF000252DA.mail.protection.outlook.com
 (10.167.16.52) with Microsoft SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.9275.10 via Frontend
 Transport; Tue, 3 Mar 2026 09:15:03 +0000
"""
EXIT_A = f"""\
X-OriginatorOrg: a.example
X-MS-Exchange-CrossTenant-Id: {A}
X-MS-Exchange-CrossTenant-OriginalAttributedTenantConnectingIp: TenantId={A};Ip=[192.0.2.25];Helo=[mx.a.example]
X-MS-Exchange-CrossTenant-AuthAs: Anonymous
X-MS-Exchange-CrossTenant-FromEntityHeader: HybridOnPrem
X-MS-Exchange-Transport-CrossTenantHeadersStamped: AM9PR10MB4321
"""
AT_B = f"""\
X-EOPAttributedMessage: 0
X-EOPTenantAttributedMessage: {B}:0
X-MS-Exchange-Organization-MessageDirectionality: Incoming
X-Forefront-Antispam-Report:
 CIP:40.107.20.70;CTRY:NL;LANG:en;SCL:1;SRV:;IPV:NLI;SFV:NSPM;H:EUR05-DB8-obe.outbound.protection.outlook.com;PTR:x;
 CAT:NONE;SFS:(13230040);DIR:INB;
"""
MAIL = "From: <user1@a.example>\nTo: <user@b.example>\nSubject: Hello\nMessage-ID: <m1@ex01.a.example>\n"


def told(text):
    found = diagnose(text.encode())
    assert found.journey is not None
    return found


def test_stamps_that_a_mailbox_server_has_moved_below_all_lines():
    """The detour of R25: A's exit stamps and B's entry stamps lie together at the end; the hub's name tells them apart."""
    found = told(ENTRY_B + ENTRY_A + MAIL + AT_B + EXIT_A)
    first, second = found.journey.passages
    assert (first.tenant.id, first.tenant.domain, first.by, first.client) == (
        A,
        "a.example",
        TieToTenant.CONNECTOR,
        "192.0.2.25",
    )
    assert (second.tenant.id, second.by, second.again) == (B, TieToTenant.RECIPIENT, True)
    assert first.sure is second.sure is Certainty.INFERRED
    assert found.relayed is not None
    assert found.relayed.id == A


def test_an_exit_of_a_hub_that_no_line_names_is_nobodys():
    found = told(ENTRY_B + ENTRY_A + MAIL + AT_B + EXIT_A.replace("AM9PR10MB4321", "AM9PR10MB9999"))
    assert [each.tenant.id for each in found.journey.passages] == ["", B]
    assert found.relayed is None


def test_two_values_of_one_stamp_name_nobody():
    forged = AT_B.replace(B, A)
    found = told(ENTRY_B + MAIL + AT_B + forged)
    assert [each.tenant.id for each in found.journey.passages] == [""]


def test_entry_and_exit_of_one_stay_that_disagree_name_nobody():
    leaving = EXIT_A.replace("AM9PR10MB4321", "DB9PR05MB7777")
    assert [each.tenant.id for each in told(ENTRY_B + MAIL + AT_B + leaving).journey.passages] == [""]


def test_stamps_beside_their_lines_count_more_than_forged_ones_below():
    found = told(ENTRY_A + AT_B.replace("DIR:INB", "DIR:OUT").replace("NLI", "CAL").replace("Incoming", "Originating") + MAIL
                 + EXIT_A)  # fmt: skip
    (stay,) = found.journey.passages
    assert (stay.tenant.id, stay.by) == (B, TieToTenant.CONNECTOR)


def test_stamps_without_any_server_of_the_service_prove_nothing():
    received = "Received: from a.example (a.example [192.0.2.1]) by b.example with ESMTP id 1; Tue, 3 Mar 2026 09:15:05 +0000\n"
    found = told(received + MAIL + EXIT_A + AT_B)
    assert found.nothing
    assert found.journey.passages == ()
    assert found.clues == ()


def test_headers_pasted_with_blank_lines_above_and_none_below():
    found = told("\n\n  \n" + ENTRY_A + MAIL)
    assert found.kind is EvidenceKind.MESSAGE
    assert len(found.journey.hand_overs) == 2


def test_a_report_that_is_attached_to_another_mail_is_found():
    inner = (SAMPLES / "exchange-online-13.eml").read_bytes()
    outer = b"From: a@a.example\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nsee below\r\n--o\r\n"
    found = diagnose(outer + b"Content-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--o--\r\n")
    assert found.report == diagnose(inner).report


def test_a_report_that_is_cut_off_in_the_middle_still_tells_who_failed():
    whole = (SAMPLES / "exchange-online-07.eml").read_bytes()
    found = diagnose(whole[: whole.index(b"Remote-MTA: dns;msmx") + 40])
    assert found.report is not None
    assert [each.status for each in found.report.refusals] == ["5.1.351"]


@pytest.mark.parametrize(
    "text",
    [
        """Delivery has failed to these recipients or groups:

user@b.example

Diagnostic information for administrators:

Generating server: AM9PR10MB4321.EURPRD10.PROD.OUTLOOK.COM

user@b.example
b-example.mail.protection.outlook.com
Remote Server returned '550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's recipient domain.'

Original message headers:

Received: from mx.a.example (192.0.2.25) by DB3PEPF0000885C.mail.protection.outlook.com (10.1.1.1) with Microsoft SMTP Server id 15.20.1; Tue, 3 Mar 2026 09:15:01 +0000
Message-ID: <m1@ex01.a.example>
""",
        """Fehlerdetails
Diagnoseinformationen f\u00fcr Administratoren:

Generierender Server: AM9PR10MB4321.EURPRD10.PROD.OUTLOOK.COM

user@b.example
b-example.mail.protection.outlook.com
Remote Server returned '550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's recipient domain.'

Urspr\u00fcngliche Nachrichtenkopfzeilen:

Received: from mx.a.example (192.0.2.25) by DB3PEPF0000885C.mail.protection.outlook.com (10.1.1.1) with Microsoft SMTP Server id 15.20.1; Tue, 3 Mar 2026 09:15:01 +0000
Message-ID: <m1@ex01.a.example>
""",
        """Error Details
Recipient Address:	user@b.example
Reported error:	550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's recipient domain.
DSN generated by:	AM9PR10MB4321.EURPRD10.PROD.OUTLOOK.COM
Remote server:	b-example.mail.protection.outlook.com

Original Message Headers

Received: from mx.a.example (192.0.2.25) by DB3PEPF0000885C.mail.protection.outlook.com (10.1.1.1) with Microsoft SMTP Server id 15.20.1; Tue, 3 Mar 2026 09:15:01 +0000
Message-ID: <m1@ex01.a.example>
""",
    ],
    ids=["classic", "german", "modern"],
)
def test_the_text_of_a_report_pasted_without_its_mail(text):
    report = diagnose(text.encode()).report
    assert report is not None
    assert report.maker == "AM9PR10MB4321.EURPRD10.PROD.OUTLOOK.COM"
    (found,) = report.refusals
    assert (found.recipient, found.status, found.said_by) == (
        "user@b.example",
        "5.7.51",
        "b-example.mail.protection.outlook.com",
    )
    assert report.original is not None
    assert report.original.message_id == "<m1@ex01.a.example>"
    assert [each.client for each in report.original.passages] == ["192.0.2.25"]


@pytest.mark.parametrize(
    ("reply", "service", "number"),
    [
        ("550 5.7.51 TenantInboundAttribution; Rejecting", True, 4),
        ("550 5.7.64 TenantAttribution; Relay Access Denied", True, 1),
        ("550 5.7.64 Relay Access Denied ATTR36. For more details please refer to x", True, 2),
        ("550 5.7.64 something new", True, 0),  # two entries have the number
        ("451 4.4.62 Mail sent to the wrong Office 365 region. ATTR35. For more", True, 3),
        ("550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", True, 7),
        ("550 5.4.1 All mail to this address is refused", False, 0),
        ("550 5.1.1 <x@y.example>: Recipient address rejected: User unknown", False, 0),
        ("550 5.7.509 Access denied, sending domain [a.example] does not pass DMARC", True, 22),
        ("550 5.7.606 Access denied, banned sending IP [192.0.2.9]", True, 26),
        ("550 5.7.620 Access denied, banned sending IP [192.0.2.9]", True, 26),
        ("550 5.7.1 Service unavailable, Client host [192.0.2.9] blocked using Spamhaus", True, 25),
        ("550 5.7.1 Unable to relay", False, 0),
        ("554 5.4.14 Hop count exceeded - possible mail loop ATTR34", True, 13),
        ("554 5.4.6 Hop count exceeded - possible mail loop", False, 14),
        ("250 2.1.5 Recipient OK", True, 0),
        ("", True, 0),
    ],
)
def test_what_a_reply_means(reply, service, number):
    status = reply.split()[1] if reply else ""
    found = meaning(status, reply, service=service)
    assert (found.number if found else 0) == number


def test_exchanges_block_of_a_refusal_is_unwrapped():
    """R41."""
    block = "[{LED=550 5.7.51 TenantInboundAttribution; x};{MSG=};{FQDN=b.mail.protection.outlook.com};{IP=52.101.1.15};{LRT=1/1/2026}]"
    found = refusal("user@b.example", "5.7.51", block)
    assert (found.reply, found.said_by, found.service) == (
        "550 5.7.51 TenantInboundAttribution; x",
        "b.mail.protection.outlook.com",
        True,
    )


@pytest.mark.parametrize(
    ("line", "client", "by"),
    [
        ("from [192.0.2.222] (localhost [127.0.0.1]) by smtp.a.example (Postfix) with ESMTP; x", "127.0.0.1", "smtp.a.example"),
        ("by mail.a.example (Postfix, from userid 25) id 63; x", "", "mail.a.example"),
        ("from a.example ([IPv6:2001:db8::1]) by b.example with ESMTPS; x", "2001:db8::1", "b.example"),
        ("from a.example (a.example. [192.0.2.1]) (using TLSv1.3 (by x)) by b.example with ESMTPS id 1; x", "192.0.2.1", "b.example"),
        ("from [192.0.2.7] by b.example; x", "192.0.2.7", "b.example"),
    ],
)  # fmt: skip
def test_received_lines_of_all_kinds(line, client, by):
    found = hand_over(line)
    assert found is not None
    assert (found.address, found.by) == (client, by)


def test_a_line_that_names_no_server_is_none():
    assert hand_over("from nowhere; x") is None
    assert hand_over("") is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?ISO-2022-JP?B?GyRCJEskYyE8JHMbKEI=?=", "\u306b\u3083\u30fc\u3093"),
        ("=?utf-8?Q?a_b?= =?utf-8?Q?c?= d", "a bc d"),
        ("=?utf-8?B?!!!?=", ""),
        ("=?zlib?B?eJwDAAAAAAE=?=", "x\ufffd\x03\x00\x00\x00\x00\x01"),  # no charset of mail: taken for UTF-8
        ("=?broken", "=?broken"),
    ],
)
def test_encoded_words(written, read):
    assert decoded_words(written) == read

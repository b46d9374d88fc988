"""`Received` lines in the words of each server, and the dates in them."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.dates import arrival_date, mail_date, postfix_date, read_date, us_date
from lab.core.received import (
    fold,
    inside,
    received_by_exchange,
    received_by_front_end,
    received_by_gateway,
    received_by_hub,
    received_by_internet_host,
    received_from_mailbox,
)
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.message import Header, Message
from lab.model.transport import Tls
from tests.core.mail import FRONT_END, HUB, NOW

whole_seconds = st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def test_front_end_line_names_client_and_tls():
    line = received_by_front_end(
        helo="mx.a.example", client="192.0.2.25", front_end=FRONT_END, tls=Tls(), now=NOW
    )
    assert line.raw == (
        " from mx.a.example (192.0.2.25) by\r\n"
        f" {FRONT_END} (10.167.240.12) with Microsoft\r\n"
        " SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.9275.10\r\n"
        " via Frontend Transport; Tue, 3 Mar 2026 09:15:02 +0000"
    )


def test_line_without_tls_says_nothing_of_it():
    line = received_by_front_end(helo="mx", client="192.0.2.25", front_end=FRONT_END, tls=None, now=NOW)
    assert "with Microsoft SMTP Server id 15.20." in line.value


def test_hub_line_is_between_servers_of_the_service():
    line = received_by_hub(front_end="DB3PEPF0000885C.eurprd02.prod.outlook.com", hub=HUB, now=NOW)
    assert f"by {HUB} ({inside(HUB)}) with Microsoft SMTP Server (version=TLS1_3," in line.value
    assert "Frontend" not in line.value


def test_on_prem_line_has_the_server_s_build():
    line = received_by_exchange(
        helo="mail.b.example",
        client="203.0.113.9",
        host="ex01.a.example",
        address="198.51.100.10",
        tls=None,
        now=NOW,
    )
    assert line.value == (
        "from mail.b.example (203.0.113.9) by ex01.a.example (198.51.100.10) with Microsoft SMTP Server"
        " id 15.2.1544.14 via Frontend Transport; Tue, 3 Mar 2026 09:15:02 +0000"
    )


def test_mailbox_line_is_mapi():
    line = received_from_mailbox(host="ex01.a.example", address="198.51.100.10", now=NOW)
    assert " with mapi id 15.2." in line.value


@pytest.mark.parametrize(
    ("certificate", "told"),
    [
        (None, "(No client certificate requested)"),
        (
            CertificateIdentity("*.a.example", issuer="CN=Lab CA"),
            '(Client CN "*.a.example", Issuer "Lab CA" (verified OK))',
        ),
        (
            CertificateIdentity("x.example", issuer="CN=Rogue", faults=frozenset({CertFault.UNTRUSTED})),
            '(Client CN "x.example", Issuer "Rogue" (not verified))',
        ),
        (
            CertificateIdentity("x\r\nX-Evil: 1", issuer="CN=" + "ü" * 300),
            f'(Client CN "x??X-Evil: 1", Issuer "{"?" * 255}" (verified OK))',
        ),
    ],
    ids=["none", "trusted", "untrusted", "hostile"],
)
def test_gateway_line_tells_what_the_client_showed(certificate, told):
    line = received_by_gateway(
        helo="ex01.a.example",
        client="198.51.100.10",
        client_host="",
        host="mx.a.example",
        queue_id="4XyZ",
        now=NOW,
        tls=Tls("TLS1_2", "ECDHE-RSA-AES128-GCM-SHA256"),
        certificate=certificate,
        recipient="user@b.example",
    )
    assert line.raw == (
        " from ex01.a.example (unknown [198.51.100.10])\r\n"
        "\t(using TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits))\r\n"
        f"\t{told}\r\n"
        "\tby mx.a.example (Postfix) with ESMTPS id 4XyZ\r\n"
        "\tfor <user@b.example>; Tue,  3 Mar 2026 09:15:02 +0000 (UTC)"
    )


def test_gateway_line_names_no_recipient_when_there_are_several():
    line = received_by_gateway(
        helo="h", client="192.0.2.1", client_host="p.example", host="mx", queue_id="4X", now=NOW
    )
    assert line.raw == (
        " from h (p.example [192.0.2.1])\r\n"
        "\tby mx (Postfix) with ESMTP id 4X;\r\n"
        "\tTue,  3 Mar 2026 09:15:02 +0000 (UTC)"
    )


def test_internet_host_line_is_plain():
    line = received_by_internet_host(
        helo="h", client="192.0.2.1", client_host="", host="mx.b.example", queue_id="7", tls=Tls(), now=NOW
    )
    assert line.value.startswith("from h ([192.0.2.1]) by mx.b.example with ESMTPS id 7; Tue, 3 Mar")


@given(st.lists(st.text("ab;()", min_size=1, max_size=120), min_size=1, max_size=30))
def test_folding_keeps_the_value_and_the_width(words):
    value = " ".join(words)
    header = Header("Received", fold(value, used=len("Received:")))
    assert header.value == value
    assert all(len(line) <= 78 or line.count(" ") <= 2 for line in header.line.split("\r\n"))
    assert Message.parse(bytes(Message((header,)))) == Message((header,))


@given(whole_seconds, zones)
def test_dates_are_read_back(when, zone):
    assert read_date(mail_date(when)) == read_date(" " + postfix_date(when)) == when
    assert email.utils.parsedate_to_datetime(mail_date(when)) == when
    local = when.astimezone(zone)
    assert read_date(email.utils.format_datetime(local)) == when
    assert mail_date(local) == mail_date(when)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Tue, 31 Feb 2026 09:15:02 +0000", "Tue, 3 Mai 2026 09:15:02 +0000"]
)
def test_what_is_no_date_is_none(text):
    assert read_date(text) is None


def test_date_forms_of_exchange():
    assert mail_date(NOW) == "Tue, 3 Mar 2026 09:15:02 +0000"
    assert postfix_date(NOW) == "Tue,  3 Mar 2026 09:15:02 +0000 (UTC)"
    assert arrival_date(NOW) == "03 Mar 2026 09:15:02.4350 (UTC)"
    assert us_date(NOW) == "3/3/2026 9:15:02 AM"
    assert us_date(NOW.replace(hour=0)) == "3/3/2026 12:15:02 AM"
    assert us_date(NOW.replace(hour=12)) == "3/3/2026 12:15:02 PM"

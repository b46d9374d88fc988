"""A message as a person reads it, whatever somebody has sent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.model.message import Header, Message
from lab.reports.text.mail_text import arrived, as_read, field

REPORT = """\
From: =?utf-8?q?J=C3=BCrgen?= <j@a.example>
To: <b@b.example>
Subject: =?utf-8?b?R3LDvMOfZQ==?=
Date: Tue, 3 Mar 2026 10:15:00 +0100
Content-Type: multipart/report; boundary=x

--x
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe\x1b[31m
--x
Content-Type: message/delivery-status

Status: 5.7.51
--x
Content-Type: message/rfc822

Subject: the original

inner
--x--
"""


def read(text: str) -> Message:
    return Message.parse(text.replace("\n", "\r\n").encode())


def test_words_are_decoded_and_the_terminal_is_safe() -> None:
    shown = as_read(read(REPORT))
    assert shown.splitlines()[:4] == [
        "From:    Jürgen <j@a.example>",
        "To:      <b@b.example>",
        "Subject: Grüße",
        "Date:    Tue, 3 Mar 2026 10:15:00 +0100",
    ]
    assert "Grüße\\x1b[31m" in shown
    assert shown.endswith("(also in it: message/delivery-status, message/rfc822)\n")
    assert "inner" not in shown


def test_html_is_read_without_its_tags() -> None:
    page = "Content-Type: text/html\n\n<style>p{}</style><p>One<br>two</p><td>a</td><td>b&amp;c</td>"
    assert as_read(read(page)).splitlines() == ["", "One", "two", "a b&c"]


def test_a_message_without_text_says_so() -> None:
    assert "(no text)" in as_read(read("Content-Type: image/png\n\nxx"))


def test_it_arrived_when_the_last_server_says() -> None:
    told = "Received: from a by b; Tue, 3 Mar 2026 09:15:07 +0000\nDate: Mon, 2 Mar 2026 09:00:00 +0000\n\n"
    assert arrived(read(told)) == datetime(2026, 3, 3, 9, 15, 7, tzinfo=UTC)
    assert arrived(read(told.partition("\n")[2])) == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert arrived(read("Date: yesterday\n\n")) is None


@pytest.mark.parametrize("value", ["=?nonsense?q?x?=", "=?utf-8?b?a?=", "=?utf-8?b?/w==?="])
def test_an_encoded_word_that_is_none_stays(value: str) -> None:
    assert field(Message((Header.of("Subject", value),)), "Subject")


@given(st.binary(max_size=300))
def test_nothing_that_is_sent_breaks_it(content: bytes) -> None:
    for message in (Message.parse(content), Message.parse(b"Content-Type: multipart/mixed\r\n" + content)):
        assert as_read(message).endswith("\n")
        arrived(message)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=40))
def test_no_header_breaks_it(subject: str, date: str, kind: str) -> None:
    fields = (("Subject", subject), ("Date", date), ("Content-Type", f"text/plain; charset={kind}"))
    message = Message(
        tuple(Header.of(name, value.replace("\r", "").replace("\n", "")) for name, value in fields)
    )
    assert as_read(message)
    arrived(message)

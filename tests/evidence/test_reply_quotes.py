"""Replies and moments as Exchange quotes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from lab.evidence.hop_facts import enhanced, iso, last_error, server_of
from lab.model.reply import Reply
from lab.model.steps import Bounced, Deferred, Sent
from tests.evidence.hops import a_hop, a_step
from tests.steps import step_of


def test_times_are_told_in_utc_with_milliseconds():
    assert (
        iso(datetime(2026, 3, 3, 10, 15, 1, 250_900, tzinfo=timezone(timedelta(hours=1))))
        == "2026-03-03T09:15:01.250Z"
    )


@pytest.mark.parametrize(
    ("hour", "told"),
    [(0, "12:05:06 AM"), (9, "9:05:06 AM"), (12, "12:05:06 PM"), (23, "11:05:06 PM")],
)
def test_the_last_retry_time_is_american(hour, told):
    step = step_of(
        Deferred,
        reply=Reply(451, "4.7.0", "come\nlater"),
        host="mx",
        at=datetime(2026, 3, 4, hour, 5, 6, tzinfo=UTC),
    )
    assert (
        last_error(a_hop(), step)
        == f"[{{LED=451 4.7.0 come later}};{{MSG=}};{{FQDN=mx}};{{IP=}};{{LRT=3/4/2026 {told}}}]"
    )


@pytest.mark.parametrize(
    ("data", "address"),
    [
        ({"connection": "198.51.100.25:1026>203.0.113.40"}, "203.0.113.40"),
        ({"connection": "198.51.100.25:1026>203.0.113.40:25"}, "203.0.113.40"),
        ({"connection": ""}, ""),
        ({}, ""),
    ],
)
def test_the_server_is_read_from_the_connection(data, address):
    assert server_of(a_step(Bounced, **data)) == address


def test_who_sent_says_the_server_itself():
    assert server_of(a_step(Sent, address="203.0.113.40", connection="a:1>203.0.113.41")) == "203.0.113.40"


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply(550, "5.7.51", "no"), "5.7.51"),
        (Reply(250, "", "ok"), "2.0.0"),
        (Reply(451, "", "later"), "4.0.0"),
        (None, ""),
    ],
)
def test_a_reply_without_enhanced_status_has_that_of_its_class(reply, status):
    assert enhanced(reply) == status

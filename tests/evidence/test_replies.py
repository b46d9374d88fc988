"""Replies and moments as Exchange quotes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from lab.evidence.replies import enhanced, iso, last_error, server_of
from lab.model.trace import Step, StepKind
from tests.evidence.hops import a_hop, a_step


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
    step = Step(
        StepKind.DEFERRED,
        {"reply": "451 4.7.0\nlater", "host": "mx"},
        at=datetime(2026, 3, 4, hour, 5, 6, tzinfo=UTC),
    )
    assert (
        last_error(a_hop(), step)
        == f"[{{LED=451 4.7.0 later}};{{MSG=}};{{FQDN=mx}};{{IP=}};{{LRT=3/4/2026 {told}}}]"
    )


@pytest.mark.parametrize(
    ("data", "address"),
    [
        ({"address": "203.0.113.40"}, "203.0.113.40"),
        ({"connection": "198.51.100.25:1026>203.0.113.40"}, "203.0.113.40"),
        ({"connection": "198.51.100.25:1026>203.0.113.40:25"}, "203.0.113.40"),
        ({"connection": ""}, ""),
        ({}, ""),
    ],
)
def test_the_server_is_read_from_the_connection(data, address):
    assert server_of(a_step("bounced", **data)) == address


@pytest.mark.parametrize(
    ("reply", "status"),
    [("550 5.7.51 no", "5.7.51"), ("250 ok", "2.0.0"), ("451 later", "4.0.0"), ("nonsense", ""), ("", "")],
)
def test_a_reply_without_enhanced_status_has_that_of_its_class(reply, status):
    assert enhanced(reply) == status

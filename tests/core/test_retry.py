"""How long each system waits before it tries again, and when it gives up (R149, R150)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lab.core.retry import EXCHANGE, EXCHANGE_ONLINE, GATEWAY, RetrySchedule

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("schedule", "minutes", "expires"),
    [
        (EXCHANGE_ONLINE, [15, 15, 30, 60, 60, 60], DAY),
        (EXCHANGE, [10, 10, 10], 2 * DAY),
        (GATEWAY, [5, 10, 20, 40, 66, 66], 5 * DAY),
    ],
    ids=["exchange-online", "exchange", "gateway"],
)
def test_waits_grow_and_the_last_one_repeats_until_the_message_expires(schedule, minutes, expires):
    waits = [schedule.wait(attempts) for attempts in range(1, len(minutes) + 1)]
    assert waits == [timedelta(minutes=each) for each in minutes]
    assert schedule.wait(1000) == waits[-1]
    assert schedule.expires_after == expires


def test_the_first_wait_comes_after_the_first_attempt():
    waits = tuple(timedelta(minutes=each) for each in (1, 2))
    schedule = RetrySchedule(waits, DAY)
    assert (schedule.wait(1), schedule.wait(2), schedule.wait(3)) == (waits[0], waits[1], waits[1])

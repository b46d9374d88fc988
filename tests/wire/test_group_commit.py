"""Durations in buckets."""

from lab.wire.group_commit import BOUNDS, DurationHistogram


def test_each_value_is_in_the_first_bucket_that_holds_it_and_in_all_above():
    took = DurationHistogram()
    for seconds in (BOUNDS[0], BOUNDS[0] * 1.01, 10.0):
        took.add(seconds)
    counts = [count for _, count in took.below]
    assert counts == [1, *[2] * (len(BOUNDS) - 1), 3]
    assert took.below[-1][0] == float("inf")
    assert took.total == BOUNDS[0] * 2.01 + 10.0

"""Sender rewriting: which paths change, how the two forms look, and what they depend on (R48, R152-R154)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lab.core.srs import forwarded, rewritten
from lab.model.names import Address, Domain, ReversePath
from tests.core.mail import NOW, the_tenant
from tests.core.worlds import a_tenant

FOREIGN = ReversePath.parse("Sender@out.example")
FORWARDER = Address.parse("user@a.example")
TENANT = the_tenant()
STAMP = "BD"
"""Day 20515, that is 1 * 32 + 3 after 1024 days have gone around 20 times."""
DIGEST = "a5210"


def relayed(path: ReversePath = FOREIGN, tenant=TENANT, now: datetime = NOW) -> str:
    return str(rewritten(path, tenant, now))


@pytest.mark.parametrize("path", ["<>", "user@a.example"], ids=["null-path", "own-domain"])
def test_a_path_that_the_tenant_may_use_is_not_rewritten(path):
    kept = ReversePath.parse(path)
    assert rewritten(kept, TENANT, NOW) is kept
    assert forwarded(kept, TENANT, FORWARDER, NOW) is kept


def test_relayed_mail_bounces_to_the_default_domain():
    assert relayed() == f"<bounces+SRS={DIGEST}={STAMP}@a.example>"


def test_without_a_default_domain_it_bounces_to_the_initial_one():
    assert relayed(tenant=a_tenant("a")).endswith("@alab.onmicrosoft.com>")


def test_forwarded_mail_names_the_forwarder_and_the_old_path():
    path = forwarded(FOREIGN, TENANT, Address.parse("User@news.a.example"), NOW)
    assert str(path) == f"<User+SRS={DIGEST}={STAMP}=out.example=Sender@news.a.example>"


def test_the_hash_binds_the_form_to_tenant_path_and_day():
    forms = [
        relayed(),
        relayed(ReversePath.parse("other@out.example")),
        relayed(tenant=a_tenant("c")),
        relayed(now=NOW + timedelta(days=1)),
    ]
    digests = [form.partition("SRS=")[2][:5] for form in forms]
    assert len(set(digests)) == len(digests)


def test_upper_and_lower_case_are_one_path():
    assert relayed(ReversePath.parse("sender@out.example")) == relayed()


@pytest.mark.parametrize(
    ("days", "stamp"),
    [(0, "AA"), (1, "AB"), (31, "A7"), (32, "BA"), (1023, "77"), (1024, "AA")],
    ids=["epoch", "next-day", "last-of-a-row", "next-row", "last", "around"],
)
def test_the_time_stamp_counts_days_in_two_letters(days, stamp):
    for seconds in (0, 86399):
        now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days, seconds=seconds)
        assert relayed(now=now).partition("@")[0][-2:] == stamp


@pytest.mark.parametrize(
    ("length", "names_the_path"), [(63, True), (64, True), (65, False)], ids=["below", "limit", "above"]
)
def test_a_local_part_of_more_than_64_characters_becomes_the_relay_form(length, names_the_path):
    fixed = f"user+SRS={DIGEST}={STAMP}=out.example="
    long = ReversePath(Address("x" * (length - len(fixed)), Domain("out.example")))
    path = forwarded(long, TENANT, FORWARDER, NOW)
    assert path.address is not None
    if names_the_path:
        assert len(path.address.local) == length
        assert path.address.local.endswith(f"=out.example={long.address.local}")  # type: ignore[union-attr]
    else:
        assert path == rewritten(long, TENANT, NOW)


def test_a_local_part_beyond_ascii_becomes_the_relay_form():
    path = ReversePath.parse("jürgen@out.example")
    assert forwarded(path, TENANT, FORWARDER, NOW) == rewritten(path, TENANT, NOW)

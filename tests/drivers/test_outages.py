"""Which outage holds when, and whom it hinders."""

from datetime import UTC, datetime, timedelta

import pytest

from lab.core.smtp_delivery import TIMED_OUT, Dial
from lab.drivers.outages import Outages
from lab.model.outage import How, Outage
from lab.model.transport import Target
from lab.scenario.load import load_text

STARTS = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
VARIANT = load_text(
    """
scenario: three
hosts:
  a: {address: 203.0.113.200, domains: [a.example]}
  b: {address: 203.0.113.201, domains: [b.example]}
  c: {address: 203.0.113.202, domains: [c.example]}
""",
    "three.yaml",
).variants["base"]
ADDRESS = {name: host.address for name, host in VARIANT.topology.hosts.items()}


def minutes(number):
    return STARTS + timedelta(minutes=number)


def outages(how, *nodes, at=5, lasts=10):
    told = Outage(how=how, nodes=nodes, at=timedelta(minutes=at), lasts=timedelta(minutes=lasts))
    return Outages([told], VARIANT.topology, STARTS)


def reaches(found, caller, called, now):
    dial = Dial(Target(called, ADDRESS[called]), ADDRESS[caller], ADDRESS[caller])
    hindrance = found.hinders(dial, now)
    assert hindrance is None or hindrance.reply == TIMED_OUT
    return hindrance is None


@pytest.mark.parametrize("how", [How.KILLED, How.PAUSED, How.CUT_OFF])
def test_nobody_reaches_a_machine_until_the_outage_ends(how):
    found = outages(how, "b")
    assert [reaches(found, "a", "b", minutes(n)) for n in (4, 5, 14, 15)] == [True, False, False, True]
    assert reaches(found, "a", "c", minutes(6))


def test_only_who_is_cut_off_reaches_nobody():
    """A machine that stands still does not try."""
    assert not reaches(outages(How.CUT_OFF, "b"), "b", "c", minutes(6))
    assert reaches(outages(How.KILLED, "b"), "b", "c", minutes(6))


def test_packets_are_dropped_both_ways_and_between_two_only():
    found = outages(How.DROPPED, "a", "b")
    assert not reaches(found, "a", "b", minutes(6))
    assert not reaches(found, "b", "a", minutes(6))
    assert reaches(found, "a", "c", minutes(6))


@pytest.mark.parametrize(
    ("how", "sleeps", "loses", "mute"),
    [
        (How.KILLED, True, True, False),
        (How.PAUSED, True, False, False),
        (How.CUT_OFF, False, False, True),
        (How.DROPPED, False, False, False),
    ],
)
def test_what_the_machine_itself_feels(how, sleeps, loses, mute):
    found = outages(how, "b", *(["c"] if how is How.DROPPED else []))
    assert found.asleep("b", minutes(6)) == (minutes(15) if sleeps else None)
    assert found.asleep("b", minutes(15)) is None
    assert found.forgot(ADDRESS["b"], minutes(20)) == (minutes(5) if loses else None)
    assert found.forgot(ADDRESS["b"], minutes(4)) is None
    assert found.without_dns(ADDRESS["b"], minutes(6)) is mute
    assert not found.without_dns(ADDRESS["a"], minutes(6))


def test_a_restart_takes_no_time_and_loses_the_memory():
    found = outages(How.RESTARTED, "b", lasts=0)
    assert reaches(found, "a", "b", minutes(5))
    assert found.asleep("b", minutes(5)) is None
    assert found.forgot(ADDRESS["b"], minutes(5)) == minutes(5)
    assert found.changes == (minutes(5),)


def test_the_senders_of_exchange_online_are_of_its_region():
    variant = load_text(
        "scenario: one\ntenants: {t: {initial_domain: t.onmicrosoft.com, AcceptedDomains: [t.example]}}\n",
        "one.yaml",
    )
    topology = variant.variants["base"].topology
    told = Outage(how=How.CUT_OFF, nodes=("eop:EUR",), at=timedelta(), lasts=timedelta(hours=1))
    found = Outages([told], topology, STARTS)
    region = topology.regions["EUR"]
    assert all(found.without_dns(host.address, STARTS) for host in (*region.front_ends, *region.senders))

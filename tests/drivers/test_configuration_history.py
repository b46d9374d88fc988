"""Who acts by which configuration, when it changes while the lab runs (R33)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lab.core.rulebook.dates_in_force import in_force
from lab.drivers.configuration_history import History, lags
from lab.drivers.simulator import simulate
from lab.evidence.repeated_tests import series
from lab.model.transport import Connection
from lab.scenario.load import load_text

START = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
TEXT = """
scenario: history
switches: {{config_propagation_delay: {delay}, front_end_choice: rotating}}
organizations:
  contoso:
    domains: [contoso.example]
    mailboxes: [anna@contoso.example]
    hosts: {{exchange: {{role: exchange, address: 198.51.100.10}}}}
    SendConnectors: [{{Name: Internet, AddressSpaces: "smtp:*;1"}}]
tenants:
  fabrikam:
    initial_domain: fabrikam.onmicrosoft.com
    AcceptedDomains: fabrikam.example
    mailboxes: [bob@fabrikam.example]
hosts:
  old: {{address: 203.0.113.200, domains: [moved.example]}}
  new: {{address: 203.0.113.201, domains: [moved.example], fqdn: new.moved.example}}
dns: {{records: {{moved.example: {{MX: 10 old.internet.example, ttl: {ttl}}}, old.internet.example: {{A: 203.0.113.200}}}}}}
messages: {{test: {message}}}
timeline: [{event}]
"""
DIRECT = (
    "{from: stranger@fabrikam.example, via: old, to: bob@fabrikam.example, repeat: {every: 3m, times: 13}}"
)
REJECT = "{at: 5m, in: fabrikam, run: Set-OrganizationConfig -RejectDirectSend $true}"


def run(*, message=DIRECT, event=REJECT, delay=0, ttl=3600):
    text = TEXT.format(message=message, event=event, delay=delay, ttl=ttl)
    variant = load_text(text).variants["base"]
    outcome = simulate(variant)
    (found,) = series(variant.messages, outcome.messages, outcome.traces)
    return variant, found


def ends(found):
    return [(test.at / timedelta(minutes=1), test.gist.ends[0]) for test in found.tests]


def test_without_delay_a_change_counts_from_its_moment_on():
    _, found = run()
    assert [end for minute, end in ends(found) if minute < 5] == ["delivered"] * 2
    assert {end for minute, end in ends(found) if minute > 5} == {"bounced"}


def test_t24_the_old_result_until_the_delay_has_passed():
    _, found = run(delay=1200)
    told = ends(found)
    assert {end for minute, end in told if minute < 15} == {"delivered"}  # no front end knows
    assert {end for minute, end in told if 15 <= minute < 25} == {"delivered", "bounced"}  # one of two knows
    assert {end for minute, end in told if minute >= 25} == {"bounced"}


def test_flips_tell_when_the_end_changed():
    _, found = run()
    (flip,) = found.flips
    assert (flip.before.key, flip.after.key) == ("test#2", "test#3")


def test_front_ends_learn_one_after_the_other_and_the_offset_says_who_begins():
    variant, _ = run()
    region = variant.topology.regions["EUR"]
    hour = timedelta(hours=1)
    assert list(lags(region, hour).values()) == [hour / 2, hour]
    assert list(lags(replace(region, offset=1), hour).values()) == [hour, hour / 2]


def test_a_hub_learns_last_and_customers_at_once():
    variant, _ = run(delay=1200)
    history = History.of(variant)
    soon = START + timedelta(minutes=6)
    assert history.working("eop:EUR", soon) is history.versions[0].nodes["eop:EUR"]
    assert history.working("exchange", soon) is history.versions[1].nodes["exchange"]
    assert history.working("eop:EUR", soon + timedelta(minutes=20)) is history.versions[1].nodes["eop:EUR"]
    assert not history.topology(soon).tenants["fabrikam"].reject_direct_send


def test_a_connection_keeps_the_configuration_that_it_began_with():
    variant, _ = run()
    history = History.of(variant)
    address = variant.topology.regions["EUR"].front_ends[0].address
    for minute, version in ((4, 0), (5, 1)):
        started = START + timedelta(minutes=minute)
        connection = Connection(client="203.0.113.200", server=address, key="k", session="s", started=started)
        assert history.listening("eop:EUR", connection) is history.versions[version].nodes["eop:EUR"]


def test_without_a_timeline_nodes_are_the_nodes_themselves():
    variant, _ = run()
    history = History(variant.topology, START)
    assert history.steady
    assert history.nodes is history.versions[0].nodes


MOVED = "{at: 10m, change: {'dns.records[moved.example].MX': 10 new.moved.example}}"
MAIL = "{from: anna@contoso.example, to: who@moved.example, repeat: {every: 10m, times: 9}}"


@pytest.mark.parametrize(("ttl", "seen"), [(300, 10), (1800, 30), (3600, 60)])
def test_who_has_asked_remembers_for_the_ttl(ttl, seen):
    _, found = run(message=MAIL, event=MOVED, ttl=ttl)
    first = next(test.at for test in found.tests if test.gist.path[-1] == "new")
    assert first == timedelta(minutes=seen)


def test_stable_means_three_equal_ends_in_a_row():
    message = DIRECT.replace("times: 13", "times: 13, until: stable")
    _, found = run(message=message)
    assert [end for _, end in ends(found)] == ["delivered", "delivered", "bounced", "bounced", "bounced"]


def test_the_switches_have_no_delay_unless_a_scenario_says_so():
    assert in_force(None, None).config_propagation_delay == 0

"""Where machines are in containers: for every shipped scenario, and for what cannot be."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from lab.drivers.address_mapping import all_hosts
from lab.drivers.containers.network_plan import RESERVED, plan
from lab.errors import DriverError
from lab.scenario.load import load, load_text

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FILES = sorted(path for path in SCENARIOS.rglob("*.yaml") if "common" not in path.parts)
LOADED = {str(path.relative_to(SCENARIOS)): load(path) for path in FILES}
CASES = [pytest.param([v], id=f"{f}:{v.name}") for f, s in LOADED.items() for v in s.variants.values()]
CASES += [pytest.param(list(s.variants.values()), id=f) for f, s in LOADED.items()]
ARTICLE = list(LOADED["wildcard-misrouting.yaml"].variants.values())
DOCUMENTATION = [IPv4Network(n) for n in ("198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15")]

TWO = """
scenario: two
hosts:
  one: {address: FIRST, domains: [one.example]}
  other: {address: 198.51.100.60, domains: [other.example]}
messages: {note: {from: a@one.example, to: b@other.example}}
"""


def two(first):
    return list(load_text(TWO.replace("FIRST", first)).variants.values())


def public(router):
    """All addresses that inside hosts are seen with."""
    return tuple(dict.fromkeys(seen for nat in router.nats.values() for seen in nat.values()))


def addresses_of(planned):
    """Everything that some container has, in the order of the plan."""
    router = planned.router
    own = [router.docker, *router.gateways, *public(router), planned.dns, planned.tools]
    own += [router.docker_inside] if router.docker_inside else []
    own += [network.gateway for network in planned.networks if network.gateway not in own]
    for machine in planned.machines:
        own += machine.addresses if not machine.held else (machine.docker, *machine.addresses)
    return own


@pytest.mark.parametrize("variants", CASES)
def test_every_address_of_the_scenario_has_one_machine(variants):
    planned = plan(variants)
    for variant in variants:
        for host in all_hosts(variant.topology):
            assert [m for m in planned.machines if host.address in m.addresses] == [planned.at(host.address)]


@pytest.mark.parametrize("variants", CASES)
def test_no_address_is_given_twice_and_all_are_for_documentation(variants):
    own = addresses_of(plan(variants))
    assert len(own) == len(set(own))
    assert all(any(IPv4Address(each) in network for network in DOCUMENTATION) for each in own)


@pytest.mark.parametrize("variants", CASES)
def test_docker_addresses_and_gateways_are_in_their_network(variants):
    planned = plan(variants)
    subnets = {network.name: IPv4Network(network.subnet) for network in planned.networks}
    assert all(IPv4Address(network.gateway) in subnets[network.name] for network in planned.networks)
    assert all(IPv4Address(machine.docker) in subnets[machine.network] for machine in planned.machines)
    assert not any(subnet.overlaps(IPv4Network("192.0.2.0/24")) for subnet in subnets.values())


@pytest.mark.parametrize("variants", CASES)
def test_every_nat_address_is_the_routers(variants):
    planned = plan(variants)
    for variant in variants:
        nat = {h.address: h.nat for h in variant.topology.hosts.values() if h.nat}
        assert nat.items() <= planned.router.nats[variant.name].items()
    assert (planned.router.docker_inside is None) == (not planned.router.nat)


@pytest.mark.parametrize("variants", CASES)
def test_names_are_unique_and_none_is_the_labs_own(variants):
    names = [*RESERVED, *(name for machine in plan(variants).machines for name in machine.names)]
    assert len(names) == len(set(names))


def test_the_article_as_it_is_first():
    planned = plan(ARTICLE[:1])
    assert {m.name: (m.addresses[0], m.held) for m in planned.machines} == {
        "exchange": ("198.51.100.10", False),
        "gateway": ("198.51.100.25", False),
        "eop-eur": ("203.0.113.10", True),
    }
    assert planned.dns == "198.51.100.53"
    assert planned.router.gateways == ("198.51.100.254", "203.0.113.254")
    assert planned.router.docker == "198.51.100.253"
    assert planned.at("203.0.113.10").docker == "198.51.100.252"
    assert planned.at("203.0.113.10").names == ("eop-eur-net", "eop-eur")
    assert [network.name for network in planned.networks] == ["internet"]


def test_a_host_that_moves_inside_is_a_second_machine_of_the_profile():
    planned = plan(ARTICLE)
    inside = planned.at("198.18.0.10")
    assert (inside.name, inside.network, inside.profile, inside.held) == (
        "exchange-inside",
        "inside",
        "nat",
        False,
    )
    assert planned.at("198.51.100.10").profile == ""
    assert planned.router.nat == {"198.18.0.10": "198.51.100.1", "198.18.0.25": "198.51.100.1"}
    assert public(planned.router) == ("198.51.100.1",)
    assert planned.router.docker_inside == "198.19.255.253"


def test_a_host_that_the_first_variant_has_inside_needs_no_profile():
    planned = plan(LOADED["faults/p07-shared-address.yaml"].variants.values())
    assert planned.at("198.18.0.10").profile == ""


def test_variants_may_differ_in_what_an_inside_host_is_seen_with():
    router = plan(LOADED["faults/p07-shared-address.yaml"].variants.values()).router
    assert len({nat["198.18.0.10"] for nat in router.nats.values()}) == 2
    assert router.nat["198.18.0.10"] == next(iter(router.nats.values()))["198.18.0.10"]
    assert set(public(router)) == {"198.51.100.1", "198.51.100.2"}


@pytest.mark.parametrize(
    ("taken", "dns", "gateway", "router"),
    [
        ("198.51.100.53", "198.51.100.54", "198.51.100.254", "198.51.100.253"),
        ("198.51.100.254", "198.51.100.53", "198.51.100.253", "198.51.100.252"),
        ("198.51.100.253", "198.51.100.53", "198.51.100.254", "198.51.100.252"),
    ],
)
def test_what_the_scenario_uses_is_not_spare(taken, dns, gateway, router):
    planned = plan(two(taken))
    assert (planned.dns, planned.router.gateways[0], planned.router.docker) == (dns, gateway, router)


def test_hosts_may_be_named_as_the_labs_own_services():
    planned = plan(load_text(TWO.replace("FIRST", "203.0.113.9").replace("one:", "dns:")).variants.values())
    assert planned.at("203.0.113.9").name == "dns-2"


def test_a_holder_does_not_take_the_name_of_a_host():
    text = TWO.replace("FIRST", "203.0.113.9").replace("other:", "one-net:")
    names = [name for m in plan(load_text(text).variants.values()).machines for name in m.names]
    assert len(names) == len(set(names)) == 3


@pytest.mark.parametrize("address", ["198.51.100.255", "198.51.100.0", "203.0.113.255"])
def test_a_broadcast_address_is_refused(address):
    with pytest.raises(DriverError, match=f"{address} is the network itself or its broadcast address"):
        plan(two(address))


def moved(variant, **hosts):
    """A variant whose hosts have other settings."""
    changed = {name: replace(host, **hosts.get(name, {})) for name, host in variant.topology.hosts.items()}
    return replace(variant, name="moved", topology=replace(variant.topology, hosts=changed))


def test_nat_of_a_public_host_is_refused():
    variant = moved(two("198.51.100.7")[0], one={"nat": "198.51.100.1"})
    with pytest.raises(DriverError, match=r"198\.51\.100\.7 has `nat: 198\.51\.100\.1`, but is no inside"):
        plan([variant])


def test_a_public_address_that_a_machine_has_is_no_nat_address():
    variant = two("198.51.100.7")[0]
    inside = moved(variant, one={"address": "198.18.0.7", "nat": "198.51.100.7"})
    assert plan([inside]).router.nat == {"198.18.0.7": "198.51.100.7"}
    with pytest.raises(DriverError, match=r"a machine has it as well; .* one variant at a time"):
        plan([variant, inside])


def test_a_region_shares_no_address_with_a_host_of_another_variant():
    variant = ARTICLE[0]
    with pytest.raises(
        DriverError, match=r"203\.0\.113\.10 is eop:EUR in one variant and gateway in another"
    ):
        plan([variant, moved(variant, gateway={"address": "203.0.113.10"})])


def test_more_machines_than_spare_addresses_are_refused():
    hosts = "\n".join(f"  h{n}: {{address: 198.51.100.{n}, domains: [h{n}.example]}}" for n in range(1, 255))
    text = f"scenario: many\nhosts:\n{hosts}\nmessages: {{note: {{from: a@h1.example, to: b@h2.example}}}}\n"
    with pytest.raises(DriverError, match="more machines than addresses"):
        plan(load_text(text).variants.values())

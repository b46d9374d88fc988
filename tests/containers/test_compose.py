"""Compose files: those that are committed, and for every shipped scenario what a reader of the YAML finds."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import yaml

from lab.cli.exit_codes import Exit
from lab.cli.main import main
from lab.drivers.containers.compose import compose
from lab.drivers.containers.network_plan import plan
from lab.scenario.load import load

TOP = Path(__file__).parents[2]
SCENARIOS = TOP / "scenarios"
FILES = sorted(path for path in SCENARIOS.rglob("*.yaml") if "common" not in path.parts)
COMMITTED = sorted((TOP / "compose").glob("*.yaml"))
DOCUMENTATION = [IPv4Network(n) for n in ("198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15")]


def rendered(path):
    return yaml.safe_load(compose(load(path)))


@pytest.fixture(scope="module")
def article():
    return rendered(SCENARIOS / "wildcard-misrouting.yaml")


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def any_file(request):
    return rendered(request.param)


def is_postfix(service):
    return service["image"] == "mailflow-lab-postfix:local"


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_committed_files_are_what_is_rendered(path):
    (scenario,) = [each for each in FILES if each.stem == path.stem]
    assert path.read_text("utf-8") == compose(load(scenario))


def test_the_article_is_committed_and_the_top_level_file_takes_it():
    top = yaml.safe_load((TOP / "compose.yaml").read_text("utf-8"))
    assert top["include"] == ["compose/${COMPOSE_LAB:-wildcard-misrouting}.yaml"]
    assert [path.stem for path in COMMITTED] == ["wildcard-misrouting"]


def test_every_service_is_locked_in(any_file):
    for name, service in any_file["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert not {"privileged", "ports", "devices", "pid", "ipc"} & service.keys(), name
        assert ("user" in service) == is_postfix(service), name


def test_only_who_owns_addresses_may_change_the_network(any_file):
    own = {name: each for name, each in any_file["services"].items() if not is_postfix(each)}
    allowed = {name for name, service in own.items() if "cap_add" in service}
    holders = {s["network_mode"][8:] for s in own.values() if "service:" in s.get("network_mode", "")}
    assert allowed == {"router", *holders}
    assert all(any_file["services"][name]["cap_add"] == ["NET_ADMIN"] for name in allowed)
    assert not any("volumes" in any_file["services"][name] for name in allowed)


def test_a_real_postfix_is_root_with_few_rights_in_the_network_of_the_filter_whose_place_it_takes(article):
    service = article["services"]["postfix"]
    assert service["profiles"] == ["interop"]
    assert (service["user"], service["network_mode"]) == ("root", "service:gateway")
    assert service["cap_add"] == ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]
    assert service["command"][-2:] == ["--at", "198.51.100.25"]
    assert article["services"]["runner"]["depends_on"]["postfix"] == {
        "condition": "service_healthy",
        "required": False,
    }


def test_each_filter_that_is_there_from_the_start_may_have_its_postfix(any_file):
    places = [each["network_mode"][8:] for each in any_file["services"].values() if is_postfix(each)]
    assert len(set(places)) == len(places)
    assert not any("profiles" in any_file["services"][place] for place in places)


def test_the_host_has_no_address_in_any_network(any_file):
    for network in any_file["networks"].values():
        (config,) = network["ipam"]["config"]
        assert IPv4Network(config["subnet"]) in DOCUMENTATION
        assert network["driver_opts"] == {
            "com.docker.network.bridge.inhibit_ipv4": "true",
            "com.docker.network.bridge.enable_ip_masquerade": "false",
            "com.docker.network.bridge.gateway_mode_ipv4": "routed",
        }
        assert network["enable_ipv6"] is False


def test_the_runner_waits_for_hosts_of_the_profile_where_that_is_used_and_knows_them(any_file):
    services = any_file["services"]
    hidden = {name: each for name, each in services.items() if each.get("profiles") == ["nat"]}
    runner = services["runner"]
    assert all(runner["depends_on"][name]["required"] is False for name in hidden)
    told = runner["environment"].get("MFLAB_ONLY_NAT", "").split()
    assert told == [each["environment"]["MFLAB_PART"] for each in hidden.values()]


def test_a_stranger_starts_nothing_of_another_variant_anew(any_file):
    assert "depends_on" not in any_file["services"]["tools"]


def test_nobody_asks_the_hosts_resolver(any_file):
    for name, service in any_file["services"].items():
        joined = "networks" in service
        assert joined == ("network_mode" not in service), name
        assert joined == ("dns" in service), name


def test_only_networks_of_the_file_are_joined(any_file):
    joined = {network for service in any_file["services"].values() for network in service.get("networks", ())}
    assert joined == set(any_file["networks"])


def test_each_image_is_built_by_one_service_and_never_pulled(any_file):
    services = any_file["services"]
    builders = {s["image"]: n for n, s in services.items() if s["pull_policy"] == "build"}
    assert set(builders) == {service["image"] for service in services.values()}
    assert all(s["pull_policy"] == "never" for n, s in services.items() if n not in builders.values())
    assert len({services[name]["build"]["target"] for name in builders.values()}) == len(builders)


def test_every_target_is_in_the_dockerfile(any_file):
    stages = (TOP / "compose" / "Dockerfile").read_text("utf-8")
    for service in any_file["services"].values():
        if "build" in service:
            assert f" AS {service['build']['target']}\n" in stages


def test_the_dockerfile_is_for_both_builders_and_ends_with_the_lab():
    lines = (TOP / "compose" / "Dockerfile").read_text("utf-8").splitlines()
    code = [line for line in lines if not line.startswith("#")]
    assert not any("--mount" in line or "<<" in line for line in code)
    assert not any(line.startswith("# syntax") for line in lines)
    assert [line for line in code if line.startswith("FROM ")][-1] == "FROM lab"


def test_every_machine_runs_at_its_address(article):
    services = article["services"]
    for machine in plan(load(SCENARIOS / "wildcard-misrouting.yaml").variants.values()).machines:
        service = services[machine.name]
        assert service["command"][:5] == ["mflab", "part", "node", "--at", machine.addresses[0]]
        assert service["environment"]["MFLAB_PART"] == machine.addresses[0]
        assert service.get("profiles") == ([machine.profile] if machine.profile else None)
        if machine.held:
            held = services[machine.holder]["environment"]
            assert held == {"DOCKER_ADDRESS": machine.docker, "ADDRESSES": " ".join(machine.addresses)}
        else:
            assert service["networks"] == {machine.network: {"ipv4_address": machine.addresses[0]}}


def test_who_owns_the_network_opens_port_25_to_programs_without_rights(article):
    for name, service in article["services"].items():
        owner = service.get("network_mode", "").removeprefix("service:") or name
        if service["command"][:3] == ["mflab", "part", "node"] if "command" in service else False:
            assert article["services"][owner]["sysctls"]["net.ipv4.ip_unprivileged_port_start"] == "0"


def test_the_router_knows_who_is_hidden_behind_what(article):
    told = article["services"]["router"]["environment"]
    assert told["NAT"] == "* 198.18.0.10 198.51.100.1\n* 198.18.0.25 198.51.100.1\n"
    assert told["GATEWAYS"] == "198.51.100.254 203.0.113.254"


def test_the_router_goes_by_the_variant_where_variants_hide_hosts_differently():
    scenario = load(SCENARIOS / "faults" / "p07-shared-address.yaml")
    told = yaml.safe_load(compose(scenario))["services"]["router"]["environment"]
    rows = {tuple(line.split()) for line in told["NAT"].splitlines()}
    first, *_ = scenario.variants.values()
    assert (first.name, "198.18.0.10", first.topology.hosts["exchange"].nat) in rows
    assert {variant for variant, _, _ in rows} == set(scenario.variants)
    assert told["VARIANT"] == f"${{VARIANT:-{first.name}}}"


def test_without_inside_hosts_there_is_no_inside_network():
    services = rendered(SCENARIOS / "topologies" / "two-regions.yaml")
    assert set(services["networks"]) == {"internet"}
    assert "NAT" not in services["services"]["router"]["environment"]


def test_the_tools_ask_the_labs_dns_for_names_of_addresses_too(article):
    assert "./resolv.conf:/etc/resolv.conf:ro" in article["services"]["tools"]["volumes"]
    assert (TOP / "compose" / "resolv.conf").read_text("utf-8").splitlines()[0] == "nameserver 198.51.100.53"


def test_another_dns_address_is_not_that_of_the_file():
    scenario = load(SCENARIOS / "wildcard-misrouting.yaml")
    (variant, *_) = scenario.variants.values()
    hosts = {
        n: replace(h, address="198.51.100.53") for n, h in variant.topology.hosts.items() if n == "gateway"
    }
    moved = replace(variant, topology=replace(variant.topology, hosts=hosts))
    tools = yaml.safe_load(compose(replace(scenario, variants={"moved": moved})))["services"]["tools"]
    assert tools["dns"] == ["198.51.100.54"]
    assert tools["volumes"] == ["state:/var/lib/mflab:ro"]


def test_the_command_prints_it(capsys):
    assert main(["render", "wildcard-misrouting", "--compose"]) == Exit.OK
    assert capsys.readouterr().out == (TOP / "compose" / "wildcard-misrouting.yaml").read_text("utf-8")


@pytest.mark.parametrize("more", [["--json"], ["--variant", "shared-wildcard"]], ids=["json", "variant"])
def test_the_command_refuses_what_does_not_fit(more, capsys):
    assert main(["render", "wildcard-misrouting", "--compose", *more]) == Exit.BAD_INPUT
    assert "leave out --json and --variant" in capsys.readouterr().err

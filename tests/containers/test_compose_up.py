"""`docker compose up`, as the README has it: the article's fault and a cure, what cannot be reached, and nothing left over."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys

import pytest

from tests.containers.composing import LOCAL_BASE, PATIENCE, PROJECT, TOP, run, without

QUIET = ("compose", "--progress", "quiet")
"""What is built is told on stdout, beside what a command prints."""

pytestmark = [pytest.mark.docker, pytest.mark.timeout(PATIENCE + 60)]


def docker(*command, check=True, **environment):
    return run("docker", *command, check=check, **environment).stdout


def has(*command):
    return shutil.which("docker") is not None and run("docker", *command, check=False).returncode == 0


@pytest.fixture(scope="module", autouse=True)
def engine():
    """An engine, Compose, and where no registry is at hand the base image that was made for that."""
    if not has("version") or not has("compose", "version"):
        without("no Docker engine that answers, or no Compose v2")
    if "BASE_IMAGE" not in os.environ and has("image", "inspect", LOCAL_BASE):
        os.environ["BASE_IMAGE"] = LOCAL_BASE


@pytest.fixture
def lab():
    """A project that is taken down, come what may, and of which nothing is there before and afterwards."""
    down = ("compose", "--profile", "*", "down", "-v", "--remove-orphans")
    docker(*down)
    yield
    docker(*down)
    assert leftovers() == []


def leftovers():
    label = f"label=com.docker.compose.project={PROJECT}"
    kinds = (("ps", "-aq"), ("network", "ls", "-q"), ("volume", "ls", "-q"))
    return [left for kind in kinds for left in docker(*kind, "--filter", label).split()]


def up(*profile, **environment):
    """Play a variant to its end; the exit code, and what the runner has told."""
    done = run("docker", "compose", *profile, "up", "--exit-code-from", "runner", check=False, **environment)
    name = docker("compose", "ps", "-aq", "runner").strip()
    assert name, done.stderr[-3000:]
    return done.returncode, docker("logs", name)


@pytest.mark.parametrize("top", [True, False], ids=["top", "alone"])
def test_the_files_are_valid(top):
    files = () if top else ("-f", "compose/wildcard-misrouting.yaml")
    docker("compose", *files, "--profile", "*", "config", "-q")


def test_the_fault_is_reproduced_and_the_systems_stay_for_exploring(lab):
    code, told = up()
    assert (
        "exchange → gateway → [EOP takes it for msxfaq!] tenant:msxfaq → tenant:uclabor ✗ 550 5.7.51" in told
    )
    assert code == 0
    docker("compose", "start")
    docker("compose", "wait", "runner", check=False)
    logs_can_be_read()
    a_stranger_can_be_played()
    nothing_leaves()
    nothing_listens_on_the_host()


def logs_can_be_read():
    """Twice in the one: the runner was started twice."""
    trace = (*QUIET, "run", "--rm", "runner", "mflab", "trace", "--form", "wide", "--as")
    assert docker(*trace, "tenant:msxfaq").count("partner@uclabor.example") == 2
    assert "partner@uclabor.example" not in docker(*trace, "tenant:uclabor")


def a_stranger_can_be_played():
    tools = (*QUIET, "--profile", "tools", "run", "--rm", "tools")
    mx = docker(*tools, "dig", "+short", "mx", "uclabor.example")
    assert mx.split() == ["0", "uclabor-example.mail.protection.outlook.com."]
    assert docker(*tools, "dig", "+short", "-x", "198.51.100.25").split() == ["mail.msxfaq.example."]
    stranger = ("--from", "x@stranger.example", "--to", "partner@uclabor.example")
    assert "Queued mail for delivery" in docker(*tools, "swaks", "--server", "203.0.113.10", *stranger)


def test_a_cure_cures(lab):
    code, told = up(VARIANT="dedicated-certificate")
    assert "dedicated-certificate cure uclabor rcpt to uclabor delivered yes    ok" in told
    assert code == 0
    look = run("docker", *QUIET, "run", "--rm", "runner", "mflab", "trace", "--as", "gateway")
    assert "no lab runs; wildcard-misrouting, dedicated-certificate, was the last one" in look.stderr
    assert "status=sent" in look.stdout


def test_inside_hosts_are_seen_with_their_public_address(lab):
    code, told = up("--profile", "nat", VARIANT="shared-address")
    assert "gateway's address 198.51.100.1 is in SenderIPAddresses" in told
    assert code == 0


def test_what_is_not_as_expected_gives_exit_code_1(lab, tmp_path):
    wrong = (
        "scenario: wrong\ninclude: [SCENARIOS/wildcard-misrouting.yaml]\nexpect: {offer: {ends: delivered}}\n"
    )
    (tmp_path / "wrong.yaml").write_text(wrong.replace("SCENARIOS", "scenarios"))
    for folder in ("scenarios", "certs"):
        shutil.copytree(TOP / folder, tmp_path / folder)
    tmp_path.chmod(0o755)
    code, told = up(SCENARIO="wrong.yaml", MFLAB_FILES=str(tmp_path))
    assert "delivered" in told
    assert code == 1


ATTEMPT = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor

def taken(target):
    host, port = target.split(":")
    try:
        socket.create_connection((host, int(port)), 3).close()
    except OSError:
        return False
    return True

with ThreadPoolExecutor() as pool:
    for target, ok in zip(sys.argv[1:], pool.map(taken, sys.argv[1:])):
        if ok:
            print(target)
"""


def nothing_leaves():
    """From a plain container and from a held one, the lab can be reached, but not an open port of this machine, nor beyond."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        here = [f"{address}:{port}" for address in run("hostname", "-I").stdout.split() if ":" not in address]
        assert attempt([sys.executable], *here) == here, "a port that is closed anyway proves nothing"
        outside = [*here, "1.1.1.1:53", "8.8.8.8:443", "192.0.2.1:80"]
        for service in ("gateway", "eop-eur"):
            inside = ["docker", "compose", "exec", "-T", service, "python"]
            assert attempt(inside, "203.0.113.10:25", *outside) == ["203.0.113.10:25"]


def attempt(python, *targets):
    """Those that took a connection."""
    return run(*python, "-c", ATTEMPT, *targets).stdout.split()


def nothing_listens_on_the_host():
    listed = docker("compose", "ps", "-q").split()
    for container in json.loads(docker("inspect", *listed)):
        assert container["HostConfig"]["PortBindings"] in ({}, None), container["Name"]
        assert not any((container["NetworkSettings"]["Ports"] or {}).values()), container["Name"]

"""The third body: the same traces as the simulator's, nothing left behind, and no way out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import closing

import docker
import pytest

from lab.cli.exit_codes import Exit
from lab.drivers.containers import container_programs
from lab.drivers.containers.deployment import Deployment
from lab.drivers.containers.driver import run_containers
from lab.drivers.containers.existing_labs import RUN
from lab.drivers.simulator import simulate
from lab.errors import DriverError
from tests.cli.commands import ROOT
from tests.drivers.test_parts import DOZEN, chosen
from tests.normalised_traces import diff, normalise

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_engine")]
ARTICLE = "wildcard-misrouting:shared-wildcard"


@pytest.mark.parametrize("case", DOZEN)
def test_containers_give_the_same_trace(case, docker_engine):
    variant = chosen(case)
    outcome, simulated = run_containers(variant), simulate(variant)
    assert [str(finding) for finding in outcome.findings() if not finding.ok] == []
    real = normalise(outcome.traces, outcome.messages)
    assert diff(normalise(simulated.traces, simulated.messages), real, ("simulator", "containers")) == ""
    assert docker_engine.labs() == []


def test_a_container_that_fails_is_told_with_its_last_lines_and_nothing_stays(docker_engine, monkeypatch):
    monkeypatch.setattr(container_programs, "_LISTENING", {"net.ipv4.ip_unprivileged_port_start": "1024"})
    with pytest.raises(DriverError, match=r"(has ended|not there within)(?s:.*)dns: .*[Pp]ermission") as told:
        run_containers(chosen(ARTICLE))
    assert "router: routing" in str(
        told.value
    )  # it goes on; which of the others has said something by then is chance
    assert docker_engine.labs() == []


def test_two_labs_at_a_time_are_refused_and_the_first_goes_on(docker_engine):
    with Deployment(docker_engine, chosen(ARTICLE)) as first:
        with pytest.raises(DriverError, match=rf"it runs \(process {os.getpid()}\): wait for it"):
            run_containers(chosen(ARTICLE))
        assert [lab.run for lab in docker_engine.labs()] == [first.run]


# -- when it is ended from outside


def mflab(*argv: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "lab", *argv]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_interruptible,
    )


def _interruptible() -> None:
    """A shell lets what it starts in the background ignore Ctrl-C, and `nohup` a terminal that closes; us as well."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def under_way(engine) -> subprocess.Popen[str]:
    """A lab that has made half of its containers."""
    playing = mflab("run", "wildcard-misrouting", "--variant", "shared-wildcard", "--driver", "containers")
    while not (labs := engine.labs()) or len(labs[0].containers) < 5:
        assert playing.poll() is None, playing.communicate()[1]
    return playing


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["Ctrl-C", "SIGTERM", "SIGHUP"]
)
def test_a_lab_that_is_told_to_end_leaves_nothing(number, docker_engine):
    with under_way(docker_engine) as playing:
        playing.send_signal(number)
        _, said = playing.communicate()
    assert playing.returncode == Exit.INTERRUPTED, said
    assert docker_engine.labs() == []


def test_what_a_killed_lab_leaves_is_found_and_removed(docker_engine):
    with under_way(docker_engine) as playing:
        playing.kill()
        playing.communicate()
    with mflab("status", "--json", "--state", os.devnull + "-no-lab") as asked:
        (left,) = json.loads(asked.communicate()[0])["containers"]
    assert (left["pid"], left["left_behind"]) == (playing.pid, True)
    assert (len(left["networks"]), len(left["volumes"])) == (1, 1)
    with mflab("down", "--containers") as removing:
        _, said = removing.communicate()
    assert removing.returncode == Exit.OK
    assert f"removed {left['run']}: shared-wildcard" in said
    assert docker_engine.labs() == []


# -- nothing leaves, and nobody comes in

_TRY = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor
def tried(address, port):
    line = socket.socket()
    line.settimeout(4)
    try:
        line.connect((address, port))
    except OSError as error:
        return type(error).__name__
    return "connected"
def resolved(name):
    try:
        return socket.gethostbyname(name)
    except OSError as error:
        return type(error).__name__
def reached(target):
    address, _, port = target.rpartition(":")
    return tried(address, int(port)) if port else resolved(address)
with ThreadPoolExecutor() as hands:
    for target, what in zip(sys.argv[1:], hands.map(reached, sys.argv[1:])):
        print(target, what)
"""


def reached(engine, container, *targets):
    """What comes of trying to connect, or to resolve a name where there is no port."""
    said = engine.execute(container, ["python", "-c", _TRY, *targets])
    assert said.code == 0, said.text
    return dict(line.split(" ") for line in said.text.splitlines())


def addresses_of_this_machine():
    told = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout
    return [address for address in told.split() if ":" not in address]


def test_nothing_outside_can_be_reached(docker_engine):
    with Deployment(docker_engine, chosen(ARTICLE)) as lab:
        inside = f"{lab.plan.at('203.0.113.10').addresses[0]}:25"
        outside = [
            f"{each}:{port}" for each in (*addresses_of_this_machine(), "9.9.9.9") for port in (22, 53)
        ]
        gateway = f"{lab.plan.router.gateways[0]}:53"
        for name in ("gateway", "eop-eur", "router"):
            told = reached(docker_engine, lab.programs.named(name), *outside, gateway)
            assert "connected" not in told.values(), (name, told)
        told = reached(docker_engine, lab.programs.named("gateway"), inside, "example.com:", "dns.google:")
        assert told[inside] == "connected", "the attempts above could have succeeded"
        assert (told["example.com:"], told["dns.google:"]) == ("gaierror", "gaierror")


def test_containers_are_hardened_and_the_host_has_no_port_of_theirs(docker_engine):
    with Deployment(docker_engine, chosen(ARTICLE)) as lab, closing(docker.from_env()) as client:
        for container in client.containers.list(filters={"label": f"{RUN}={lab.run}"}):
            host, config = container.attrs["HostConfig"], container.attrs["Config"]
            helps = container.name.endswith(("-net", "-router"))
            assert host["ReadonlyRootfs"]
            assert host["CapDrop"] == ["ALL"]
            assert host["CapAdd"] == (["NET_ADMIN"] if helps else None)
            assert "no-new-privileges:true" in host["SecurityOpt"]
            assert host["Memory"]
            assert host["PidsLimit"]
            assert config["User"] == ("" if helps else "10001:10001")
            assert not host["PortBindings"]
            assert not host["PublishAllPorts"]
            assert not any(container.attrs["NetworkSettings"]["Ports"].values())

"""`docker compose --profile interop up`: a real Postfix in the filter's place gives the verdict that the lab's own gives."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.containers.composing import LOCAL_BASE, PATIENCE, run, without

ROOTS = {"docker-init", "sh", "postfix-script", "master"}
"""What runs as root: the engine's init, the script that waits for Postfix's master, and the master."""
INTEROP = ("compose", "--profile", "interop")

pytestmark = [pytest.mark.docker, pytest.mark.timeout(PATIENCE + 60)]


def docker(*command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("docker", *command, check=check, **environment)


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch):
    """An engine with Compose, and a project of which nothing is there before and afterwards."""
    if shutil.which("docker") is None or docker("compose", "version", check=False).returncode:
        without("no Docker engine that answers, or no Compose v2")
    if "BASE_IMAGE" not in os.environ and not docker("image", "inspect", LOCAL_BASE, check=False).returncode:
        monkeypatch.setenv("BASE_IMAGE", LOCAL_BASE)
    down = ("compose", "--profile", "*", "down", "-v", "--remove-orphans")
    docker(*down)
    yield
    docker(*down)


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        (
            "shared-wildcard",
            "exchange → gateway → [EOP takes it for msxfaq!] tenant:msxfaq → tenant:uclabor ✗ 550 5.7.51",
        ),
        ("dedicated-certificate", "exchange → gateway → tenant:uclabor"),
        pytest.param("no-client-certificate", "exchange → gateway → tenant:uclabor", marks=pytest.mark.slow),
        pytest.param("other-region", "NDR gateway ⇢ exchange", marks=pytest.mark.slow),
    ],
)
def test_the_verdict_with_postfix_is_that_of_the_labs_own_filter(variant, told):
    done = docker(*INTEROP, "up", "--exit-code-from", "runner", check=False, VARIANT=variant)
    runner = docker("compose", "ps", "-aq", "runner").stdout.strip()
    assert runner, done.stderr[-3000:]
    said = docker("logs", runner).stdout
    assert told in said
    assert done.returncode == 0
    filtered = docker("logs", docker(*INTEROP, "ps", "-aq", "postfix").stdout.strip())
    assert "fatal" not in filtered.stdout + filtered.stderr


def test_postfix_has_no_way_out_and_few_rights():
    docker(*INTEROP, "up", "-d", "--wait", "postfix")
    inside = (*INTEROP, "exec", "-T", "postfix")
    assert docker(*inside, "cat", "/etc/resolv.conf").stdout == "nameserver 198.51.100.53\n"
    attempt = "import socket; socket.create_connection(('192.0.2.1', 80), 3)"
    assert docker(*inside, "python", "-c", attempt, check=False).returncode != 0
    programs = [line.split() for line in docker(*inside, "python", "-c", _OWNERS).stdout.splitlines()]
    assert {name for owner, name in programs if owner == "root"} <= ROOTS
    assert {"qmgr", "pickup"} <= {name for owner, name in programs if owner == "postfix"}


_OWNERS = """
import os, pathlib, pwd
me = os.getpid()
for each in pathlib.Path("/proc").glob("[0-9]*"):
    if int(each.name) != me:
        print(pwd.getpwuid(each.stat().st_uid).pw_name, (each / "comm").read_text().split()[0])
"""

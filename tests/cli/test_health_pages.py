"""A running lab is watched over HTTP, and tells its bugs."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.labs import lab_state
from tests.cli.commands import ARTICLE, Shell

pytestmark = pytest.mark.wire
LAB = (sys.executable, "-m", "lab")
ANYWHERE = ("--port", "0", "--dns-port", "0")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    if lab_state.is_up(folder):
        lab_state.stop(folder)


def up(state: Path, *more: str) -> str:
    """Start a lab in the background; what it says to paste."""
    command = [*LAB, "up", ARTICLE, *ANYWHERE, "--state", str(state), "--detach", *more]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def page(state: Path, name: str) -> str:
    """A page of a running lab."""
    with urllib.request.urlopen(f"http://127.0.0.1:{lab_state.read(state).http_port}/{name}") as answer:
        return str(answer.read().decode())


def test_a_lab_is_watched_over_http(mflab: Shell, state: Path) -> None:
    said = up(state, "--http-port", "0", "--send")
    port = mflab("status", "--state", str(state), "--json").json()["http_port"]
    assert f"curl -s http://127.0.0.1:{port}/metrics" in said
    assert page(state, "livez") == "ok\n"
    assert page(state, "readyz") == "store: ok\nlisteners: ok\ndns: ok\n"
    assert (
        mflab("watch", "--state", str(state), "--times", "1").code == Exit.OK
    )  # returns when all has settled
    told = page(state, "metrics").splitlines()
    assert 'mflab_misplaced_messages_total{basis="certificate",place="tenant:msxfaq"} 2.0' in told
    assert 'mflab_dns_queries_total{rcode="NOERROR",type="MX"}' in " ".join(told)


def test_counters_go_on_after_a_restart(mflab: Shell, state: Path) -> None:
    """They are counted from the journal; what is sent again has Message-IDs of its own, and is no duplicate."""
    at = ("--state", str(state))
    for number in (2, 4):
        up(state, "--http-port", "0", "--send")
        assert mflab("watch", *at, "--times", "1").code == Exit.OK
        told = page(state, "metrics").splitlines()
        assert f'mflab_ndrs_total{{maker="tenant:msxfaq",status="5.7.51"}} {number}.0' in told
        assert 'mflab_duplicates_total{place="exchange"} 0.0' in told
        assert mflab("down", *at).code == Exit.OK


def test_nothing_is_served_when_nobody_wants_it(mflab: Shell, state: Path) -> None:
    assert "/metrics" not in up(state, "--no-http")
    assert mflab("status", "--state", str(state), "--json").json()["http_port"] is None


def test_a_bug_is_told_at_once_and_ends_in_an_exit_code_of_its_own(state: Path) -> None:
    program = f"""
import asyncio, os, signal, sys
from lab.cli import main; from lab.cli.verbs import up

def broken():
    raise RuntimeError("nobody expects this")

def lines(*_):
    loop = asyncio.get_running_loop()
    loop.call_soon(broken)
    loop.call_soon(os.kill, os.getpid(), signal.SIGINT)
    return "up"

up.lines = lines
sys.exit(main.main(["up", {ARTICLE!r}, *{ANYWHERE!r}, "--no-http", "--state", {str(state)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == Exit.BUG, done.stderr
    assert "Traceback (most recent call last)" in done.stderr
    assert "a bug in the lab: RuntimeError('nobody expects this')" in done.stderr

"""A lab that keeps running: started, played with by the tools of the trade, looked at, ended."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.labs import example_commands, lab_state
from lab.cli.labs.example_commands import Access
from lab.scenario.load import load
from tests.cli.commands import ARTICLE, Shell

pytestmark = pytest.mark.wire
LAB = (sys.executable, "-m", "lab")
ANYWHERE = ("--port", "0", "--dns-port", "0", "--http-port", "0")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    if lab_state.is_up(folder):
        lab_state.stop(folder)


def up(state: Path, *more: str) -> str:
    """Start a lab in the background; what it says to paste."""
    command = [*LAB, "up", ARTICLE, *ANYWHERE, "--state", str(state), "--detach", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_whole_life_in_the_background(mflab: Shell, state: Path) -> None:
    at = ("--state", str(state))
    assert mflab("status", *at).code == Exit.NOTHING
    up(state)
    told = mflab("status", *at, "--json").json()
    assert (told["running"], told["variant"]) == (True, "shared-wildcard")
    assert mflab("up", ARTICLE, *at).code == Exit.ENVIRONMENT
    assert mflab("trace", *at, "--as", "lab", "--json").json()["rows"] == []
    assert mflab("down", *at).code == Exit.OK
    assert not lab_state.is_up(state)
    assert mflab("down", *at).code == Exit.NOTHING
    assert mflab("status", *at).code == Exit.NOTHING


def test_what_is_queued_belongs_to_its_configuration(mflab: Shell, state: Path) -> None:
    at = ("--state", str(state))
    up(state)
    assert mflab("down", *at).code == Exit.OK
    other = mflab("up", ARTICLE, "--variant", "expired", *at, *ANYWHERE)
    assert other.code == Exit.BAD_INPUT
    assert "--fresh" in other.err
    up(state, "--variant", "expired", "--fresh")
    assert mflab("status", *at, "--json").json()["variant"] == "expired"


def test_ctrl_c_ends_it_cleanly(state: Path) -> None:
    command = [*LAB, "up", ARTICLE, *ANYWHERE, "--state", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        assert lab.stderr is not None
        said = next(line for line in lab.stdout if line.startswith("mflab down"))
        assert str(state) in said
        lab.send_signal(signal.SIGINT)
        assert lab.wait() == Exit.OK
        assert lab.stderr.read() == ""
    assert not lab_state.is_up(state)


def test_a_taken_port_is_told(mflab: Shell, state: Path, tmp_path: Path) -> None:
    up(state)
    port = lab_state.read(state).port
    said = mflab(
        "up",
        ARTICLE,
        "--port",
        str(port),
        "--dns-port",
        "0",
        "--no-http",
        "--state",
        str(tmp_path / "second"),
    )
    assert said.code == Exit.ENVIRONMENT
    assert str(port) in said.err


def test_one_port_cannot_be_for_two(mflab: Shell, state: Path) -> None:
    said = mflab("up", ARTICLE, "--dns-port", "15300", "--http-port", "15300", "--state", str(state))
    assert (said.code, "you gave them 15300 twice" in said.err) == (Exit.BAD_INPUT, True)
    assert not state.exists()


@pytest.mark.parametrize("tool", ["swaks", "curl"])
def test_the_printed_lines_play_the_filter(mflab: Shell, state: Path, tool: str) -> None:
    """The fault by hand: the filter's certificate makes the mail msxfaq's own."""
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    text = up(state).replace("\\\n", " ")
    group = next(part for part in text.split("\n\n") if part.startswith("# Play the spam filter"))
    line = next(line for line in group.splitlines() if f"{tool} " in line and not line.startswith("#"))
    subprocess.run(["sh", "-c", line], check=True, capture_output=True, timeout=30)
    assert mflab("down", "--state", str(state)).code == Exit.OK
    rows = mflab("trace", "--state", str(state), "--as", "lab", "--json").json()["rows"]
    assert (rows[0]["at"], rows[0]["from"]) == ("tenant:msxfaq", "198.51.100.25")
    assert "by certificate" in rows[0]["outcome"]


@pytest.mark.skipif(not shutil.which("dig"), reason="dig is not installed")
def test_the_printed_lines_look_up_dns(state: Path) -> None:
    lines = [line for line in up(state).splitlines() if line.startswith("dig ")]
    answers = [
        subprocess.run(shlex.split(line), check=True, capture_output=True, text=True).stdout for line in lines
    ]
    assert answers[0] == "0 uclabor-example.mail.protection.outlook.com.\n"
    assert "v=spf1" in answers[1]
    assert answers[2] == "mail.msxfaq.example.\n"


def test_lines_quote_what_a_scenario_may_contain() -> None:
    variant = next(iter(load(ARTICLE).variants.values()))
    access = Access(state=Path("/tmp/my $(labs)"), port=2525, dns_port=5300)
    for line in example_commands.lines(variant, access).replace("\\\n", " ").splitlines():
        if not line.startswith(("#", "printf")):
            assert all("$(" not in word or word.startswith("/tmp/my $(labs)") for word in shlex.split(line))


def test_lines_use_the_address_that_others_see() -> None:
    """Behind NAT: the firewall's address, not the host's own."""
    variant = load(ARTICLE).variants["shared-address"]
    said = example_commands.lines(variant, Access(state=Path(".mflab"), port=2525, dns_port=5300))
    assert "--local-interface 127.51.100.1 " in said
    assert "127.18.0.25" not in said


def test_a_host_that_shows_no_certificate_gets_none_to_show() -> None:
    variant = load(ARTICLE).variants["no-client-certificate"]
    said = example_commands.lines(variant, Access(state=Path(".mflab"), port=2525, dns_port=5300))
    filters = next(part for part in said.split("\n\n") if part.startswith("# Play the spam filter"))
    assert "shows no certificate" in filters
    assert "-cert" not in filters

"""What a lab leaves in its state folder, and what a lab that cannot start tells."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.labs import lab_state
from lab.cli.verbs.scenarios import own
from lab.scenario.load import load
from tests.cli.commands import ARTICLE, Shell
from tests.cli.test_up import ANYWHERE, LAB, up

pytestmark = pytest.mark.wire


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    if lab_state.is_up(folder):
        lab_state.stop(folder)


def test_a_log_does_not_depend_on_the_file_on_disk(mflab: Shell, state: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "scenario: own\n"
        "hosts:\n"
        "  here: {address: 203.0.113.50, domains: [here.example], mailboxes: [me@here.example]}\n"
        "  there: {address: 203.0.113.60, domains: [there.example], mailboxes: [you@there.example]}\n"
        "messages: {hello: {from: me@here.example, to: you@there.example}}\n"
    )
    command = [*LAB, "up", str(file), *ANYWHERE, "--state", str(state), "--detach", "--send"]
    subprocess.run(command, check=True, capture_output=True)
    file.write_text("nonsense")
    argv = ("trace", "--state", str(state), "--as", "here")
    running_log = mflab(*argv)
    assert running_log.code == Exit.OK, running_log.err
    assert mflab("down", "--state", str(state)).code == Exit.OK
    file.unlink()
    assert "you@there.example" in mflab(*argv).out
    assert mflab("status", "--state", str(state), "--json").json()["variant"] == "base"


@pytest.mark.parametrize("path", own(), ids=lambda path: path.stem)
def test_what_is_kept_is_the_variant_that_was_started(tmp_path: Path, path: Path) -> None:
    for variant in load(path).variants.values():
        known = lab_state.RunningLab(
            pid=1, scenario=str(path), variant=variant.name, kind=variant.kind, port=1, dns_port=2
        )
        lab_state.write(tmp_path, known, variant)
        kept = lab_state.variant_of(tmp_path)
        assert (kept.name, kept.kind, kept.topology) == (variant.name, variant.kind, variant.topology)
        assert [spec.key for spec in kept.messages] == [spec.key for spec in variant.messages]
        for name in (lab_state.SCENARIO, "running.json"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_second_lab_is_told_what_it_needs(mflab: Shell, state: Path, tmp_path: Path) -> None:
    up(state)
    beside = "--port N --dns-port N --http-port N --state DIR"
    same = mflab("up", ARTICLE, *ANYWHERE, "--state", str(state))
    assert same.code == Exit.ENVIRONMENT
    assert beside in same.err
    taken = json.loads((state / "running.json").read_text())["dns_port"]
    other = ("--state", str(tmp_path / "other"), "--port", "0", "--http-port", "0", "--dns-port", str(taken))
    for detached in ((), ("--detach",)):
        done = subprocess.run(
            [*LAB, "up", ARTICLE, *other, *detached], capture_output=True, text=True, check=False
        )
        assert done.returncode == Exit.ENVIRONMENT
        assert f"port {taken}: Address already in use" in done.stderr
        assert beside in done.stderr
        assert "Traceback" not in done.stderr


def test_the_state_folder_is_its_owners(state: Path) -> None:
    up(state)
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


@pytest.mark.parametrize("option", ["--port", "--dns-port", "--http-port"])
@pytest.mark.parametrize("number", ["-1", "65536", "99999", "smtp", "²"])
def test_a_port_is_0_to_65535(mflab: Shell, option: str, number: str) -> None:
    said = mflab("up", ARTICLE, f"{option}={number}")
    assert said.code == Exit.BAD_INPUT
    assert "is no port: 1 to 65535, or 0 for any free one" in said.err


def test_a_file_is_no_state_folder(mflab: Shell, tmp_path: Path) -> None:
    file = tmp_path / "c.pem"
    file.touch()
    for argv in (("up", ARTICLE), ("down",), ("status",), ("trace", "--as", "lab")):
        said = mflab(*argv, "--state", str(file))
        assert said.code == Exit.BAD_INPUT
        assert "it is a file, and not the folder of a lab" in said.err

"""Round after round: the first is told whole, later ones by what has changed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.labs import lab_state
from lab.cli.verbs import watch
from tests.cli.commands import ARTICLE, ROOT, Shell

LAB = (sys.executable, "-m", "lab")
FAULTY = "scenario: mine\nwhy: a test\ninclude: [scenarios/wildcard-misrouting.yaml]\n"
CURED = FAULTY + "organizations: {msxfaq: {hosts: {gateway: {client_certificate: false}}}}\n"


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What is done between rounds, instead of waiting."""
    todo: list[Callable[[], object]] = []

    def instead(_: float) -> None:
        if todo:
            todo.pop(0)()

    monkeypatch.setattr(watch, "wait", instead)
    return todo


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A scenario to edit."""
    for folder in ("scenarios", "certs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path / "mine.yaml"


def rounds(out: str) -> list[dict[str, Any]]:
    """The rounds told as JSON, one a line."""
    return [json.loads(line) for line in out.splitlines()]


def test_nothing_changes_by_itself(mflab: Shell, between: list[Callable[[], object]]) -> None:
    said = mflab("watch", ARTICLE, "--times", "3")
    assert said.code == Exit.OK
    assert said.out.count("no change") == 2
    assert "1 message, 1 with alarms" in said.out
    assert "seen by tenant:msxfaq, where nothing leads it" in said.out


@pytest.mark.parametrize(
    ("first", "then", "turn", "code"),
    [(CURED, FAULTY, "worse", Exit.FAILED), (FAULTY, CURED, "better", Exit.OK)],
    ids=["worse", "better"],
)
def test_an_edit_is_seen_in_the_next_round(
    mflab: Shell,
    between: list[Callable[[], object]],
    mine: Path,
    first: str,
    then: str,
    turn: str,
    code: int,
) -> None:
    mine.write_text(first)
    between.append(lambda: mine.write_text(then))
    said = mflab("watch", str(mine), "--variant", "shared-wildcard", "--times", "2", "--json")
    assert said.code == code, said.err
    _, second = rounds(said.out)
    (change,) = second["changes"]
    assert (change["message"], change["turn"]) == ("offer", turn)


def test_a_file_that_is_broken_for_a_while_is_told(
    mflab: Shell, between: list[Callable[[], object]], mine: Path
) -> None:
    mine.write_text(FAULTY)
    between += [lambda: mine.write_text("scenario: [\n"), lambda: mine.write_text(FAULTY)]
    said = mflab("watch", str(mine), "--times", "3", "--json")
    assert said.code == Exit.FAILED
    first, second, third = rounds(said.out)
    assert str(mine) in str(second["trouble"])
    assert (first["trouble"], third["trouble"], third["changes"]) == (None, None, [])


def test_the_matrix_of_any_scenario(mflab: Shell, between: list[Callable[[], object]]) -> None:
    said = mflab("watch", "hybrid-basics", "--matrix", "--times", "1", "--json")
    (only,) = rounds(said.out)
    assert said.code == Exit.OK
    assert only["messages"] == 10
    assert only["alarms"] == {}


@pytest.mark.parametrize(
    "argv",
    [
        ("--every", "0s"),
        ("--every", "soon"),
        ("--times", "0"),
        (ARTICLE, "--state", "x"),
        ("--variant", "x"),
        ("no-such-scenario",),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant(mflab: Shell, argv: tuple[str, ...]) -> None:
    assert mflab("watch", *argv).code == Exit.BAD_INPUT


def test_no_lab_to_watch(mflab: Shell, tmp_path: Path) -> None:
    assert mflab("watch", "--state", str(tmp_path), "--times", "1").code == Exit.NOTHING


def test_ctrl_c_ends_it_cleanly() -> None:
    command = [*LAB, "watch", ARTICLE, "--every", "1h"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        assert any("where nothing leads it" in line for line in watching.stdout)
        watching.send_signal(signal.SIGINT)
        assert watching.wait() == Exit.OK
        assert watching.stderr.read() == "watched 1 round\n"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    if lab_state.is_up(folder):
        lab_state.stop(folder)


@pytest.mark.wire
def test_a_running_lab_sends_each_round_anew(
    mflab: Shell, between: list[Callable[[], object]], state: Path
) -> None:
    up = [
        *LAB,
        "up",
        ARTICLE,
        "--port",
        "0",
        "--dns-port",
        "0",
        "--no-http",
        "--state",
        str(state),
        "--detach",
    ]
    subprocess.run(up, check=True, capture_output=True)
    between += [lambda: None, lambda: lab_state.stop(state)]
    said = mflab("watch", "--state", str(state), "--times", "3", "--json")
    assert said.code == Exit.FAILED, said.err
    first, second, third = rounds(said.out)
    assert first["alarms"] == {"offer": ["seen by tenant:msxfaq, where nothing leads it"]}
    assert (second["changes"], second["trouble"]) == ([], None)
    assert "no lab runs" in str(third["trouble"])
    rows = mflab("trace", "--state", str(state), "--as", "lab", "--json").json()["rows"]
    assert len({row["message"] for row in rows if row["message"].startswith("<offer")}) == 2


@pytest.mark.wire
def test_the_matrix_of_a_running_lab(mflab: Shell, between: list[Callable[[], object]], state: Path) -> None:
    up = [
        *LAB,
        "up",
        ARTICLE,
        "--port",
        "0",
        "--dns-port",
        "0",
        "--no-http",
        "--state",
        str(state),
        "--detach",
    ]
    subprocess.run(up, check=True, capture_output=True)
    said = mflab("watch", "--state", str(state), "--matrix", "--times", "2", "--json")
    assert said.code == Exit.OK, said.err
    on_the_wire = rounds(said.out)
    in_the_simulator = rounds(mflab("watch", ARTICLE, "--matrix", "--times", "1", "--json").out)
    assert on_the_wire[0]["alarms"] == in_the_simulator[0]["alarms"]
    assert on_the_wire[1]["changes"] == []

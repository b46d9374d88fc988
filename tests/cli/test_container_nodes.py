"""The parts of a lab in containers, as commands: setting up, being asked, being told what is missing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.labs import container_nodes, lab_state
from lab.drivers import shared_folder
from lab.drivers.remote_run import RemoteRun
from lab.drivers.shared_folder import ClockReading
from lab.errors import DriverError
from lab.scenario.load import load
from lab.wire.store import LabStore
from tests.cli.commands import ARTICLE, Shell
from tests.drivers.test_parts import parts as all_parts

LAB = [sys.executable, "-m", "lab"]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "lab"
    monkeypatch.setenv("MFLAB_STATE", str(folder))
    monkeypatch.setenv("SCENARIO", ARTICLE)
    monkeypatch.setenv("VARIANT", "dedicated-certificate")
    return folder


def test_setting_up_twice_changes_nothing(mflab: Shell, state: Path) -> None:
    assert mflab("part", "setup").code == Exit.OK
    before = {path: path.read_bytes() for path in state.rglob("*.pem")}
    shared_folder.make_folder(state, "gateway")
    assert mflab("part", "setup").code == Exit.OK
    assert before == {path: path.read_bytes() for path in state.rglob("*.pem")}
    assert (state / "parts" / "gateway").is_dir()


def test_another_text_of_the_scenario_begins_anew(
    mflab: Shell, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mflab("part", "setup")
    shared_folder.make_folder(state, "gateway")
    monkeypatch.setenv("VARIANT", "half-fix")
    assert mflab("part", "setup").code == Exit.OK
    assert not (state / "parts" / "gateway").exists()
    assert lab_state.read(state).variant == "half-fix"


async def test_a_lab_that_runs_is_not_forgotten(
    mflab: Shell, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mflab("part", "setup")
    store = LabStore.open(shared_folder.make_folder(state, "gateway") / "lab.sqlite")
    monkeypatch.setenv("VARIANT", "half-fix")
    said = mflab("part", "setup")
    await store.close()
    assert said.code == Exit.BAD_INPUT
    assert "gateway still runs another text" in said.err
    assert lab_state.read(state).variant == "dedicated-certificate"


@pytest.mark.wire
def test_logs_and_mailboxes_are_read_from_all_parts(mflab: Shell, state: Path) -> None:
    mflab("part", "setup", "--starts", "2026-03-02T09:00")
    variant = load(Path(ARTICLE)).variants["dedicated-certificate"]

    async def play() -> None:
        async with all_parts(variant, state) as cast:
            await RemoteRun(variant, cast, shared_folder.latest(state).starts).play("containers")

    asyncio.run(play())
    log = mflab("trace", "--as", "lab").out
    assert "gateway" in log
    assert "tenant:uclabor" in log
    assert "partner@uclabor.example" in mflab("mailbox").out
    assert mflab("status", "--json").json()["hops"] == 3


@pytest.mark.wire
def test_containers_are_not_ended_by_a_signal(mflab: Shell, state: Path) -> None:
    mflab("part", "setup")

    async def down() -> tuple[int, str]:
        store = LabStore.open(shared_folder.make_folder(state, "gateway") / "lab.sqlite")
        said = mflab("down")
        await store.close()
        return said.code, said.err

    code, err = asyncio.run(down())
    assert code == Exit.BAD_INPUT
    assert "`docker compose --profile '*' down` ends it" in err


def test_a_folder_with_something_else_is_left_alone(mflab: Shell, state: Path) -> None:
    state.mkdir()
    (state / "thesis.txt").write_text("all of it")
    said = mflab("part", "setup")
    assert said.code == Exit.BAD_INPUT
    assert "something else in that folder" in said.err
    assert [path.name for path in state.iterdir()] == ["thesis.txt"]


def test_what_somebody_put_beside_a_lab_stays(
    mflab: Shell, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mflab("part", "setup")
    (state / "notes.txt").write_text("mine")
    monkeypatch.setenv("VARIANT", "half-fix")
    assert mflab("part", "setup").code == Exit.OK
    assert (state / "notes.txt").exists()


@pytest.mark.wire
def test_a_timeline_takes_its_course_once(mflab: Shell, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCENARIO", "timeline-mx-move")
    monkeypatch.delenv("VARIANT")
    mflab("part", "setup")
    variant = lab_state.variant_of(state)

    async def play() -> None:
        async with all_parts(variant, state) as cast:
            await RemoteRun(variant, cast, shared_folder.latest(state).starts).play("containers")
            await container_nodes._played(state, variant)

    with pytest.raises(DriverError, match="and once"):
        asyncio.run(play())


def test_the_clock_goes_on_where_it_was_after_the_machine_has_started_again(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
    shared_folder.note(tmp_path, ClockReading(moment, moment, time.monotonic() + 1e6))
    assert shared_folder.latest(tmp_path).clock.now() >= moment


def test_a_scenario_that_does_not_fit_the_compose_file_is_told_at_once(
    mflab: Shell, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCENARIO", "two-regions")
    monkeypatch.delenv("VARIANT")
    monkeypatch.setenv("MFLAB_ADDRESSES", "198.51.100.10 198.51.100.25")
    said = mflab("part", "setup")
    assert said.code == Exit.BAD_INPUT
    assert "mflab render two-regions --compose" in said.err
    assert not state.exists()


def test_who_does_not_play_idles_and_is_healthy(mflab: Shell, state: Path) -> None:
    mflab("part", "setup")
    argv = [*LAB, "part", "node", "--at", "198.18.0.77", "--dns", "198.51.100.53"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as idle:
        assert idle.stderr is not None
        assert "nothing to do" in idle.stderr.readline()
        told = subprocess.run(
            [*LAB, "probe"], env={**os.environ, "MFLAB_PART": "198.18.0.77"}, capture_output=True, text=True
        )
        idle.send_signal(signal.SIGTERM)
        assert idle.wait(20) == 0
    assert told.returncode == 0, told.stderr


def test_a_probe_of_nobody_fails(mflab: Shell, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mflab("part", "setup")
    assert mflab("probe").code == Exit.BAD_INPUT
    monkeypatch.setenv("MFLAB_PART", "198.51.100.25")
    monkeypatch.setattr("lab.cli.verbs.container_part.PATIENCE", 0.1)
    assert mflab("probe").code == Exit.ENVIRONMENT


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (("node",), "--at ADDRESS"),
        (("dns",), "--at ADDRESS"),
        (("node", "--at", "gateway"), "no IPv4 address"),
        (("setup", "--starts", "soon"), "no moment"),
    ],
)
def test_what_is_missing_is_told(mflab: Shell, state: Path, argv: tuple[str, ...], wanted: str) -> None:
    mflab("part", "setup")
    said = mflab("part", *argv)
    assert said.code == Exit.BAD_INPUT
    assert wanted in said.err


def test_parts_want_a_setup(mflab: Shell, state: Path) -> None:
    assert mflab("part", "dns", "--at", "198.51.100.53").code == Exit.NOTHING


def test_a_part_that_does_not_come_is_named(
    mflab: Shell, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mflab("part", "setup")
    monkeypatch.setattr(container_nodes, "PATIENCE", 0.1)
    said = mflab("part", "run")
    assert said.code == Exit.ENVIRONMENT
    assert "exchange" in said.err
    assert "docker compose up" in said.err

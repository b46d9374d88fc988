"""Labs that share the volume of a compose file: whoever does not say which one he means gets the one that runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.cli.exit_codes import Exit
from lab.cli.labs import compose_labs, container_nodes, lab_state
from lab.drivers import control_socket, shared_folder
from tests.cli.commands import ROOT, Shell

ARTICLE = "wildcard-misrouting"


class Volume:
    """What the containers share, and the environment that Compose gives a container."""

    def __init__(self, folder: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._shell = shell
        self._monkeypatch = monkeypatch

    def told(self, scenario: str = "", variant: str = "") -> None:
        """As x-told of a compose file has it."""
        state = self.folder / (scenario or ARTICLE) / (variant or compose_labs.FIRST)
        names = {"MFLAB_LABS": self.folder, "MFLAB_STATE": state, "SCENARIO": scenario, "VARIANT": variant}
        for name, value in names.items():
            self._monkeypatch.setenv(name, str(value))

    def lab(self, variant: str) -> Path:
        return self.folder / ARTICLE / variant

    @contextmanager
    def running(self, scenario: str = "", variant: str = "") -> Iterator[None]:
        """Set up, and its name server answers; another VARIANT may be told meanwhile."""
        self.told(scenario, variant)
        assert self._shell("part", "setup").code == Exit.OK
        state = Path(self.folder / (scenario or ARTICLE) / (variant or compose_labs.FIRST))
        compose_labs.note_running(state)
        with answering(shared_folder.make_folder(state, shared_folder.DNS)):
            yield


@contextmanager
def answering(folder: Path) -> Iterator[None]:
    """A part that is well."""
    there, ends = threading.Event(), threading.Event()

    async def answer(_: Mapping[str, object]) -> Mapping[str, object]:
        return {}

    async def serve() -> None:
        async with control_socket.listening(folder, answer):
            there.set()
            await asyncio.to_thread(ends.wait)

    serving = threading.Thread(target=asyncio.run, args=(serve(),))
    serving.start()
    assert there.wait(20)
    try:
        yield
    finally:
        ends.set()
        serving.join()


@pytest.fixture
def volume(tmp_path: Path, mflab: Shell, monkeypatch: pytest.MonkeyPatch) -> Volume:
    monkeypatch.chdir(ROOT)
    return Volume(tmp_path / "labs", mflab, monkeypatch)


def test_no_variant_and_the_name_of_the_first_are_one_lab(volume: Volume, mflab: Shell) -> None:
    volume.told()
    assert mflab("part", "setup").code == Exit.OK
    before = (volume.lab("shared-wildcard") / lab_state.CERTIFICATES / "wildcard.pem").read_bytes()
    volume.told(variant="shared-wildcard")
    assert mflab("part", "setup").code == Exit.OK
    after = (volume.lab(compose_labs.FIRST) / lab_state.CERTIFICATES / "wildcard.pem").read_bytes()
    assert after == before


def test_who_looks_sees_the_lab_that_runs(volume: Volume) -> None:
    with volume.running(variant="dedicated-certificate"):
        volume.told()
        assert compose_labs.lab_to_look_at(None) == volume.lab("dedicated-certificate")
        assert compose_labs.lab_to_play() == volume.lab("dedicated-certificate")


def test_setting_up_another_one_beside_it_changes_nothing_about_that(volume: Volume, mflab: Shell) -> None:
    with volume.running(variant="dedicated-certificate"):
        volume.told()
        assert mflab("part", "setup").code == Exit.OK
        assert compose_labs.lab_to_look_at(None) == volume.lab("dedicated-certificate")


@pytest.mark.parametrize(
    "told", [{"variant": "half-fix"}, {"scenario": "two-regions"}], ids=["variant", "scenario"]
)
def test_who_names_another_one_is_told_what_runs(
    volume: Volume, mflab: Shell, told: Mapping[str, str]
) -> None:
    with volume.running(variant="dedicated-certificate"):
        volume.told(**told)
        for command in (("part", "run"), ("trace", "--as", "gateway"), ("mailbox",), ("status",)):
            said = mflab(*command)
            assert said.code == Exit.BAD_INPUT, command
            assert "the lab runs wildcard-misrouting, dedicated-certificate, and not" in said.err


def test_what_has_ended_is_looked_at_and_said_to_have_ended(
    volume: Volume, capsys: pytest.CaptureFixture[str]
) -> None:
    with volume.running(variant="dedicated-certificate"):
        pass
    volume.told()
    assert compose_labs.lab_to_look_at(None) == volume.lab("dedicated-certificate")
    assert (
        "no lab runs; wildcard-misrouting, dedicated-certificate, was the last one" in capsys.readouterr().err
    )


def test_what_has_ended_is_not_played(volume: Volume, mflab: Shell) -> None:
    with volume.running(variant="dedicated-certificate"):
        pass
    volume.told()
    mflab("part", "setup")
    assert compose_labs.lab_to_play().resolve() == volume.lab("shared-wildcard")


def test_a_lab_that_was_only_set_up_says_so(volume: Volume, mflab: Shell) -> None:
    volume.told()
    mflab("part", "setup")
    said = mflab("trace", "--as", "gateway")
    assert said.code == Exit.NOTHING
    assert "has been set up, but has never run" in said.err


def test_a_state_folder_that_is_given_is_taken(volume: Volume, tmp_path: Path) -> None:
    with volume.running(variant="dedicated-certificate"):
        assert compose_labs.lab_to_look_at(str(tmp_path)) == tmp_path


def test_hosts_behind_nat_that_compose_was_not_told_to_start_are_named_at_once(
    volume: Volume, mflab: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume.told(variant="shared-address")
    mflab("part", "setup")
    monkeypatch.setenv("MFLAB_ONLY_NAT", "198.18.0.10 198.18.0.25")
    monkeypatch.setattr(container_nodes, "NAT_PATIENCE", 0.1)
    said = mflab("part", "run")
    assert said.code == Exit.ENVIRONMENT
    assert "exchange, gateway of shared-address are behind NAT: `docker compose --profile nat up`" in said.err


def test_outages_are_refused_at_once(volume: Volume, mflab: Shell) -> None:
    volume.told(scenario="outage-of-the-gateway")
    said = mflab("part", "setup")
    assert said.code == Exit.BAD_INPUT
    assert "--driver containers" in said.err
    assert not volume.folder.exists()


def test_a_file_that_a_container_does_not_see_is_told_with_what_it_sees(volume: Volume, mflab: Shell) -> None:
    volume.told(scenario="../mine.yaml")
    said = mflab("part", "setup")
    assert said.code == Exit.BAD_INPUT
    assert "there is no file ../mine.yaml. Only files below" in said.err
    assert "MFLAB_FILES" in said.err

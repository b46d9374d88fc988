"""What is said where Docker cannot carry a lab, and what to do about it: no engine is needed for that."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from docker.errors import DockerException
from requests.exceptions import ConnectionError as NoConnection

from lab.cli.exit_codes import Exit
from lab.drivers.containers import engine_problems
from lab.drivers.containers.container_programs import IMAGES
from lab.drivers.containers.deployment import remove
from lab.drivers.containers.driver import run_containers
from lab.drivers.containers.engine import Engine
from lab.drivers.containers.existing_labs import ContainerLab, Range, labels, labs
from lab.errors import DriverError
from lab.scenario.load import load
from tests.cli.commands import ARTICLE, Shell
from tests.containers.engines import engine

NETWORKS = [
    {"Name": "host", "Labels": {}, "IPAM": {"Config": None}},
    {"Name": "bridge", "Labels": {}, "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}},
    {"Name": "six", "Labels": {}, "IPAM": {"Config": [{"Subnet": "fd00::/64"}]}},
    {"Name": "vpn", "Labels": {}, "IPAM": {"Config": [{"Subnet": "198.51.100.128/25"}]}},
]
IMAGES_THERE = {f"/images/{image}/json": (200, {"Id": "sha256:1"}) for image in IMAGES}
GONE = 2**22 + 1
"""No process has such a number."""


@pytest.fixture
def mflab(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def variant():
    return next(iter(load(Path(ARTICLE)).variants.values()))


def test_no_engine_is_told_with_the_place_and_the_way_out(variant, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(DriverError, match=r"no Docker engine answers at .*none.sock: start it .*DOCKER_HOST"):
        run_containers(variant)


def test_the_command_ends_with_the_code_for_a_machine_that_lacks_something(mflab, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    said = mflab("run", ARTICLE, "--variant", "shared-wildcard", "--driver", "containers")
    assert said.code == Exit.ENVIRONMENT
    assert said.err.startswith("mflab: no Docker engine answers")


def test_an_engine_that_this_user_may_not_use():
    refused = NoConnection(("Connection aborted.", PermissionError(13, "Permission denied")))
    wrapped = DockerException(f"Error while fetching server API version: {refused}")
    wrapped.__cause__ = refused
    told = str(engine_problems.unreachable("unix:///var/run/docker.sock", wrapped))
    assert "this user may not use Docker" in told
    assert "usermod -aG docker" in told


def test_an_engine_that_is_too_old_is_told_the_version_that_is_wanted(tmp_path, monkeypatch):
    with engine(tmp_path, {"/version": (200, {"ApiVersion": "1.40", "Version": "19.03.15"})}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(DriverError, match=r"speaks API 1\.40; the lab needs 1\.41: Docker 20\.10"):
            Engine.connect()


def test_images_that_are_missing_are_named_with_how_to_build_them(variant, tmp_path, monkeypatch):
    lab, router = IMAGES
    with engine(tmp_path, {f"/images/{lab}/json": (200, {"Id": "sha256:1"})}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(DriverError, match=f"has no image {router}: `docker compose build`"):
            run_containers(variant)


def test_a_network_with_the_labs_addresses_is_named_with_how_to_remove_it(variant, tmp_path, monkeypatch):
    with engine(tmp_path, {**IMAGES_THERE, "/networks": (200, NETWORKS)}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(DriverError, match=r"vpn \(198\.51\.100\.128/25\)\. `docker network rm vpn`"):
            run_containers(variant)


@pytest.mark.parametrize(
    ("marked", "cure"),
    [
        ({"org.mailflow-lab.run": "a1"}, "`mflab down --containers` removes it"),
        (
            {"com.docker.compose.project": "mailflow-lab"},
            "`docker compose -p mailflow-lab --profile '*' down`",
        ),
        ({}, "`docker network rm x`"),
    ],
    ids=["a lab", "a compose project", "any other"],
)
def test_who_made_a_network_decides_how_it_is_removed(marked, cure):
    with pytest.raises(DriverError, match="addresses: x ") as refused:
        engine_problems.check_ranges(["198.18.0.0/15"], [Range("x", "198.19.1.0/24", marked)])
    assert cure in str(refused.value)


def test_an_engine_that_breaks_is_told_in_its_own_words(tmp_path, monkeypatch):
    with engine(tmp_path, {"/networks": (500, {"message": "the disk is full"})}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(DriverError, match=r"Docker, about its networks: .*the disk is full"):
            Engine.connect().ranges()


# -- what is left behind


def marks(run: str, pid: int, host: str) -> dict[str, str]:
    names = {"run": run, "variant": "shared-wildcard", "pid": str(pid), "host": host}
    return {"org.mailflow-lab": "1", **{f"org.mailflow-lab.{name}": value for name, value in names.items()}}


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr("platform.node", lambda: "here")
    return "here"


def test_labs_are_put_together_from_what_the_engine_lists(here):
    left = marks("a1", GONE, here)
    told = labs(
        [{"Names": ["/mflab-a1-gateway"], "Labels": left}, {"Names": ["/mflab-a1-dns"], "Labels": left}],
        [{"Name": "mflab-a1-internet", "Labels": left}],
        [{"Name": "mflab-b2-state", "Labels": marks("b2", GONE, "elsewhere")}],
    )
    assert told == [
        ContainerLab(
            run="a1",
            variant="shared-wildcard",
            pid=GONE,
            runs=False,
            containers=("mflab-a1-dns", "mflab-a1-gateway"),
            networks=("mflab-a1-internet",),
            volumes=(),
        ),
        ContainerLab(
            run="b2",
            variant="shared-wildcard",
            pid=None,
            runs=None,
            containers=(),
            networks=(),
            volumes=("mflab-b2-state",),
        ),
    ]
    assert [lab.left_behind for lab in told] == [True, False], "nobody knows of processes of another machine"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells when a process has begun")
def test_a_process_that_has_got_the_number_of_another_since_is_not_that_one(here):
    left = {**marks("a1", os.getpid(), here), "org.mailflow-lab.since": "1"}
    (told,) = labs([{"Names": ["/mflab-a1-dns"], "Labels": left}], [], [])
    assert told.left_behind


def answers(pid: int) -> dict[str, tuple[int, object]]:
    left = labels("a1", "shared-wildcard") if pid == os.getpid() else marks("a1", pid, "here")
    return {
        "/containers/json": (200, [{"Names": ["/mflab-a1-dns"], "Labels": left}]),
        "/networks": (200, []),
        "/volumes": (200, {"Volumes": None}),
    }


@pytest.mark.usefixtures("here")
def test_status_tells_what_a_crash_has_left(mflab, tmp_path, monkeypatch):
    with engine(tmp_path, answers(GONE)) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        said = mflab("status", "--state", str(tmp_path))
    assert said.code == Exit.NOTHING, "nothing runs"
    assert (
        f"a1: shared-wildcard, 1 container; its process {GONE} has gone: `mflab down --containers`"
        in said.out
    )


@pytest.mark.usefixtures("here")
def test_status_tells_of_a_lab_that_runs(mflab, tmp_path, monkeypatch):
    with engine(tmp_path, answers(os.getpid())) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        said = mflab("status", "--state", str(tmp_path), "--json")
    assert said.code == Exit.OK
    (lab,) = said.json()["containers"]
    assert (lab["run"], lab["left_behind"], lab["containers"]) == ("a1", False, ["mflab-a1-dns"])


def test_nothing_to_remove_is_no_success(mflab, tmp_path, monkeypatch):
    empty = {**answers(GONE), "/containers/json": (200, [])}
    with engine(tmp_path, empty) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        assert mflab("down", "--containers").code == Exit.NOTHING


@pytest.mark.usefixtures("here")
def test_a_lab_that_runs_is_not_removed(mflab, tmp_path, monkeypatch):
    with engine(tmp_path, answers(os.getpid())) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        said = mflab("down", "--containers")
    assert said.code == Exit.ENVIRONMENT
    assert f"not removed: a1: shared-wildcard, 1 container; it runs (process {os.getpid()})" in said.err


def test_a_network_of_a_lab_that_runs_is_waited_for(here):
    with pytest.raises(DriverError, match=rf"x is of a lab: it runs \(process {os.getpid()}\): wait for it"):
        engine_problems.check_ranges(["198.18.0.0/15"], [Range("x", "198.19.1.0/24", labels("a1", "v"))])


@pytest.mark.parametrize(
    "answer",
    [
        (404, {"message": "No such container"}),
        (409, {"message": "removal of container x is already in progress"}),
    ],
    ids=["gone", "under way"],
)
def test_what_somebody_else_removes_is_done(answer, tmp_path, monkeypatch):
    with engine(tmp_path, {"/containers/x": answer}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with closing(Engine.connect()) as asked:
            asked.remove("x")


def test_what_the_engine_will_not_remove_is_told(tmp_path, monkeypatch):
    refused = (409, {"message": "volume is in use"})
    with engine(tmp_path, {"/containers/x": refused, "/volumes/x": refused}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with closing(Engine.connect()) as asked:
            for remove_it in (asked.remove, asked.remove_volume):
                with pytest.raises(DriverError, match="volume is in use"):
                    remove_it("x")


def test_status_tells_that_docker_could_not_be_asked(mflab, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    said = mflab("status", "--state", str(tmp_path))
    assert said.code == Exit.NOTHING
    assert "Docker could not be asked: no Docker engine answers" in said.err


def test_doctor_tells_what_the_container_lab_lacks(mflab, tmp_path, monkeypatch):
    with engine(tmp_path, {"/networks": (200, NETWORKS)}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        told = {check["what"]: check for check in mflab("doctor", "--json").json()["checks"]}
    assert told["docker engine"]["found"] == "20.10.24, API 1.41"
    assert "docker compose build" in told["lab images"]["hint"]
    assert "docker network rm vpn" in told["lab networks"]["hint"]
    assert not any(told[name]["needed"] for name in ("docker engine", "lab images", "lab networks"))


class Breaking:
    """An engine that removes nothing but what is unused."""

    def __init__(self) -> None:
        self.gone: list[str] = []

    def remove(self, name: str) -> None:
        if name == "b":
            raise DriverError("b does not go")
        self.gone.append(name)

    remove_network = remove_volume = remove


def test_what_cannot_be_removed_keeps_nothing_else_from_going():
    lab = ContainerLab(
        run="a1", variant="", pid=1, runs=False, containers=("a", "b"), networks=("n",), volumes=("v",)
    )
    breaking = Breaking()
    with pytest.raises(DriverError, match="b does not go"):
        remove(cast(Engine, breaking), [lab])
    assert breaking.gone == ["a", "n", "v"]

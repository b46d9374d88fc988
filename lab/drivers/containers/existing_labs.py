"""What an engine already has: networks that may be in the way, and labs that run or were left behind by a crash."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from pathlib import Path
from typing import Any

from lab.model.value import dataclass

LABEL = "org.mailflow-lab"
"""On everything of the lab."""
RUN = f"{LABEL}.run"
"""On what one run of `--driver containers` has made: its id."""
_VARIANT, _PID, _SINCE, _HOST = (f"{LABEL}.{name}" for name in ("variant", "pid", "since", "host"))
_PROJECT = "com.docker.compose.project"
DOWN = "mflab down --containers"
_BEGUN = 19
"""Field of /proc/PID/stat, counted from what follows the name: clock ticks since the machine has started."""


@dataclass(frozen=True, slots=True)
class Range:
    """An address range of a Docker network."""

    network: str
    subnet: str
    labels: Mapping[str, str]

    def overlaps(self, subnets: Iterable[IPv4Network]) -> bool:
        """Whether it has any of the addresses."""
        try:
            mine = IPv4Network(self.subnet)
        except (AddressValueError, NetmaskValueError):  # IPv6
            return False
        return any(mine.overlaps(subnet) for subnet in subnets)

    @property
    def cure(self) -> str:
        """How to remove it."""
        if RUN in self.labels:
            return f"{self.network} is of a lab: {_way_out(*_maker(self.labels))}"
        if _PROJECT in self.labels:
            return f"`docker compose -p {self.labels[_PROJECT]} --profile '*' down` removes that project"
        return f"`docker network rm {self.network}` removes it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerLab:
    """A lab in containers."""

    run: str
    variant: str
    pid: int | None
    """The process that plays it; None where that is on another machine."""
    runs: bool | None
    """Whether that process runs; None where nobody here can know."""
    containers: tuple[str, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]

    @property
    def left_behind(self) -> bool:
        """Whether the process that made it has gone."""
        return self.runs is False

    @property
    def way_out(self) -> str:
        """In words: whether it runs, and what to do about it."""
        return _way_out(self.pid, self.runs)


def _way_out(pid: int | None, runs: bool | None) -> str:
    if runs:
        return f"it runs (process {pid}): wait for it, or end it (`kill {pid}`)"
    whose = "it was made on another machine" if runs is None else f"its process {pid} has gone"
    return f"{whose}: `{DOWN}` removes it"


def labels(run: str, variant: str) -> dict[str, str]:
    """For everything that this process makes for a run."""
    pid = os.getpid()
    marks = {_VARIANT: variant, _PID: str(pid), _SINCE: _since(pid), _HOST: platform.node()}
    return {LABEL: "1", RUN: run, **marks}


def labs(
    containers: Iterable[Mapping[str, Any]],
    networks: Iterable[Mapping[str, Any]],
    volumes: Iterable[Mapping[str, Any]],
) -> list[ContainerLab]:
    """Labs, from what the engine lists."""
    runs: dict[str, Mapping[str, str]] = {}
    parts: dict[str, tuple[list[str], list[str], list[str]]] = {}
    for kind, things in enumerate((containers, networks, volumes)):
        for thing in things:
            marks = thing["Labels"]
            runs.setdefault(marks[RUN], marks)
            parts.setdefault(marks[RUN], ([], [], []))[kind].append(_name(thing))
    return [_lab(run, runs[run], *map(sorted, parts[run])) for run in sorted(runs)]


def _name(thing: Mapping[str, Any]) -> str:
    """Containers have several, with a slash."""
    return str(thing["Names"][0]).lstrip("/") if "Names" in thing else str(thing["Name"])


def _lab(
    run: str, marks: Mapping[str, str], containers: list[str], networks: list[str], volumes: list[str]
) -> ContainerLab:
    pid, runs = _maker(marks)
    return ContainerLab(
        run=run,
        variant=marks.get(_VARIANT, ""),
        pid=pid,
        runs=runs,
        containers=tuple(containers),
        networks=tuple(networks),
        volumes=tuple(volumes),
    )


def _maker(marks: Mapping[str, str]) -> tuple[int | None, bool | None]:
    """The process that has made something, and whether it runs; None for what another machine knows."""
    if marks.get(_HOST) != platform.node():
        return None, None
    pid = int(marks.get(_PID, "0"))
    return pid, _exists(pid) and _since(pid) == marks.get(_SINCE, "")


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _since(pid: int) -> str:
    """When a process has begun: another one may have got its number since. '' where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[_BEGUN]

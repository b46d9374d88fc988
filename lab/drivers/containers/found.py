"""What an engine already has: networks that may be in the way, and labs that run or were left behind by a crash."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Any

LABEL = "org.mailflow-lab"
"""On everything of the lab."""
RUN = f"{LABEL}.run"
"""On what one run of `--driver containers` has made: its id."""
_VARIANT, _PID, _HOST = f"{LABEL}.variant", f"{LABEL}.pid", f"{LABEL}.host"
_PROJECT = "com.docker.compose.project"
DOWN = "mflab down --containers"


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
        return any(mine.overlaps(each) for each in subnets)

    @property
    def cure(self) -> str:
        """How to remove it."""
        if RUN in self.labels:
            return f"`{DOWN}` removes the lab of {self.network}"
        if _PROJECT in self.labels:
            return f"`docker compose -p {self.labels[_PROJECT]} down` removes that project"
        return f"`docker network rm {self.network}` removes it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A lab in containers."""

    run: str
    variant: str
    pid: int | None
    """The process that plays it; None where that runs on another machine."""
    containers: tuple[str, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]

    @property
    def left_behind(self) -> bool:
        """Whether the process that made it has gone."""
        return self.pid is not None and not _runs(self.pid)


def labels(run: str, variant: str) -> dict[str, str]:
    """For everything that this process makes for a run."""
    return {LABEL: "1", RUN: run, _VARIANT: variant, _PID: str(os.getpid()), _HOST: platform.node()}


def labs(
    containers: Iterable[Mapping[str, Any]],
    networks: Iterable[Mapping[str, Any]],
    volumes: Iterable[Mapping[str, Any]],
) -> list[Lab]:
    """Labs, from what the engine lists."""
    told: dict[str, Mapping[str, str]] = {}
    parts: dict[str, tuple[list[str], list[str], list[str]]] = {}
    for kind, things in enumerate((containers, networks, volumes)):
        for thing in things:
            marks = thing["Labels"]
            told.setdefault(marks[RUN], marks)
            parts.setdefault(marks[RUN], ([], [], []))[kind].append(_name(thing))
    return [_lab(run, told[run], *map(sorted, parts[run])) for run in sorted(told)]


def _name(thing: Mapping[str, Any]) -> str:
    """Containers have several, with a slash."""
    return str(thing["Names"][0]).lstrip("/") if "Names" in thing else str(thing["Name"])


def _lab(
    run: str, marks: Mapping[str, str], containers: list[str], networks: list[str], volumes: list[str]
) -> Lab:
    here = marks.get(_HOST) == platform.node()
    return Lab(
        run=run,
        variant=marks.get(_VARIANT, ""),
        pid=int(marks.get(_PID, "0")) if here else None,
        containers=tuple(containers),
        networks=tuple(networks),
        volumes=tuple(volumes),
    )


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True

"""Labs in containers, as `status`, `down` and `doctor` look at them: by what the Docker engine knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from lab.drivers.containers.existing_labs import ContainerLab
from lab.errors import DriverError
from lab.model.value import dataclass

if TYPE_CHECKING:
    from lab.drivers.containers.engine import Engine

_PATIENCE = 5
"""Seconds: an engine that does not answer must not keep anybody waiting who may not have asked for it."""


@contextmanager
def engine() -> Iterator[Engine]:
    """Raises DriverError when there is none."""
    from lab.drivers.containers.engine import Engine  # the SDK is loaded only where it is needed

    with closing(Engine.connect(_PATIENCE)) as connected:
        yield connected


@dataclass(frozen=True, slots=True)
class EngineLabs:
    """What an engine has told, or why it could not be asked."""

    labs: tuple[ContainerLab, ...] = ()
    trouble: str = ""


def engine_labs() -> EngineLabs:
    """Labs in containers; none where no engine can be asked."""
    try:
        with engine() as docker:
            return EngineLabs(tuple(docker.labs()))
    except DriverError as error:
        return EngineLabs(trouble=f"Docker could not be asked: {error}")


def remove() -> tuple[list[ContainerLab], list[ContainerLab]]:
    """Remove all that are not known to run; those that were removed, and those that run.

    Raises DriverError when that is not possible.
    """
    from lab.drivers.containers.deployment import remove

    with engine() as docker:
        labs = docker.labs()
        gone = [lab for lab in labs if not lab.runs]
        remove(docker, gone)
        return gone, [lab for lab in labs if lab.runs]


def described(lab: ContainerLab) -> str:
    """In a line."""
    return f"{label(lab)}; {lab.way_out}"


def label(lab: ContainerLab) -> str:
    """Which one it is."""
    count = len(lab.containers)
    return f"{lab.run}: {lab.variant}, {count} container{'' if count == 1 else 's'}"

"""Labs in containers, as `status`, `down` and `doctor` look at them: by what the Docker engine knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from lab.drivers.containers.found import DOWN, Lab
from lab.errors import DriverError

if TYPE_CHECKING:
    from lab.drivers.containers.engine import Engine

_PATIENCE = 5
"""Seconds: an engine that does not answer must not keep anybody waiting who may not have asked for it."""


@contextmanager
def engine() -> Iterator[Engine]:
    """Raises DriverError when there is none."""
    from lab.drivers.containers.engine import Engine  # the SDK is loaded only where it is needed

    with closing(Engine.connect(_PATIENCE)) as found:
        yield found


def seen() -> list[Lab]:
    """Labs in containers; none where no engine can be asked."""
    try:
        with engine() as found:
            return found.labs()
    except DriverError:
        return []


def remove() -> list[Lab]:
    """Remove all there are. Raises DriverError when that is not possible."""
    from lab.drivers.containers.deployment import remove

    with engine() as found:
        labs = found.labs()
        remove(found, labs)
        return labs


def told(lab: Lab) -> str:
    """In a line."""
    by = f"its process {lab.pid} has gone: `{DOWN}` removes it" if lab.left_behind else "it runs"
    return f"{known(lab)}; {by}"


def known(lab: Lab) -> str:
    """Which one it is."""
    count = len(lab.containers)
    return f"{lab.run}: {lab.variant}, {count} container{'' if count == 1 else 's'}"

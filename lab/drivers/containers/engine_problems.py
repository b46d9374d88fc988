"""What may be wrong with an engine before a lab has started, and what to do about it."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from lab.drivers.containers.existing_labs import Range
from lab.errors import DriverError

OLDEST = (1, 41)
"""The oldest API of an engine that the lab was tried with: that of Docker 20.10."""
_OTHERWISE = "the simulator and the embedded lab need no Docker"


def unreachable(where: str, error: Exception) -> DriverError:
    """Why nobody answers there."""
    numbers = {cause.errno for cause in _causes(error) if isinstance(cause, OSError)}
    if numbers & {errno.EACCES, errno.EPERM}:
        return DriverError(
            f"this user may not use Docker at {where}: join the group `docker` (sudo usermod -aG docker $USER, then log in "
            f"again); {_OTHERWISE}"
        )
    if numbers & {errno.ENOENT, errno.ECONNREFUSED}:
        return DriverError(
            f"no Docker engine answers at {where}: start it (sudo systemctl start docker, or Docker Desktop), or name "
            f"another one by DOCKER_HOST; {_OTHERWISE}"
        )
    return DriverError(f"Docker at {where} cannot be used: {error}; {_OTHERWISE}")


def _causes(error: BaseException | None) -> Iterator[object]:
    """An error and what has led to it: the SDK wraps it in others, as a cause or as an argument."""
    seen: list[object] = [error]
    while seen:
        cause = seen.pop()
        yield cause
        if isinstance(cause, BaseException):
            seen += [cause.__cause__, cause.__context__, *cause.args]
        elif isinstance(cause, tuple):
            seen += cause


def check_version(api: str) -> None:
    """Raises DriverError for an engine that is too old."""
    if tuple(map(int, api.split("."))) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise DriverError(
            f"this Docker engine speaks API {api}; the lab needs {wanted}: Docker 20.10 or newer"
        )


def not_built(images: Iterable[str]) -> DriverError:
    """How to build what is missing."""
    return DriverError(
        f"Docker has no image {', '.join(images)}: `docker compose build`, in a clone of the lab, builds it"
    )


def check_ranges(wanted: Iterable[str], taken: Iterable[Range]) -> None:
    """Raises DriverError when a network of the engine lies in a range that the lab needs, and tells how to remove it."""
    subnets = [IPv4Network(subnet) for subnet in wanted]
    in_the_way = [obstacle for obstacle in taken if obstacle.overlaps(subnets)]
    if in_the_way:
        names = ", ".join(f"{obstacle.network} ({obstacle.subnet})" for obstacle in in_the_way)
        cures = dict.fromkeys(obstacle.cure for obstacle in in_the_way)
        raise DriverError(
            f"Docker networks have the lab's addresses: {names}. {'; '.join(cures)}. Only one lab in containers runs at a "
            "time"
        )

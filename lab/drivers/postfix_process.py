"""A Postfix that this machine has, started as a gateway of a variant with nothing of the machine's own configuration."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import NoReturn

from lab.drivers import shared_folder
from lab.drivers.postfix_node import LOG
from lab.errors import DriverError
from lab.gateways import postfix_settings
from lab.gateways.filter_settings import FilterFolders, FilterSettings
from lab.model.topology import Host
from lab.scenario.model import Variant

USER = "postfix"
WORK = Path("/var/spool/mflab")
"""In a container: a volume of its own."""
_TIMEOUT = 20.0
"""Seconds for Postfix to start or stop."""
_ONCE = timedelta()
"""What is put off bounces at once: nobody can move Postfix's clock on to its next try."""


@contextlib.contextmanager
def running(variant: Variant, host: Host, root: Path, work: Path) -> Iterator[None]:
    """A Postfix for as long as the block lasts; see `prepare`. Raises DriverError when it does not start."""
    places = prepare(variant, host, root, work)
    _run(places, "start")
    try:
        yield
    finally:
        _run(places, "stop")


def become(variant: Variant, host: Host, root: Path) -> NoReturn:
    """Be Postfix in the place of this program, which has a container for itself."""
    places = prepare(variant, host, root, WORK)
    os.execvp("postfix", ("postfix", "-c", str(places.config), "start-fg"))  # noqa: S606, S607


def prepare(variant: Variant, host: Host, root: Path, work: Path) -> FilterFolders:
    """Write a host's configuration, and make room for queue and state, in `work`, which Postfix's user has to get to.

    `root` is the lab's shared folder: certificates are there, and the log goes there.
    """
    places = FilterFolders(
        config=PurePosixPath(work / "etc"),
        certificates=PurePosixPath(root / "certificates"),
        work=PurePosixPath(work),
        log=PurePosixPath(shared_folder.make_folder(root, host.name) / LOG),
    )
    settings = FilterSettings.of(host.name, variant.topology, places, expires_after=_ONCE)
    for name in ("etc", "spool", "data"):
        (work / name).mkdir(parents=True, exist_ok=True)
    try:
        shutil.chown(work / "data", USER)
    except LookupError:
        raise DriverError("Postfix is not installed here (it has no user): apt-get install postfix") from None
    for name, text in postfix_settings.render(settings).items():
        (work / "etc" / name).write_text(text)
    return places


def _run(places: FilterFolders, verb: str) -> None:
    command = ("postfix", "-c", str(places.config), verb)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)  # noqa: S603
    except FileNotFoundError:
        raise DriverError("Postfix is not installed here: apt-get install postfix") from None
    if done.returncode:
        log = Path(places.log)
        said = log.read_text().splitlines()[-3:] if log.exists() else [done.stderr.strip()]
        raise DriverError(f"`{' '.join(command)}` failed: {' / '.join(said)}")

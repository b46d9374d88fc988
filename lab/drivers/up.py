"""`mflab up`: an embedded lab that stays, for swaks, openssl and dig to play with; `down` ends it cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from lab.drivers.embedded import Embedded
from lab.errors import DriverError
from lab.scenario.model import Variant

_NOTE = "running.json"
_LOCK = "lab.sqlite.lock"


@dataclass(frozen=True, slots=True)
class Running:
    """What a running lab says of itself."""

    pid: int
    scenario: str
    variant: str
    port: int
    dns_port: int
    started: str


async def up(
    scenario: str,
    variant: Variant,
    state: Path,
    *,
    port: int = 2525,
    dns_port: int = 5353,
    ready: Callable[[Embedded], None],
) -> None:
    """Run until SIGINT or SIGTERM. The lab's clock is the machine's: certificates are valid today.

    `ready` is called once everything listens. Raises WireError or DriverError when the lab cannot start.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with Embedded(
        variant, state, port=port, dns_port=dns_port, seed=os.urandom(8).hex(), starts=datetime.now(UTC)
    ) as lab:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        note = Running(
            os.getpid(), scenario, variant.name, lab.port, lab.dns_port, lab.clock.now().isoformat()
        )
        path = state / _NOTE
        path.write_text(json.dumps(asdict(note)), encoding="utf-8")
        try:
            ready(lab)
            await stop.wait()
        finally:
            path.unlink(missing_ok=True)


def running(state: Path) -> Running | None:
    """The lab that runs on `state`, or None. The kernel's lock tells, not the note: a killed lab leaves its note."""
    if not _locked(state):
        return None
    try:
        return Running(**json.loads((state / _NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # it has just started, or is about to end
        return None


def down(state: Path, *, patience: float = 15.0) -> Running | None:
    """End the lab that runs on `state` and wait for it; None if none runs.

    Raises DriverError when it has not ended after `patience` seconds.
    """
    found = running(state)
    if found is None:
        return None
    with contextlib.suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
    ended = threading.Event()
    waiter = threading.Thread(target=_wait_for_lock, args=(state, ended), daemon=True)
    waiter.start()
    if not ended.wait(patience):
        raise DriverError(f"the lab (process {found.pid}) has not ended after {patience:.0f} seconds")
    return found


def _locked(state: Path) -> bool:
    try:
        handle = os.open(state / _LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _wait_for_lock(state: Path, ended: threading.Event) -> None:
    """The store's lock is free once the store is closed: the last thing a lab does."""
    handle = os.open(state / _LOCK, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        ended.set()
    finally:
        os.close(handle)

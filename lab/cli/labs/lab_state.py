"""What a lab that `mflab up` keeps running leaves in its state folder, so that other commands find it.

The lock on its store tells whether it runs: the kernel lets go of it however the lab ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cli.arguments import chosen, today
from lab.cli.exit_codes import BadInput, NothingToRun
from lab.drivers import shared_folder
from lab.model.value import dataclass
from lab.scenario.load import load
from lab.scenario.model import Variant

if TYPE_CHECKING:
    from lab.wire.store import StoreSnapshot

SMTP_PORT, DNS_PORT, HTTP_PORT = 2525, 5300, 8025
"""Where `mflab up` listens unless told otherwise. 5353 would be mDNS's, which many desktops have in use."""
STORE = "lab.sqlite"
CERTIFICATES = "certificates"
LOG = "lab.log"
DOWN = "docker compose --profile '*' down"
"""Ends a lab of a compose file, whichever of its profiles are used; `-v` forgets what it has, too."""
SCENARIO = "scenario.yaml"
"""The variant as it was when the lab started, in full: what became of its messages is read with it, and not with a file
that somebody may have changed since."""
_FILE = "running.json"
_PATIENCE = 20.0
"""Seconds that `down` gives a lab to finish its sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningLab:
    """A lab that was started in a state folder; it may have ended since."""

    pid: int | None
    """None: its parts are programs of their own, in containers."""
    scenario: str
    """Absolute path of the file."""
    variant: str
    kind: str = ""
    """The variant's."""
    port: int
    dns_port: int
    http_port: int | None = None
    """None: it serves no HTTP."""


def write(state: Path, running: RunningLab, variant: Variant) -> None:
    """Tell others about a lab that has just started."""
    from lab.scenario.rendering.render import render

    _replace(state / SCENARIO, render(variant))
    _replace(state / _FILE, json.dumps(asdict(running), indent=1) + "\n")


def _replace(path: Path, text: str) -> None:
    """Whole or not at all, and only for its owner."""
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    fresh.replace(path)


def has_lab(state: Path) -> bool:
    """Whether a lab was ever started in the state folder."""
    return (state / _FILE).exists()


def no_lab(state: Path) -> str:
    """What is told where none was."""
    return f"no lab has been started in {state}; `mflab up SCENARIO` starts one"


def read(state: Path) -> RunningLab:
    """The lab of a state folder. Raises NothingToRun when none was ever started there, BadInput when it is unreadable."""
    try:
        return RunningLab(**json.loads((state / _FILE).read_text("utf-8")))
    except FileNotFoundError:
        raise NothingToRun(no_lab(state)) from None
    except (ValueError, TypeError) as error:
        raise BadInput(f"{state / _FILE}: {error}") from None


def variant_of(state: Path) -> Variant:
    """The variant that the lab of a state folder runs, as it was when the lab started."""
    lab = read(state)
    return replace(chosen(load(state / SCENARIO), None), name=lab.variant, kind=lab.kind)


def is_up(state: Path) -> bool:
    """Whether a lab runs in the state folder right now."""
    return any(map(is_locked, [state / STORE, *shared_folder.stores(state)]))


def is_locked(store: Path) -> bool:
    """Whether a program has a store in use right now."""
    try:
        lock = os.open(_lock_file(store), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def contents(state: Path) -> StoreSnapshot:
    """What a lab holds, in one store or in those of its parts.

    Raises NothingToRun when its parts have not run yet, WireError when it cannot be read.
    """
    from lab.wire.store import StoreSnapshot, snapshot

    stores = shared_folder.stores(state) if read(state).pid is None else [state / STORE]
    if not stores:
        raise NothingToRun(f"the lab in {state} has been set up, but has never run")
    parts = [snapshot(store) for store in stores]
    return StoreSnapshot(
        tuple(hop for part in parts for hop in part.hops),
        tuple(item for part in parts for item in part.queue),
        tuple(mail for part in parts for mail in part.mailboxes),
    )


def now(state: Path) -> datetime:
    """What time it is in a lab."""
    return shared_folder.latest(state).clock.now() if shared_folder.has_clock(state) else today()


def stop(state: Path) -> bool:
    """Ask the lab to end, and wait until it has. False when it has not ended in time.

    Raises BadInput when its parts are programs of their own.
    """
    pid = read(state).pid
    if pid is None:
        raise BadInput(f"the lab in {state} runs in containers; `{DOWN}` ends it")
    os.kill(pid, signal.SIGTERM)
    waiting = threading.Thread(target=_await_end, args=(state,), daemon=True)
    waiting.start()
    waiting.join(_PATIENCE)
    return not waiting.is_alive()


def _await_end(state: Path) -> None:
    """Blocks until the lock is free."""
    lock = os.open(_lock_file(state / STORE), os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
    finally:
        os.close(lock)


def _lock_file(store: Path) -> Path:
    return store.with_name(f"{store.name}.lock")

"""The third body: every machine of a variant is a container, with the scenario's real addresses."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from lab.drivers.containers.container_faults import ContainerFaults
from lab.drivers.containers.deployment import Deployment
from lab.drivers.containers.engine import Engine
from lab.drivers.containers.socket_relay import Relay
from lab.drivers.remote_run import RemoteRun, nodes_of
from lab.drivers.run_outcome import RunOutcome
from lab.errors import DriverError, LabBug
from lab.scenario.model import Variant

_ENDS = (signal.SIGTERM, signal.SIGHUP)
_LOOK = 1.0
"""Seconds between two looks at containers that are starting."""


def run_containers(variant: Variant, *, seed: int = 0) -> RunOutcome:
    """Run one variant to its end in containers of its own; nothing is left of them, however it ends.

    Raises DriverError when there is no Docker engine that can be used, when images are missing, when other networks have
    the lab's addresses, and when a container fails: then with the last lines of all logs.
    """
    with _terminable(), closing(Engine.connect()) as engine, Deployment(engine, variant, seed=seed) as lab:
        try:
            return asyncio.run(_played(lab))
        except (DriverError, LabBug) as error:
            raise type(error)(f"{error}\n{lab.logs()}".rstrip()) from error


async def _played(lab: Deployment) -> RunOutcome:
    async with Relay(lab.relay) as nodes:
        await _ready(lab, nodes)
        remote_run = RemoteRun(lab.variant, nodes, lab.variant.starts, faults=ContainerFaults(lab, nodes))
        return await remote_run.play("containers")


async def _ready(lab: Deployment, nodes: Relay) -> None:
    """Return when all parts are there. One that has ended is told at once."""
    there = asyncio.ensure_future(nodes.awaited(nodes_of(lab.variant)))
    try:
        while not there.done():
            await asyncio.to_thread(lab.check)
            await asyncio.wait([there], timeout=_LOOK)
        await there
    finally:
        there.cancel()


@contextmanager
def _terminable() -> Iterator[None]:
    """Whoever ends us, as CI does, or as a terminal that is closed, gets what Ctrl-C does: the containers are removed first."""
    if threading.current_thread() is not threading.main_thread():  # only that one may set handlers
        yield
        return
    before = {number: signal.getsignal(number) for number in _ENDS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as `nohup` has it
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

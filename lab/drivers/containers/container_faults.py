"""Breaks machines and their network while a variant is played, and mends them: the outages of a scenario, really.

The rest of the lab is not told. It finds out by itself, from what its packets run into.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address

from lab.drivers.containers.container_programs import ROUTES
from lab.drivers.containers.deployment import Deployment
from lab.drivers.containers.engine import CommandOutput
from lab.drivers.containers.network_plan import LAN, OTHER, WIRE, PlannedMachine
from lab.drivers.containers.socket_relay import Relay
from lab.errors import DriverError
from lab.model.outage import How, Outage

Deed = Callable[..., None]
"""Does something to the machines of an outage."""


class ContainerFaults:
    """The `Faults` of `lab.drivers.remote_run`, done to a deployment."""

    def __init__(self, lab: Deployment, nodes: Relay) -> None:
        self._lab = lab
        self._engine = lab.engine
        self._nodes = nodes
        self._deeds: Mapping[How, tuple[Deed, Deed]] = {
            How.KILLED: (self._kill, self._start),
            How.RESTARTED: (self._kill, self._start),
            How.PAUSED: (self._freeze, self._thaw),
            How.CUT_OFF: (self._unplug, self._plug),
            How.DROPPED: (self._drop, self._pass),
        }

    async def begin(self, outage: Outage) -> None:
        """Return when it is broken. Raises DriverError when the engine refuses."""
        breaks, _ = self._deeds[outage.how]
        await asyncio.to_thread(breaks, *map(self._lab.machine, outage.nodes))

    async def end(self, outage: Outage) -> None:
        """Return when it is mended, and the part answers."""
        _, mends = self._deeds[outage.how]
        await asyncio.to_thread(mends, *map(self._lab.machine, outage.nodes))
        await self._nodes.awaited(outage.nodes)

    def _kill(self, machine: PlannedMachine) -> None:
        """As a power cut: what is on disk is all that stays, and the network knows nothing of it any more."""
        for container in reversed(machine.names):
            self._engine.kill(self._lab.programs.named(container))

    def _start(self, machine: PlannedMachine) -> None:
        self._lab.start(machine)

    def _freeze(self, machine: PlannedMachine) -> None:
        """The kernel of a container goes on and would take connections, which a machine that hangs does not."""
        self._engine.pause(self._program(machine))
        self._beside(machine, "-I", "INPUT", "-j", "DROP")

    def _thaw(self, machine: PlannedMachine) -> None:
        self._beside(machine, "-D", "INPUT", "-j", "DROP")
        self._engine.unpause(self._program(machine))

    def _unplug(self, machine: PlannedMachine) -> None:
        self._engine.leave(self._owner(machine), self._lab.programs.named(machine.network))

    def _plug(self, machine: PlannedMachine) -> None:
        """The engine brings one address; a holder adds the others again."""
        owner = self._owner(machine)
        self._engine.join(owner, self._lab.programs.named(machine.network), machine.docker)
        if machine.held:
            _done(self._engine.execute(owner, ["holder.sh", "once"]))

    def _drop(self, one: PlannedMachine, other: PlannedMachine) -> None:
        self._filter("-I", one, other)

    def _pass(self, one: PlannedMachine, other: PlannedMachine) -> None:
        self._filter("-D", one, other)

    def _filter(self, verb: str, one: PlannedMachine, other: PlannedMachine) -> None:
        """At the router, if it sees their packets (those of one direction are enough), or else where they arrive."""
        here, there = (",".join(machine.addresses) for machine in (one, other))
        if _range(one) == _range(other):
            self._beside(one, verb, "INPUT", "-s", there, "-j", "DROP")
            return
        router = self._lab.programs.named(ROUTES)
        for ends in (("-s", here, "-d", there), ("-s", there, "-d", here)):
            _done(self._engine.execute(router, ["iptables", "-w", verb, "FORWARD", *ends, "-j", "DROP"]))

    def _beside(self, machine: PlannedMachine, *rule: str) -> None:
        """Change the packet filter of a machine, which has no right to do so itself."""
        program = self._lab.programs.beside(self._owner(machine), "iptables", "-w", *rule)
        _done(self._engine.run(program, self._lab.labels))

    def _program(self, machine: PlannedMachine) -> str:
        return self._lab.programs.named(machine.name)

    def _owner(self, machine: PlannedMachine) -> str:
        """The container whose network it is."""
        return self._lab.programs.named(machine.names[0])


def _done(said: CommandOutput) -> None:
    if said.code:
        raise DriverError(f"the network of the lab could not be changed: {said.text.strip()}")


def _range(machine: PlannedMachine) -> str:
    """The network that its addresses are in: packets between two of them go by the router."""
    address = IPv4Address(machine.addresses[0])
    return next(str(network) for network in (WIRE, OTHER, LAN) if address in network)

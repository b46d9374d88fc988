"""What may happen to a machine while it runs: frozen, killed, started again, unplugged, cut off from another one.

All of it happens to real containers, and the rest of the lab finds out by itself, from what its packets run into.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from lab.drivers.containers.deployment import Deployment
from lab.drivers.containers.engine import Said
from lab.drivers.containers.plan import LAN, OTHER, WIRE, Machine
from lab.drivers.containers.programs import ROUTES
from lab.errors import DriverError

_GRACE = 5
"""Seconds that a program has to end by itself."""


class Faults:
    """Done to machines of a deployment; a machine is named by its node, `gateway` or `eop:EUR`."""

    def __init__(self, lab: Deployment) -> None:
        self._lab = lab
        self._engine = lab.engine

    def pause(self, node: str) -> None:
        """Its programs stand still. Its kernel goes on: connections are taken, and nobody speaks."""
        self._engine.pause(self._program(node))

    def unpause(self, node: str) -> None:
        """They go on."""
        self._engine.unpause(self._program(node))

    def kill(self, node: str) -> None:
        """As a power cut: what is on disk is all that stays."""
        self._engine.kill(self._program(node))

    def start(self, node: str) -> None:
        """Again, with what is on disk."""
        self._engine.start(self._program(node))

    def restart(self, node: str) -> None:
        """End it cleanly, and start it again."""
        self._engine.restart(self._program(node), _GRACE)

    def disconnect(self, node: str) -> None:
        """Pull its cable."""
        machine = self._lab.machine(node)
        self._engine.leave(self._owner(machine), self._network(machine))

    def connect(self, node: str) -> None:
        """Plug it in again."""
        machine = self._lab.machine(node)
        owner = self._owner(machine)
        self._engine.join(owner, self._network(machine), machine.docker)
        if machine.held:
            self._done(self._engine.execute(owner, ["holder.sh", "once"]))

    def drop(self, one: str, other: str) -> None:
        """Lose every packet between two machines, without a word to either."""
        self._filter("-I", one, other)

    def pass_again(self, one: str, other: str) -> None:
        """Lose them no longer."""
        self._filter("-D", one, other)

    # -- where

    def _program(self, node: str) -> str:
        return self._lab.programs.named(self._lab.machine(node).name)

    def _owner(self, machine: Machine) -> str:
        """The container whose network it is."""
        return self._lab.programs.named(machine.holder if machine.held else machine.name)

    def _network(self, machine: Machine) -> str:
        return self._lab.programs.named(machine.network)

    def _filter(self, verb: str, one: str, other: str) -> None:
        """At the router, if it sees their packets (those of one direction are enough), or else where they arrive."""
        ends = self._lab.machine(one), self._lab.machine(other)
        here, there = (",".join(machine.addresses) for machine in ends)
        if _range(ends[0]) != _range(ends[1]):
            router = self._lab.programs.named(ROUTES)
            for rule in (["-s", here, "-d", there], ["-s", there, "-d", here]):
                self._done(
                    self._engine.execute(router, ["iptables", "-w", verb, "FORWARD", *rule, "-j", "DROP"])
                )
            return
        command = ("iptables", "-w", verb, "INPUT", "-s", there, "-j", "DROP")
        beside = self._lab.programs.beside(self._owner(ends[0]), *command)
        self._done(self._engine.run(beside, self._lab.labels))

    def _done(self, said: Said) -> None:
        if said.code:
            raise DriverError(f"the network of the lab could not be changed: {said.text.strip()}")


def _range(machine: Machine) -> str:
    """The network that its addresses are in: packets between two of them go by the router."""
    address = IPv4Address(machine.addresses[0])
    return next(str(network) for network in (WIRE, OTHER, LAN) if address in network)

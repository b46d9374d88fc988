"""Where a lab's machines are: the scenario's addresses on loopback, or as they are."""

from __future__ import annotations

from typing import Protocol

from lab.core.smtp_delivery import Dial
from lab.drivers.loopback_addresses import loopback, public, public_names
from lab.model.topology import Topology
from lab.model.value import dataclass


class AddressMapping(Protocol):
    """Turns the scenario's addresses into those that sockets have, and back."""

    def here(self, address: str) -> str:
        """Where a machine listens and asks DNS from."""

    def bind(self, dial: Dial) -> str:
        """Where a machine connects from."""

    def scenario(self, address: str) -> str:
        """The scenario's address of a peer."""


class LoopbackMapping:
    """198.51.100.25 is 127.51.100.25, and whoever is behind NAT connects from what others see of it."""

    def __init__(self, topology: Topology) -> None:
        """Raises DriverError when two addresses would be one."""
        self._known = public_names(topology)

    def here(self, address: str) -> str:
        """127 in front."""
        return loopback(address)

    def bind(self, dial: Dial) -> str:
        """The address that the server is to see."""
        return loopback(dial.source)

    def scenario(self, address: str) -> str:
        """The address that a loopback address stands for; a stranger has one too."""
        return self._known.get(address) or public(address)


class DirectMapping:
    """Each machine has its own address, and a router translates where the scenario says NAT."""

    def here(self, address: str) -> str:
        """The same."""
        return address

    def bind(self, dial: Dial) -> str:
        """The machine's own address, whatever becomes of it on the way."""
        return dial.bind

    def scenario(self, address: str) -> str:
        """The same."""
        return address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is reached."""

    address: str
    port: int

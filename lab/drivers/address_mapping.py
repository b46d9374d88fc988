"""Where a lab's machines are: the scenario's addresses on loopback (198.51.100.25 is 127.51.100.25), or as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lab.core.smtp_delivery import Dial
from lab.errors import DriverError
from lab.model.topology import Host, Topology
from lab.model.value import dataclass


def loopback(address: str) -> str:
    """Where the embedded lab puts an address."""
    return "127." + address.partition(".")[2]


_RANGES = {"51.100.": "198.", "0.113.": "203.", "18.": "198.", "19.": "198."}
"""What follows the 127 of a loopback address, and the first octet that it stands for."""


def public(address: str) -> str:
    """The scenario's address that a loopback address stands for; 127.0.0.1 and the like keep their own.

    Strangers have one too: 127.51.100.77 is 198.51.100.77, so that rules for whole networks mean them.
    """
    first, _, rest = address.partition(".")
    if first == "127":
        for start, octet in _RANGES.items():
            if rest.startswith(start):
                return octet + rest
    return address


def all_hosts(topology: Topology) -> tuple[Host, ...]:
    """Every machine of a topology, those of Exchange Online too."""
    cloud = (h for r in topology.regions.values() for h in (*r.front_ends, *r.senders))
    return (*topology.hosts.values(), *cloud)


def public_names(topology: Topology) -> dict[str, str]:
    """The scenario's address by loopback address.

    Raises DriverError when two addresses would be one (198.51.100.25 and 203.51.100.25).
    """
    names: dict[str, str] = {}
    for address in _used(all_hosts(topology)):
        here = loopback(address)
        if names.setdefault(here, address) != address:
            raise DriverError(
                f"{address} and {names[here]} would both be {here} on loopback; change one of them"
            )
    return names


def _used(hosts: Iterable[Host]) -> Iterable[str]:
    for host in hosts:
        yield host.address
        if host.nat:
            yield host.nat


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

"""The scenario's addresses on loopback: the first octet becomes 127 (198.51.100.25 is 127.51.100.25)."""

from __future__ import annotations

from collections.abc import Iterable

from lab.errors import DriverError
from lab.model.topology import Host, Topology


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

"""The scenario's addresses on loopback: the first octet becomes 127 (198.51.100.25 is 127.51.100.25)."""

from __future__ import annotations

from collections.abc import Iterable

from lab.errors import DriverError
from lab.model.topology import Host, Topology


def loopback(address: str) -> str:
    """Where the embedded lab puts an address."""
    return "127." + address.partition(".")[2]


def all_hosts(topology: Topology) -> tuple[Host, ...]:
    """Every machine of a topology, those of Exchange Online too."""
    cloud = (h for r in topology.regions.values() for h in (*r.front_ends, *r.outbound, *r.high_risk))
    return (*topology.hosts.values(), *cloud)


def public_names(topology: Topology) -> dict[str, str]:
    """The scenario's address by loopback address.

    Raises DriverError when two addresses would be one (198.51.100.25 and 203.51.100.25).
    """
    known: dict[str, str] = {}
    for address in _used(all_hosts(topology)):
        here = loopback(address)
        if known.setdefault(here, address) != address:
            raise DriverError(
                f"{address} and {known[here]} would both be {here} on loopback; change one of them"
            )
    return known


def _used(hosts: Iterable[Host]) -> Iterable[str]:
    for host in hosts:
        yield host.address
        if host.nat:
            yield host.nat

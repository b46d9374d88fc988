"""Addresses of machines: each belongs to one, and stand-ins come from the lab's plan."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from lab.scenario.builders import service_machines

_STANDINS = tuple(f"198.51.100.{last}" for last in (*range(101, 255), *range(1, 101)))

_INSIDE = tuple(f"198.18.0.{last}" for last in range(1, 255))


class Addresses:
    """Which addresses are taken; each belongs to one machine."""

    def __init__(self, regions: Iterable[str]) -> None:
        planned = service_machines.plan(regions)
        machines = [
            service_machines.region(name, index)
            for index, name in enumerate(planned[: service_machines.MOST_REGIONS])
        ]
        self._kept = frozenset[str]()
        self._taken = {
            host.address for machine in machines for host in (*machine.front_ends, *machine.senders)
        }

    def take(self, address: str) -> bool:
        """Have an address; whether it was free, and one that a machine can have."""
        value = IPv4Address(address)
        unfit = value.is_loopback or value.is_multicast or value.is_unspecified or value.packed[0] in (0, 255)
        if unfit or address in self._taken:
            return False
        self._taken.add(address)
        return True

    def spare(self, *, inside: bool = False) -> str:
        """One of the lab's, for a machine whose own nobody tells."""
        return next(
            address
            for address in (_INSIDE if inside else _STANDINS)
            if address not in self._kept and self.take(address)
        )

    def reserve(self, addresses: Iterable[str]) -> None:
        """Never give these to a stand-in: the exports mean somebody by them."""
        self._kept |= frozenset(addresses)

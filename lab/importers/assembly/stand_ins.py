"""What stands in for what no export tells: addresses of machines, and partners whose configuration nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address
from typing import Any

from lab.scenario.builders import service_machines
from lab.scenario.syntax.yaml_dump import PlainData

NEAR, FAR, OUTSIDE = "near-partner", "far-partner", "outside"
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


def partners(tree: PlainData, own: Iterable[str], addresses: Addresses) -> tuple[str, ...]:
    """Add to the tree a tenant of the same region, one of another, and an internet host, as far as it has none.

    `own` are the keys of the company's own tenants; their region is the one that others are near to.
    """
    tenants: dict[str, Any] = tree.setdefault("tenants", {})
    ours = list(own)
    region = next((tenants[name]["region"] for name in ours if name in tenants), "EUR")
    regions = [tenant["region"] for name, tenant in tenants.items() if name not in ours]
    added = []
    if region not in regions:
        tenants[NEAR] = _tenant(NEAR, region)
        added.append(NEAR)
    if all(other == region for other in regions):
        tenants[FAR] = _tenant(FAR, "NAM" if region != "NAM" else "EUR")
        added.append(FAR)
    if not any(_receives(host) for host in tree.get("hosts", {}).values()):
        domain = "outside.example"
        tree.setdefault("hosts", {})[OUTSIDE] = {
            "address": addresses.spare(),
            "domains": [domain],
            "mailboxes": [f"somebody@{domain}"],
        }
        added.append(OUTSIDE)
    return tuple(added)


def _tenant(name: str, region: str) -> PlainData:
    domain = f"{name}.example"
    return {
        "initial_domain": f"{name.replace('-', '')}.onmicrosoft.com",
        "region": region,
        "AcceptedDomains": [{"DomainName": domain, "Default": True}],
        "mailboxes": [f"somebody@{domain}"],
    }


def _receives(host: Mapping[str, object]) -> bool:
    return bool(host.get("domains")) and host.get("role", "internet") == "internet"

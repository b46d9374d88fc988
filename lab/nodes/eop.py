"""A region of Exchange Online: several front ends, all tenants of the region behind them, its outbound pools."""

from __future__ import annotations

from lab.core.authentication.signature_suite import Suite
from lab.core.bounded_memory import BoundedMemory
from lab.core.directory import TenantDirectory
from lab.model.topology import Region, Topology
from lab.nodes.eop_front import EopFront
from lab.nodes.eop_hub import EopHub


class Eop(EopFront, EopHub):
    """One region. The directory of tenants is one for all regions: a certificate is compared with all of them (R1)."""

    def __init__(self, region: Region, topology: Topology, directory: TenantDirectory, suite: Suite) -> None:
        self.name = region.node
        self.region = region
        self.topology = topology
        self.directory = directory
        self.suite = suite
        self.front_ends = {host.address: host for host in region.front_ends}
        self.own_addresses = frozenset(host.source for r in topology.regions.values() for host in r.senders)
        self.services = topology.services()
        self.decided = BoundedMemory()

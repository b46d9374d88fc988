"""Programs: on-premises Exchange, gateway, Exchange Online, internet host. Pure; asked by drivers, answering in values."""

from __future__ import annotations

from lab.core.authentication.suite import CLAIMS, Suite
from lab.core.directory import TenantDirectory
from lab.errors import LabBug
from lab.model.topology import Role, Topology
from lab.model.transport import Node
from lab.nodes.eop import Eop
from lab.nodes.exchange import Exchange
from lab.nodes.gateway import Gateway
from lab.nodes.internet import InternetHost
from lab.nodes.service import ServiceHost


def build(topology: Topology, suite: Suite = CLAIMS) -> dict[str, Node]:
    """Every node of a topology by name: hosts by key, regions as `eop:EUR`.

    `suite` signs and verifies for all of them; the topology's DNS must publish its keys (`with_keys`).
    """
    directory = TenantDirectory(topology.tenants.values())
    nodes: dict[str, Node] = {
        region.node: Eop(region, topology, directory, suite) for region in topology.regions.values()
    }
    for name, host in topology.hosts.items():
        if host.role is Role.EXCHANGE:
            nodes[name] = Exchange(host, topology.organizations[host.organization or ""], topology)
        elif host.role is Role.GATEWAY:
            nodes[name] = Gateway(host, topology, suite)
        elif host.role is Role.INTERNET:
            nodes[name] = InternetHost(host, topology, suite)
        elif host.role is Role.SERVICE:
            nodes[name] = ServiceHost(host, topology, directory, suite)
        else:
            raise LabBug(f"host {name} has the role {host.role}, which no program plays")
    return nodes

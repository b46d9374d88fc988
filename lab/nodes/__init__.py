"""Programs: on-premises Exchange, gateway, Exchange Online, internet host. Pure; asked by drivers, answering in values."""

from __future__ import annotations

from typing import assert_never

from lab.core.authentication.signature_suite import CLAIMS, Suite
from lab.core.directory import TenantDirectory
from lab.errors import LabBug
from lab.model.roles import Role
from lab.model.topology import Host, Topology
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
        nodes[name] = _program(host, topology, directory, suite)
    return nodes


def _program(host: Host, topology: Topology, directory: TenantDirectory, suite: Suite) -> Node:
    """The program that a host runs."""
    match host.role:
        case Role.EXCHANGE:
            return Exchange(host, topology.organizations[host.organization or ""], topology)
        case Role.GATEWAY:
            return Gateway(host, topology, suite)
        case Role.INTERNET:
            return InternetHost(host, topology, suite)
        case Role.SERVICE:
            return ServiceHost(host, topology, directory, suite)
        case Role.EOP:
            raise LabBug(f"host {host.name} is a front end, which belongs to a region")
        case _:
            assert_never(host.role)

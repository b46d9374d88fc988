"""Delivery by MX: who of a configuration does it, and where it leads. It may lead to any domain.

A message that went to the wrong tenant leaves it this way for the tenant that was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lab.core.directory import TenantDirectory
from lab.core.routing import Targets, choose_outbound, mx_targets
from lab.model.dns import answered
from lab.model.names import Domain
from lab.model.onprem import SendConnector
from lab.model.tenant import Tenant
from lab.model.topology import Host, Topology
from lab.sentence import NOTHING, Sentence, listed, sentence

_ELSEWHERE = Domain("elsewhere.invalid")
"""A domain of no organisation and no tenant."""


def senders(topology: Topology) -> Mapping[str, Sentence]:
    """The hosts (`host:NAME`) and tenants (`tenant:NAME`) that deliver by MX, each with what makes it do so."""
    hosts = {f"host:{host.name}": _by_host(host, topology) for host in topology.hosts.values()}
    tenants = {f"tenant:{t.name}": _by_tenant(t, topology) for t in topology.tenants.values()}
    return {name: why for name, why in {**hosts, **tenants}.items() if why}


def receivers(topology: Topology) -> Mapping[str, tuple[str, ...]]:
    """The hosts and tenants that some domain's MX leads to, with these domains."""
    by_host: dict[str, list[str]] = {}
    for name in sorted({name for name, kind in topology.zones.rows if kind == "MX"}):
        for target in dict.fromkeys(_targets(Domain(name), topology)):
            by_host.setdefault(target, []).append(name)
    return {target: _telling(domains) for target, domains in by_host.items()}


def _by_host(host: Host, topology: Topology) -> Sentence:
    if not host.holds_mailboxes:
        return NOTHING if host.smart_hosts else sentence("MX")
    organization = topology.organizations.get(host.organization or "")
    connectors = organization.send_connectors if organization else ()
    named = [_named(connector) for connector in connectors if connector.enabled and not connector.smart_hosts]
    return listed(named, "; ") if named else NOTHING


def _named(connector: SendConnector) -> Sentence:
    spaces = listed(space.pattern for space in connector.address_spaces)
    return sentence("{connector} ({spaces})", connector=connector.name, spaces=spaces)


def _by_tenant(tenant: Tenant, topology: Topology) -> Sentence:
    """Mail that came in from outside; what mailboxes of the tenant send may have a connector (R146)."""
    choice = choose_outbound(tenant, _ELSEWHERE, hosted=False, switches=topology.switches)
    if choice.connector is None:
        return sentence("no connector")
    return (
        NOTHING if choice.connector.smart_hosts else sentence("{connector}", connector=choice.connector.name)
    )


def _targets(domain: Domain, topology: Topology) -> Iterator[str]:
    hosts = answered(mx_targets(domain), topology.zones)
    nodes = topology.addresses()
    owner = TenantDirectory(topology.tenants.values()).owner(domain)
    for target in hosts.targets if isinstance(hosts, Targets) else ():
        node = nodes.get(target.address)
        if node in topology.hosts:
            yield f"host:{node}"
        elif node is not None and owner is not None:
            yield f"tenant:{owner.name}"


def _telling(domains: list[str]) -> tuple[str, ...]:
    """Without Microsoft's names where there are others: they lead to the service anyway."""
    own = [name for name in domains if not name.endswith("onmicrosoft.com")]
    return tuple(own or domains)

"""A configuration as a graph in text, for tools that draw: who stands where, who may hand mail to whom, and as what.

An edge is a way that the configuration opens: a send connector, a smart host, an inbound connector that would know the
other side, an outbound connector. The label of a client's edge says which certificate it shows. Who delivers by MX may
reach every domain that has one: these ways meet in a node of their own, instead of a line for each pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from lab.core.certificate_matching import certificate_names, name_match
from lab.model.tenant import InboundConnector, Tenant
from lab.model.topology import Host, Topology
from lab.model.value import dataclass
from lab.reports.drawing import mx_delivery
from lab.reports.explanation.configuration_changes import addresses
from lab.reports.text.printable import one_line
from lab.sentence import NOTHING, Sentence, listed, sentence


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A host or a tenant."""

    id: str
    label: tuple[Sentence | str, ...]
    group: str
    """Company, `Exchange Online EUR` or `Internet`."""
    role: str


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """A way that the configuration opens."""

    source: str
    target: str
    label: Sentence | str
    mistaken: bool = False
    """A tenant's OnPremises connector would take this client for its own Exchange, and it is none."""
    by_mx: bool = False
    """Half of a way: to or from the node that stands for delivery by MX."""


_MX = "mx"
_LONGEST = 4
"""Domains that are named at an edge."""


def nodes(topology: Topology) -> tuple[GraphNode, ...]:
    """Hosts, then tenants, and what stands for delivery by MX if there is any."""
    hosts = (
        GraphNode(
            f"host:{host.name}", _host_label(topology, host), host.organization or "Internet", host.role.value
        )
        for host in topology.hosts.values()
    )
    tenants = (
        GraphNode(f"tenant:{t.name}", _tenant_label(t), f"Exchange Online {t.region}", "tenant")
        for t in topology.tenants.values()
    )
    meeting = (GraphNode(_MX, (sentence("by MX"),), "DNS", _MX),) if mx_delivery.receivers(topology) else ()
    return (*hosts, *tenants, *meeting)


def edges(topology: Topology) -> tuple[GraphEdge, ...]:
    """All ways, those between hosts first."""
    return (*_between_hosts(topology), *_recognised(topology), *_outbound(topology), *_by_mx(topology))


def dot(topology: Topology) -> str:
    """The graph for Graphviz."""
    lines = ["digraph lab {", "  rankdir=LR;", '  node [shape=box, style=rounded, fontname="sans-serif"];']
    lines.append('  edge [fontname="sans-serif", fontsize=10];')
    for number, (group, members) in enumerate(_groups(topology)):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(group)};"]
        lines += [f"    {_quoted(node.id)} [label={_quoted(*node.label)}];" for node in members]
        lines.append("  }")
    for edge in edges(topology):
        colour = ', color="#b3261e", penwidth=2' if edge.mistaken else ", style=dashed" if edge.by_mx else ""
        lines.append(
            f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [label={_quoted(edge.label)}{colour}];"
        )
    return "\n".join((*lines, "}")) + "\n"


def mermaid(topology: Topology) -> str:
    """The graph for Mermaid, as Markdown viewers draw it."""
    names = {node.id: f"n{number}" for number, node in enumerate(nodes(topology))}
    lines = ["flowchart LR"]
    for number, (group, members) in enumerate(_groups(topology)):
        lines.append(f'  subgraph g{number}["{_entities(group)}"]')
        lines += [f'    {names[node.id]}["{"<br/>".join(map(_entities, node.label))}"]' for node in members]
        lines.append("  end")
    own = []
    for number, edge in enumerate(edges(topology)):
        begin, end = ("-.", ".->") if edge.by_mx else ("--", "-->")
        lines.append(f'  {names[edge.source]} {begin} "{_entities(edge.label)}" {end} {names[edge.target]}')
        own += [str(number)] if edge.mistaken else []
    if own:
        lines.append(f"  linkStyle {','.join(own)} stroke:#b3261e,stroke-width:2px")
    return "\n".join(lines) + "\n"


def _groups(topology: Topology) -> Iterator[tuple[str, list[GraphNode]]]:
    names = nodes(topology)
    for group in dict.fromkeys(node.group for node in names):
        yield group, [node for node in names if node.group == group]


def _host_label(topology: Topology, host: Host) -> tuple[Sentence | str, ...]:
    behind = sentence("{address} behind {nat}", address=host.address, nat=host.nat)
    certificate = sentence("certificate {names}", names=_certificate(topology, host) or sentence("none"))
    where = behind if host.nat else host.address
    return f"{host.name} ({host.role.value})", str(host.fqdn), where, certificate


def _tenant_label(tenant: Tenant) -> tuple[Sentence, ...]:
    named = sentence("tenant {tenant}", tenant=tenant.name)
    domains = listed(domain.domain_name for domain in tenant.accepted_domains)
    inbound = (_wants(connector) for connector in tenant.inbound_connectors if connector.enabled)
    outbound = (
        sentence('out: "{connector}"', connector=c.name) for c in tenant.outbound_connectors if c.enabled
    )
    return (named, domains, *inbound, *outbound)


def _wants(connector: InboundConnector) -> Sentence:
    """What an inbound connector knows its clients by."""
    value = connector.tls_sender_certificate_name
    certificate = sentence("certificate {name}", name=value)
    return sentence(
        'in: "{connector}" {type}, {clients}',
        connector=connector.name,
        type=connector.connector_type.value,
        clients=certificate if value else addresses(connector) or sentence("any client"),
    )


def _certificate(topology: Topology, host: Host) -> str:
    certificate = topology.certificates.get(host.certificate or "")
    return ", ".join(certificate.names) if certificate else ""


def _between_hosts(topology: Topology) -> Iterator[GraphEdge]:
    for host in topology.hosts.values():
        for other in (*host.smart_hosts, *host.forwards_to):
            target = _host_called(topology, other)
            if target:
                label = sentence("smart host") if other in host.smart_hosts else sentence("forwards")
                yield GraphEdge(f"host:{host.name}", target, label)
        if host.holds_mailboxes:
            yield from _send_connectors(topology, host)


def _send_connectors(topology: Topology, host: Host) -> Iterator[GraphEdge]:
    organization = topology.organizations.get(host.organization or "")
    for connector in organization.send_connectors if organization else ():
        spaces = ", ".join(str(space.pattern) for space in connector.address_spaces)
        targets = filter(None, (_host_called(topology, name) for name in connector.smart_hosts))
        for target in targets:
            yield GraphEdge(f"host:{host.name}", target, f"{connector.name} ({spaces})")


def _recognised(topology: Topology) -> Iterator[GraphEdge]:
    """Which hosts a tenant's OnPremises connectors would take for its own."""
    for host in topology.hosts.values():
        for tenant in topology.tenants.values():
            for connector in tenant.inbound_connectors:
                why = _knows(topology, connector, host)
                if why:
                    label = sentence("taken for {tenant}'s own: {why}", tenant=tenant.name, why=why)
                    yield GraphEdge(
                        f"host:{host.name}", f"tenant:{tenant.name}", label, not host.holds_mailboxes
                    )


def _knows(topology: Topology, connector: InboundConnector, host: Host) -> Sentence:
    """Why a connector knows a host, nothing if it does not: the names and addresses alone, before any other condition."""
    if not connector.enabled or connector.connector_type.value != "OnPremises":
        return NOTHING
    value, identity = connector.tls_sender_certificate_name, topology.certificates.get(host.certificate or "")
    if value is None:
        fits = any(IPv4Address(host.source) in network for network in connector.sender_ip_addresses)
        return sentence("address {address}", address=host.source) if fits else NOTHING
    if identity is None or identity.faults or not host.client_certificate:
        return NOTHING
    shown = certificate_names(identity, topology.switches)
    match = next((name for name in shown if name_match(value, name, topology.switches)), None)
    shows = "shows {name}, connector wants {value}"
    return sentence(shows, name=match, value=value) if match else NOTHING


def _outbound(topology: Topology) -> Iterator[GraphEdge]:
    for tenant in topology.tenants.values():
        for connector in tenant.outbound_connectors:
            for name in connector.smart_hosts if connector.enabled else ():
                target = _host_called(topology, name)
                if target:
                    yield GraphEdge(f"tenant:{tenant.name}", target, connector.name)


def _by_mx(topology: Topology) -> Iterator[GraphEdge]:
    targets = mx_delivery.receivers(topology)
    if not targets:
        return
    for source, why in mx_delivery.senders(topology).items():
        yield GraphEdge(source, _MX, why, by_mx=True)
    for target, domains in targets.items():
        more = sentence(" and {number} more", number=len(domains) - _LONGEST)
        shown = listed(domains[:_LONGEST])
        label = sentence(
            "MX of {domains}{more}", domains=shown, more=more if len(domains) > _LONGEST else NOTHING
        )
        yield GraphEdge(_MX, target, label, by_mx=True)


def _host_called(topology: Topology, name: str) -> str | None:
    """The host with this key, name or address."""
    for host in topology.hosts.values():
        if name.lower() in (host.name, host.fqdn, host.helo, host.address):
            return f"host:{host.name}"
    return None


def _quoted(*lines: Sentence | str) -> str:
    clean = "\\n".join(one_line(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return f'"{clean}"'


def _entities(text: Sentence | str) -> str:
    """Mermaid's own escapes; quotes and angle brackets would end a label or become HTML."""
    signs = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;"}
    return "".join(signs.get(character, character) for character in one_line(text))

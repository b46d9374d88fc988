"""What of a customer could be somebody else's too, small enough to be kept for a hundred thousand of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lab.analysis.sweep.line_reader import read_line
from lab.analysis.sweep.types import Customer, TenantConnection
from lab.core.directory import ip_number
from lab.errors import Problem
from lab.model.names import DomainPattern
from lab.model.tenant import ConnectorType, InboundConnector
from lab.scenario.syntax.problem_report import ProblemReport
from lab.scenario.syntax.source_tree import SourceLocation


class TenantTraits(NamedTuple):
    """One customer's; plain values, so that they travel quickly between processes."""

    name: str
    line: int
    domains: tuple[str, ...]
    """Accepted domains: one tenant has each."""
    values: tuple[str, ...]
    """TlsSenderCertificateName of what can claim a connection: enabled OnPremises connectors (R69)."""
    networks: tuple[tuple[int, int], ...]
    """Their SenderIPAddresses: the first bits as a number, and how many."""
    shown: tuple[str, ...]
    """Names in certificates that its connections show."""
    sources: tuple[int, ...]
    """Addresses that its connections come from."""
    gateways: tuple[str, ...]
    connectors: int
    connections: int


class ScannedLines(NamedTuple):
    """A stretch of lines."""

    marks: tuple[TenantTraits, ...]
    problems: tuple[Problem, ...]


def scan(file: str, lines: Iterable[tuple[int, bytes]]) -> ScannedLines:
    """Read lines (each with its number), and keep what may be shared; blank ones are none."""
    report, found = ProblemReport(), []
    for number, line in lines:
        customer = read_line(line, SourceLocation(file, number), report)
        if customer is not None:
            found.append(marks(customer))
    return ScannedLines(tuple(found), tuple(report.found.values()))


def marks(customer: Customer) -> TenantTraits:
    """What of a customer may be shared."""
    claiming = [c for c in customer.tenant.inbound_connectors if _claims(c)]
    networks = (n for connector in claiming for n in connector.sender_ip_addresses)
    return TenantTraits(
        name=customer.name,
        line=customer.line,
        domains=tuple(str(each.domain_name) for each in customer.tenant.accepted_domains),
        values=_each_once(
            str(c.tls_sender_certificate_name) for c in claiming if c.tls_sender_certificate_name
        ),
        networks=tuple({(int(n.network_address) >> (32 - n.prefixlen), n.prefixlen) for n in networks}),
        shown=_each_once(name for each in customer.connections for name in _names(each)),
        sources=tuple({ip_number(each.address) for each in customer.connections}),
        gateways=_each_once(_gateways(customer)),
        connectors=len(customer.tenant.inbound_connectors),
        connections=len(customer.connections),
    )


def _claims(connector: InboundConnector) -> bool:
    return connector.enabled and connector.connector_type is ConnectorType.ON_PREMISES


def _names(connection: TenantConnection) -> Iterator[str]:
    """As the core compares them; what is no domain name never matches."""
    for name in connection.certificate.names if connection.certificate else ():
        try:
            yield str(DomainPattern.parse(name))
        except ValueError:
            continue


def _gateways(customer: Customer) -> Iterator[str]:
    for connector in customer.tenant.outbound_connectors:
        yield from (host.lower() for host in connector.smart_hosts if connector.enabled)
    for each in customer.connections:
        if each.certificate is not None:
            yield f"{each.address} showing {' '.join(each.certificate.names)}"


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))

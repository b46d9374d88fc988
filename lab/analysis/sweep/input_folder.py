"""The input of a sweep: `tenants.jsonl`, or lines made from scenarios of single tenants or from a folder of exports for each.

A scenario's own connectors say whose mail leaves by which machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum
from pathlib import Path

from lab.analysis.sweep.line_schema import DEFAULT_REGION
from lab.analysis.sweep.tenant_source import TENANTS, LinesFile, MadeLines, TenantSource
from lab.analysis.sweep.types import Customer, MailUse, TenantConnection
from lab.importers.assembly.answers_file import Answers
from lab.importers.assembly.assemble import assembled
from lab.importers.assembly.types import ImportOptions
from lab.importers.folder_reader import read
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import Tenant
from lab.model.topology import Host, Topology
from lab.scenario.language.exchange_objects import parameters
from lab.scenario.load import load, load_text
from lab.scenario.model import Scenario
from lab.scenario.syntax.problem_report import unknown

_SERVICE = ".mail.protection.outlook.com"
_ROUTING = ".mail.onmicrosoft.com"


class NoTenants(Exception):  # noqa: N818 - it says what the folder lacks
    """There is nothing that a sweep could read."""


def source_of(
    path: Path, scenarios: Sequence[Path], now: datetime, variant: str | None = None
) -> TenantSource:
    """The tenants of a file or a folder: of its `tenants.jsonl`, else of `scenarios`, else of exports in its subfolders.

    `variant` chooses one of each scenario; without it the first is taken, which is the first possibility where exports
    do not tell. `now` judges the dates of exported certificates. Raises NoTenants, ScenarioError with the mistakes of
    all scenarios' first, and OSError where a file cannot be read.
    """
    lines = path / TENANTS if path.is_dir() else path
    if lines.is_file() and path not in scenarios:
        return LinesFile(lines)
    loaded = [(file.stem, load(file)) for file in scenarios] or list(_imported(path, now))
    if not loaded:
        raise NoTenants(f"{path} has neither {TENANTS} nor a scenario in it, and no folder with exports")
    return MadeLines(str(path), _lines(loaded, variant))


def _imported(path: Path, now: datetime) -> Iterator[tuple[str, Scenario]]:
    """Each subfolder with something that a cmdlet printed, as `mflab import` would make it."""
    for folder in sorted(entry for entry in path.iterdir() if entry.is_dir()):
        exports = read(folder)
        if not exports.objects:
            continue
        answers = Answers()
        if exports.answers:
            file = folder / exports.answers
            answers = Answers(str(file), file.read_text("utf-8"))
        imported = assembled(exports, ImportOptions(source=str(folder), now=now, partners=False), answers)
        yield folder.name, load_text(imported.text, f"{folder} (imported)")


def _lines(scenarios: Sequence[tuple[str, Scenario]], variant: str | None) -> Iterator[bytes]:
    for name, scenario in scenarios:
        if variant is not None and variant not in scenario.variants:
            hint = unknown(variant, scenario.variants)
            raise NoTenants(f"{scenario.file} has no variant {variant!r}: {hint}")
        chosen = scenario.variants[variant] if variant else next(iter(scenario.variants.values()))
        prefix = f"{name}/" if len(scenarios) > 1 else ""
        yield from map(as_line, customers(chosen.topology, prefix))


def customers(topology: Topology, prefix: str = "") -> Iterator[Customer]:
    """The tenants of a configuration with the connections that carry their mail; `prefix` makes names unique.

    What a tenant knows of its recipients is left out: a sweep asks for the tenant.
    """
    for tenant in topology.tenants.values():
        connections = {}
        for host in topology.hosts.values():
            uses = tuple(dict.fromkeys(_uses(host, tenant, topology)))
            if uses:
                shown = topology.certificates.get(host.certificate or "") if host.client_certificate else None
                connections[host.name, host.source] = TenantConnection(
                    host=host.name, address=host.source, certificate=shown, sends=uses
                )
        bare = replace(tenant, name=prefix + tenant.name, recipients={}, transport_rules=(), dbeb=False)
        yield Customer(tenant=bare, connections=tuple(connections.values()))


def _uses(host: Host, tenant: Tenant, topology: Topology) -> Iterator[MailUse]:
    """What a machine hands to Exchange Online of this tenant's mail."""
    own = [org for org in topology.organizations.values() if _is_own(org, tenant)]
    if host.holds_mailboxes:
        for organization in own:
            if host.organization == organization.name:
                yield from _of_exchange(organization)
    elif host.is_filter:
        if any(
            host.organization == organization.name or _sends_by(organization, host) for organization in own
        ):
            to_service = any(name.endswith(_SERVICE) for name in host.smart_hosts)
            yield MailUse.RELAY if to_service else MailUse.INTERNET
        leads_here = any(name.endswith(_SERVICE) for name in host.forwards_to)
        if leads_here and any(map(tenant.accepts, host.accepts_domains)):
            yield MailUse.INBOUND


def _of_exchange(organization: OnPremOrganization) -> Iterator[MailUse]:
    for connector in organization.send_connectors:
        if not connector.enabled:
            continue
        spaces = [space.pattern for space in connector.address_spaces]
        routing = any(f".{pattern.domain}".endswith(_ROUTING) for pattern in spaces)
        to_service = any(host.endswith(_SERVICE) for host in connector.smart_hosts)
        if routing or (to_service and not any(pattern.is_any for pattern in spaces)):
            yield MailUse.HYBRID
        elif to_service:
            yield MailUse.RELAY
        elif not connector.smart_hosts:
            yield MailUse.INTERNET


def _is_own(organization: OnPremOrganization, tenant: Tenant) -> bool:
    """Whether they are two sides of one company: a domain in common, other than that of routing addresses."""
    domains = (accepted.domain_name for accepted in organization.accepted_domains)
    return any(tenant.accepts(domain) and not domain.endswith("onmicrosoft.com") for domain in domains)


def _sends_by(organization: OnPremOrganization, host: Host) -> bool:
    names = (host.name, host.fqdn, host.address)
    enabled = (connector for connector in organization.send_connectors if connector.enabled)
    return any(smart_host in names for connector in enabled for smart_host in connector.smart_hosts)


def as_line(customer: Customer) -> bytes:
    """A customer as a line of `tenants.jsonl`, without its line break: what `line_reader` reads."""
    tenant = customer.tenant
    line = {
        "name": tenant.name,
        "id": tenant.id if tenant.id != tenant.name else "",
        "region": tenant.region if tenant.region != DEFAULT_REGION else "",
        "AcceptedDomains": list(map(_exchange_object, tenant.accepted_domains)),
        "InboundConnectors": list(map(_exchange_object, tenant.inbound_connectors)),
        "OutboundConnectors": list(map(_exchange_object, tenant.outbound_connectors)),
        "connections": list(map(_connection, customer.connections)),
    }
    return json.dumps({key: value for key, value in line.items() if value}, ensure_ascii=False).encode()


def _exchange_object(made: object) -> dict[str, object]:
    return {name: _plain(value) for name, value in parameters(made).items()}


def _plain(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case None | bool() | int():
            return value
        case tuple():
            return list(map(_plain, value))
        case _:
            return str(value)


def _connection(connection: TenantConnection) -> dict[str, object]:
    certificate = connection.certificate
    line: dict[str, object] = {
        "host": connection.host,
        "addresses": [connection.address],
        "names": list(certificate.names) if certificate else [],
        "faults": sorted(fault.value for fault in certificate.faults) if certificate else [],
        "sends": [use.value for use in connection.sends],
    }
    return {key: value for key, value in line.items() if value} | ({} if connection.tls else {"tls": False})

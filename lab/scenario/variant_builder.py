"""One expanded variant: from its tree to a topology, messages and expectations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from lab.core.rulebook.dates_in_force import in_force
from lab.model.certificate import CertificateProfile
from lab.model.dns import RecordType, Zones, zones_of
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import Tenant
from lab.model.topology import Host, Region, Topology
from lab.model.value import dataclass
from lab.scenario.builders import (
    certificate_profiles,
    companies,
    dns_zones,
    machines,
    matrix_messages,
    message_origin,
    messages,
    outages,
    timeline,
)
from lab.scenario.builders.companies import Company
from lab.scenario.builders.dns_zones import Publisher
from lab.scenario.language.party_keys import (
    DNS_ROW,
    DnsKeys,
    DnsRowKeys,
    HostKeys,
    OrganizationKeys,
    TenantKeys,
)
from lab.scenario.language.scenario_keys import EXPANDED, MatrixKeys, SectionKeys, SuppressionKeys, TodoKeys
from lab.scenario.model import MatrixSection, MissingFact, Suppression, Variant
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport
from lab.scenario.syntax.records import Fields
from lab.scenario.syntax.source_tree import ScalarNode, TableNode
from lab.scenario.validation import address_rules, domain_rules, references

START = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)


def variant(name: str, kind: str, tree: TableNode, report: ProblemReport) -> Variant | None:
    """Read, check and build; None if anything is wrong, and then the report says what."""
    only = tree.get(
        SectionKeys.only.name
    )  # the simulator opens no sockets: there, names and addresses may be real
    own = ProblemReport(real=isinstance(only, ScalarNode) and only.text.lower() == "simulator")
    made = _variant(name, kind, tree, own)
    report.take(own)
    return made


def settled(tree: TableNode) -> TableNode:
    """The tree of a variant that builds as its timeline leaves it."""
    start = _world(tree, ProblemReport())
    return tree if start is None else timeline.afterwards(tree, start, _world)


def _variant(name: str, kind: str, tree: TableNode, report: ProblemReport) -> Variant | None:
    start = _world(tree, report)
    if start is None:
        return None
    read, topology = start.read, start.topology
    specs = tuple(s for item in read[SectionKeys.messages].items() for s in messages.messages(*item))
    claims = messages.expectations(read[SectionKeys.expect], specs)
    moments = timeline.moments(tree, start, _world)
    broken = outages.outages(read, topology)
    outages.check(read, broken, specs, topology)
    used = [frozenset(topology.regions), *(frozenset(moment.topology.regions) for moment in moments)]
    if len(set(used)) > 1:  # a region does not go when its last tenant does
        return _variant(name, kind, timeline.with_regions(tree, frozenset[str]().union(*used)), report)
    made = _matrix(read, topology, [moment.topology for moment in moments]) if moments else start.matrix
    if report:
        return None
    section = read[SectionKeys.matrix]
    on_request = section is not None and section[MatrixKeys.on_request]
    played, asked = (None, made) if on_request else (made, None)
    return Variant(
        name=name,
        title=read[SectionKeys.title],
        why=read[SectionKeys.why],
        kind=kind,
        topology=topology,
        profiles=start.profiles,
        messages=(*specs, *(played.messages if played else ())),
        expect={**(played.expect if played else {}), **claims},
        timeline=moments,
        outages=broken,
        as_of=read[SectionKeys.as_of],
        starts=read[SectionKeys.start] or START,
        only=read[SectionKeys.only],
        only_why=read[SectionKeys.only_why],
        matrix=played.plan if played else None,
        on_request=asked,
        suppressions=tuple(
            Suppression(**record.values_for(Suppression, SuppressionKeys))
            for record in read[SectionKeys.suppress]
        ),
        todos=tuple(
            MissingFact(**record.values_for(MissingFact, TodoKeys)) for record in read[SectionKeys.todo]
        ),
    )


def _world(tree: TableNode, report: ProblemReport) -> timeline.BuiltConfiguration | None:
    """A configuration, read and checked; None if anything is wrong, and then the report says what."""
    read = EXPANDED.read(tree, ProblemPath(report))
    if read is None:
        return None
    names = references.WrittenNames.of(tree)
    unread = references.UnreadParts.of(read, names, report)
    parties = _parties(read)
    address_rules.check(read, parties.hosts, parties.regions.values())
    references.check(read, names)
    domain_rules.check(read, parties.companies, parties.tenants, unread)
    profiles = certificate_profiles.profiles(read[SectionKeys.certificates])
    topology = _topology(read, parties, profiles)
    if not unread.host_names:
        references.check_smart_hosts(read, topology)
    message_origin.check(read, topology, whole=not unread.mailboxes)
    made = None if unread.mailboxes else _matrix(read, topology)
    if report:
        return None
    return timeline.BuiltConfiguration(read, topology, profiles, made)


def _matrix(read: Fields, topology: Topology, later: Iterable[Topology] = ()) -> MatrixSection | None:
    """The matrix, if the scenario says `matrix:`."""
    section = read[SectionKeys.matrix]
    if section is None:
        return None
    made = matrix_messages.written(section, topology, later)
    matrix_messages.send_check(section, made, topology)
    return made


@dataclass(frozen=True)
class Parties:
    """Everybody who takes part."""

    companies: tuple[Company, ...]
    hosts: Mapping[str, Host]
    regions: Mapping[str, Region]
    organizations: Mapping[str, OnPremOrganization]
    tenants: Mapping[str, Tenant]


def _parties(read: Fields) -> Parties:
    tenants = read[SectionKeys.tenants]
    made = tuple(
        companies.company(name, table, tenants) for name, table in read[SectionKeys.organizations].items()
    )
    hosts = {name: host for company in made for name, host in company.hosts.items()}
    hosts |= {name: machines.internet_host(name, record) for name, record in read[SectionKeys.hosts].items()}
    fqdns = {name: str(host.fqdn) for name, host in hosts.items()}
    return Parties(
        companies=made,
        hosts={name: _resolved_host(host, fqdns) for name, host in hosts.items()},
        regions=machines.regions(read[SectionKeys.regions], tenants.values()),
        organizations={
            company.name: _resolved(companies.organization(company), "send_connectors", fqdns)
            for company in made
        },
        tenants={
            name: _resolved(companies.tenant(name, age, record, made), "outbound_connectors", fqdns)
            for age, (name, record) in enumerate(tenants.items())
        },
    )


def _resolved(owner: Any, connectors: str, fqdns: Mapping[str, str]) -> Any:
    """Smart hosts written by their key become host names, which the lab's DNS knows."""
    written = getattr(owner, connectors)
    if fqdns.keys().isdisjoint(host for connector in written for host in connector.smart_hosts):
        return owner
    made = (
        replace(connector, smart_hosts=tuple(fqdns.get(host, host) for host in connector.smart_hosts))
        for connector in written
    )
    return replace(owner, **{connectors: tuple(made)})


def _resolved_host(host: Host, fqdns: Mapping[str, str]) -> Host:
    if fqdns.keys().isdisjoint((*host.smart_hosts, *host.forwards_to)):
        return host
    return replace(
        host,
        smart_hosts=tuple(fqdns.get(smart_host, smart_host) for smart_host in host.smart_hosts),
        forwards_to=tuple(fqdns.get(name, name) for name in host.forwards_to),
    )


def _topology(read: Fields, parties: Parties, profiles: Mapping[str, CertificateProfile]) -> Topology:
    switches = read[SectionKeys.switches]
    return Topology(
        hosts=parties.hosts,
        regions=parties.regions,
        organizations=parties.organizations,
        tenants=parties.tenants,
        zones=_zones(read, parties),
        certificates={name: profile.identity() for name, profile in profiles.items()},
        switches=in_force(read[SectionKeys.as_of], switches.values if switches is not None else None),
    )


def _zones(read: Fields, parties: Parties) -> Zones:
    dns = read[SectionKeys.dns]
    world = dns_zones.DnsFacts(
        hosts=parties.hosts,
        regions=parties.regions,
        organizations=parties.organizations,
        tenants=parties.tenants,
        publishers=tuple(_publishers(read, parties)),
    )
    if dns is None:
        return zones_of(dns_zones.derived(world))
    records = dns_zones.derived(world) if dns[DnsKeys.derive] else ()
    rows = {str(name).lower().rstrip("."): row for name, row in dns[DnsKeys.records].items()}
    ttls = {name: ttl for name, row in rows.items() if (ttl := row[DnsRowKeys.ttl]) is not None}
    return zones_of(_overridden(records, rows), dns[DnsKeys.servfail], ttls)


def _overridden(
    records: Iterable[dns_zones.DnsRow], rows: Mapping[str, Fields]
) -> Iterable[dns_zones.DnsRow]:
    """Each type that is written for a name replaces what was derived; a null only takes it away."""
    for name, kind, value in records:
        if name not in rows or kind not in rows[name].places:
            yield name, kind, value
    for name, row in rows.items():
        for key in DNS_ROW.keys:
            for value in row.values.get(key.name, ()) if key is not DnsRowKeys.ttl else ():
                yield name, cast("RecordType", key.name), value


def _publishers(read: Fields, parties: Parties) -> Iterable[Publisher]:
    """Who publishes SPF and DMARC for which domains; a domain has one owner: organisation, host, tenant."""
    taken: set[str] = set()

    def free(domains: Iterable[Any]) -> tuple[Any, ...]:
        free_domains = tuple(domain for domain in domains if domain not in taken)
        taken.update(free_domains)
        return free_domains

    for company in parties.companies:
        yield Publisher(
            domains=free(company.domains),
            addresses=tuple(host.source for host in company.hosts.values()),
            includes_exchange_online=company.read[OrganizationKeys.spf_includes_exchange_online],
            dmarc=company.read[OrganizationKeys.dmarc],
        )
    for name, fields in read[SectionKeys.hosts].items():
        host = parties.hosts[name]
        if host.is_final:
            yield Publisher(
                domains=free(host.accepts_domains), addresses=(host.source,), dmarc=fields[HostKeys.dmarc]
            )
    for name, fields in read[SectionKeys.tenants].items():
        tenant = parties.tenants[name]
        own = free(accepted.domain_name for accepted in tenant.accepted_domains)
        service_domains = tuple(domain for domain in own if domain.endswith(".onmicrosoft.com"))
        others = tuple(domain for domain in own if domain not in service_domains)
        yield Publisher(domains=service_domains, includes_exchange_online=True)
        yield Publisher(domains=others, includes_exchange_online=True, dmarc=fields[TenantKeys.dmarc])

"""Hosts: what was written, with the defaults that follow from the role and the organisation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from lab.model.names import Domain
from lab.model.roles import Role
from lab.model.topology import Host, Region
from lab.scenario.builders import service_machines
from lab.scenario.language.party_keys import (
    POOLS,
    HostKeys,
    OrganizationKeys,
    RegionKeys,
    ServiceHostKeys,
    TenantKeys,
)
from lab.scenario.syntax.problem_report import one_of
from lab.scenario.syntax.records import Fields, RecordKey, is_missing
from lab.sentence import listed, sentence

_ROLES: tuple[tuple[RecordKey[Any], tuple[Role, ...]], ...] = (
    (HostKeys.smart_hosts, (Role.GATEWAY,)),
    (HostKeys.accepts_domains, (Role.GATEWAY,)),
    (HostKeys.forwards_to, (Role.GATEWAY,)),
    (HostKeys.relay_from, (Role.GATEWAY,)),
    (HostKeys.dkim_signs, (Role.GATEWAY, Role.INTERNET, Role.SERVICE)),
    (HostKeys.disclaimer, (Role.GATEWAY,)),
    (HostKeys.arc_seals, (Role.GATEWAY,)),
    (HostKeys.adds_headers, (Role.GATEWAY,)),
    (HostKeys.certificates, (Role.EXCHANGE,)),
    (HostKeys.domains, (Role.INTERNET, Role.SERVICE)),
    (HostKeys.mailboxes, (Role.INTERNET, Role.SERVICE)),
    (HostKeys.dmarc, (Role.INTERNET, Role.SERVICE)),
    (HostKeys.past_mx, (Role.SERVICE,)),
    (HostKeys.back_pressure, (Role.EXCHANGE,)),
    (HostKeys.refuses_with, (Role.INTERNET,)),
    (HostKeys.strict_spf, (Role.GATEWAY, Role.INTERNET)),
)


def hosts_of(organization: str, read: Fields, domains: tuple[Domain, ...]) -> dict[str, Host]:
    """The machines of an organisation."""
    made: dict[str, Host] = {}
    for name, fields in read[OrganizationKeys.hosts].items():
        role = fields[HostKeys.role]
        if role is None:
            hint = sentence("exchange, gateway or internet")
            fields.wrong(HostKeys.role, is_missing(HostKeys.role.name), hint)
            continue
        if role is Role.SERVICE:
            wanted = sentence("a service of Microsoft's belongs to no organisation")
            fields.wrong(HostKeys.role, wanted, sentence("write it at top level"))
        _keys_fit(fields, role)
        twins = sum(host.role is role for host in made.values())
        made[name] = _host(name, role, fields, organization, _fqdn(fields, role, domains, twins))
    return _connected(made, read, domains)


def internet_host(name: str, read: Fields) -> Host:
    """A mail system at top level."""
    role = read[HostKeys.role] or Role.INTERNET
    if role not in (Role.INTERNET, Role.SERVICE):
        wanted = sentence("a host at top level is an internet host or a service")
        read.wrong(HostKeys.role, wanted, sentence("all other hosts belong to an organisation"))
    _keys_fit(read, role)
    fqdn = _fqdn(read, role, read[HostKeys.domains], 0)
    return _host(name, role, read, None, fqdn or Domain(f"{name.lower().replace('_', '-')}.internet.example"))


def _fqdn(read: Fields, role: Role, domains: tuple[Domain, ...], twins: int) -> Domain | None:
    domain = next(iter(domains), None)
    made = read[HostKeys.fqdn] or (read[HostKeys.helo] if role is not Role.EXCHANGE else None)
    if made is not None or domain is None:
        return made
    if role is Role.EXCHANGE:
        return Domain(f"ex{twins + 1:02}.{domain}")
    return Domain(f"mail{twins + 1 if twins else ''}.{domain}")


def _host(name: str, role: Role, read: Fields, organization: str | None, fqdn: Domain | None) -> Host:
    written = read.values_for(Host, HostKeys) | {
        "role": role,
        "fqdn": fqdn or Domain(f"{name.lower().replace('_', '-')}.example"),
        "accepts_domains": read[HostKeys.accepts_domains] or read[HostKeys.domains],
        "mailboxes": {address.key: address for address in read[HostKeys.mailboxes]},
        "adds_headers": tuple(read[HostKeys.adds_headers].items()),
        "dkim_signs": frozenset(read[HostKeys.dkim_signs]),
        "expires_after": read[HostKeys.expires_after] or timedelta(days=2),
    }
    return Host(name=name, organization=organization, **written)


def _keys_fit(read: Fields, role: Role) -> None:
    for key, roles in _ROLES:
        if read.given(key) and role not in roles:
            wanted = sentence("{key} is for role {roles}", key=key.name, roles=one_of(roles))
            read.wrong(key, wanted, sentence("this host is {role}", role=role))


def _connected(made: dict[str, Host], read: Fields, domains: tuple[Domain, ...]) -> dict[str, Host]:
    """Gateways stand in front of the organisation's Exchange servers unless they are told otherwise."""
    servers = [host for host in made.values() if host.holds_mailboxes]
    clients = tuple(dict.fromkeys(address for host in servers for address in (host.address, host.source)))
    for name, fields in read[OrganizationKeys.hosts].items():
        host = made.get(name)
        if host is not None and host.is_filter:
            written = fields.places
            made[name] = replace(
                host,
                accepts_domains=host.accepts_domains if "accepts_domains" in written else domains,
                forwards_to=host.forwards_to if "forwards_to" in written else tuple(s.fqdn for s in servers),
                relay_from=host.relay_from if "relay_from" in written else clients,
            )
    return made


def regions(read: Mapping[str, Fields], tenants: Iterable[Fields]) -> dict[str, Region]:
    """The regions that tenants live in or that are written, in the order of the plan."""
    living = {tenant[TenantKeys.region]: tenant for tenant in tenants}
    used = {*read, *living}
    planned = service_machines.plan((*read, *sorted(used)))
    for name in planned[service_machines.MOST_REGIONS :]:
        wanted = sentence(
            "{most} regions at most, {names} included",
            most=service_machines.MOST_REGIONS,
            names=listed(service_machines.KNOWN),
        )
        if name in read:
            read[name].at.wrong(read[name].place, wanted)
        else:
            living[name].wrong(TenantKeys.region, wanted)
    return {
        name: _region(name, index, read.get(name))
        for index, name in enumerate(planned[: service_machines.MOST_REGIONS])
        if name in used
    }


def _region(name: str, index: int, read: Fields | None) -> Region:
    derived = service_machines.region(name, index)
    if read is None:
        return derived
    pools: dict[str, Any] = {pool.name: _machines(read[pool]) for pool in POOLS if read[pool]}
    return replace(derived, offset=read[RegionKeys.offset], **pools)


def _machines(read: tuple[Fields, ...]) -> tuple[Host, ...]:
    return tuple(
        service_machines.machine(
            host[ServiceHostKeys.fqdn], host[ServiceHostKeys.address], host[ServiceHostKeys.helo]
        )
        for host in read
    )

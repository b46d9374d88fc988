"""The address plan: which addresses a scenario may use, and that each belongs to one machine.

A scenario for the simulator alone may have real ones: what is imported keeps the addresses that its owner knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network

from lab.model.address_plan import INSIDE, NEVER, PUBLIC, is_inside
from lab.model.topology import Host, Region
from lab.scenario.language.party_keys import POOLS, HostKeys, OrganizationKeys, ServiceHostKeys
from lab.scenario.language.scenario_keys import SectionKeys
from lab.scenario.syntax.problem_report import one_of
from lab.scenario.syntax.records import Fields, RecordKey
from lab.sentence import sentence

_RANGES = sentence(
    "198.51.100.0/24 and 203.0.113.0/24 are for public addresses, 198.18.0.0/15 for inside networks"
)
_UNIQUE, _PUBLIC = sentence("addresses are unique"), sentence("others see this address, so it must be public")


def written_hosts(read: Fields) -> Iterator[tuple[str, Fields]]:
    """Every host as it is written, the organisations' first."""
    for organization in read[SectionKeys.organizations].values():
        yield from organization[OrganizationKeys.hosts].items()
    yield from read[SectionKeys.hosts].items()


def check(read: Fields, hosts: Mapping[str, Host], regions: Iterable[Region]) -> None:
    """Names and addresses of machines: unique, and from the plan."""
    machines = (host for region in regions for host in (*region.front_ends, *region.senders))
    service = {host.address: host.name for host in machines}
    for region in read[SectionKeys.regions].values():
        _written_service(region)
    names: dict[str, Fields] = {}
    owners: dict[str, str] = {}
    for name, fields in written_hosts(read):
        if name in names:
            first = names[name].place
            wanted = sentence("a second host named {name!r}", name=name)
            fields.at.wrong(fields.place, wanted, sentence("the first is in {first}", first=first))
        names[name] = fields
        _in_plan(fields, HostKeys.address, (*PUBLIC, *INSIDE))
        _in_plan(fields, HostKeys.nat, PUBLIC)
        _alone(name, fields, owners, service)
    _own_names(names, hosts)


def _written_service(region: Fields) -> None:
    """Machines of the service that are written need not follow the plan, but are public and each has its address."""
    taken: set[str] = set()
    for key in POOLS:
        for machine in region[key]:
            address = machine[ServiceHostKeys.address]
            _in_plan(machine, ServiceHostKeys.address, PUBLIC)
            if address in taken:
                wanted = sentence("{address} is taken already", address=address)
                machine.wrong(ServiceHostKeys.address, wanted, _UNIQUE)
            taken.add(address)


def _in_plan(
    fields: Fields, key: RecordKey[str] | RecordKey[str | None], ranges: tuple[IPv4Network, ...]
) -> None:
    written = fields[key]
    if written is None or _among(written, ranges):
        return
    if fields.at.report.real:
        _real(fields, key, IPv4Address(written))
        return
    if IPv4Address(written) in NEVER:
        hint = sentence(
            "192.0.2.0/24 may be the lab machine's own network, which a Docker network would cut off"
        )
    elif key is HostKeys.nat:
        hint = _PUBLIC
    else:
        hint = _RANGES
    wanted = sentence("an address from {ranges}, not {address}", ranges=one_of(ranges), address=written)
    fields.wrong(key, wanted, hint)


@lru_cache(maxsize=1024)
def _among(address: str, ranges: tuple[IPv4Network, ...]) -> bool:
    return any(IPv4Address(address) in network for network in ranges)


def _real(fields: Fields, key: RecordKey[str] | RecordKey[str | None], written: IPv4Address) -> None:
    """What some machine could have; behind NAT it has one that others see."""
    if written.is_loopback or written.is_multicast or written.is_unspecified or written.packed[0] in (0, 255):
        fields.wrong(key, sentence("an address that a machine can have, not {address}", address=written))
    elif key is HostKeys.nat and is_inside(str(written)):
        fields.wrong(key, sentence("a public address, not {address}", address=written), _PUBLIC)


def _alone(name: str, fields: Fields, owners: dict[str, str], service: Mapping[str, str]) -> None:
    address = fields[HostKeys.address]
    if address in service or fields[HostKeys.nat] in service:
        key: RecordKey[str] | RecordKey[str | None] = HostKeys.address if address in service else HostKeys.nat
        owner = service[str(fields[key])]
        wanted = sentence("{address} is the address of {owner}", address=fields[key], owner=owner)
        fields.wrong(key, wanted, sentence("Exchange Online has 203.0.113.10-18, 30-38, 50-58 and so on"))
    elif address in owners:
        fields.wrong(
            HostKeys.address,
            sentence("{address} is the address of {owner!r} already", address=address, owner=owners[address]),
            _UNIQUE,
        )
    owners.setdefault(address, name)


def _own_names(written: Mapping[str, Fields], hosts: Mapping[str, Host]) -> None:
    owners: dict[str, str] = {}
    for name, fields in written.items():
        fqdn = hosts[name].fqdn if name in hosts else None
        if fqdn is not None and fqdn in owners:
            key = HostKeys.fqdn if fields.given(HostKeys.fqdn) else HostKeys.helo
            wanted = sentence("{fqdn} is the name of {owner!r} already", fqdn=fqdn, owner=owners[fqdn])
            fields.wrong(key, wanted, sentence("give each its own `fqdn:`"))
        elif fqdn is not None:
            owners[fqdn] = name

"""The lab's DNS, derived from who is where; every record can be overridden, those of onmicrosoft.com only by the lab (R158)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from lab.core.authentication.signers import key_records
from lab.core.service_host_names import front_door
from lab.model.dns import Mx, RecordType
from lab.model.names import Domain
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import Tenant
from lab.model.topology import Host, Region
from lab.model.value import dataclass

DnsRow = tuple[str, RecordType, Mx | str]
EXCHANGE_ONLINE_SPF = "spf.protection.outlook.com"
_INCLUDE = f"include:{EXCHANGE_ONLINE_SPF}"


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """What an owner of domains publishes beside the MX."""

    domains: tuple[Domain, ...]
    addresses: tuple[str, ...] = ()
    includes_exchange_online: bool = False
    dmarc: str | None = None

    def records(self) -> Iterator[DnsRow]:
        """SPF, and DMARC if there is a policy."""
        parts = [f"ip4:{address}" for address in dict.fromkeys(self.addresses)]
        parts += [_INCLUDE] if self.includes_exchange_online else []
        for domain in self.domains:
            yield domain, "TXT", " ".join(("v=spf1", *parts, "-all"))
            if self.dmarc is not None:
                yield f"_dmarc.{domain}", "TXT", f"v=DMARC1; p={self.dmarc}"


@dataclass(frozen=True, kw_only=True)
class DnsFacts:
    """All that DNS is derived from."""

    hosts: Mapping[str, Host]
    regions: Mapping[str, Region]
    organizations: Mapping[str, OnPremOrganization]
    tenants: Mapping[str, Tenant]
    publishers: tuple[Publisher, ...]


def mx_name(domain: Domain) -> str:
    """`contoso.example` -> `contoso-example.mail.protection.outlook.com` (R156)."""
    return str(front_door(domain))


def reverse(address: str) -> str:
    """The name that an address's PTR record has."""
    return ".".join([*reversed(address.split(".")), "in-addr.arpa"])


def derived(world: DnsFacts) -> tuple[DnsRow, ...]:
    """All records, each once."""
    regions = world.regions.values()
    service = [host for region in regions for host in (*region.front_ends, *region.senders)]
    records = (
        *(record for host in (*world.hosts.values(), *service) for record in _host(host)),
        *(record for tenant in world.tenants.values() for record in _front_doors(tenant, world)),
        *_mail_exchangers(world),
        *_service_senders(regions),
        *(record for publisher in world.publishers for record in publisher.records()),
        *key_records(world.tenants.values(), world.hosts.values()),
    )
    return tuple(dict.fromkeys(records))


def _host(host: Host) -> Iterator[DnsRow]:
    yield host.fqdn, "A", host.address
    yield reverse(host.address), "PTR", host.fqdn
    if host.nat:
        yield reverse(host.nat), "PTR", host.fqdn


def _front_doors(tenant: Tenant, world: DnsFacts) -> Iterator[DnsRow]:
    """Every accepted domain has a name that leads to all front ends of the tenant's region (R156, R159)."""
    for accepted in tenant.accepted_domains:
        region = world.regions.get(tenant.region)
        for front_end in region.front_ends if region else ():
            yield mx_name(accepted.domain_name), "A", front_end.address


def _mail_exchangers(world: DnsFacts) -> Iterator[DnsRow]:
    """MX by who is in front: a gateway that takes the domain in, the final internet host, the tenant, Exchange."""
    taken: set[str] = set()
    for host in world.hosts.values():
        if host.is_filter or host.is_final:
            for domain in host.accepts_domains:
                taken.add(domain)
                yield domain, "MX", Mx(10, host.fqdn)
    for tenant in world.tenants.values():
        for accepted in tenant.accepted_domains:
            if accepted.domain_name not in taken:
                taken.add(accepted.domain_name)
                yield accepted.domain_name, "MX", Mx(0, mx_name(accepted.domain_name))
    for host in world.hosts.values():
        if host.holds_mailboxes and host.organization is not None:
            for accepted in world.organizations[host.organization].accepted_domains:
                if accepted.domain_name not in taken:
                    yield accepted.domain_name, "MX", Mx(10, host.fqdn)


def _service_senders(regions: Collection[Region]) -> Iterator[DnsRow]:
    """The service's own SPF, which leaves out the relay pool (R46), and the names that its senders greet with (R170)."""
    senders = [host for region in regions for host in (*region.outbound, *region.high_risk)]
    addresses = " ".join(f"ip4:{host.address}" for host in senders)
    yield EXCHANGE_ONLINE_SPF, "TXT", f"v=spf1 {addresses} -all"
    for host in senders:
        yield host.ehlo, "A", host.address
        yield host.ehlo, "TXT", f"v=spf1 {_INCLUDE} -all"
    for region in regions:
        for host in region.relay:
            yield host.ehlo, "A", host.address

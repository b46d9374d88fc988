"""Who of the company writes to the outside, from where it leaves, and what its domain publishes in DNS."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Cure, cure
from lab.analysis.checks.flow_facts import STRICT, authenticated, mailboxes, vanity_domains
from lab.core.authentication.dmarc import PublishedPolicy, published
from lab.core.authentication.results import SpfResult
from lab.core.authentication.spf import check_host
from lab.core.authentication.spf_record import is_spf
from lab.model.dns import ServFail, answered
from lab.model.names import Address, Domain
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import Tenant
from lab.model.value import dataclass
from lab.scenario.builders.dns_zones import EXCHANGE_ONLINE_SPF


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody with a mailbox in a domain of the company."""

    owner: OnPremOrganization | Tenant
    address: Address

    @property
    def domain(self) -> Domain:
        """Of the address."""
        return self.address.domain

    @property
    def side(self) -> str:
        """Where the mailbox is: `cloud` or `on-premises`."""
        return "cloud" if isinstance(self.owner, Tenant) else "on-premises"

    @property
    def about(self) -> str:
        """For findings that concern one side of a domain: `contoso.example:cloud`."""
        return f"{self.domain}:{self.side}"

    @property
    def outward(self) -> Probe:
        """What he writes to somebody outside, whose server asks for SPF."""
        return Probe((message(self.address, stand_ins.OUTSIDE),), STRICT)


def writers(world: AuditContext) -> Iterator[Writer]:
    """One for each domain with mailboxes, on each side."""
    for owner in world.own.owners:
        first: dict[Domain, Address] = {}
        for mailbox in mailboxes(owner):
            first.setdefault(mailbox.primary.domain, mailbox.primary)
        yield from (Writer(owner, first[domain]) for domain in vanity_domains(owner) if domain in first)


def domains(world: AuditContext) -> tuple[Domain, ...]:
    """The company's own domains that somebody writes from, each once."""
    return tuple(dict.fromkeys(writer.domain for writer in writers(world)))


@dataclass(frozen=True, slots=True)
class OutsideSpf:
    """What a receiver outside makes of the client that brings a writer's mail."""

    result: str
    client: str


def spf_outside(played: PlayedProbe) -> OutsideSpf | None:
    """None if the mail does not get that far."""
    step = authenticated(played, stand_ins.OUTSIDE_HOST)
    return None if step is None else OutsideSpf(step.spf, step.client)


def machine(world: AuditContext, client: str) -> str:
    """The own machine behind an address, `Exchange Online` for the service's, '' for others."""
    for host in world.topology.hosts.values():
        if host.source == client and host.organization in {
            organization.name for organization in world.organizations
        }:
            return host.name
    service = {host.address for region in world.topology.regions.values() for host in region.senders}
    return "Exchange Online" if client in service else ""


# -- what DNS says


def spf_records(world: AuditContext, domain: Domain) -> tuple[str, ...]:
    """The SPF records of a domain; more than one is an error."""
    return tuple(row for row in _texts(world, domain) if is_spf(row))


def _texts(world: AuditContext, domain: Domain) -> tuple[str, ...]:
    return tuple(map(str, world.topology.zones.rows.get((domain, "TXT"), ())))


def spf_evaluated(world: AuditContext, domain: Domain, client: str) -> SpfResult:
    """What the record of a domain says of a client, and why it cannot be evaluated, if it cannot."""
    return answered(check_host(client, domain, f"postmaster@{domain}", domain), world.topology.zones)


def policy(world: AuditContext, domain: Domain) -> PublishedPolicy | None:
    """The DMARC policy for a domain."""
    found = answered(published(domain), world.topology.zones)
    return None if isinstance(found, ServFail) else found


def record_path(world: AuditContext, domain: Domain) -> str:
    """Where the SPF record is written: itself, or the setting that it follows from."""
    path = f"dns.records[{domain}].TXT"
    if world.value(path) is not None:
        return path
    owner = next((organization for organization in world.organizations if organization.accepts(domain)), None)
    return f"organizations.{owner.name}.spf_includes_exchange_online" if owner else path


def policy_path(world: AuditContext, domain: Domain) -> str:
    """Where the DMARC policy is written, or could be."""
    path = f"dns.records[_dmarc.{domain}].TXT"
    if world.value(path) is not None:
        return path
    for owner in world.own.owners:
        kind = "tenants" if isinstance(owner, Tenant) else "organizations"
        if owner.accepts(domain) and world.value(f"{kind}.{owner.name}.dmarc") is not None:
            return f"{kind}.{owner.name}.dmarc"
    return path


# -- cures


def named(world: AuditContext, domain: Domain, clients: tuple[str, ...]) -> Cure:
    """An SPF record that names exactly those who send: these clients, and who is seen to send for the domain."""
    seen = (spf_outside(world.play(writer.outward)) for writer in writers(world) if writer.domain == domain)
    every = dict.fromkeys((*clients, *(found.client for found in seen if found)))
    terms = [f"ip4:{client}" for client in every if machine(world, client) != "Exchange Online"]
    if any(machine(world, client) == "Exchange Online" for client in every):
        terms.append(f"include:{EXCHANGE_ONLINE_SPF}")
    return published_as(world, domain, " ".join(("v=spf1", *terms, "-all")))


def published_as(world: AuditContext, domain: Domain, record: str) -> Cure:
    """One SPF record in place of what is there."""
    others = [row for row in _texts(world, domain) if not is_spf(row)]
    helps = "TXT of {domain}: {record}"
    return cure(helps, {f"dns.records[{domain}].TXT": [record, *others]}, domain=domain, record=record)


def signed(world: AuditContext, writer: Writer) -> Cure | None:
    """DKIM with the author's own domain, where the mail leaves; None if nothing there could sign.

    A tenant signs what it relays for on-premises, too (R171).
    """
    seen = spf_outside(world.play(writer.outward))
    last = machine(world, seen.client) if seen else ""
    by_service = isinstance(writer.owner, Tenant) or last == "Exchange Online"
    tenant = next((tenant for tenant in world.tenants if by_service and tenant.accepts(writer.domain)), None)
    if tenant is not None:
        listed = [*sorted(tenant.dkim_domains), str(writer.domain)]
        return cure(
            "DKIM on for {domain} in {tenant}",
            {f"tenants.{tenant.name}.dkim": listed},
            domain=writer.domain,
            tenant=tenant.name,
        )
    host = world.topology.hosts.get(last)
    if host is None or not host.is_filter:
        return None
    listed = [*sorted(host.dkim_signs), str(writer.domain)]
    helps = "{host} signs for {domain}"
    return cure(helps, {of_host(host, "dkim_signs"): listed}, host=host.name, domain=writer.domain)

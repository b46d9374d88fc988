"""Who of the company writes to the outside, from where it leaves, and what its domain publishes in DNS."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, Probe, mailboxes, message, of_host
from lab.analysis.checks.finding import Cure, cure
from lab.analysis.checks.flow_facts import STRICT, authenticated, vanity_domains
from lab.core.authentication.dmarc import PublishedPolicy, published
from lab.core.authentication.results import SpfResult
from lab.core.authentication.spf import check_host
from lab.core.authentication.spf_record import is_spf
from lab.model.dns import ServFail, answered
from lab.model.names import Address, Domain
from lab.model.steps import Authenticated
from lab.model.tenant import Tenant
from lab.model.value import dataclass
from lab.scenario.builders.correspondents import AddressOwner
from lab.scenario.builders.dns_zones import EXCHANGE_ONLINE_SPF
from lab.scenario.changeable_scenario import SettingChange

SERVICE_NAME = "Exchange Online"


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody with a mailbox in a domain of the company."""

    owner: AddressOwner
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


def writers(context: AuditContext) -> Iterator[Writer]:
    """One for each domain with mailboxes, on each side."""
    for owner in context.own.owners:
        first: dict[Domain, Address] = {}
        for mailbox in mailboxes(owner):
            first.setdefault(mailbox.primary.domain, mailbox.primary)
        yield from (Writer(owner, first[domain]) for domain in vanity_domains(owner) if domain in first)


def domains(context: AuditContext) -> tuple[Domain, ...]:
    """The company's own domains that somebody writes from, each once."""
    return tuple(dict.fromkeys(writer.domain for writer in writers(context)))


def judged_outside(context: AuditContext, writer: Writer) -> Authenticated | None:
    """What a receiver outside makes of a writer's mail; None if it does not get that far."""
    return authenticated(context.play(writer.outward), stand_ins.OUTSIDE_HOST)


def machine(context: AuditContext, client: str) -> str:
    """The own machine behind an address, `Exchange Online` for the service's, '' for others."""
    for host in context.topology.hosts.values():
        if host.source == client and context.owns(host):
            return host.name
    service = {host.address for region in context.topology.regions.values() for host in region.senders}
    return SERVICE_NAME if client in service else ""


# -- what DNS says


def spf_records(context: AuditContext, domain: Domain) -> tuple[str, ...]:
    """The SPF records of a domain; more than one is an error."""
    return tuple(row for row in _texts(context, domain) if is_spf(row))


def _texts(context: AuditContext, domain: Domain) -> tuple[str, ...]:
    return tuple(map(str, context.topology.zones.rows.get((domain, "TXT"), ())))


def spf_evaluated(context: AuditContext, domain: Domain, client: str) -> SpfResult:
    """What the record of a domain says of a client, and why it cannot be evaluated, if it cannot."""
    return answered(check_host(client, domain, f"postmaster@{domain}", domain), context.topology.zones)


def policy(context: AuditContext, domain: Domain) -> PublishedPolicy | None:
    """The DMARC policy for a domain."""
    answer = answered(published(domain), context.topology.zones)
    return None if isinstance(answer, ServFail) else answer


def record_path(context: AuditContext, domain: Domain) -> str:
    """Where the SPF record is written: itself, or the setting that it follows from."""
    path = f"dns.records[{domain}].TXT"
    if context.value(path) is not None:
        return path
    owner = next(
        (organization for organization in context.organizations if organization.accepts(domain)), None
    )
    return f"organizations.{owner.name}.spf_includes_exchange_online" if owner else path


def policy_path(context: AuditContext, domain: Domain) -> str:
    """Where the DMARC policy is written, or could be."""
    path = f"dns.records[_dmarc.{domain}].TXT"
    if context.value(path) is not None:
        return path
    for owner in context.own.owners:
        kind = "tenants" if isinstance(owner, Tenant) else "organizations"
        if owner.accepts(domain) and context.value(f"{kind}.{owner.name}.dmarc") is not None:
            return f"{kind}.{owner.name}.dmarc"
    return path


# -- cures


def named(context: AuditContext, domain: Domain, clients: tuple[str, ...]) -> Cure:
    """An SPF record that names exactly those who send: these clients, and who is seen to send for the domain."""
    judged = (judged_outside(context, writer) for writer in writers(context) if writer.domain == domain)
    senders = dict.fromkeys((*clients, *(step.client for step in judged if step)))
    terms = [f"ip4:{client}" for client in senders if machine(context, client) != SERVICE_NAME]
    if any(machine(context, client) == SERVICE_NAME for client in senders):
        terms.append(f"include:{EXCHANGE_ONLINE_SPF}")
    record = " ".join(("v=spf1", *terms, "-all"))
    others = [row for row in _texts(context, domain) if not is_spf(row)]
    helps = "TXT of {domain}: {record}"
    return cure(helps, {f"dns.records[{domain}].TXT": [record, *others]}, domain=domain, record=record)


def signed(context: AuditContext, writer: Writer) -> Cure | None:
    """DKIM with the author's own domain, where the mail leaves; None if nothing there could sign.

    A tenant signs what it relays for on-premises, too (R171).
    """
    judged = judged_outside(context, writer)
    last = machine(context, judged.client) if judged else ""
    by_service = isinstance(writer.owner, Tenant) or last == SERVICE_NAME
    tenant = next(
        (tenant for tenant in context.tenants if by_service and tenant.accepts(writer.domain)), None
    )
    if tenant is not None:
        listed = [*sorted(tenant.dkim_domains), str(writer.domain)]
        change: SettingChange = {f"tenants.{tenant.name}.dkim": listed}
        return cure("DKIM on for {domain} in {tenant}", change, domain=writer.domain, tenant=tenant.name)
    host = context.topology.hosts.get(last)
    if host is None or not host.is_filter:
        return None
    listed = [*sorted(host.dkim_signs), str(writer.domain)]
    helps = "{host} signs for {domain}"
    return cure(helps, {of_host(host, "dkim_signs"): listed}, host=host.name, domain=writer.domain)

"""Mail that goes round until somebody counts (R161, R162): each side believes that the other has the recipient."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import (
    NOBODY,
    in_tenant,
    looped,
    mailbox_where,
    servers,
    to_on_premises,
    visits,
)
from lab.model.names import Address, Domain
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import DomainType, OutboundConnector, Tenant
from lab.sentence import sentence, together

_LOOP_MARK = "X-Mflab-Loop"


@check("MFL-ROUTE-001", Severity.ERROR, "R89", "R163")
def hybrid_by_mx(world: AuditContext) -> Iterator[Suspicion]:
    """The hybrid outbound connector uses MX.

    The connector from Exchange Online to on-premises has UseMXRecord on. The MX of the domain leads to Exchange Online:
    mail for a mailbox on-premises leaves the tenant, and arrives at the tenant, until it is refused as a loop.

    Cure: UseMXRecord off, and the on-premises servers as smart hosts, as the Hybrid Configuration Wizard sets it.
    """
    for tenant, connector in to_on_premises(world):
        for organization in world.organizations if connector.use_mx_record else ():
            recipient = mailbox_where(organization, lambda domain: _is_for(connector, domain, tenant))  # noqa: B023
            if recipient is not None:
                yield _by_mx(world, tenant, connector, organization, recipient)


def _is_for(connector: OutboundConnector, domain: Domain, tenant: Tenant) -> bool:
    named = any(pattern.covers(domain) for pattern in connector.recipient_domains)
    return named or (connector.all_accepted_domains and tenant.accepts(domain) is not None)


def _by_mx(
    world: AuditContext,
    tenant: Tenant,
    connector: OutboundConnector,
    organization: OnPremOrganization,
    recipient: Address,
) -> Suspicion:
    def path(parameter: str) -> str:
        return world.setting(tenant, "OutboundConnectors", connector.name, parameter)

    hosts = servers(world, organization)
    sender = world.mailbox(tenant) or stand_ins.OUTSIDE
    wrong = '"{connector}" of {tenant} sends mail for on-premises to the MX, which is the tenant'
    told = "the MX of {domain} leads to the tenant"
    helps = "a smart host instead of MX: {hosts}"
    return Suspicion(
        about=connector.name,
        text=sentence(wrong, connector=connector.name, tenant=tenant.name),
        facts=(
            fact(path("UseMXRecord"), '"{connector}" has UseMXRecord on', connector=connector.name),
            fact(f"dns.records[{recipient.domain}].MX", told, domain=recipient.domain),
        ),
        probe=Probe((message(sender, recipient),)),
        shows=looped,
        cures=(cure(helps, {path("UseMXRecord"): False, path("SmartHosts"): hosts}, hosts=", ".join(hosts)),),
    )


@check("MFL-ROUTE-005", Severity.ERROR, "R138", "R163")
def internal_relay(world: AuditContext) -> Iterator[Suspicion]:
    """An InternalRelay domain goes round.

    Mail for recipients that the tenant (or on-premises Exchange) does not know in an InternalRelay domain is passed on,
    by a connector or by MX. Where that leads back to the same side, each typing error becomes a loop, and so does mail
    for mailboxes that no connector leads to.

    Cure: Authoritative, if all recipients are known; else a connector for the domain that leads to where the others
    are.
    """
    domains = [
        accepted.domain_name
        for owner in world.own.owners
        for accepted in owner.accepted_domains
        if accepted.domain_type is DomainType.INTERNAL_RELAY
    ]
    for domain in dict.fromkeys(domains):
        messages = [message(stand_ins.OUTSIDE, Address(NOBODY, domain), key="nobody")]
        for organization in world.organizations:
            known = mailbox_where(organization, lambda own: own == domain)  # noqa: B023
            if known is not None:
                messages.append(message(stand_ins.OUTSIDE, known, key=organization.name))
        yield _relayed(world, domain, Probe(tuple(messages)))


def _relayed(world: AuditContext, domain: Domain, probe: Probe) -> Suspicion:
    relaying = [
        owner
        for owner in world.own.owners
        if (accepted := owner.accepts(domain)) and accepted.domain_type is DomainType.INTERNAL_RELAY
    ]
    types = [world.setting(owner, "AcceptedDomains", domain, "DomainType") for owner in relaying]
    owners = together(
        sentence("tenant {tenant}", tenant=owner.name)
        if isinstance(owner, Tenant)
        else sentence("{organization} on-premises", organization=owner.name)
        for owner in relaying
    )
    names = {"domain": domain}
    helps = "{domain} is Authoritative: who is not known is refused"
    return Suspicion(
        about=domain,
        text=sentence("{domain} is InternalRelay, and what one side does not know comes back to it", **names),
        facts=(
            fact(types[0], "{owners} passes on what it does not know of {domain}", owners=owners, **names),
            fact(f"dns.records[{domain}].MX", "nobody further on takes mail for {domain}", **names),
        ),
        probe=probe,
        shows=looped,
        cures=(cure(helps, dict.fromkeys(types, "Authoritative"), **names), *_led_on_premises(world, domain)),
    )


def _led_on_premises(world: AuditContext, domain: Domain) -> Iterator[Cure]:
    """The hybrid connector is for the domain too."""
    if not any(organization.accepts(domain) for organization in world.organizations):
        return
    for tenant, connector in to_on_premises(world):
        if not connector.use_mx_record and not _is_for(connector, domain, tenant):
            path = world.setting(tenant, "OutboundConnectors", connector.name, "RecipientDomains")
            named = [*map(str, connector.recipient_domains), str(domain)]
            yield cure(
                '"{connector}" leads to on-premises for {domain}, too',
                {path: named},
                connector=connector.name,
                domain=domain,
            )


@check("MFL-ROUTE-008", Severity.ERROR, "R87", "R161")
def sub_domain(world: AuditContext) -> Iterator[Suspicion]:
    """A sub-domain goes to and fro between both sides.

    A sub-domain is accepted on neither side. A send connector for *.domain leads to Exchange Online, an outbound
    connector for *.domain leads to on-premises, and the hybrid connection carries everything.

    Cure: A more specific connector on the side that knows the way, or connectors for accepted domains only.
    """
    for domain in _sub_domains(world):
        recipient = Address("somebody", domain)
        for owner in world.own.owners:
            sender = world.mailbox(owner)
            probe = Probe((message(sender, recipient),)) if sender else None
            if probe and _to_and_fro(world, world.play(probe)):
                yield _nobodys(world, domain, probe)
                break


def _sub_domains(world: AuditContext) -> tuple[Domain, ...]:
    """Those that DNS or a connector names, below an accepted domain, and accepted nowhere."""
    named = [Domain(name) for name, kind in world.topology.zones.rows if kind == "MX"]
    for organization in world.organizations:
        spaces = (
            space.pattern for connector in organization.send_connectors for space in connector.address_spaces
        )
        named += [pattern.domain for pattern in spaces if pattern.domain and not pattern.wildcard]
    above = [accepted.domain_name for owner in world.own.owners for accepted in owner.accepted_domains]
    below = (
        domain for domain in named if any(domain.is_under(parent) for parent in above if parent != domain)
    )
    return tuple(dict.fromkeys(domain for domain in below if not world.own.has(domain)))


def _to_and_fro(world: AuditContext, played: PlayedProbe) -> bool:
    """Whether a loop leads through both sides."""
    if not looped(played):
        return False
    places = {name for fate in played.fates.values() for name, often in visits(fate).items() if often > 1}
    servers_ = {host.name for host in world.exchange_servers()}
    return bool(places & servers_) and any(in_tenant(tenant) in places for tenant in world.tenants)


def _nobodys(world: AuditContext, domain: Domain, probe: Probe) -> Suspicion:
    sending = [(o, connector) for o in world.organizations for connector in o.send_connectors]
    out = [
        (o, c) for o, c in sending if c.enabled and any(s.pattern.covers(domain) for s in c.address_spaces)
    ]
    back = [(t, c) for t, c in to_on_premises(world) if _is_for(c, domain, t)]
    cures = [
        cure(
            '"{connector}" on-premises is enabled, which leads to where {domain} is',
            {world.setting(organization, "SendConnectors", connector.name, "Enabled"): True},
            connector=connector.name,
            domain=domain,
        )
        for organization, connector in sending
        if not connector.enabled and any(space.pattern.domain == domain for space in connector.address_spaces)
    ]
    cures += [_accepted_only(world, tenant, connector) for tenant, connector in back]
    there = (
        world.setting(back[0][0], "OutboundConnectors", back[0][1].name, "RecipientDomains") if back else ""
    )
    here = world.setting(out[0][0], "SendConnectors", out[0][1].name, "AddressSpaces") if out else ""
    return Suspicion(
        about=domain,
        text=sentence(
            "{domain} is accepted on neither side, and each side sends it to the other", domain=domain
        ),
        facts=(
            fact(here, "on-premises sends {domain} to the tenant", domain=domain),
            fact(there, "the tenant sends {domain} to on-premises", domain=domain),
        ),
        probe=probe,
        shows=looped,
        cures=tuple(cures),
    )


def _accepted_only(world: AuditContext, tenant: Tenant, connector: OutboundConnector) -> Cure:
    names = [
        accepted.domain_name
        for accepted in tenant.accepted_domains
        if any(organization.accepts(accepted.domain_name) for organization in world.organizations)
    ]
    path = world.setting(tenant, "OutboundConnectors", connector.name, "RecipientDomains")
    helps = '"{connector}" is for {names} only: other sub-domains are refused, or go by MX'
    return cure(
        helps, {path: [str(name) for name in names]}, connector=connector.name, names=", ".join(names)
    )

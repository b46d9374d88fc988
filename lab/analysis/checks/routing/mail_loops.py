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


@check("MFL-ROUTE-001", Severity.ERROR, "R89", "R163")
def hybrid_by_mx(context: AuditContext) -> Iterator[Suspicion]:
    """The hybrid outbound connector uses MX.

    The connector from Exchange Online to on-premises has UseMXRecord on. The MX of the domain leads to Exchange Online:
    mail for a mailbox on-premises leaves the tenant, and arrives at the tenant, until it is refused as a loop.

    Cure: UseMXRecord off, and the on-premises servers as smart hosts, as the Hybrid Configuration Wizard sets it.
    """
    for tenant, connector in to_on_premises(context):
        for organization in context.organizations if connector.use_mx_record else ():
            recipient = mailbox_where(organization, lambda domain: _is_for(connector, domain, tenant))  # noqa: B023
            if recipient is not None:
                yield _by_mx(context, tenant, connector, organization, recipient)


def _is_for(connector: OutboundConnector, domain: Domain, tenant: Tenant) -> bool:
    named = any(pattern.covers(domain) for pattern in connector.recipient_domains)
    return named or (connector.all_accepted_domains and tenant.accepts(domain) is not None)


def _by_mx(
    context: AuditContext,
    tenant: Tenant,
    connector: OutboundConnector,
    organization: OnPremOrganization,
    recipient: Address,
) -> Suspicion:
    def path(parameter: str) -> str:
        return context.setting(tenant, connector, parameter)

    hosts = servers(context, organization)
    sender = context.mailbox(tenant) or stand_ins.OUTSIDE
    wrong = '"{connector}" of {tenant} sends mail for on-premises to the MX, which is the tenant'
    template = "the MX of {domain} leads to the tenant"
    helps = "a smart host instead of MX: {hosts}"
    return Suspicion(
        about=connector.name,
        text=sentence(wrong, connector=connector.name, tenant=tenant.name),
        facts=(
            fact(path("UseMXRecord"), '"{connector}" has UseMXRecord on', connector=connector.name),
            fact(f"dns.records[{recipient.domain}].MX", template, domain=recipient.domain),
        ),
        probe=Probe((message(sender, recipient),)),
        shows=looped,
        cures=(cure(helps, {path("UseMXRecord"): False, path("SmartHosts"): hosts}, hosts=", ".join(hosts)),),
    )


@check("MFL-ROUTE-005", Severity.ERROR, "R138", "R163")
def internal_relay(context: AuditContext) -> Iterator[Suspicion]:
    """An InternalRelay domain goes round.

    Mail for recipients that the tenant (or on-premises Exchange) does not know in an InternalRelay domain is passed on,
    by a connector or by MX. Where that leads back to the same side, each typing error becomes a loop, and so does mail
    for mailboxes that no connector leads to.

    Cure: Authoritative, if all recipients are known; else a connector for the domain that leads to where the others
    are.
    """
    domains = [
        accepted.domain_name
        for owner in context.own.owners
        for accepted in owner.accepted_domains
        if accepted.domain_type is DomainType.INTERNAL_RELAY
    ]
    for domain in dict.fromkeys(domains):
        messages = [message(stand_ins.OUTSIDE, Address(NOBODY, domain), key="nobody")]
        for organization in context.organizations:
            recipient = mailbox_where(organization, lambda own: own == domain)  # noqa: B023
            if recipient is not None:
                messages.append(message(stand_ins.OUTSIDE, recipient, key=organization.name))
        yield _relayed(context, domain, Probe(tuple(messages)))


def _relayed(context: AuditContext, domain: Domain, probe: Probe) -> Suspicion:
    relaying = [
        owner
        for owner in context.own.owners
        if (accepted := owner.accepts(domain)) and accepted.domain_type is DomainType.INTERNAL_RELAY
    ]
    types = [context.named_setting(owner, "AcceptedDomains", domain, "DomainType") for owner in relaying]
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
        cures=(
            cure(helps, dict.fromkeys(types, "Authoritative"), **names),
            *_led_on_premises(context, domain),
        ),
    )


def _led_on_premises(context: AuditContext, domain: Domain) -> Iterator[Cure]:
    """The hybrid connector is for the domain too."""
    if not any(organization.accepts(domain) for organization in context.organizations):
        return
    for tenant, connector in to_on_premises(context):
        if not connector.use_mx_record and not _is_for(connector, domain, tenant):
            path = context.setting(tenant, connector, "RecipientDomains")
            named = [*map(str, connector.recipient_domains), str(domain)]
            helps = '"{connector}" leads to on-premises for {domain}, too'
            yield cure(helps, {path: named}, connector=connector.name, domain=domain)


@check("MFL-ROUTE-008", Severity.ERROR, "R87", "R161")
def sub_domain(context: AuditContext) -> Iterator[Suspicion]:
    """A sub-domain goes to and fro between both sides.

    A sub-domain is accepted on neither side. A send connector for *.domain leads to Exchange Online, an outbound
    connector for *.domain leads to on-premises, and the hybrid connection carries everything.

    Cure: A more specific connector on the side that knows the way, or connectors for accepted domains only.
    """
    for domain in _sub_domains(context):
        recipient = Address("somebody", domain)
        for _, sender in (
            *context.with_mailbox(context.organizations),
            *context.with_mailbox(context.tenants),
        ):
            probe = Probe((message(sender, recipient),))
            if _to_and_fro(context, context.play(probe)):
                yield _nobodys(context, domain, probe)
                break


def _sub_domains(context: AuditContext) -> tuple[Domain, ...]:
    """Those that DNS or a connector names, below an accepted domain, and accepted nowhere."""
    named = [Domain(name) for name, kind in context.topology.zones.rows if kind == "MX"]
    for organization in context.organizations:
        spaces = (space for connector in organization.send_connectors for space in connector.address_spaces)
        patterns = (space.pattern for space in spaces)
        named += [pattern.domain for pattern in patterns if pattern.domain and not pattern.wildcard]
    unaccepted = dict.fromkeys(domain for domain in named if not context.own.has(domain))
    return tuple(domain for domain in unaccepted if any(map(domain.is_under, context.domains)))


def _to_and_fro(context: AuditContext, played: PlayedProbe) -> bool:
    """Whether a loop leads through both sides."""
    if not looped(played):
        return False
    places = {name for fate in played.fates.values() for name, often in visits(fate).items() if often > 1}
    onprem = any(host.name in places for host in context.exchange_servers())
    return onprem and any(in_tenant(tenant) in places for tenant in context.tenants)


def _nobodys(context: AuditContext, domain: Domain, probe: Probe) -> Suspicion:
    helps = '"{connector}" on-premises is enabled, which leads to where {domain} is'
    here = ""
    there = ""
    cures: list[Cure] = []
    for organization in context.organizations:
        for send in organization.send_connectors:
            patterns = [space.pattern for space in send.address_spaces]
            if send.enabled and any(pattern.covers(domain) for pattern in patterns):
                here = here or context.setting(organization, send, "AddressSpaces")
            if not send.enabled and any(pattern.domain == domain for pattern in patterns):
                change = {context.setting(organization, send, "Enabled"): True}
                cures.append(cure(helps, change, connector=send.name, domain=domain))
    for tenant, connector in to_on_premises(context):
        if _is_for(connector, domain, tenant):
            there = there or context.setting(tenant, connector, "RecipientDomains")
            cures.append(_accepted_only(context, tenant, connector))
    wrong = "{domain} is accepted on neither side, and each side sends it to the other"
    return Suspicion(
        about=domain,
        text=sentence(wrong, domain=domain),
        facts=(
            fact(here, "on-premises sends {domain} to the tenant", domain=domain),
            fact(there, "the tenant sends {domain} to on-premises", domain=domain),
        ),
        probe=probe,
        shows=looped,
        cures=tuple(cures),
    )


def _accepted_only(context: AuditContext, tenant: Tenant, connector: OutboundConnector) -> Cure:
    domains = [accepted.domain_name for accepted in tenant.accepted_domains]
    names = [str(name) for name in domains if any(owner.accepts(name) for owner in context.organizations)]
    path = context.setting(tenant, connector, "RecipientDomains")
    helps = '"{connector}" is for {names} only: other sub-domains are refused, or go by MX'
    return cure(helps, {path: names}, connector=connector.name, names=", ".join(names))

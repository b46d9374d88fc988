"""Centralized mail transport: all mail of the cloud is to leave by on-premises, and does not, or should not any more."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, mailboxes, message
from lab.analysis.checks.finding import Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import (
    NOBODY,
    STRICT,
    authenticated,
    in_tenant,
    last_step,
    looped,
    to_on_premises,
)
from lab.analysis.checks.shared_cures import made_by_wizard
from lab.model.names import Address
from lab.model.onprem import OnPremOrganization
from lab.model.steps import Routed
from lab.model.tenant import OutboundConnector, Recipient, Tenant
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence


def centralized(context: AuditContext) -> Iterator[tuple[Tenant, OutboundConnector]]:
    """The connectors with RouteAllMessagesViaOnPremises."""
    for tenant, connector in to_on_premises(context):
        if connector.route_all_messages_via_on_premises:
            yield tenant, connector


@check("MFL-ROUTE-002", Severity.ERROR, "R92")
def not_for_everything(context: AuditContext) -> Iterator[Suspicion]:
    """The connector of centralized transport is not for everything.

    RouteAllMessagesViaOnPremises is on, and RecipientDomains of the connector is not "*" but the company's domains.
    Mail to the internet leaves by MX, past the filter, the journal and the disclaimer on-premises.

    Cure: RecipientDomains "*", as the wizard sets it; or centralized transport off, if nobody wants it.
    """
    for tenant, connector in centralized(context):
        sender = context.mailbox(tenant)
        if sender is None or any(pattern.is_any for pattern in connector.recipient_domains):
            continue
        path = context.setting(tenant, connector, "RecipientDomains")
        domains = ", ".join(map(str, connector.recipient_domains)) or sentence("nothing")
        wrong = "centralized transport of {tenant} is on, and mail to the internet passes it by"
        yield Suspicion(
            about=connector.name,
            text=sentence(wrong, tenant=tenant.name),
            facts=(
                fact(path, '"{connector}" is for {domains}', connector=connector.name, domains=domains),
                fact(switch(context, tenant, connector), "RouteAllMessagesViaOnPremises is on"),
            ),
            probe=Probe((message(sender, stand_ins.OUTSIDE),)),
            shows=partial(_passes_by, context),
            cures=(cure('RecipientDomains is "*"', {path: "*"}),),
        )


def switch(context: AuditContext, tenant: Tenant, connector: OutboundConnector) -> str:
    """Where centralized transport is turned on: with the wizard's settings, if those made the connector."""
    for organization in context.organizations:
        by_wizard = made_by_wizard(context, organization, tenant, connector)
        if by_wizard and leads_to(context, connector, organization):
            return f"organizations.{organization.name}.hybrid.centralized_transport"
    return context.setting(tenant, connector, "RouteAllMessagesViaOnPremises")


def leads_to(context: AuditContext, connector: OutboundConnector, organization: OnPremOrganization) -> bool:
    """Whether the connector's smart host is one of the organisation's Exchange servers."""
    hosts = context.exchange_servers(organization.name)
    return any({host.name, str(host.fqdn), host.address} & set(connector.smart_hosts) for host in hosts)


def _passes_by(context: AuditContext, played: PlayedProbe) -> Sentence:
    own = {host.name for host in context.topology.hosts.values() if context.owns(host)}
    for fate in played.fates.values():
        if fate.places and not own & set(fate.places):
            shown = "mail for {recipient} leaves the tenant by MX, past all machines on-premises"
            return sentence(shown, recipient=fate.spec.recipients[0])
    return NOTHING


@check("MFL-ROUTE-003", Severity.WARNING, "R146", "R152")
def forwards(context: AuditContext) -> Iterator[Suspicion]:
    """Centralized transport does not catch a forward.

    Centralized transport covers what cloud mailboxes send. Mail that came from on-premises and is forwarded to the
    outside by a cloud mailbox is by design not sent back: the tenant delivers it by MX, past filter and journal.

    Cure: Let mailboxes that forward lie on-premises, or forbid forwarding to the outside.
    """
    for tenant, connector in centralized(context):
        for _, sender in context.with_mailbox(context.organizations):
            for mailbox in mailboxes(tenant):
                if mailbox.forwarding and not context.own.has(mailbox.forwarding.domain):
                    yield _forward(context, tenant, connector, sender, mailbox)
                    break


def _forward(
    context: AuditContext, tenant: Tenant, connector: OutboundConnector, sender: Address, mailbox: Recipient
) -> Suspicion:
    def shows(played: PlayedProbe) -> Sentence:
        routed = last_step(played, in_tenant(tenant), Routed)
        if routed is None or str(mailbox.forwarding) not in routed.about or routed.connector:
            return NOTHING
        shown = "what {recipient} forwards to {forwarding} leaves the tenant by MX"
        return sentence(shown, recipient=mailbox.primary, forwarding=mailbox.forwarding)

    path = _forwarding(context, tenant, mailbox.primary)
    wrong = "centralized transport does not catch what {recipient} forwards"
    template = "{recipient} in the cloud forwards to {forwarding}"
    moved = cure("the cloud mailbox does not forward; one on-premises can", {path: None})
    return Suspicion(
        about=str(mailbox.primary),
        text=sentence(wrong, recipient=mailbox.primary),
        facts=(
            fact(path, template, recipient=mailbox.primary, forwarding=mailbox.forwarding),
            fact(switch(context, tenant, connector), "RouteAllMessagesViaOnPremises is on"),
        ),
        probe=Probe((message(sender, mailbox.primary),)),
        shows=shows,
        cures=(moved,) if path else (),
    )


def _forwarding(context: AuditContext, tenant: Tenant, address: Address) -> str:
    """Where the forward is written, '' if nowhere."""
    lists = [f"tenants.{tenant.name}.mailboxes"]
    lists += [f"organizations.{organization.name}.remote_mailboxes" for organization in context.organizations]
    paths = (f"{written}[{address}].ForwardingSmtpAddress" for written in lists)
    return next((path for path in paths if context.value(path)), "")


@check("MFL-ROUTE-004", Severity.ERROR, "R92", "R161")
def left_on(context: AuditContext) -> Iterator[Suspicion]:
    """Centralized transport was left on after the migration.

    No mailbox is on-premises any more, MX and SPF belong to Exchange Online, and centralized transport still sends
    everything through on-premises: it leaves from an address that SPF does not name, or comes back by MX and goes
    round.

    Cure: Centralized transport off, the outbound connector disabled, the domains Authoritative.
    """
    if any(context.mailbox(organization) for organization in context.organizations):
        return
    for tenant, connector in centralized(context):
        sender = context.mailbox(tenant)
        if sender is not None:
            yield _left(context, tenant, connector, sender)


def _left(context: AuditContext, tenant: Tenant, connector: OutboundConnector, sender: Address) -> Suspicion:
    def shows(played: PlayedProbe) -> Sentence:
        judged = authenticated(played, stand_ins.OUTSIDE_HOST)
        fails = judged is not None and judged.spf == "fail"
        failed = sentence("mail to the internet leaves by on-premises, and fails SPF there")
        return looped(played) or (failed if fails else NOTHING)

    wrong = "centralized transport of {tenant} is on, and nobody is on-premises any more"
    helps = "centralized transport off, the connector disabled, the domains Authoritative"
    typo = message(sender, Address(NOBODY, sender.domain), key="typo")
    return Suspicion(
        about=connector.name,
        text=sentence(wrong, tenant=tenant.name),
        facts=(
            fact(switch(context, tenant, connector), "RouteAllMessagesViaOnPremises is on"),
            fact("", "no mailbox is on-premises"),
        ),
        probe=Probe((typo, message(sender, stand_ins.OUTSIDE, key="letter")), STRICT),
        shows=shows,
        cures=(cure(helps, _switched_off(context, tenant, connector)),),
    )


def _switched_off(context: AuditContext, tenant: Tenant, connector: OutboundConnector) -> SettingChange:
    types = (
        context.setting(tenant, accepted, "DomainType")
        for accepted in tenant.accepted_domains
        if context.value(context.setting(tenant, accepted)) is not None
    )
    return {
        switch(context, tenant, connector): False,
        context.setting(tenant, connector, "Enabled"): False,
        **dict.fromkeys(types, "Authoritative"),
    }

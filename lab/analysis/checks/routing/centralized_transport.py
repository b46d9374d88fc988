"""Centralized mail transport: all mail of the cloud is to leave by on-premises, and does not, or should not any more."""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message
from lab.analysis.checks.finding import ProbeJudgement, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import (
    NOBODY,
    STRICT,
    authenticated,
    in_tenant,
    last_step,
    looped,
    mailboxes,
    own_hosts,
    to_on_premises,
)
from lab.model.names import Address
from lab.model.onprem import OnPremOrganization
from lab.model.steps import Routed
from lab.model.tenant import OutboundConnector, Recipient, Tenant
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence

Centralized = tuple[Tenant, OutboundConnector]


def centralized(world: AuditContext) -> tuple[Centralized, ...]:
    """The connectors with RouteAllMessagesViaOnPremises."""
    return tuple(
        (tenant, connector)
        for tenant, connector in to_on_premises(world)
        if connector.route_all_messages_via_on_premises
    )


@check("MFL-ROUTE-002", Severity.ERROR, "R92")
def not_for_everything(world: AuditContext) -> Iterator[Suspicion]:
    """The connector of centralized transport is not for everything.

    RouteAllMessagesViaOnPremises is on, and RecipientDomains of the connector is not "*" but the company's domains.
    Mail to the internet leaves by MX, past the filter, the journal and the disclaimer on-premises.

    Cure: RecipientDomains "*", as the wizard sets it; or centralized transport off, if nobody wants it.
    """
    for tenant, connector in centralized(world):
        sender = world.mailbox(tenant)
        if sender is None or any(pattern.is_any for pattern in connector.recipient_domains):
            continue
        path = world.setting(tenant, "OutboundConnectors", connector.name, "RecipientDomains")
        domains = ", ".join(map(str, connector.recipient_domains)) or sentence("nothing")
        wrong = "centralized transport of {tenant} is on, and mail to the internet passes it by"
        yield Suspicion(
            about=connector.name,
            text=sentence(wrong, tenant=tenant.name),
            facts=(
                fact(path, '"{connector}" is for {domains}', connector=connector.name, domains=domains),
                fact(switch(world, tenant, connector), "RouteAllMessagesViaOnPremises is on"),
            ),
            probe=Probe((message(sender, stand_ins.OUTSIDE),)),
            shows=_passes_by(world),
            cures=(cure('RecipientDomains is "*"', {path: "*"}),),
        )


def switch(world: AuditContext, tenant: Tenant, connector: OutboundConnector) -> str:
    """Where centralized transport is turned on: with the wizard's settings, if those made the connector."""
    made = _wizard(world, tenant, connector)
    if made is not None:
        return f"organizations.{made.name}.hybrid.centralized_transport"
    return world.setting(tenant, "OutboundConnectors", connector.name, "RouteAllMessagesViaOnPremises")


def _wizard(world: AuditContext, tenant: Tenant, connector: OutboundConnector) -> OnPremOrganization | None:
    """The organisation whose wizard made the connector."""
    for organization in world.organizations:
        hybrid = world.value(f"organizations.{organization.name}.hybrid")
        wizards = isinstance(hybrid, dict) and hybrid.get("tenant") == tenant.name
        if (
            wizards
            and connector.connector_source == "HybridWizard"
            and leads_to(world, connector, organization)
        ):
            return organization
    return None


def leads_to(world: AuditContext, connector: OutboundConnector, organization: OnPremOrganization) -> bool:
    """Whether the connector's smart host is one of the organisation's Exchange servers."""
    hosts = world.exchange_servers(organization.name)
    return any({host.name, str(host.fqdn), host.address} & set(connector.smart_hosts) for host in hosts)


def _passes_by(world: AuditContext) -> ProbeJudgement:
    own = own_hosts(world)

    def shows(played: PlayedProbe) -> Sentence:
        for fate in played.fates.values():
            if fate.places and not own & set(fate.places):
                shown = "mail for {recipient} leaves the tenant by MX, past all machines on-premises"
                return sentence(shown, recipient=fate.spec.recipients[0])
        return NOTHING

    return shows


@check("MFL-ROUTE-003", Severity.WARNING, "R146", "R152")
def forwards(world: AuditContext) -> Iterator[Suspicion]:
    """Centralized transport does not catch a forward.

    Centralized transport covers what cloud mailboxes send. Mail that came from on-premises and is forwarded to the
    outside by a cloud mailbox is by design not sent back: the tenant delivers it by MX, past filter and journal.

    Cure: Let mailboxes that forward lie on-premises, or forbid forwarding to the outside.
    """
    for tenant, connector in centralized(world):
        for organization in world.organizations:
            sender = world.mailbox(organization)
            forwarding = next(
                (m for m in mailboxes(tenant) if m.forwarding and not world.own.has(m.forwarding.domain)),
                None,
            )
            if sender is not None and forwarding is not None:
                yield _forward(world, tenant, connector, sender, forwarding)


def _forward(
    world: AuditContext, tenant: Tenant, connector: OutboundConnector, sender: Address, mailbox: Recipient
) -> Suspicion:
    where = in_tenant(tenant)

    def shows(played: PlayedProbe) -> Sentence:
        routed = last_step(played, where, Routed)
        if routed is None or str(mailbox.forwarding) not in routed.about or routed.connector:
            return NOTHING
        shown = "what {recipient} forwards to {forwarding} leaves the tenant by MX"
        return sentence(shown, recipient=mailbox.primary, forwarding=mailbox.forwarding)

    path = _forwarding(world, tenant, mailbox.primary)
    told = "{recipient} in the cloud forwards to {forwarding}"
    return Suspicion(
        about=str(mailbox.primary),
        text=sentence(
            "centralized transport does not catch what {recipient} forwards", recipient=mailbox.primary
        ),
        facts=(
            fact(path, told, recipient=mailbox.primary, forwarding=mailbox.forwarding),
            fact(switch(world, tenant, connector), "RouteAllMessagesViaOnPremises is on"),
        ),
        probe=Probe((message(sender, mailbox.primary),)),
        shows=shows,
        cures=(cure("the cloud mailbox does not forward; one on-premises can", {path: None}),)
        if path
        else (),
    )


def _forwarding(world: AuditContext, tenant: Tenant, address: Address) -> str:
    """Where the forward is written, '' if nowhere."""
    lists = [f"tenants.{tenant.name}.mailboxes"]
    lists += [f"organizations.{organization.name}.remote_mailboxes" for organization in world.organizations]
    paths = (f"{each}[{address}].ForwardingSmtpAddress" for each in lists)
    return next((path for path in paths if world.value(path)), "")


@check("MFL-ROUTE-004", Severity.ERROR, "R92", "R161")
def left_on(world: AuditContext) -> Iterator[Suspicion]:
    """Centralized transport was left on after the migration.

    No mailbox is on-premises any more, MX and SPF belong to Exchange Online, and centralized transport still sends
    everything through on-premises: it leaves from an address that SPF does not name, or comes back by MX and goes
    round.

    Cure: Centralized transport off, the outbound connector disabled, the domains Authoritative.
    """
    if any(world.mailbox(organization) for organization in world.organizations):
        return
    for tenant, connector in centralized(world):
        sender = world.mailbox(tenant)
        if sender is not None:
            yield _left(world, tenant, connector, sender)


def _left(world: AuditContext, tenant: Tenant, connector: OutboundConnector, sender: Address) -> Suspicion:
    def shows(played: PlayedProbe) -> Sentence:
        judged = authenticated(played, stand_ins.OUTSIDE_HOST)
        fails = judged is not None and judged.spf == "fail"
        failed = sentence("mail to the internet leaves by on-premises, and fails SPF there")
        return looped(played) or (failed if fails else NOTHING)

    typo = message(sender, Address(NOBODY, sender.domain), key="typo")
    return Suspicion(
        about=connector.name,
        text=sentence(
            "centralized transport of {tenant} is on, and nobody is on-premises any more", tenant=tenant.name
        ),
        facts=(
            fact(switch(world, tenant, connector), "RouteAllMessagesViaOnPremises is on"),
            fact("", "no mailbox is on-premises"),
        ),
        probe=Probe((typo, message(sender, stand_ins.OUTSIDE, key="letter")), STRICT),
        shows=shows,
        cures=(
            cure(
                "centralized transport off, the connector disabled, the domains Authoritative",
                _switched_off(world, tenant, connector),
            ),
        ),
    )


def _switched_off(world: AuditContext, tenant: Tenant, connector: OutboundConnector) -> SettingChange:
    types = (
        world.setting(tenant, "AcceptedDomains", accepted.domain_name, "DomainType")
        for accepted in tenant.accepted_domains
        if world.value(world.setting(tenant, "AcceptedDomains", accepted.domain_name)) is not None
    )
    return {
        switch(world, tenant, connector): False,
        world.setting(tenant, "OutboundConnectors", connector.name, "Enabled"): False,
        **dict.fromkeys(types, "Authoritative"),
    }

"""The way between both sides: what stands in it, and connectors between which nobody has decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import arrives_internal, in_tenant, last_step, lost, mailbox_where
from lab.core.routing import OutboundChoice, choose_outbound, choose_send_connector
from lab.core.service_host_names import SERVICE
from lab.model.names import Domain
from lab.model.onprem import OnPremOrganization, SendConnector
from lab.model.steps import Routed
from lab.model.tenant import OutboundConnector, Tenant
from lab.model.topology import Host
from lab.scenario.builders.hybrid_wizard import coexistence_domain
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence

_ORDERS = ("exact,accepted_domains,wildcard", "exact,wildcard,accepted_domains")
"""What R99 may mean."""


@check("MFL-ROUTE-014", Severity.ERROR, "R119", "R120")
def stands_between(context: AuditContext) -> Iterator[Suspicion]:
    """A machine between Exchange and Exchange Online.

    The send connector for hybrid mail leads to an appliance, a gateway or a firewall that opens TLS. Exchange Online
    sees that machine's certificate and address, and takes colleagues for strangers: mail is filtered and tagged, groups
    that take internal mail only refuse it with 5.7.133.

    Cure: Let Exchange speak with Exchange Online itself; Edge Transport servers are the only exception.
    """
    for tenant, colleague in context.with_mailbox(context.tenants):
        for organization, sender in context.with_mailbox(context.organizations):
            routing = coexistence_domain(tenant.initial_domain)
            connector = choose_send_connector(organization, routing).connector
            if connector is None or not connector.smart_hosts:
                continue
            probe = Probe((message(sender, colleague),))
            played = context.play(probe)
            box = _box(context, played)
            direct = Probe(probe.messages, _direct(context, organization, connector))
            # where mail would not be internal without it, something else is wrong
            if (
                box
                and not arrives_internal(played, tenant)
                and arrives_internal(context.play(direct), tenant)
            ):
                yield _between(context, organization, tenant, connector, box, probe)


def _box(context: AuditContext, played: PlayedProbe) -> Host | None:
    """The first machine on the way that is no Exchange."""
    hosts = context.topology.hosts
    places = [name for fate in played.fates.values() for name in fate.places if name in hosts]
    return next((hosts[name] for name in places if not hosts[name].holds_mailboxes), None)


def _direct(
    context: AuditContext, organization: OnPremOrganization, connector: SendConnector
) -> SettingChange:
    def path(parameter: str) -> str:
        return context.setting(organization, connector, parameter)

    return {path("SmartHosts"): [], path("DNSRoutingEnabled"): True, path("TlsDomain"): str(SERVICE)}


def _between(
    context: AuditContext,
    organization: OnPremOrganization,
    tenant: Tenant,
    connector: SendConnector,
    box: Host,
    probe: Probe,
) -> Suspicion:
    recipient = probe.messages[0].recipients[0]

    def shows(played: PlayedProbe) -> Sentence:
        if arrives_internal(played, tenant):
            return NOTHING
        shown = "mail of a colleague for {recipient} arrives as a stranger's: anonymous, filtered, tagged"
        return lost(played) or sentence(shown, recipient=recipient)

    path = context.setting(organization, connector, "SmartHosts")
    template = '"{connector}" leads to {hosts}'
    stands = "{host} is no Exchange, and hands over in its own name"
    helps = "Exchange speaks with Exchange Online itself, by DNS"
    return Suspicion(
        about=box.name,
        text=sentence("{host} stands between Exchange and Exchange Online", host=box.name),
        facts=(
            fact(path, template, connector=connector.name, hosts=", ".join(connector.smart_hosts)),
            fact(of_host(box, "role"), stands, host=box.name),
        ),
        probe=probe,
        shows=shows,
        cures=(cure(helps, _direct(context, organization, connector)),),
    )


@check("MFL-ROUTE-018", Severity.NOTE, "R87", "R88", "R99")
def undecided(context: AuditContext) -> Iterator[Suspicion]:
    """Two outbound connectors, and no documented order.

    A connector with AllAcceptedDomains and one with a wildcard both mean an accepted domain. Microsoft's article names
    an order, and its example shows the other one; the lab follows the text (switch outbound_connector_order).

    Cure: Name the domain exactly on the connector that is meant: an exact name goes first in either reading.
    """
    for tenant in context.tenants:
        for accepted in tenant.accepted_domains:
            domain = accepted.domain_name
            first, second = (_chosen(context, tenant, domain, order, hosted=True) for order in _ORDERS)
            if first is None or second is None or first is second:
                continue
            for organization in context.organizations:
                recipient = mailbox_where(organization, lambda own: own == domain)  # noqa: B023
                sender = context.mailbox(tenant) or stand_ins.OUTSIDE
                if recipient is not None:
                    yield _either(
                        context, tenant, domain, first, second, Probe((message(sender, recipient),))
                    )


def _chosen(
    context: AuditContext, tenant: Tenant, domain: Domain, order: str, *, hosted: bool
) -> OutboundConnector | None:
    switches = replace(context.topology.switches, outbound_connector_order=order)
    return choose_outbound(tenant, domain, hosted=hosted, switches=switches).connector


def _either(
    context: AuditContext,
    tenant: Tenant,
    domain: Domain,
    first: OutboundConnector,
    second: OutboundConnector,
    probe: Probe,
) -> Suspicion:
    listed = context.setting(tenant, first, "AllAcceptedDomains")
    named = context.setting(tenant, second, "RecipientDomains")
    exact = [*map(str, second.recipient_domains), str(domain)]
    every = [str(accepted.domain_name) for accepted in tenant.accepted_domains]
    by_name = context.setting(tenant, first, "RecipientDomains")
    names = {"domain": domain, "first": first.name, "second": second.name}
    template = '"{second}" is for {domains}'
    helps = '"{first}" names the domains: a name always goes first'
    return Suspicion(
        about=domain,
        text=sentence('whether mail for {domain} takes "{first}" or "{second}" is not documented', **names),
        facts=(
            fact(listed, '"{first}" is for all accepted domains', **names),
            fact(named, template, domains=", ".join(map(str, second.recipient_domains)), **names),
        ),
        probe=probe,
        shows=partial(_open, context, tenant),
        cures=(
            cure(helps, {listed: False, by_name: every}, **names),
            cure('"{second}" names {domain}: a name always goes first', {named: exact}, **names),
        ),
    )


def _open(context: AuditContext, tenant: Tenant, played: PlayedProbe) -> Sentence:
    step = last_step(played, in_tenant(tenant), Routed)
    if step is None or not isinstance(step.cause, OutboundChoice) or step.cause.connector is None:
        return NOTHING
    choice = step.cause
    first, second = (
        _chosen(context, choice.tenant, choice.domain, order, hosted=choice.hosted) for order in _ORDERS
    )
    if first is None or second is None or first.name == second.name:
        return NOTHING
    shown = 'mail for {domain} leaves by "{first}" or "{second}", depending on how one reads the documents'
    return sentence(shown, domain=choice.domain, first=first.name, second=second.name)

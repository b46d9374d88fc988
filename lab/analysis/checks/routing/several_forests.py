"""Centralized mail transport of several forests: connectors know recipients, not senders (R92)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.analysis.checks import shared_cures, stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import mailbox_where, values
from lab.analysis.checks.routing.centralized_transport import centralized, leads_to, switch
from lab.model.names import Address
from lab.model.onprem import OnPremOrganization
from lab.model.tenant import OutboundConnector, Tenant
from lab.sentence import NOTHING, Sentence, sentence

Forest = tuple[OnPremOrganization, OutboundConnector]
"""One of several, with the connector that leads to it."""


@check("MFL-ROUTE-010", Severity.ERROR, "R92", "R93", "R99")
def several_forests(context: AuditContext) -> Iterator[Suspicion]:
    """Centralized transport of several forests ends in one of them.

    Two forests of one tenant have centralized transport. Connectors know recipients, not senders: one of the two for
    "*" wins, and carries the mail of both forests, under addresses that the other forest's SPF record does not name.

    Cure: A mail flow rule for each forest's sender domains, with connectors that only rules can choose.
    """
    for tenant in context.tenants:
        joined = [
            (organization, connector)
            for owner, connector in centralized(context)
            for organization in context.organizations
            if owner is tenant and leads_to(context, connector, organization)
        ]
        for organization, connector in joined if len(joined) > 1 else ():
            sender = mailbox_where(tenant, lambda domain: organization.accepts(domain) is not None)  # noqa: B023
            if sender is not None:
                yield _other_forest(context, tenant, organization, connector, sender, tuple(joined))


def _other_forest(
    context: AuditContext,
    tenant: Tenant,
    organization: OnPremOrganization,
    connector: OutboundConnector,
    sender: Address,
    joined: tuple[Forest, ...],
) -> Suspicion:
    hosts = context.topology.hosts

    def shows(played: PlayedProbe) -> Sentence:
        for fate in played.fates.values():
            passed = (hosts[name].organization for name in fate.places if name in hosts)
            other = next((name for name in passed if name not in (None, organization.name)), None)
            if other is not None:
                shown = "mail from {domain} leaves by the machines of {other}, not of {organization}"
                return sentence(shown, domain=sender.domain, other=other, organization=organization.name)
        return NOTHING

    others = ", ".join(f'"{other.name}"' for _, other in joined if other is not connector)
    wrong = "mail of {organization}'s cloud users leaves by another forest"
    template = '"{connector}" has RouteAllMessagesViaOnPremises'
    return Suspicion(
        about=organization.name,
        text=sentence(wrong, organization=organization.name),
        facts=(
            fact(switch(context, tenant, connector), template, connector=connector.name),
            fact("", "{connectors} has it too, and a connector does not know who sends", connectors=others),
        ),
        probe=Probe((message(sender, stand_ins.OUTSIDE),)),
        shows=shows,
        cures=(_by_sender(context, tenant, joined),),
    )


def _by_sender(context: AuditContext, tenant: Tenant, joined: tuple[Forest, ...]) -> Cure:
    connectors = f"tenants.{tenant.name}.OutboundConnectors"
    rules = f"tenants.{tenant.name}.TransportRules"
    change: dict[str, Any] = {
        connectors: [*values(context, connectors), *(_by_rule(connector) for _, connector in joined)],
        rules: [*values(context, rules), *(_way_out(*forest) for forest in joined)],
    }
    for organization, _ in joined:
        for other in shared_cures.other_certificate(context, organization):
            change |= other.change
    return cure(
        "a rule for each forest's senders, with a connector that only rules can choose; and another "
        "certificate for the way out, or what comes from there is taken for the forest's own and goes round",
        change,
    )


def _by_rule(connector: OutboundConnector) -> dict[str, Any]:
    """The same way, for those whom a rule sends there."""
    return {
        "Name": f"{connector.name} by rule",
        "ConnectorType": "OnPremises",
        "IsTransportRuleScoped": True,
        "CloudServicesMailEnabled": connector.cloud_services_mail_enabled,
        "UseMXRecord": False,
        "SmartHosts": list(connector.smart_hosts),
    }


def _way_out(organization: OnPremOrganization, connector: OutboundConnector) -> dict[str, Any]:
    return {
        "Name": f"Way out of {organization.name}",
        "SenderDomainIs": [str(accepted.domain_name) for accepted in organization.accepted_domains],
        "SentToScope": "NotInOrganization",
        "RouteMessageOutboundConnector": f"{connector.name} by rule",
    }

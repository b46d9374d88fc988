"""Direct Send: anonymous mail in the company's own name, forged or from the own devices (R44, R39)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lab.analysis.checks import stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import own_entries, whose
from lab.model.decision import Reason
from lab.model.names import Address
from lab.model.tenant import Tenant
from lab.model.topology import Host
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import NOTHING, Sentence, sentence


@check("MFL-CONN-005", Severity.ERROR, "R39", "R44")
def device(context: AuditContext) -> Iterator[Suspicion]:
    """RejectDirectSend refuses a machine of the company's own.

    With RejectDirectSend the tenant refuses anonymous mail in its own domains with 5.7.68: that of forgers, and that of
    printers, applications and gateways that no connector knows. Nothing of it is in the message trace.

    Cure: A connector for the machine, by certificate or by an address that nobody else has.
    """
    for tenant, recipient in context.with_mailbox(context.tenants or context.topology.tenants.values()):
        for host in context.filters() if tenant.reject_direct_send else ():
            sender = Address("device", tenant.default_domain)
            probe = Probe((message(sender, recipient, via=host.name),))
            if host.smart_hosts and _rejected(context, context.play(probe)):
                yield _device(context, tenant, host, probe)


def _rejected(context: AuditContext, played: PlayedProbe) -> Sentence:
    rejected = (
        entry for entry in own_entries(context, played) if entry.decision.reason is Reason.DIRECT_SEND
    )
    return next((entry.outcome for entry in rejected), NOTHING)


def _device(context: AuditContext, tenant: Tenant, host: Host, probe: Probe) -> Suspicion:
    switch = f"tenants.{tenant.name}.OrganizationConfig.RejectDirectSend"
    connector = {
        "Name": "Devices",
        "ConnectorType": "OnPremises",
        "SenderIPAddresses": [host.source],
        "RequireTls": host.certificate is not None,
    }
    names = {"host": host.name, "tenant": tenant.name}
    template = "{host} hands mail to {tenant}, and no connector knows it"
    helps = "a connector of type OnPremises for {address}, an address that nobody else comes from"
    change: SettingChange = {f"tenants.{tenant.name}.InboundConnectors[Devices]": connector}
    return Suspicion(
        about=host.name,
        text=sentence("{host} may not send in the name of {domain}", domain=tenant.default_domain, **names),
        facts=(
            fact(switch, "{tenant} rejects Direct Send", **names),
            fact(of_host(host, "smart_hosts"), template, **names),
        ),
        probe=probe,
        shows=partial(_rejected, context),
        cures=(cure(helps, change, address=host.source),),
    )


@check("MFL-CONN-006", Severity.NOTE, "R44", "R39")
def direct_send(context: AuditContext) -> Iterator[Suspicion]:
    """Anybody may send anonymously in the company's name.

    Direct Send: mail from an own domain to an own mailbox needs no connector, and is judged like any other mail from
    the internet. What SPF, DMARC and the service's filters let through looks like a colleague's. Not told where DMARC
    or a lock refuses it.

    Cure: RejectDirectSend, after every device and service that sends so has a connector; or DMARC with reject.
    """
    for tenant, recipient in context.with_mailbox(context.tenants):
        switch = f"tenants.{tenant.name}.OrganizationConfig.RejectDirectSend"
        forged = Address("colleague", tenant.default_domain)
        wrong = "{tenant} takes anonymous mail in the name of {domain}"
        helps = "RejectDirectSend on; devices and services that send so need connectors first"
        yield Suspicion(
            about=tenant.name,
            text=sentence(wrong, tenant=tenant.name, domain=tenant.default_domain),
            facts=(
                fact(switch, "RejectDirectSend is off"),
                fact("", "a stranger says MAIL FROM:<{sender}> at the front door", sender=forged),
            ),
            probe=Probe((message(forged, recipient, via=stand_ins.STRANGER_HOST),)),
            shows=_taken,
            cures=(cure(helps, {switch: True}),),
        )


def _taken(played: PlayedProbe) -> Sentence:
    fate = played.first
    if fate is None or not fate.arrived:
        return NOTHING
    return sentence("{mail} is delivered, from a stranger's machine", mail=whose(fate))

"""The trust between the halves of a hybrid company: CloudServicesMailEnabled at both ends, in both directions (R64, R118)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.analysis.checks import shared_cures
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, message, of_host
from lab.analysis.checks.finding import Cure, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.flow_facts import in_tenant, routed_by
from lab.analysis.checks.hybrid_flows import (
    Colleagues,
    auth_as,
    exchange_entries,
    filter_entries,
    pairs,
    whose,
)
from lab.core.service_host_names import SERVICE
from lab.model.names import Address
from lab.model.onprem import SendConnector
from lab.model.tenant import InboundConnector, OutboundConnector, Tenant
from lab.model.topology import Host
from lab.model.value import dataclass
from lab.scenario.builders.correspondents import AddressOwner, distinct
from lab.sentence import NOTHING, Sentence, sentence

_FLAG = "CloudServicesMailEnabled"
_CAPABILITY = f"{SERVICE}:AcceptCloudServicesMail"


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a direction: where it is told to trust the other, and whether it is."""

    name: str
    path: str
    on: bool
    cure: Any = True


@check("MFL-CONN-007", Severity.ERROR, "R64", "R118", "R119")
def lost(context: AuditContext) -> Iterator[Suspicion]:
    """CloudServicesMailEnabled is lost at one end of the hybrid connection.

    The sender writes Exchange's own headers as CrossPremises headers, the receiver promotes them, and a colleague's
    mail is internal: only if the connectors at both ends have CloudServicesMailEnabled. A connector that was made anew
    by hand lacks it. Mail arrives, marked as external, and groups that take internal mail refuse it with 5.7.193.

    Cure: Run the wizard again. Or set CloudServicesMailEnabled on the connector that lacks it.
    """
    for pair in pairs(context):
        there, back = Probe((pair.to_cloud(),)), Probe((pair.from_cloud(),))
        for end, other in _both(_to_cloud(context, pair, context.play(there))):
            yield from _one_sided(there, end, other)
        for end, other in _both(_from_cloud(context, pair, context.play(back)))[:1]:
            yield from _one_sided(back, end, other)


@check("MFL-CONN-010", Severity.ERROR, "R103", "R118", "R119")
def untrusted(context: AuditContext) -> Iterator[Suspicion]:
    """Exchange does not trust the tenant's certificate.

    TlsDomainCapabilities of the receive connector lets mail.protection.outlook.com hand over internal mail. A new
    server, or a rebuilt connector, has none: mail from the cloud is a stranger's on-premises, lists refuse it with
    5.7.133, and centralized transport may not relay (5.7.54).

    Cure: TlsDomainCapabilities mail.protection.outlook.com:AcceptCloudServicesMail on the receive connector that takes
    Microsoft's addresses.
    """
    for pair in pairs(context):
        back = Probe((pair.from_cloud(),))
        for end, other in _both(_from_cloud(context, pair, context.play(back)))[1:]:
            yield from _one_sided(back, end, other)


def _both(ends: tuple[_End, _End] | None) -> tuple[tuple[_End, _End], ...]:
    """Each end with the other: the sender's first."""
    return (ends, (ends[1], ends[0])) if ends else ()


def _one_sided(probe: Probe, end: _End, other: _End) -> Iterator[Suspicion]:
    if end.on or not other.on:
        return
    parameter = end.path.rpartition(".")[2]
    wrong = '"{connector}" breaks the trust between on-premises and the tenant'
    helps = '{parameter} of "{connector}" as the wizard sets it'
    yield Suspicion(
        about=end.name,
        text=sentence(wrong, connector=end.name),
        facts=(
            fact(end.path, '"{connector}" lacks {parameter}', connector=end.name, parameter=parameter),
            fact(other.path, '"{connector}" has its counterpart at the other end', connector=other.name),
        ),
        probe=probe,
        shows=_external,
        cures=(cure(helps, {end.path: end.cure}, parameter=parameter, connector=end.name),),
    )


def _external(played: PlayedProbe) -> Sentence:
    fate = played.first
    if fate is None or not fate.arrived or auth_as(played) == "Internal":
        return NOTHING
    shown = "{mail} arrives as a stranger's (AuthAs {auth_as})"
    return sentence(shown, mail=whose(fate), auth_as=auth_as(played) or "Anonymous")


def _to_cloud(context: AuditContext, pair: Colleagues, played: PlayedProbe) -> tuple[_End, _End] | None:
    """Exchange's send connector, and the tenant's connector that knows it."""
    entry = next(exchange_entries(context, played), None)
    if entry is None or not entry.recognised or entry.decision.connector is None:
        return None
    receiver, used = entry.decision.connector, routed_by(played, entry.host.name)
    sender = next((out for out in pair.organization.send_connectors if out.name == used), None)
    if sender is None or receiver.treat_messages_as_internal:
        return None
    return _flagged(context, pair.organization, sender), _flagged(context, pair.tenant, receiver)


def _flagged(
    context: AuditContext,
    owner: AddressOwner,
    connector: SendConnector | InboundConnector | OutboundConnector,
) -> _End:
    path = context.setting(owner, connector, _FLAG)
    return _End(connector.name, path, connector.cloud_services_mail_enabled)


def _from_cloud(context: AuditContext, pair: Colleagues, played: PlayedProbe) -> tuple[_End, _End] | None:
    """The tenant's connector to on-premises, and what Exchange receives it by."""
    used = routed_by(played, in_tenant(pair.tenant))
    sender = next((out for out in pair.tenant.outbound_connectors if out.name == used), None)
    receivers = pair.organization.receive_connectors
    if sender is None or not receivers:
        return None
    patterns = (pattern for receiver in receivers for pattern in receiver.tls_domain_capabilities)
    trusts = any(pattern.covers(SERVICE) for pattern in patterns)
    path = context.setting(pair.organization, receivers[0], "TlsDomainCapabilities")
    return _flagged(context, pair.tenant, sender), _End(receivers[0].name, path, trusts, [_CAPABILITY])


@check("MFL-CONN-008", Severity.ERROR, "R63", "R65", "R119", "R120")
def shared(context: AuditContext) -> Iterator[Suspicion]:
    """A gateway that is no Exchange shares the hybrid connector.

    A signing gateway hands colleagues' mail to the tenant by the wizard's connector. That one has
    CloudServicesMailEnabled, which excludes TreatMessagesAsInternal, and the gateway sends no CrossPremises headers:
    its mail is attributed and still a stranger's. Where nobody refuses it, this is a warning.

    Cure: A connector of its own for the gateway, with TreatMessagesAsInternal, and a certificate that the hybrid
    connector does not fit.
    """
    for pair in pairs(context):
        for host in context.filters(pair.organization.name):
            recipient = _internal_group(pair.tenant) or pair.cloud
            probe = Probe((message(pair.onprem, recipient, via=host.name),))
            for entry in filter_entries(context, context.play(probe)) if host.smart_hosts else ():
                connector = entry.decision.connector
                if entry.recognised and connector and connector.cloud_services_mail_enabled:
                    yield _sharing(context, pair.tenant, host, connector, probe)


def _internal_group(tenant: Tenant) -> Address | None:
    """Somebody who takes internal mail only."""
    for recipient in distinct(tenant.recipients.values()):
        if recipient.require_sender_authentication:
            return recipient.primary
    return None


def _sharing(
    context: AuditContext, tenant: Tenant, host: Host, connector: InboundConnector, probe: Probe
) -> Suspicion:
    refused = not next(iter(context.play(probe).fates.values())).arrived
    names = {"host": host.name, "connector": connector.name}
    promotes = '"{connector}" has {parameter}: internal is what carries CrossPremises headers, and only that'
    template = '{host} speaks for {tenant} by "{connector}"'
    return Suspicion(
        about=host.name,
        text=sentence('{host} shares "{connector}" with Exchange, and its mail is not internal', **names),
        facts=(
            fact(of_host(host, "certificate"), template, tenant=tenant.name, **names),
            fact(context.setting(tenant, connector, _FLAG), promotes, parameter=_FLAG, **names),
        ),
        probe=probe,
        shows=_not_internal,
        cures=(_of_its_own(context, tenant, host),),
        severity=None if refused else Severity.WARNING,
    )


def _not_internal(played: PlayedProbe) -> Sentence:
    fate = played.first
    if fate is not None and not fate.arrived:
        return sentence("{mail} is refused: {outcome}", mail=whose(fate), outcome=fate.outcome)
    return _external(played)


def _of_its_own(context: AuditContext, tenant: Tenant, host: Host) -> Cure:
    name, profile = str(host.ehlo), "mflab-gateway"
    connector = {
        "Name": f"From {host.name}",
        "ConnectorType": "OnPremises",
        "TlsSenderCertificateName": name,
        "TreatMessagesAsInternal": True,
    }
    return cure(
        "a connector of its own for {host}, with TreatMessagesAsInternal, by a certificate for {name} alone",
        {
            f"certificates.{profile}": {"names": [name]},
            of_host(host, "certificate"): profile,
            **shared_cures.accepted(context, tenant, name),
            f"tenants.{tenant.name}.InboundConnectors[From {host.name}]": connector,
        },
        host=host.name,
        name=name,
    )

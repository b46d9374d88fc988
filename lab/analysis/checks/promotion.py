"""The trust between the halves of a hybrid company: CloudServicesMailEnabled at both ends, in both directions (R64, R118)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.analysis.checks.flows import in_tenant, routed_by
from lab.analysis.checks.hybrid import Pair, auth_as, exchange_entries, filter_entries, pairs, whose
from lab.analysis.checks.nouns import Check, Cure, Fact, Played, Probe, Severity, Suspicion
from lab.analysis.checks.world import World, distinct, message, of_host
from lab.core.cloudnames import SERVICE
from lab.model.names import Address
from lab.model.onprem import ReceiveConnector
from lab.model.tenant import InboundConnector, Tenant
from lab.model.topology import Host
from lab.model.value import dataclass

_FLAG = "CloudServicesMailEnabled"
_CAPABILITY = f"{SERVICE}:AcceptCloudServicesMail"


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a direction: where it is told to trust the other, and whether it is."""

    name: str
    path: str
    on: bool
    cure: Any = True


def lost(world: World) -> Iterator[Suspicion]:
    """One end of a direction has the flag, and the other has not."""
    for pair in pairs(world):
        there, back = Probe((pair.to_cloud(),)), Probe((pair.from_cloud(),))
        for end, other in _both(_to_cloud(world, pair, world.play(there))):
            yield from _one_sided(there, end, other)
        for end, other in _both(_from_cloud(world, pair, world.play(back)))[:1]:
            yield from _one_sided(back, end, other)


def untrusted(world: World) -> Iterator[Suspicion]:
    """The tenant hands over internal mail, and Exchange does not believe it (R103)."""
    for pair in pairs(world):
        back = Probe((pair.from_cloud(),))
        for end, other in _both(_from_cloud(world, pair, world.play(back)))[1:]:
            yield from _one_sided(back, end, other)


def _both(ends: tuple[_End, _End] | None) -> tuple[tuple[_End, _End], ...]:
    """Each end with the other: the sender's first."""
    return (ends, (ends[1], ends[0])) if ends else ()


def _one_sided(probe: Probe, end: _End, other: _End) -> Iterator[Suspicion]:
    if end.on or not other.on:
        return
    parameter = end.path.rpartition(".")[2]
    yield Suspicion(
        about=end.name,
        text=f'"{end.name}" breaks the trust between on-premises and the tenant',
        facts=(
            Fact(end.path, f'"{end.name}" lacks {parameter}'),
            Fact(other.path, f'"{other.name}" at the other end has what belongs to it'),
        ),
        probe=probe,
        shows=_external,
        cures=(Cure(f'{parameter} of "{end.name}" as the wizard sets it', {end.path: end.cure}),),
    )


def _external(played: Played) -> str:
    fate = next(iter(played.fates.values()), None)
    if fate is None or not fate.arrived or auth_as(played) == "Internal":
        return ""
    return f"{whose(fate)} arrives as a stranger's (AuthAs {auth_as(played) or 'Anonymous'})"


def _to_cloud(world: World, pair: Pair, played: Played) -> tuple[_End, _End] | None:
    """Exchange's send connector, and the tenant's connector that knows it."""
    entry = next(exchange_entries(world, played), None)
    if entry is None or not entry.recognised or entry.decision.connector is None:
        return None
    receiver, used = entry.decision.connector, routed_by(played, entry.host.name)
    sender = next((each for each in pair.organization.send_connectors if each.name == used), None)
    if sender is None or receiver.treat_messages_as_internal:
        return None
    return (
        _End(
            sender.name,
            world.setting(pair.organization, "SendConnectors", sender.name, _FLAG),
            sender.cloud_services_mail_enabled,
        ),
        _End(
            receiver.name,
            world.setting(pair.tenant, "InboundConnectors", receiver.name, _FLAG),
            receiver.cloud_services_mail_enabled,
        ),
    )


def _from_cloud(world: World, pair: Pair, played: Played) -> tuple[_End, _End] | None:
    """The tenant's connector to on-premises, and what Exchange receives it by."""
    used = routed_by(played, in_tenant(pair.tenant))
    sender = next((each for each in pair.tenant.outbound_connectors if each.name == used), None)
    receivers = pair.organization.receive_connectors
    if sender is None or not receivers:
        return None
    receiver = receivers[0]
    return (
        _End(
            sender.name,
            world.setting(pair.tenant, "OutboundConnectors", sender.name, _FLAG),
            sender.cloud_services_mail_enabled,
        ),
        _End(
            receiver.name,
            world.setting(pair.organization, "ReceiveConnectors", receiver.name, "TlsDomainCapabilities"),
            any(_trusts(each) for each in receivers),
            [_CAPABILITY],
        ),
    )


def _trusts(receiver: ReceiveConnector) -> bool:
    return any(pattern.covers(SERVICE) for pattern in receiver.tls_domain_capabilities)


def shared(world: World) -> Iterator[Suspicion]:
    """A gateway that is no Exchange speaks by the hybrid connector, and has no CrossPremises headers to promote (R120)."""
    for pair in pairs(world):
        for host in world.filters(pair.organization.name):
            recipient = _internal_group(pair.tenant) or pair.cloud
            probe = Probe((message(pair.onprem, recipient, via=host.name),))
            for entry in filter_entries(world, world.play(probe)) if host.smart_hosts else ():
                connector = entry.decision.connector
                if entry.recognised and connector and connector.cloud_services_mail_enabled:
                    yield _sharing(world, pair.tenant, host, connector, probe)


def _internal_group(tenant: Tenant) -> Address | None:
    """Somebody who takes internal mail only."""
    found = (each for each in distinct(tenant.recipients.values()) if each.require_sender_authentication)
    return next((each.primary for each in found), None)


def _sharing(
    world: World, tenant: Tenant, host: Host, connector: InboundConnector, probe: Probe
) -> Suspicion:
    refused = not next(iter(world.play(probe).fates.values())).arrived
    return Suspicion(
        about=host.name,
        text=f'{host.name} shares "{connector.name}" with Exchange, and its mail is not internal',
        facts=(
            Fact(of_host(host, "certificate"), f'{host.name} speaks for {tenant.name} by "{connector.name}"'),
            Fact(
                world.setting(tenant, "InboundConnectors", connector.name, _FLAG),
                f'"{connector.name}" has {_FLAG}: internal is what carries CrossPremises headers, and only that',
            ),
        ),
        probe=probe,
        shows=_not_internal,
        cures=(_of_its_own(world, tenant, host),),
        severity=None if refused else Severity.WARNING,
    )


def _not_internal(played: Played) -> str:
    fate = next(iter(played.fates.values()), None)
    if fate is not None and not fate.arrived:
        return f"{whose(fate)} is refused: {fate.outcome}"
    return _external(played)


def _of_its_own(world: World, tenant: Tenant, host: Host) -> Cure:
    name, profile = str(host.ehlo), "mflab-gateway"
    connector = {
        "Name": f"From {host.name}",
        "ConnectorType": "OnPremises",
        "TlsSenderCertificateName": name,
        "TreatMessagesAsInternal": True,
    }
    known = world.value(f"tenants.{tenant.name}.AcceptedDomains")
    accepted = (
        known if any(str(each.domain_name) == name for each in tenant.accepted_domains) else [*known, name]
    )
    return Cure(
        f"a connector of its own for {host.name}, with TreatMessagesAsInternal, by a certificate for {name} alone",
        {
            f"certificates.{profile}": {"names": [name]},
            of_host(host, "certificate"): profile,
            f"tenants.{tenant.name}.AcceptedDomains": accepted,
            f"tenants.{tenant.name}.InboundConnectors[From {host.name}]": connector,
        },
    )


CHECKS = (
    Check(
        code="MFL-CONN-007",
        title="CloudServicesMailEnabled is lost at one end of the hybrid connection",
        severity=Severity.ERROR,
        about="""\
The sender writes Exchange's own headers as CrossPremises headers, the receiver promotes them, and a colleague's mail is
internal: only if the connectors at both ends have CloudServicesMailEnabled. A connector that was made anew by hand lacks
it. Mail arrives, marked as external, and groups that take internal mail refuse it with 5.7.193.""",
        cure="Run the wizard again. Or set CloudServicesMailEnabled on the connector that lacks it.",
        rules=("R64", "R118", "R119"),
        find=lost,
    ),
    Check(
        code="MFL-CONN-008",
        title="A gateway that is no Exchange shares the hybrid connector",
        severity=Severity.ERROR,
        about="""\
A signing gateway hands colleagues' mail to the tenant by the wizard's connector. That one has CloudServicesMailEnabled,
which excludes TreatMessagesAsInternal, and the gateway sends no CrossPremises headers: its mail is attributed and still
a stranger's. Where nobody refuses it, this is a warning.""",
        cure="""\
A connector of its own for the gateway, with TreatMessagesAsInternal, and a certificate that the hybrid connector does
not fit.""",
        rules=("R63", "R65", "R119", "R120"),
        find=shared,
    ),
    Check(
        code="MFL-CONN-010",
        title="Exchange does not trust the tenant's certificate",
        severity=Severity.ERROR,
        about="""\
TlsDomainCapabilities of the receive connector lets mail.protection.outlook.com hand over internal mail. A new server, or
a rebuilt connector, has none: mail from the cloud is a stranger's on-premises, lists refuse it with 5.7.133, and
centralized transport may not relay (5.7.54).""",
        cure=f"TlsDomainCapabilities {_CAPABILITY} on the receive connector that takes Microsoft's addresses.",
        rules=("R103", "R118", "R119"),
        find=untrusted,
    ),
)

"""The own connection that Exchange Online does not recognise, or only while the sender is the right one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lab.analysis.checks import shared_cures
from lab.analysis.checks.audit_context import AuditContext, Probe, of_host
from lab.analysis.checks.certificate_flaws import named, presented
from lab.analysis.checks.connectors.misattribution import expects, told_at
from lab.analysis.checks.finding import Cure, Fact, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import FrontEndEntry, exchange_entries, flows, of_exchange
from lab.model.names import DomainPattern
from lab.model.steps import Routed
from lab.model.tenant import ConnectorType, InboundConnector, Tenant
from lab.model.topology import Host
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import sentence


def meant(tenant: Tenant) -> InboundConnector | None:
    """The connector that is for on-premises, enabled or not: the wizard's, or what was made by hand."""
    found = [
        connector
        for connector in tenant.inbound_connectors
        if connector.connector_type is ConnectorType.ON_PREMISES
    ]
    return next(
        (connector for connector in found if connector.cloud_services_mail_enabled), next(iter(found), None)
    )


def fitted(world: AuditContext, tenant: Tenant, connector: InboundConnector, host: Host) -> Cure | None:
    """The connector means what the host shows, or where it comes from."""

    def path(parameter: str) -> str:
        return world.setting(tenant, "InboundConnectors", connector.name, parameter)

    profile = world.variant.profiles.get(host.certificate or "")
    change: dict[str, Any] = {} if connector.enabled else {path("Enabled"): True}
    if connector.tls_sender_certificate_name is None:
        addresses = [*map(str, connector.sender_ip_addresses), host.source]
        return cure(
            '"{connector}" knows {address}',
            {**change, path("SenderIPAddresses"): addresses},
            connector=connector.name,
            address=host.source,
        )
    if profile is None:
        return None
    name = profile.names[0]
    return cure(
        '"{connector}" is enabled and has TlsSenderCertificateName {name}, an accepted domain of {tenant}',
        {**change, path("TlsSenderCertificateName"): name, **accepting(world, tenant, name)},
        connector=connector.name,
        name=name,
        tenant=tenant.name,
    )


def accepting(world: AuditContext, tenant: Tenant, name: str) -> SettingChange:
    """What makes a connector's value pass the test of R83."""
    domain = DomainPattern.parse(name).domain
    if domain is None or (name.startswith("*.") and tenant.accepts(domain)):
        return {}
    return shared_cures.accepted(world, tenant, str(domain))


@check("MFL-ATTR-011", Severity.ERROR, "R3", "R15", "R71")
def unmatched(world: AuditContext) -> Iterator[Suspicion]:
    """No connector of the tenant knows the company's Exchange.

    Exchange uses its hybrid connector, but the tenant's connector is missing, disabled, or expects another certificate
    or address. Colleagues' mail arrives as a stranger's (external, filtered, refused by groups), or is refused by the
    company's own restrictions; relayed mail is refused with 5.7.64.

    Cure: Let the tenant's connector expect what Exchange shows; the wizard does so when it is run again.
    """
    for tenant, entry, probe in _unknown_entries(world):
        if not _prohibited(world, tenant):
            yield _unmatched(world, probe, entry, tenant)


@check("MFL-CONN-012", Severity.ERROR, "R34", "R47")
def prohibited(world: AuditContext) -> Iterator[Suspicion]:
    """The tenant may not have a connector for the company's own servers.

    New tenants may not create or enable inbound connectors of type OnPremises; the wizard fails with
    OrganizationInboundConnectorProhibitedException. Without one, mail from the company's own Exchange is a stranger's.

    Cure: Ask Microsoft's support to lift the block, then run the wizard again.
    """
    for tenant, entry, probe in _unknown_entries(world):
        if _prohibited(world, tenant):
            yield _never_made(world, probe, entry, tenant)


def _prohibited(world: AuditContext, tenant: Tenant) -> bool:
    return bool(world.value(f"tenants.{tenant.name}.inbound_connectors_prohibited"))


def _unknown_entries(world: AuditContext) -> Iterator[tuple[Tenant, FrontEndEntry, Probe]]:
    for flow in flows(world):
        for entry in exchange_entries(world, world.play(flow.probe)):
            tenant = entry.decision.tenant or _relaying_tenant(world)
            if (
                tenant is not None
                and tenant in world.tenants
                and _unknown(entry)
                and _was_meant(world, entry)
            ):
                yield tenant, entry, flow.probe


def _unknown(entry: FrontEndEntry) -> bool:
    """Nothing fits, although what is shown counts, or nothing is shown."""
    return not entry.recognised and not entry.decision.candidates and not entry.decision.credentials.ignored


def _was_meant(world: AuditContext, entry: FrontEndEntry) -> bool:
    """A connector with CloudServicesMailEnabled means the hybrid connection; so does relay to the world."""
    if entry.decision.tenant is None:
        return True
    sender = next((hop for hop in entry.fate.trace.hops if hop.head.node == entry.host.name), None)
    routed = sender.all(Routed) if sender else ()
    used = routed[-1].connector if routed else ""
    organization = world.topology.organizations[entry.host.organization or ""]
    return any(
        connector.name == used and connector.cloud_services_mail_enabled
        for connector in organization.send_connectors
    )


def _relaying_tenant(world: AuditContext) -> Tenant | None:
    return next((tenant for tenant in world.tenants if meant(tenant)), next(iter(world.tenants), None))


def _unmatched(world: AuditContext, probe: Probe, entry: FrontEndEntry, tenant: Tenant) -> Suspicion:
    connector = meant(tenant)
    profile = presented(world, entry)
    shows: dict[str, object] = {"host": entry.host.name, "address": entry.host.source}
    shown = "{host} shows no certificate and comes from {address}"
    if profile is not None:
        shows["certificate"] = named(profile)
        shown = "{host} shows the {certificate} and comes from {address}"
    helps = fitted(world, tenant, connector, entry.host) if connector else _made(world, tenant, entry.host)
    return Suspicion(
        about=entry.host.name,
        text=sentence("no connector of {tenant} knows {host}", tenant=tenant.name, host=entry.host.name),
        facts=(_expected(world, tenant, connector), fact(of_host(entry.host, "certificate"), shown, **shows)),
        probe=probe,
        shows=of_exchange(world, _unknown),
        cures=(helps,) if helps else (),
    )


def _never_made(world: AuditContext, probe: Probe, entry: FrontEndEntry, tenant: Tenant) -> Suspicion:
    path = f"tenants.{tenant.name}.inbound_connectors_prohibited"
    found = _unmatched(world, probe, entry, tenant)
    lifted = tuple(
        cure("Microsoft's support lifts the block; then {cure}", {path: None, **then.change}, cure=then.text)
        for then in found.cures
    )
    may_not = fact(path, "{tenant} may not have inbound connectors of type OnPremises", tenant=tenant.name)
    wrong = "{tenant} may not have the connector that would know {host}"
    return replace(
        found,
        about=tenant.name,
        text=sentence(wrong, tenant=tenant.name, host=entry.host.name),
        facts=(may_not, found.facts[0]),
        cures=lifted,
    )


def _expected(world: AuditContext, tenant: Tenant, connector: InboundConnector | None) -> Fact:
    if connector is None:
        told = "{tenant} has no connector of type OnPremises"
        return fact(f"tenants.{tenant.name}.InboundConnectors", told, tenant=tenant.name)
    if not connector.enabled:
        path = world.setting(tenant, "InboundConnectors", connector.name, "Enabled")
        return fact(path, '"{connector}" is disabled', connector=connector.name)
    return Fact(told_at(world, tenant, connector), expects(connector))


def _made(world: AuditContext, tenant: Tenant, host: Host) -> Cure | None:
    profile = world.variant.profiles.get(host.certificate or "")
    if profile is None:
        return None
    name = profile.names[0]
    connector = {
        "Name": "From on-premises",
        "ConnectorType": "OnPremises",
        "TlsSenderCertificateName": name,
        "CloudServicesMailEnabled": True,
    }
    return cure(
        "a connector of type OnPremises for {name}, an accepted domain of {tenant}; the wizard makes one",
        {
            f"tenants.{tenant.name}.InboundConnectors[From on-premises]": connector,
            **accepting(world, tenant, name),
        },
        name=name,
        tenant=tenant.name,
    )

"""The own connection that Exchange Online does not recognise, or only while the sender is the right one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from lab.analysis.checks import shared_cures
from lab.analysis.checks.audit_context import AuditContext, Probe, of_host
from lab.analysis.checks.certificate_flaws import named, presented
from lab.analysis.checks.connectors.misattribution import expectation
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
    made = (
        inbound
        for inbound in tenant.inbound_connectors
        if inbound.connector_type is ConnectorType.ON_PREMISES
    )
    return max(made, key=lambda connector: connector.cloud_services_mail_enabled, default=None)


def fitted(context: AuditContext, tenant: Tenant, connector: InboundConnector, host: Host) -> Cure | None:
    """The connector means what the host shows, or where it comes from."""

    def path(parameter: str) -> str:
        return context.setting(tenant, connector, parameter)

    profile = context.profile(host)
    change: dict[str, Any] = {} if connector.enabled else {path("Enabled"): True}
    if connector.tls_sender_certificate_name is None:
        addresses = [*map(str, connector.sender_ip_addresses), host.source]
        change = {**change, path("SenderIPAddresses"): addresses}
        return cure('"{connector}" knows {address}', change, connector=connector.name, address=host.source)
    if profile is None:
        return None
    name = profile.names[0]
    helps = '"{connector}" is enabled and has TlsSenderCertificateName {name}, an accepted domain of {tenant}'
    change = {**change, path("TlsSenderCertificateName"): name, **accepting(context, tenant, name)}
    return cure(helps, change, connector=connector.name, name=name, tenant=tenant.name)


def expecting(context: AuditContext, tenant: Tenant, name: str) -> SettingChange:
    """The connector for on-premises expects this name, and the tenant accepts it."""
    connector = meant(tenant)
    value: SettingChange = (
        {context.setting(tenant, connector, "TlsSenderCertificateName"): name} if connector else {}
    )
    return {**value, **accepting(context, tenant, name)}


def accepting(context: AuditContext, tenant: Tenant, name: str) -> SettingChange:
    """What makes a connector's value pass the test of R83."""
    domain = DomainPattern.parse(name).domain
    if domain is None or (name.startswith("*.") and tenant.accepts(domain)):
        return {}
    return shared_cures.accepted(context, tenant, str(domain))


@check("MFL-ATTR-011", Severity.ERROR, "R3", "R15", "R71")
def unmatched(context: AuditContext) -> Iterator[Suspicion]:
    """No connector of the tenant knows the company's Exchange.

    Exchange uses its hybrid connector, but the tenant's connector is missing, disabled, or expects another certificate
    or address. Colleagues' mail arrives as a stranger's (external, filtered, refused by groups), or is refused by the
    company's own restrictions; relayed mail is refused with 5.7.64.

    Cure: Let the tenant's connector expect what Exchange shows; the wizard does so when it is run again.
    """
    for tenant, entry, probe in _unknown_entries(context):
        if not _prohibited(context, tenant):
            yield _unmatched(context, probe, entry, tenant)


@check("MFL-CONN-012", Severity.ERROR, "R34", "R47")
def prohibited(context: AuditContext) -> Iterator[Suspicion]:
    """The tenant may not have a connector for the company's own servers.

    New tenants may not create or enable inbound connectors of type OnPremises; the wizard fails with
    OrganizationInboundConnectorProhibitedException. Without one, mail from the company's own Exchange is a stranger's.

    Cure: Ask Microsoft's support to lift the block, then run the wizard again.
    """
    for tenant, entry, probe in _unknown_entries(context):
        if _prohibited(context, tenant):
            yield _never_made(context, probe, entry, tenant)


def _prohibited(context: AuditContext, tenant: Tenant) -> bool:
    return bool(context.value(f"tenants.{tenant.name}.inbound_connectors_prohibited"))


def _unknown_entries(context: AuditContext) -> Iterator[tuple[Tenant, FrontEndEntry, Probe]]:
    for flow in flows(context):
        for entry in exchange_entries(context, context.play(flow.probe)):
            tenant = entry.decision.tenant or _relaying_tenant(context)
            if tenant and tenant in context.tenants and _unknown(entry) and _was_meant(context, entry):
                yield tenant, entry, flow.probe


def _unknown(entry: FrontEndEntry) -> bool:
    """Nothing fits, although what is shown counts, or nothing is shown."""
    return not entry.recognised and not entry.decision.candidates and not entry.decision.credentials.ignored


def _was_meant(context: AuditContext, entry: FrontEndEntry) -> bool:
    """A connector with CloudServicesMailEnabled means the hybrid connection; so does relay to the world."""
    if entry.decision.tenant is None:
        return True
    sender = next((hop for hop in entry.fate.trace.hops if hop.head.node == entry.host.name), None)
    routed = sender.all(Routed) if sender else ()
    used = routed[-1].connector if routed else ""
    organization = context.topology.organizations[entry.host.organization or ""]
    hybrid = [send.name for send in organization.send_connectors if send.cloud_services_mail_enabled]
    return used in hybrid


def _relaying_tenant(context: AuditContext) -> Tenant | None:
    return next((tenant for tenant in context.tenants if meant(tenant)), next(iter(context.tenants), None))


def _unmatched(context: AuditContext, probe: Probe, entry: FrontEndEntry, tenant: Tenant) -> Suspicion:
    connector = meant(tenant)
    profile = presented(context, entry)
    shows: dict[str, object] = {"host": entry.host.name, "address": entry.host.source}
    shown = "{host} shows no certificate and comes from {address}"
    if profile is not None:
        shows["certificate"] = named(profile)
        shown = "{host} shows the {certificate} and comes from {address}"
    helps = (
        fitted(context, tenant, connector, entry.host) if connector else _made(context, tenant, entry.host)
    )
    return Suspicion(
        about=entry.host.name,
        text=sentence("no connector of {tenant} knows {host}", tenant=tenant.name, host=entry.host.name),
        facts=(
            _expected(context, tenant, connector),
            fact(of_host(entry.host, "certificate"), shown, **shows),
        ),
        probe=probe,
        shows=partial(of_exchange, context, _unknown),
        cures=(helps,) if helps else (),
    )


def _never_made(context: AuditContext, probe: Probe, entry: FrontEndEntry, tenant: Tenant) -> Suspicion:
    path = f"tenants.{tenant.name}.inbound_connectors_prohibited"
    unmatched = _unmatched(context, probe, entry, tenant)
    helps = "Microsoft's support lifts the block; then {cure}"
    lifted = (cure(helps, {path: None, **then.change}, cure=then.text) for then in unmatched.cures)
    may_not = fact(path, "{tenant} may not have inbound connectors of type OnPremises", tenant=tenant.name)
    wrong = "{tenant} may not have the connector that would know {host}"
    return replace(
        unmatched,
        about=tenant.name,
        text=sentence(wrong, tenant=tenant.name, host=entry.host.name),
        facts=(may_not, unmatched.facts[0]),
        cures=tuple(lifted),
    )


def _expected(context: AuditContext, tenant: Tenant, connector: InboundConnector | None) -> Fact:
    if connector is None:
        template = "{tenant} has no connector of type OnPremises"
        return fact(f"tenants.{tenant.name}.InboundConnectors", template, tenant=tenant.name)
    if not connector.enabled:
        path = context.setting(tenant, connector, "Enabled")
        return fact(path, '"{connector}" is disabled', connector=connector.name)
    return expectation(context, tenant, connector)


def _made(context: AuditContext, tenant: Tenant, host: Host) -> Cure | None:
    profile = context.profile(host)
    if profile is None:
        return None
    name = profile.names[0]
    connector = {
        "Name": "From on-premises",
        "ConnectorType": "OnPremises",
        "TlsSenderCertificateName": name,
        "CloudServicesMailEnabled": True,
    }
    helps = "a connector of type OnPremises for {name}, an accepted domain of {tenant}; the wizard makes one"
    made = {f"tenants.{tenant.name}.InboundConnectors[From on-premises]": connector}
    return cure(helps, {**made, **accepting(context, tenant, name)}, name=name, tenant=tenant.name)

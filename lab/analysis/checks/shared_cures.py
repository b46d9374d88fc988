"""Cures that several checks offer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.analysis.checks.audit_context import AuditContext, first_domain, of_host
from lab.analysis.checks.finding import Cure, cure
from lab.analysis.checks.flow_facts import values
from lab.model.names import Domain
from lab.model.onprem import OnPremOrganization, ReceiveConnector, SendConnector
from lab.model.tenant import InboundConnector, OutboundConnector, Tenant
from lab.model.topology import Host
from lab.scenario.changeable_scenario import SettingChange

HYBRID, MAIL = "mflab-hybrid", "mflab-mail"
"""Certificates that a cure needs; what they are called in a configuration is of no consequence."""


def shows_nothing(host: Host) -> Cure:
    """A machine that sends to the internet needs no client certificate at all (R15)."""
    helps = "{host} shows no client certificate when it sends (its server certificate stays as it is)"
    return cure(helps, {of_host(host, "client_certificate"): False}, host=host.name)


def own_name(context: AuditContext, tenant: Tenant, connector: InboundConnector, domain: Domain) -> Cure:
    """A name that only the hybrid connection has: exact, an accepted domain, on certificates of Exchange alone (R85)."""
    name = f"hybrid.{domain}"
    change: dict[str, Any] = {
        f"certificates.{HYBRID}": {"names": [name]},
        f"certificates.{MAIL}": {"names": [f"mail.{domain}"]},
        **accepted(context, tenant, name),
        **_renamed(context, tenant, connector, name),
    }
    for organization in context.organizations:
        for host in context.exchange_servers(organization.name):
            change[of_host(host, "certificate")] = HYBRID
        for host in context.filters(organization.name):
            if host.client_certificate and host.certificate:
                change[of_host(host, "certificate")] = MAIL
        change.update(_chosen(context, organization))
    return cure(
        "a name of its own for the hybrid connection: {name} on the connectors and on a certificate that "
        "Exchange alone has, as an accepted domain of {tenant}; all who send to the internet get "
        "certificates without that name",
        change,
        name=name,
        tenant=tenant.name,
    )


def _chosen(context: AuditContext, organization: OnPremOrganization) -> Iterator[tuple[str, Any]]:
    """Connectors that name a certificate would go on showing the old one (R115), and servers with a store need the new."""
    hybrid = (sending for sending in organization.send_connectors if sending.cloud_services_mail_enabled)
    naming: tuple[SendConnector | ReceiveConnector, ...] = (*hybrid, *organization.receive_connectors)
    for connector in naming:
        path = context.setting(organization, connector, "TlsCertificateName")
        if context.value(path) is not None:
            yield path, HYBRID
    for host in context.exchange_servers(organization.name):
        if host.certificates:
            yield of_host(host, "certificates"), [*host.certificates, HYBRID]


def other_certificate(context: AuditContext, organization: OnPremOrganization) -> Iterator[Cure]:
    """Exchange shows another certificate where it sends to the internet itself (R249)."""
    for connector in context.sends_to_internet(organization):
        domain = first_domain(organization)
        if domain is not None:
            path = context.setting(organization, connector, "TlsCertificateName")
            change = {f"certificates.{MAIL}": {"names": [f"mail.{domain}"]}, path: MAIL}
            yield cure(
                'another certificate on "{connector}", without a name that the tenant\'s connector fits',
                change,
                connector=connector.name,
            )


def known_address(tenant: Tenant, name: str, host: Host, domains: str | list[str] = "*") -> SettingChange:
    """A Partner connector that takes mail for these sender domains only from a machine's address."""
    connector = {
        "Name": name,
        "ConnectorType": "Partner",
        "SenderDomains": domains,
        "RestrictDomainsToIPAddresses": True,
        "SenderIPAddresses": [host.source],
    }
    return {f"tenants.{tenant.name}.InboundConnectors[{name}]": connector}


def accepted(context: AuditContext, tenant: Tenant, name: str) -> SettingChange:
    """One more accepted domain."""
    path = f"tenants.{tenant.name}.AcceptedDomains"
    if any(str(accepted.domain_name) == name for accepted in tenant.accepted_domains):
        return {}
    return {path: [*values(context, path), name]}


def _renamed(context: AuditContext, tenant: Tenant, connector: InboundConnector, name: str) -> SettingChange:
    """The name on both connectors of the tenant, and on the on-premises side; what the wizard made is told to the wizard."""
    for organization in context.organizations:
        hybrid = f"organizations.{organization.name}.hybrid"
        if made_by_wizard(context, organization, tenant, connector):
            amended = context.value(context.setting(tenant, connector)) is not None
            own = _by_name(context, tenant, connector, name) if amended else {}
            return {f"{hybrid}.certificate_name": name, **own}
    return {**_by_name(context, tenant, connector, name), **_outbound(context, tenant, name)}


def made_by_wizard(
    context: AuditContext,
    organization: OnPremOrganization,
    tenant: Tenant,
    connector: InboundConnector | OutboundConnector,
) -> bool:
    """Whether a connector comes from `hybrid:` and is written nowhere."""
    hybrid = context.value(f"organizations.{organization.name}.hybrid")
    for_tenant = isinstance(hybrid, dict) and hybrid.get("tenant") == tenant.name
    return for_tenant and connector.connector_source == "HybridWizard"


def _by_name(context: AuditContext, tenant: Tenant, connector: InboundConnector, name: str) -> SettingChange:
    changed: dict[str, Any] = {context.setting(tenant, connector, "TlsSenderCertificateName"): name}
    if connector.sender_ip_addresses:
        changed[context.setting(tenant, connector, "SenderIPAddresses")] = None
    return changed


def _outbound(context: AuditContext, tenant: Tenant, name: str) -> SettingChange:
    return {
        context.setting(tenant, connector, "TlsDomain"): name
        for connector in tenant.outbound_connectors
        if connector.tls_domain is not None and connector.cloud_services_mail_enabled
    }

"""The single settings that a hunt changes: certificates, addresses, connectors, domains, switches, the likely ones first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

from lab.analysis.checks.audit_context import AuditContext, of_host
from lab.core.rulebook import SWITCHES
from lab.core.service_host_names import SERVICE
from lab.model.certificate import CertificateProfile, Validity
from lab.model.tenant import DomainType, Tenant
from lab.model.topology import Host
from lab.model.value import dataclass

_SWITCHES = "switches."


@dataclass(frozen=True, slots=True, eq=False)
class SettingStep:
    """One setting, changed; equal only to itself."""

    path: str
    value: Any

    @property
    def is_guess(self) -> bool:
        """Whether it is about what the service does, and no setting of an administrator."""
        return self.path.startswith(_SWITCHES)


def steps(context: AuditContext) -> tuple[SettingStep, ...]:
    """All that could be changed, each once, without those that change nothing."""
    candidates = (
        *_shown(context),
        *_profiles(context),
        *_addresses(context),
        *_connectors(context),
        *_wizard(context),
        *_domains(context),
        *_outbound(context),
        *_own_routes(context),
        *_regions(context),
        *_switches(context),
    )
    distinct = {(step.path, repr(step.value)): step for step in candidates}
    return tuple(step for step in distinct.values() if context.value(step.path) != step.value)


def _profiles_of(context: AuditContext) -> dict[str, CertificateProfile]:
    """Certificates that a machine could have: not those of Exchange Online itself."""
    service = (f".{SERVICE}", f".{SERVICE.partition('.')[2]}")
    return {
        name: profile
        for name, profile in context.variant.profiles.items()
        if not any(f".{subject}".endswith(service) for subject in profile.names)
    }


def _hosts(context: AuditContext) -> Iterator[Host]:
    yield from context.filters()
    yield from context.exchange_servers()


def _shown(context: AuditContext) -> Iterator[SettingStep]:
    """Each machine with each certificate that there is; and with none towards others."""
    for host in _hosts(context):
        others = (name for name in _profiles_of(context) if name != host.certificate)
        yield from (SettingStep(of_host(host, "certificate"), name) for name in others)
        if host.certificate:
            yield SettingStep(of_host(host, "client_certificate"), not host.client_certificate)


def _profiles(context: AuditContext) -> Iterator[SettingStep]:
    """A certificate is renewed, or runs out; a chain is completed, or breaks."""
    used = {host.certificate for host in _hosts(context)}
    for organization in context.organizations:
        used |= {connector.tls_certificate_name for connector in organization.send_connectors}
    for name, profile in _profiles_of(context).items():
        if name in used:
            path = f"certificates.{name}"
            validity = Validity.EXPIRED if profile.validity is Validity.CURRENT else Validity.CURRENT
            yield SettingStep(f"{path}.validity", validity.value)
            yield SettingStep(f"{path}.missing_intermediate", not profile.missing_intermediate)
            if profile.self_signed:
                yield SettingStep(f"{path}.self_signed", False)


def _addresses(context: AuditContext) -> Iterator[SettingStep]:
    """Two machines behind one address."""
    for one, other in permutations(_hosts(context), 2):
        if one.source != other.source:
            yield SettingStep(of_host(one, "nat"), other.source)


def _connectors(context: AuditContext) -> Iterator[SettingStep]:
    """On and off; known by another name, by a wildcard, by one more address; or restricting."""
    for tenant in context.tenants:
        for connector in tenant.inbound_connectors:
            path = context.setting(tenant, connector)
            yield SettingStep(f"{path}.Enabled", not connector.enabled)
            by_certificate = connector.tls_sender_certificate_name is not None
            for name in _names(context, tenant) if by_certificate else ():
                yield SettingStep(f"{path}.TlsSenderCertificateName", name)
            known = [str(network).removesuffix("/32") for network in connector.sender_ip_addresses]
            for host in _hosts(context) if known else ():
                addresses = list(dict.fromkeys((*known, host.source)))
                yield SettingStep(f"{path}.SenderIPAddresses", addresses)
            if by_certificate:
                restricts = connector.restrict_domains_to_certificate
                yield SettingStep(f"{path}.RestrictDomainsToCertificate", not restricts)
            yield SettingStep(f"{path}.RequireTls", not connector.require_tls)


def _names(context: AuditContext, tenant: Tenant) -> tuple[str, ...]:
    """Wildcards of the tenant's domains, and whatever is in a certificate."""
    domains = (str(accepted.domain_name) for accepted in tenant.accepted_domains)
    wildcards = (f"*.{domain}" for domain in domains if not domain.endswith(".onmicrosoft.com"))
    return tuple(dict.fromkeys((*wildcards, *_certificate_names(context))))


def _certificate_names(context: AuditContext) -> Iterator[str]:
    for profile in _profiles_of(context).values():
        yield from profile.names


def _wizard(context: AuditContext) -> Iterator[SettingStep]:
    """The answers to the hybrid configuration wizard."""
    for organization in context.organizations:
        hybrid = f"organizations.{organization.name}.hybrid"
        if context.value(hybrid) is None:
            continue
        for tenant in context.tenants:
            yield from (SettingStep(f"{hybrid}.certificate_name", name) for name in _names(context, tenant))
        yield SettingStep(
            f"{hybrid}.centralized_transport", not context.value(f"{hybrid}.centralized_transport")
        )


def _domains(context: AuditContext) -> Iterator[SettingStep]:
    """Accepted domains that come, go, or change their type."""
    for tenant in context.tenants:
        path = f"tenants.{tenant.name}.AcceptedDomains"
        written = context.value(path)
        entries = written if isinstance(written, list) else [] if written is None else [written]
        names = [entry.get("DomainName", "") if isinstance(entry, dict) else entry for entry in entries]
        for entry in entries if len(entries) > 1 else ():
            yield SettingStep(path, [other for other in entries if other is not entry])
        accepted = {str(domain.domain_name) for domain in tenant.accepted_domains}
        for name in dict.fromkeys(name.removeprefix("*.") for name in _certificate_names(context)):
            if name not in accepted:
                yield SettingStep(path, [*entries, name])
        for domain in tenant.accepted_domains:
            if str(domain.domain_name) in map(str, names):
                relay = domain.domain_type is not DomainType.INTERNAL_RELAY
                kind = DomainType.INTERNAL_RELAY if relay else DomainType.AUTHORITATIVE
                yield SettingStep(f"{path}[{domain.domain_name}].DomainType", kind.value)
                yield SettingStep(
                    f"{path}[{domain.domain_name}].MatchSubDomains", not domain.match_sub_domains
                )


def _outbound(context: AuditContext) -> Iterator[SettingStep]:
    for tenant in context.tenants:
        for connector in tenant.outbound_connectors:
            path = context.setting(tenant, connector)
            yield SettingStep(f"{path}.Enabled", not connector.enabled)
            yield SettingStep(f"{path}.RecipientDomains", ["*"])
            centralized = not connector.route_all_messages_via_on_premises
            yield SettingStep(f"{path}.RouteAllMessagesViaOnPremises", centralized)


def _own_routes(context: AuditContext) -> Iterator[SettingStep]:
    """Exchange's ways out: without the filter, switched off, with another certificate."""
    for organization in context.organizations:
        for connector in organization.send_connectors:
            path = context.setting(organization, connector)
            yield SettingStep(f"{path}.Enabled", not connector.enabled)
            if connector.smart_hosts:
                yield SettingStep(f"{path}.SmartHosts", None)
            for name in _profiles_of(context):
                yield SettingStep(f"{path}.TlsCertificateName", name)


def _regions(context: AuditContext) -> Iterator[SettingStep]:
    """The tenant moves to another region, or a partner does."""
    for tenant in context.topology.tenants.values():
        yield SettingStep(f"tenants.{tenant.name}.region", "NAM" if tenant.region != "NAM" else "EUR")


def _switches(context: AuditContext) -> Iterator[SettingStep]:
    """Where it is not documented what the service does: what if it is the other way round?"""
    for switch in SWITCHES.values():
        if switch.kind == "choice" and switch.scope == "service" and switch.not_emulated is None:
            now = _position(getattr(context.topology.switches, switch.name, switch.default))
            for value in switch.values:
                if _position(value) != now:
                    yield SettingStep(f"{_SWITCHES}{switch.name}", value)


def _position(value: object) -> str:
    words = {"true": "on", "false": "off"}
    return words.get(str(value).lower(), str(value).lower())

"""What may change by one setting: what an administrator renews, shares, switches or ticks, in the order in which it is likely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import Any

from lab.analysis.checks.audit_context import AuditContext, of_host
from lab.core.rulebook import SWITCHES
from lab.core.service_host_names import SERVICE
from lab.model.certificate import CertificateProfile, Validity
from lab.model.names import Domain
from lab.model.tenant import DomainType, InboundConnector, Tenant
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

    def __str__(self) -> str:
        return self.path


def steps(world: AuditContext) -> tuple[SettingStep, ...]:
    """All that could be changed, each once, without those that change nothing."""
    found = (
        *_shown(world),
        *_profiles(world),
        *_addresses(world),
        *_connectors(world),
        *_wizard(world),
        *_domains(world),
        *_outbound(world),
        *_own_routes(world),
        *_regions(world),
        *_switches(world),
    )
    distinct = {(each.path, repr(each.value)): each for each in found}
    return tuple(each for each in distinct.values() if world.value(each.path) != each.value)


def _profiles_of(world: AuditContext) -> dict[str, CertificateProfile]:
    """Certificates that a machine could have: not those of Exchange Online itself."""
    service = (f".{SERVICE}", f".{SERVICE.partition('.')[2]}")
    return {
        name: each
        for name, each in world.variant.profiles.items()
        if not any(f".{known}".endswith(service) for known in each.names)
    }


def _hosts(world: AuditContext) -> Iterator[Host]:
    yield from world.filters()
    yield from world.exchange_servers()


def _shown(world: AuditContext) -> Iterator[SettingStep]:
    """Each machine with each certificate that there is; and with none towards others."""
    for host in _hosts(world):
        others = (name for name in _profiles_of(world) if name != host.certificate)
        yield from (SettingStep(of_host(host, "certificate"), name) for name in others)
        if host.certificate:
            yield SettingStep(of_host(host, "client_certificate"), not host.client_certificate)


def _profiles(world: AuditContext) -> Iterator[SettingStep]:
    """A certificate is renewed, or runs out; a chain is completed, or breaks."""
    used = {host.certificate for host in _hosts(world)} | set(_on_connectors(world))
    for name, profile in _profiles_of(world).items():
        if name in used:
            path = f"certificates.{name}"
            yield SettingStep(f"{path}.validity", _other_validity(profile))
            yield SettingStep(f"{path}.missing_intermediate", not profile.missing_intermediate)
            if profile.self_signed:
                yield SettingStep(f"{path}.self_signed", False)


def _on_connectors(world: AuditContext) -> Iterator[str]:
    for organization in world.organizations:
        yield from (each.tls_certificate_name or "" for each in organization.send_connectors)


def _other_validity(profile: CertificateProfile) -> str:
    return Validity.EXPIRED.value if profile.validity is Validity.CURRENT else Validity.CURRENT.value


def _addresses(world: AuditContext) -> Iterator[SettingStep]:
    """Two machines behind one address."""
    for one, other in permutations(_hosts(world), 2):
        if one.source != other.source:
            yield SettingStep(of_host(one, "nat"), other.source)


def _connectors(world: AuditContext) -> Iterator[SettingStep]:
    for tenant in world.tenants:
        for connector in tenant.inbound_connectors:
            yield from _connector(world, tenant, connector)


def _connector(world: AuditContext, tenant: Tenant, connector: InboundConnector) -> Iterator[SettingStep]:
    """On and off; known by another name, by a wildcard, by one more address; or restricting."""

    def path(parameter: str) -> str:
        return world.setting(tenant, "InboundConnectors", connector.name, parameter)

    yield SettingStep(path("Enabled"), not connector.enabled)
    for name in _names(world, tenant) if connector.tls_sender_certificate_name is not None else ():
        yield SettingStep(path("TlsSenderCertificateName"), name)
    for host in _hosts(world) if connector.sender_ip_addresses else ():
        addresses = tuple(dict.fromkeys((*map(_bare, connector.sender_ip_addresses), host.source)))
        yield SettingStep(path("SenderIPAddresses"), list(addresses))
    if connector.tls_sender_certificate_name is not None:
        yield SettingStep(path("RestrictDomainsToCertificate"), not connector.restrict_domains_to_certificate)
    yield SettingStep(path("RequireTls"), not connector.require_tls)


def _bare(network: object) -> str:
    return str(network).removesuffix("/32")


def _names(world: AuditContext, tenant: Tenant) -> tuple[str, ...]:
    """Wildcards of the tenant's domains, and whatever is in a certificate."""
    wild = (f"*.{each.domain_name}" for each in tenant.accepted_domains if not _moera(each.domain_name))
    shown = (name for each in _profiles_of(world).values() for name in each.names)
    return tuple(dict.fromkeys((*wild, *shown)))


def _moera(domain: Domain) -> bool:
    return domain.endswith(".onmicrosoft.com")


def _wizard(world: AuditContext) -> Iterator[SettingStep]:
    """What the wizard is told."""
    for organization in world.organizations:
        hybrid = f"organizations.{organization.name}.hybrid"
        if world.value(hybrid) is None:
            continue
        for tenant in world.tenants:
            yield from (SettingStep(f"{hybrid}.certificate_name", name) for name in _names(world, tenant))
        yield SettingStep(
            f"{hybrid}.centralized_transport", not world.value(f"{hybrid}.centralized_transport")
        )


def _domains(world: AuditContext) -> Iterator[SettingStep]:
    """Accepted domains that come, go, or change their type."""
    for tenant in world.tenants:
        path = f"tenants.{tenant.name}.AcceptedDomains"
        written = world.value(path)
        listed = written if isinstance(written, list) else [] if written is None else [written]
        known = {str(each.domain_name) for each in tenant.accepted_domains}
        for each in listed if len(listed) > 1 else ():
            yield SettingStep(path, [other for other in listed if other is not each])
        for name in dict.fromkeys(_bases(world)):
            if name not in known:
                yield SettingStep(path, [*listed, name])
        for each in tenant.accepted_domains:
            if str(each.domain_name) in map(_name_of, listed):
                relay = each.domain_type is not DomainType.INTERNAL_RELAY
                kind = DomainType.INTERNAL_RELAY if relay else DomainType.AUTHORITATIVE
                yield SettingStep(f"{path}[{each.domain_name}].DomainType", kind.value)
                yield SettingStep(f"{path}[{each.domain_name}].MatchSubDomains", not each.match_sub_domains)


def _name_of(item: Any) -> str:
    return str(item.get("DomainName", "")) if isinstance(item, dict) else str(item)


def _bases(world: AuditContext) -> Iterator[str]:
    """Names in certificates as domains."""
    for profile in _profiles_of(world).values():
        yield from (name.removeprefix("*.") for name in profile.names)


def _outbound(world: AuditContext) -> Iterator[SettingStep]:
    for tenant in world.tenants:
        for connector in tenant.outbound_connectors:
            path = world.setting(tenant, "OutboundConnectors", connector.name)
            yield SettingStep(f"{path}.Enabled", not connector.enabled)
            yield SettingStep(f"{path}.RecipientDomains", ["*"])
            centralized = not connector.route_all_messages_via_on_premises
            yield SettingStep(f"{path}.RouteAllMessagesViaOnPremises", centralized)


def _own_routes(world: AuditContext) -> Iterator[SettingStep]:
    """Exchange's ways out: without the filter, switched off, with another certificate."""
    for organization in world.organizations:
        for connector in organization.send_connectors:
            path = world.setting(organization, "SendConnectors", connector.name)
            yield SettingStep(f"{path}.Enabled", not connector.enabled)
            if connector.smart_hosts:
                yield SettingStep(f"{path}.SmartHosts", None)
            for name in _profiles_of(world):
                yield SettingStep(f"{path}.TlsCertificateName", name)


def _regions(world: AuditContext) -> Iterator[SettingStep]:
    """The tenant moves to another region, or a partner does."""
    for tenant in world.topology.tenants.values():
        yield SettingStep(f"tenants.{tenant.name}.region", "NAM" if tenant.region != "NAM" else "EUR")


def _switches(world: AuditContext) -> Iterator[SettingStep]:
    """Where it is not documented what the service does: what if it is the other way round?"""
    for switch in SWITCHES.values():
        if switch.kind == "choice" and switch.scope == "service" and switch.not_emulated is None:
            now = _position(getattr(world.topology.switches, switch.name, switch.default))
            yield from (
                SettingStep(f"{_SWITCHES}{switch.name}", each) for each in _others(switch.values, now)
            )


def _others(values: Iterable[str], now: str) -> tuple[str, ...]:
    return tuple(each for each in values if _position(each) != now)


def _position(value: object) -> str:
    words = {"true": "on", "false": "off"}
    return words.get(str(value).lower(), str(value).lower())

"""Who may relay through the company's tenant: services with a bounce domain of their own, and whoever has the address."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Address, IPv4Network

from lab.analysis.checks import shared_cures, stand_ins
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe, first_domain, message, of_host
from lab.analysis.checks.connectors.misattribution import expectation, expects, told_at
from lab.analysis.checks.connectors.unrecognised_connection import accepting
from lab.analysis.checks.finding import Cure, Fact, Severity, Suspicion, check, cure, fact
from lab.analysis.checks.hybrid_flows import entries, whose
from lab.core.service_host_names import front_door
from lab.model.names import Address, Domain, ReversePath
from lab.model.tenant import ConnectorType, InboundConnector, Tenant
from lab.model.topology import Host
from lab.model.value import dataclass
from lab.scenario.changeable_scenario import SettingChange
from lab.scenario.model import MessageSpec
from lab.sentence import NOTHING, Sentence, sentence

_NEIGHBOUR = "any-neighbour"


@dataclass(frozen=True, slots=True)
class _Service:
    """A machine that relays through a tenant, whose connector it fits, in the name of neither."""

    host: Host
    bounces: Domain
    tenant: Tenant
    connector: InboundConnector
    probe: Probe


@check("MFL-ATTR-012", Severity.WARNING, "R5", "R30", "R49")
def own_bounces(context: AuditContext) -> Iterator[Suspicion]:
    """A service that relays for the company is refused with a bounce domain of its own.

    A newsletter or add-on service sends for the company through its tenant. Since November 2023 the domain in From no
    longer counts: the certificate's domain or that of MAIL FROM must be accepted. With a bounce domain of its own the
    service gets 5.7.64 for everything.

    Cure: Let the service show a certificate name that is this customer's alone, verify that name in the tenant, and
    expect it on the connector. Or let it use a reverse-path in a domain of the company.
    """
    for host in context.topology.hosts.values():
        organization = context.topology.organizations.get(host.organization or "")
        domain = first_domain(organization) if organization else None
        if _is_service(context, host) and domain is not None:
            for tenant in context.tenants or tuple(context.topology.tenants.values()):
                yield from _relaying(context, host, domain, tenant)


def _is_service(context: AuditContext, host: Host) -> bool:
    """A server with a name of its own; not a device, nor a neighbour who only shares the company's address."""
    shared = any(own.source == host.source for own in context.machines() if own != host)
    return host.is_filter and bool(host.smart_hosts) and host.certificate is not None and not shared


def _relaying(context: AuditContext, host: Host, domain: Domain, tenant: Tenant) -> Iterator[Suspicion]:
    if tenant.accepts(domain) is not None:
        return
    author = Address("news", tenant.default_domain)
    bounces = ReversePath(Address("bounces", domain))
    probe = Probe((message(author, stand_ins.OUTSIDE, via=host.name, reverse_path=bounces),))
    for entry in entries(context.play(probe)):
        options = (option for option in entry.decision.candidates if option.tenant.name == tenant.name)
        candidate = next(options, None)
        if entry.host.name == host.name and entry.leg.refusal and candidate:
            yield _refused(context, _Service(host, domain, tenant, candidate.connector, probe))


def _refused(context: AuditContext, service: _Service) -> Suspicion:
    host, tenant, connector = service.host, service.tenant, service.connector
    names = {"host": host.name, "tenant": tenant.name, "domain": service.bounces}
    wrong = "{host} may relay through {tenant} only with MAIL FROM in a domain of {tenant}"
    unaccepted = "{connector}, and that is no accepted domain"
    relays = "{host} belongs to {domain}, and relays through {tenant}"
    when = "whenever it says MAIL FROM:<...@{domain}>, as services do to get reports themselves"
    return Suspicion(
        about=host.name,
        text=sentence(wrong, **names),
        facts=(
            fact(told_at(context, tenant, connector), unaccepted, connector=expects(connector)),
            fact(of_host(host, "smart_hosts"), relays, **names),
        ),
        probe=service.probe,
        shows=partial(_shows_refusal, host),
        cures=(_customers_name(context, service),),
        condition=sentence(when, **names),
    )


def _shows_refusal(host: Host, played: PlayedProbe) -> Sentence:
    for entry in entries(played):
        if entry.host.name == host.name and entry.leg.refusal:
            shown = "{mail}, with {reverse_path}, is refused: {codes}"
            path = entry.fate.spec.reverse_path
            return sentence(shown, mail=whose(entry.fate), reverse_path=path, codes=entry.codes)
    return NOTHING


def _customers_name(context: AuditContext, service: _Service) -> Cure:
    tenant, host = service.tenant, service.host
    name = f"{tenant.initial_domain.partition('.')[0]}.{service.bounces}"
    profile = context.profile(host)
    path = context.setting(tenant, service.connector)
    return cure(
        "the service shows a name that is this customer's alone, such as {name}, and {tenant} verifies it",
        {
            "certificates.mflab-customer": {"names": [*(profile.names if profile else ()), name]},
            of_host(host, "certificate"): "mflab-customer",
            f"{path}.TlsSenderCertificateName": name,
            f"{path}.SenderIPAddresses": None,
            **accepting(context, tenant, name),
        },
        name=name,
        tenant=tenant.name,
    )


@check("MFL-ATTR-013", Severity.WARNING, "R5", "R7", "R21")
def neighbours(context: AuditContext) -> Iterator[Suspicion]:
    """Somebody else comes from an address that the company's connector knows.

    The tenant knows its servers by an address that others share: a provider's NAT, a hosting network. Whoever sends
    from there and says MAIL FROM with a domain of the company relays through its tenant, in its name.

    Cure: Know the servers by a certificate.
    """
    for tenant, connector in _by_address(context):
        for host in context.topology.hosts.values():
            if _knows(connector, host) and not context.owns(host) and host.is_filter and host.smart_hosts:
                probe = Probe((_forged(tenant, host.name),))
                path = of_host(host, "nat" if host.nat else "address")
                stranger = fact(path, "{host} comes from {address}", host=host.name, address=host.source)
                other = shared_cures.own_name(context, tenant, connector, tenant.default_domain)
                yield _open(context, tenant, connector, probe, stranger, host.name, other)


@check("MFL-ATTR-014", Severity.WARNING, "R7", "R21", "R58")
def whole_network(context: AuditContext) -> Iterator[Suspicion]:
    """The company's connector knows a whole network.

    SenderIPAddresses has a network, not single addresses. Every machine in it may relay through the tenant in the
    company's name, those that somebody gets an address for tomorrow too.

    Cure: List the single addresses, or know the servers by a certificate.
    """
    for tenant, connector in _by_address(context):
        for network in connector.sender_ip_addresses:
            address = _nobodys(context, network) if network.prefixlen < 32 else None
            if address is not None:
                probe = Probe((_forged(tenant, _NEIGHBOUR),), _neighbour(address, tenant))
                strangers = "{address} is in {network}, and none of the company's machines"
                stranger = fact("", strangers, address=address, network=network)
                closed = _closed(context, tenant, connector)
                yield _open(context, tenant, connector, probe, stranger, str(network), *closed)


def _neighbour(address: str, tenant: Tenant) -> SettingChange:
    """A machine of nobody that the configuration knows, with the tenant's front door as its next hop."""
    host = {
        "role": "gateway",
        "address": address,
        "accepts_domains": [],
        "smart_hosts": front_door(tenant.default_domain),
    }
    neighbours = {"domains": ["neighbour.stand-in.example"], "hosts": {_NEIGHBOUR: host}}
    return {"organizations.any-neighbours": neighbours}


def _by_address(context: AuditContext) -> Iterator[tuple[Tenant, InboundConnector]]:
    for tenant, connector in context.inbound():
        if connector.connector_type is ConnectorType.ON_PREMISES and connector.sender_ip_addresses:
            yield tenant, connector


def _knows(connector: InboundConnector, host: Host) -> bool:
    return any(IPv4Address(host.source) in network for network in connector.sender_ip_addresses)


def _nobodys(context: AuditContext, network: IPv4Network) -> str | None:
    taken = {address for host in context.topology.hosts.values() for address in (host.address, host.source)}
    return next((str(address) for address in network.hosts() if str(address) not in taken), None)


def _forged(tenant: Tenant, via: str) -> MessageSpec:
    return message(Address("manager", tenant.default_domain), stand_ins.OUTSIDE, via=via)


def _open(
    context: AuditContext,
    tenant: Tenant,
    connector: InboundConnector,
    probe: Probe,
    stranger: Fact,
    who: str,
    *closed: Cure,
) -> Suspicion:
    via = probe.messages[0].via or ""
    wrong = 'others than the company can use "{connector}" of {tenant}'
    return Suspicion(
        about=f"{connector.name}/{who}",
        text=sentence(wrong, connector=connector.name, tenant=tenant.name),
        facts=(expectation(context, tenant, connector), stranger),
        probe=probe,
        shows=partial(_relayed, via),
        cures=closed,
        condition=sentence("once somebody there says MAIL FROM:<...@{domain}>", domain=tenant.default_domain),
    )


def _relayed(via: str, played: PlayedProbe) -> Sentence:
    for entry in entries(played):
        if entry.host.name == via and entry.recognised:
            shown = "{mail}, from {address}, is relayed as mail of {tenant}"
            tenant = entry.decision.tenant_name
            return sentence(shown, mail=whose(entry.fate), address=entry.host.source, tenant=tenant)
    return NOTHING


def _closed(context: AuditContext, tenant: Tenant, connector: InboundConnector) -> Iterator[Cure]:
    path = context.setting(tenant, connector, "SenderIPAddresses")
    addresses = list(dict.fromkeys(host.source for host in context.machines() if _knows(connector, host)))
    if addresses:
        helps = '"{connector}" knows {addresses} only'
        yield cure(helps, {path: addresses}, connector=connector.name, addresses=", ".join(addresses))
    yield shared_cures.own_name(context, tenant, connector, tenant.default_domain)

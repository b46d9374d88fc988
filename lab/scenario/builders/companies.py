"""Organisations and tenants: accepted domains, directories and connectors, the wizard's work included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab.model.names import Domain
from lab.model.onprem import OnPremOrganization, ReceiveConnector, RemoteDomain, SendConnector
from lab.model.tenant import (
    AcceptedDomain,
    ConnectorType,
    DomainType,
    InboundConnector,
    OutboundConnector,
    SendingLimits,
    Tenant,
)
from lab.model.topology import Host
from lab.model.value import dataclass
from lab.scenario.builders import hybrid_wizard, recipient_directory
from lab.scenario.builders.hybrid_wizard import Hybrid
from lab.scenario.builders.machines import hosts_of
from lab.scenario.builders.object_drafts import Draft, drafted, made
from lab.scenario.language import mail_flow_rules
from lab.scenario.language.exchange_objects import arguments
from lab.scenario.language.party_keys import (
    HybridKeys,
    LimitKeys,
    OrganizationConfigKeys,
    OrganizationKeys,
    TenantKeys,
)
from lab.scenario.syntax.records import Fields
from lab.sentence import sentence


@dataclass(frozen=True)
class Company:
    """An organisation that was read: its machines, its domains, and its wizard run if there was one."""

    name: str
    read: Fields
    hosts: Mapping[str, Host]
    domains: tuple[Domain, ...]
    hybrid: Hybrid | None

    @property
    def failed(self) -> bool:
        """Whether the wizard could not be run: something that it needs is wrong, and was reported."""
        return self.hybrid is None and self.read.written(OrganizationKeys.hybrid)

    @property
    def servers(self) -> tuple[Host, ...]:
        """Its Exchange servers."""
        return tuple(host for host in self.hosts.values() if host.holds_mailboxes)


def company(name: str, read: Fields, tenants: Mapping[str, Fields]) -> Company:
    """An organisation's machines and wizard run."""
    written = (
        arguments(table, AcceptedDomain)["domain_name"] for table in read[OrganizationKeys.accepted_domains]
    )
    domains = tuple(dict.fromkeys((*read[OrganizationKeys.domains], *written)))
    hosts = hosts_of(name, read, domains)
    wizard = read[OrganizationKeys.hybrid]
    tenant = tenants.get(wizard[HybridKeys.tenant]) if wizard is not None else None
    unjoined = Company(name, read, hosts, domains, None)
    if wizard is None or tenant is None:
        return unjoined
    _equipped(read, wizard, unjoined.servers)
    initial, servers = tenant[TenantKeys.initial_domain], unjoined.servers
    return replace(unjoined, hybrid=hybrid_wizard.run_wizard(name, wizard, domains, initial, servers))


def _equipped(read: Fields, wizard: Fields, servers: Sequence[Host]) -> None:
    """Whether the wizard finds a server, and a certificate there; hosts that are wrong in themselves are not missed."""
    hosts = read.at.key(OrganizationKeys.hosts.name)
    if not servers and not hosts.troubled:
        wizard.at.wrong(wizard.place, sentence("hybrid needs a host with role exchange in the organisation"))
    if servers and servers[0].certificate is None and not hosts.key(servers[0].name).troubled:
        wanted = sentence("hybrid needs a certificate on {host}", host=servers[0].name)
        hint = sentence("the wizard asks for it, and connectors rely on it (R113)")
        wizard.at.wrong(wizard.place, wanted, hint)


def organization(company: Company) -> OnPremOrganization:
    """The on-premises side."""
    read, wizard = company.read, company.hybrid
    coexistence = [AcceptedDomain(wizard.coexistence, DomainType.INTERNAL_RELAY)] if wizard else []
    own = (AcceptedDomain(domain) for domain in read[OrganizationKeys.domains])
    generated = [
        hybrid_wizard.receive_connector(server, hybrid=wizard is not None) for server in company.servers
    ]
    by = read[OrganizationKeys.hybrid] or read
    outbound = [wizard.send_connector()] if wizard else []
    domains = wizard.remote_domains() if wizard else ()
    send = drafted(SendConnector, read[OrganizationKeys.send_connectors], outbound, by)
    remote = drafted(RemoteDomain, read[OrganizationKeys.remote_domains], domains, by)
    receive = drafted(ReceiveConnector, read[OrganizationKeys.receive_connectors], generated, by)
    send = tuple(draft.implying("dns_routing_enabled", not draft.get("smart_hosts")) for draft in send)
    return OnPremOrganization(
        name=company.name,
        accepted_domains=accepted((*own, *coexistence), read[OrganizationKeys.accepted_domains]),
        recipients=recipient_directory.on_premises(read, wizard),
        send_connectors=made(send),
        receive_connectors=made(receive),
        remote_domains=made(remote),
        transport_rules=mail_flow_rules.rules(read[OrganizationKeys.transport_rules], None),
    )


def tenant(name: str, age: int, read: Fields, companies: Iterable[Company]) -> Tenant:
    """The cloud side."""
    runs = [(other.read, other.hybrid) for other in companies if other.hybrid and _joined(other, name)]
    initial = read[TenantKeys.initial_domain]
    own = (AcceptedDomain(initial), *(AcceptedDomain(run.coexistence) for _, run in runs))
    by = next((org[OrganizationKeys.hybrid] or read for org, _ in runs), read)
    ways_in = [run.inbound_connector() for _, run in runs]
    ways_out = [run.outbound_connector() for _, run in runs]
    inbound = drafted(InboundConnector, read[TenantKeys.inbound_connectors], ways_in, by)
    outbound_drafts = drafted(OutboundConnector, read[TenantKeys.outbound_connectors], ways_out, by)
    if read[TenantKeys.inbound_connectors_prohibited]:
        _prohibited(inbound)
    outbound = made(outbound_drafts)
    config, limits = read[TenantKeys.organization_config], read[TenantKeys.sending_limits]
    return Tenant(
        name=name,
        id=read[TenantKeys.id] or hybrid_wizard.guid(f"tenant:{name}"),
        initial_domain=initial,
        region=read[TenantKeys.region],
        age=age,
        accepted_domains=accepted(own, read[TenantKeys.accepted_domains]),
        recipients=recipient_directory.in_tenant(read, runs),
        inbound_connectors=made(inbound),
        outbound_connectors=outbound,
        transport_rules=mail_flow_rules.rules(read[TenantKeys.transport_rules], outbound),
        limits=None if limits is None else SendingLimits(**limits.values_for(SendingLimits, LimitKeys)),
        reject_direct_send=config is not None and config[OrganizationConfigKeys.reject_direct_send],
        dbeb=read[TenantKeys.dbeb],
        honor_dmarc=read[TenantKeys.honor_dmarc],
        trusted_arc_sealers=frozenset(read[TenantKeys.trusted_arc_sealers]),
        dkim_domains=frozenset(read[TenantKeys.dkim]),
    )


def accepted(derived: Iterable[AcceptedDomain], written: Iterable[Fields]) -> tuple[AcceptedDomain, ...]:
    """Accepted domains: the written ones first, then those derived that were not written."""
    domains: dict[Domain, AcceptedDomain] = {}
    for record in written:
        accepted_domain = AcceptedDomain(**arguments(record, AcceptedDomain))
        name = accepted_domain.domain_name
        if name in domains:
            record.wrong("DomainName", sentence("{domain} is listed twice", domain=name))
        domains.setdefault(name, accepted_domain)
    for domain in derived:
        domains.setdefault(domain.domain_name, domain)
    return tuple(domains.values())


def _joined(company: Company, tenant_name: str) -> bool:
    wizard = company.read[OrganizationKeys.hybrid]
    return wizard is not None and wizard[HybridKeys.tenant] == tenant_name


def _prohibited(drafts: tuple[Draft[Any], ...]) -> None:
    """What `New-InboundConnector`, and so the wizard, says in such a tenant (R34)."""
    wanted = sentence(
        "OrganizationInboundConnectorProhibitedException: the tenant may not create or enable inbound "
        "connectors of type OnPremises"
    )
    for draft in drafts:
        if draft.get("connector_type") is ConnectorType.ON_PREMISES and draft.get("enabled"):
            draft.wrong("connector_type", wanted, sentence("R34: Microsoft's support has to allow it"))

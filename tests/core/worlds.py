"""Builders with defaults: small worlds of tenants, so that each test is about its one difference."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from lab.core.attribution import attribute
from lab.core.attribution_result import Attribution
from lab.core.client_credentials import judge_credentials
from lab.core.directory import TenantDirectory
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.switches import Switches
from lab.model.tenant import AcceptedDomain, ConnectorType, InboundConnector, Recipient, RecipientKind, Tenant


def a_certificate(*names: str, faults: frozenset[CertFault] = frozenset()) -> CertificateIdentity:
    return CertificateIdentity(common_name=names[0], dns_names=names, faults=faults)


def on_premises(
    name="Inbound from A", *, cert: str | None = None, ips: tuple[str, ...] = (), **more
) -> InboundConnector:
    return InboundConnector(
        name=name,
        connector_type=ConnectorType.ON_PREMISES,
        tls_sender_certificate_name=DomainPattern.parse(cert) if cert else None,
        sender_ip_addresses=tuple(IPv4Network(ip) for ip in ips),
        **more,
    )


def partner(
    name="Partner",
    *,
    senders: tuple[str, ...] = ("*",),
    ips: tuple[str, ...] = (),
    cert: str | None = None,
    **more,
):
    return InboundConnector(
        name=name,
        sender_domains=tuple(DomainPattern.parse(s) for s in senders),
        sender_ip_addresses=tuple(IPv4Network(ip) for ip in ips),
        restrict_domains_to_ip_addresses=bool(ips),
        restrict_domains_to_certificate=bool(cert),
        tls_sender_certificate_name=DomainPattern.parse(cert) if cert else None,
        **more,
    )


def a_tenant(
    name="a",
    *connectors: InboundConnector,
    domains: tuple[str, ...] = (),
    users: tuple[str, ...] = (),
    **more,
) -> Tenant:
    accepted = domains or (f"{name}.example",)
    known = [Address.parse(u) for u in users or (f"user@{accepted[0]}",)]
    return Tenant(
        name=name,
        id=f"{name * 8}"[:8] + "-0000-4000-8000-000000000001",
        initial_domain=Domain.parse(f"{name}lab.onmicrosoft.com"),
        region=more.pop("region", "EUR"),
        accepted_domains=tuple(AcceptedDomain(Domain.parse(d)) for d in accepted),
        recipients={a.key: Recipient(RecipientKind.MAILBOX, a) for a in known},
        inbound_connectors=connectors,
        **more,
    )


def decide(
    *tenants: Tenant,
    cert: CertificateIdentity | str | None = None,
    ip: str = "198.51.100.25",
    sender: str = "user@a.example",
    to: str = "user@b.example",
    tls: bool = True,
    region: str = "EUR",
    author: str | None = None,
    **switches: Any,
) -> Attribution:
    chosen = Switches(**switches)
    identity = a_certificate(cert) if isinstance(cert, str) else cert
    return attribute(
        judge_credentials(ip, tls, identity, chosen),
        ReversePath.parse(sender),
        Address.parse(to),
        region=region,
        directory=TenantDirectory(tenants),
        switches=chosen,
        author=Domain.parse(author) if author else None,
    )

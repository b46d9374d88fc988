"""`hybrid:` expands to what the Hybrid Configuration Wizard creates on both sides (R101-R112).

Like the wizard it touches neither MX records nor the internet send connector nor gateways (R109). Which name it was given,
a wildcard or a host, is the scenario's choice (R84). Mail to `<tenant>.mail.onmicrosoft.com` takes the hybrid connector
(R240), mail to `<tenant>.onmicrosoft.com` does not, not even answers to users who have no other address (R239, R242).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from lab.core.service_host_names import SERVICE
from lab.model.names import Address, Domain, DomainPattern
from lab.model.onprem import AddressSpace
from lab.model.tenant import ConnectorType, TlsSettings
from lab.model.topology import Host
from lab.model.value import dataclass
from lab.scenario.language.party_keys import HybridKeys
from lab.scenario.syntax.records import Fields

Arguments = dict[str, Any]


def guid(text: str) -> str:
    """A GUID that is always the same for the same text, in the form of a name-based UUID (RFC 9562 5.5)."""
    digest = hashlib.sha1(f"mailflow-lab:{text}".encode(), usedforsecurity=False).digest()
    return str(UUID(bytes=digest[:16], version=5))


def coexistence_domain(initial: Domain) -> Domain:
    """`t.onmicrosoft.com` -> `t.mail.onmicrosoft.com` (R105)."""
    return Domain(f"{initial.removesuffix('.onmicrosoft.com')}.mail.onmicrosoft.com")


@dataclass(frozen=True, kw_only=True)
class Hybrid:
    """One run of the wizard: what it was told, and what it looked up."""

    organization: str
    guid: str
    domains: tuple[Domain, ...]
    initial_domain: Domain
    server: Host
    """The Exchange server that speaks with the tenant."""
    certificate_name: DomainPattern
    centralized: bool
    smart_host: str

    @property
    def coexistence(self) -> Domain:
        """The domain of the routing addresses."""
        return coexistence_domain(self.initial_domain)

    def routing_address(self, mailbox: Address) -> Address:
        """`alias@t.mail.onmicrosoft.com` (R106)."""
        return Address(mailbox.local, self.coexistence)

    def send_connector(self) -> Arguments:
        """On-premises to the tenant, for the coexistence domain and nothing else (R101, R102)."""
        pattern = self.certificate_name
        fqdn = self.server.fqdn if pattern.wildcard or pattern.domain is None else pattern.domain
        return {
            "name": f"Outbound to Office 365 - {self.guid}",
            "address_spaces": (AddressSpace(DomainPattern(self.coexistence)),),
            "dns_routing_enabled": True,
            "fqdn": str(fqdn),
            "require_tls": True,
            "tls_auth_level": TlsSettings.DOMAIN_VALIDATION,
            "tls_domain": DomainPattern(SERVICE),
            "cloud_services_mail_enabled": True,
            "tls_certificate_name": self.server.certificate,
        }

    def remote_domains(self) -> tuple[Arguments, ...]:
        """The domain of routing addresses, and the initial domain (R104)."""
        settings = (
            (self.coexistence, "target_delivery_domain"),
            (self.initial_domain, "trusted_mail_inbound_enabled"),
        )
        return tuple(
            {"name": f"Hybrid Domain - {domain}", "domain_name": DomainPattern(domain), setting: True}
            for domain, setting in settings
        )

    def inbound_connector(self) -> Arguments:
        """Identifies on-premises by its certificate (R71)."""
        return {
            "name": f"Inbound from {self.guid}",
            "connector_type": ConnectorType.ON_PREMISES,
            "sender_domains": (DomainPattern(None, wildcard=True),),
            "require_tls": True,
            "tls_sender_certificate_name": self.certificate_name,
            "cloud_services_mail_enabled": True,
            "connector_source": "HybridWizard",
        }

    def outbound_connector(self) -> Arguments:
        """The tenant to on-premises; for everything with centralized transport (R92, R111)."""
        ours = tuple(DomainPattern(domain) for domain in self.domains)
        return {
            "name": f"Outbound to {self.guid}",
            "connector_type": ConnectorType.ON_PREMISES,
            "recipient_domains": (DomainPattern(None, wildcard=True),) if self.centralized else ours,
            "use_mx_record": False,
            "smart_hosts": (self.smart_host,),
            "tls_settings": TlsSettings.DOMAIN_VALIDATION,
            "tls_domain": self.certificate_name,
            "cloud_services_mail_enabled": True,
            "route_all_messages_via_on_premises": self.centralized,
            "connector_source": "HybridWizard",
        }


def receive_connector(server: Host, *, hybrid: bool) -> Arguments:
    """Every server has it; the wizard lets Exchange Online hand over cross-premises headers (R103)."""
    own: Arguments = {"name": f"Default Frontend {server.fqdn.partition('.')[0].upper()}"}
    return {**own, "tls_domain_capabilities": (DomainPattern(SERVICE),)} if hybrid else own


def run_wizard(
    organization: str, read: Fields, domains: tuple[Domain, ...], initial: Domain, servers: Iterable[Host]
) -> Hybrid | None:
    """Gather what the wizard needs; None if there is no Exchange server to speak for."""
    server = next(iter(servers), None)
    if server is None:
        return None
    return Hybrid(
        organization=organization,
        guid=read[HybridKeys.organization_guid] or guid(f"organization:{organization}"),
        domains=domains,
        initial_domain=initial,
        server=server,
        certificate_name=read[HybridKeys.certificate_name],
        centralized=read[HybridKeys.centralized_transport],
        smart_host=read[HybridKeys.smart_host] or server.fqdn,
    )

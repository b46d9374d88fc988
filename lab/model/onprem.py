"""An on-premises Exchange organisation and its connectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from lab.model.names import Address, Domain, DomainPattern
from lab.model.rules import TransportRule
from lab.model.tenant import AcceptedDomain, Recipient, TlsSettings, covering
from lab.model.value import dataclass
from lab.sentence import sentence


@dataclass(frozen=True, slots=True)
class AddressSpace:
    """`SMTP:*.contoso.com;10`: what a send connector is for, and what it costs."""

    pattern: DomainPattern
    cost: int = 1

    @classmethod
    def parse(cls, text: str) -> AddressSpace:
        """Read Exchange's form; prefix and cost may be missing. Raises ValueError."""
        bare = text.strip()
        if bare.lower().startswith("smtp:"):
            bare = bare[5:]
        name, _, cost = bare.partition(";")
        if cost and not cost.strip().isdigit():
            raise ValueError(sentence("{text!r}: the cost behind the semicolon is a number", text=text))
        return cls(DomainPattern.parse(name), int(cost) if cost else 1)

    def __str__(self) -> str:
        return f"smtp:{self.pattern};{self.cost}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendConnector:
    """`New-SendConnector` (R101, R116)."""

    name: str
    enabled: bool = True
    address_spaces: tuple[AddressSpace, ...] = ()
    dns_routing_enabled: bool = True
    smart_hosts: tuple[str, ...] = ()
    fqdn: str | None = None
    """Goes into EHLO; the server's own name if unset."""
    require_tls: bool = False
    tls_auth_level: TlsSettings | None = None
    tls_domain: DomainPattern | None = None
    cloud_services_mail_enabled: bool = False
    tls_certificate_name: str | None = None
    """What to present: a certificate profile, or `<I>issuer<S>subject` of one in the server's store (R115); the host's
    own if unset (R249)."""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveConnector:
    """`New-ReceiveConnector` as far as it decides something (R103)."""

    name: str
    fqdn: str | None = None
    require_tls: bool = False
    tls_domain_capabilities: tuple[DomainPattern, ...] = ()
    """Names of peers that may hand over cross-premises headers (`…:AcceptCloudServicesMail`)."""
    tls_certificate_name: str | None = None
    """As with send connectors; without such a certificate there is no STARTTLS (R115)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDomain:
    """`New-RemoteDomain` as far as the wizard sets it (R104). It does not change the way of a message."""

    name: str
    domain_name: DomainPattern
    target_delivery_domain: bool = False
    """Routing addresses of new remote mailboxes are made in this domain."""
    trusted_mail_inbound_enabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPremOrganization:
    """The on-premises side of a company."""

    name: str
    accepted_domains: tuple[AcceptedDomain, ...] = ()
    recipients: Mapping[str, Recipient] = field(default_factory=dict)
    send_connectors: tuple[SendConnector, ...] = ()
    receive_connectors: tuple[ReceiveConnector, ...] = ()
    remote_domains: tuple[RemoteDomain, ...] = ()
    transport_rules: tuple[TransportRule, ...] = ()
    """Mail flow rules in order of priority."""

    def accepts(self, domain: Domain | None) -> AcceptedDomain | None:
        """The accepted domain that covers `domain`, the most specific first."""
        return covering(self.accepted_domains, domain)

    def find(self, address: Address) -> Recipient | None:
        """The recipient object known under `address`."""
        return self.recipients.get(address.key)

"""What a sweep is about: customers, the connections that their mail really takes, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from lab.model.certificate import CertificateIdentity
from lab.model.names import Domain
from lab.model.tenant import Tenant
from lab.model.value import dataclass


class MailUse(StrEnum):
    """What mail a machine hands to Exchange Online, and so whom it may be taken for."""

    HYBRID = "hybrid"
    """On-premises servers, to recipients of their own tenant: hers to take."""
    RELAY = "relay"
    """Whatever leaves the company, by its own tenant: hers to take, or the recipient's."""
    INTERNET = "internet"
    """Whatever leaves the company, by MX: only the recipient's tenant may take it."""
    INBOUND = "inbound"
    """What comes for the tenant, from a filter in front of it: only that tenant may take it."""


class MessageOrigin(StrEnum):
    """By whose word a message comes: its MAIL FROM."""

    OWN = "own sender"
    NULL = "null sender"
    """A report; it has no domain that could name a tenant (R29)."""
    PEER = "the other's sender"
    """Mail of the other tenant that this one hands on: a forward, or an answer."""
    STRANGER = "stranger"
    """Somebody who is in no tenant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantConnection:
    """A machine as Exchange Online sees it: an address and, where it shows one, a certificate."""

    host: str
    address: str
    tls: bool = True
    certificate: CertificateIdentity | None = None
    sends: tuple[MailUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A tenant, and the machines whose mail is its own. Not all of them need be its own: a provider's are everybody's."""

    tenant: Tenant
    connections: tuple[TenantConnection, ...] = ()
    file: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """The tenant's."""
        return self.tenant.name

    @property
    def domain(self) -> Domain:
        """Where its people are: the default accepted domain."""
        return self.tenant.default_domain


class TraitKind(StrEnum):
    """What two tenants may share."""

    CERTIFICATE_VALUE = "certificate value"
    """A connector's TlsSenderCertificateName, and names that fit it under any position of the switches."""
    CERTIFICATE_NAME = "certificate name"
    """Both show it."""
    RANGE = "address range"
    """One's SenderIPAddresses, and addresses or ranges of the other that lie in it."""
    ADDRESS = "source address"
    """The mail of both comes from there."""
    GATEWAY = "gateway"
    """A smart host of both, or one machine: the same source address with the same certificate."""


@dataclass(frozen=True, slots=True)
class SharedTrait:
    """Something that several tenants have in common; tenants are known by their place in the input."""

    kind: TraitKind
    what: str
    tenants: tuple[int, ...]

    @property
    def pairs(self) -> int:
        """How many pairs of tenants share it."""
        return len(self.tenants) * (len(self.tenants) - 1) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Misroute:
    """A connection that is taken for a tenant that nothing leads the message to, or that nobody takes for that reason."""

    tenant: str
    """Whose mail it is."""
    other: str
    """The other of the pair; '' where it may be any tenant in the world."""
    shares: str
    """What the two share, as text; '' where they share nothing and the fault is the tenant's own."""
    host: str
    address: str
    tls: bool
    names: tuple[str, ...]
    faults: tuple[str, ...]
    sends: str
    mail: str
    mail_from: str
    rcpt_to: str
    region: str
    """Of the front end: that of the recipient's MX or, on the way to the own tenant, of that tenant."""
    attributed: str
    """The wrong tenant; '' where the message is refused because several claim it."""
    verdict: str
    basis: str
    connector: str
    reply: str
    reason: str
    rules: tuple[str, ...]
    confidence: str
    """Of the least certain rule: documented, observed or assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardResult:
    """What came of one shard."""

    number: int
    decisions: int
    findings: tuple[Misroute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A sweep in numbers."""

    tenants: int
    connectors: int
    names: int
    connections: int
    groups: int
    """Sets of tenants that share something, directly or through others."""
    largest_group: int
    pairs: Mapping[str, int] = field(default_factory=dict)
    """Pairs by what they share; a pair that shares two things counts for both."""
    crowds: int = 0
    """Things that too many tenants share for all pairs to be asked about."""
    decisions: int = 0
    misroutes: int = 0
    misrouted_tenants: int = 0
    wrong_tenants: int = 0
    assumed: int = 0
    """Misroutes that rest on an assumed rule."""

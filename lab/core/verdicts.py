"""The outcome of attribution as a value: verdict, reason, the rules used, and what was considered and lost.

The losers are worked out from the decision when somebody asks (`considered`, `story`), not before.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.switches import Switches
from lab.model.tenant import InboundConnector, Tenant
from lab.model.transport import Direction
from lab.model.value import value

if TYPE_CHECKING:
    from lab.core.credentials import Credentials
    from lab.core.directory import Candidate, TenantDirectory


class Verdict(StrEnum):
    """What the front end does with a recipient."""

    ORIGINATING = "Originating"
    INCOMING = "Incoming"
    REFUSED = "Refused"


class Basis(StrEnum):
    """What tied the connection to the tenant."""

    CERTIFICATE = "certificate"
    ADDRESS = "address"
    RECIPIENT = "recipient"
    NONE = "none"


class Reason(StrEnum):
    """The closed set of causes."""

    OWN_CONNECTION = "taken for the tenant's own hybrid connection"
    ANONYMOUS = "incoming mail of the recipient's tenant"
    PARTNER = "incoming mail through a partner connector"
    PARTNER_RESTRICTS = "a partner connector restricts this sender domain to other clients"
    PARTNER_NEEDS_TLS = "the partner connector requires TLS"
    DIRECT_SEND = "Direct Send is rejected by the tenant"
    UNKNOWN_RECIPIENT = "the recipient is unknown in the tenant's directory"
    RELAY_DENIED = "the recipient is in no tenant, and the client matches no OnPremises connector"
    NOT_ACCEPTED = (
        "a connector matches, but neither the certificate's domain nor MAIL FROM is an accepted domain"
    )
    WRONG_REGION = "the tenant lives in another region"
    CONNECTOR_BLOCKED = "the matching connector is blocked by the service"
    CERTIFICATE_REFUSED = "the client certificate cannot be validated (switch)"
    TIE_REJECTED = "several tenants claim the connection (switch)"
    TOO_MANY = "the transaction has as many recipients of that domain as the service takes"
    OTHER_TENANT_FIRST = "an earlier recipient bound the message to another tenant"


@value()
class Considered:
    """A connector that was looked at, and what became of it."""

    tenant: str
    connector: str
    fits: bool
    why: str
    rules: tuple[str, ...]


@value(kw_only=True)
class Attribution:
    """Which tenant and connector a message speaks for, for one recipient."""

    verdict: Verdict
    tenant: Tenant | None
    """The tenant it travels through, or whose rules refused it; None if no tenant is concerned."""
    reason: Reason
    basis: Basis
    connector: InboundConnector | None
    chosen: Candidate | None = None
    owner: str = ""
    """What settled the tenant among the candidates."""
    rules: tuple[str, ...]
    reply: Reply | None = None
    """Set when refused."""
    direction: Direction | None = None
    credentials: Credentials = field(repr=False)
    reverse_path: ReversePath
    recipient: Address
    candidates: tuple[Candidate, ...] = field(repr=False)
    directory: TenantDirectory = field(repr=False, compare=False)
    switches: Switches = field(repr=False)

    @property
    def tenant_name(self) -> str | None:
        """The tenant's name, or None."""
        return self.tenant.name if self.tenant else None

    @property
    def connector_name(self) -> str:
        """The connector's name, or ''."""
        return self.connector.name if self.connector else ""

    @property
    def status(self) -> str:
        """The enhanced status of a refusal, or ''."""
        return self.reply.enhanced if self.reply else ""

    def considered(self) -> tuple[Considered, ...]:
        """Each connector that could have claimed the connection, with why it won or lost."""
        from lab.core.explanation import (
            considered,
        )  # the explanation is built on verdicts, and only when asked for

        return considered(self)

    def story(self) -> tuple[str, ...]:
        """The decision told in indented lines."""
        from lab.core.explanation import story

        return story(self)

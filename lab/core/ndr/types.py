"""What a report is made from: the recipients it is about, and the server that makes it."""

from __future__ import annotations

from typing import Literal

from lab.model.names import Address, Domain
from lab.model.reply import Reply
from lab.model.tenant import Tenant
from lab.model.value import dataclass

SENDER = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e"
"""Local part of the address that Exchange reports to its own recipients from, the same in every organisation."""
ServerKind = Literal["exchange-online", "exchange", "gateway"]
Action = Literal["delivered", "relayed", "expanded"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient that cannot be reached, and the reply that settled it."""

    recipient: Address
    reply: Reply
    remote: str | None = None
    """The host whose words the reply is (Remote-MTA); None if the reporting server gave up by itself."""
    display: str = ""
    """X-Display-Name; the address if empty."""


@dataclass(frozen=True, slots=True)
class Success:
    """One recipient that was reached, for whom NOTIFY=SUCCESS was asked."""

    recipient: Address
    action: Action = "delivered"
    remote: str | None = None
    """The server it was relayed to."""
    display: str = ""


@dataclass(frozen=True, slots=True)
class Maker:
    """The server that writes the report; made by one of the three named constructors."""

    kind: ServerKind
    host: str
    """Reporting-MTA."""
    from_header: str
    """The From header's value."""
    tenant: Tenant | None = None

    @classmethod
    def exchange_online(cls, host: str, tenant: Tenant, to: Address | None) -> Maker:
        """A hub of Exchange Online; the sender depends on whether `to` belongs to the tenant (R198)."""
        if to is not None and tenant.accepts(to.domain):
            sender = f"Microsoft Outlook <{SENDER}@{tenant.initial_domain}>"
        else:
            sender = f"<postmaster@{tenant.default_domain}>"
        return cls("exchange-online", host, sender, tenant)

    @classmethod
    def exchange(cls, host: str, domain: Domain, *, internal: bool) -> Maker:
        """An on-premises server; `internal`: the report goes to one of its own mailboxes."""
        sender = f"Microsoft Exchange <{SENDER}@{domain}>" if internal else f"<postmaster@{domain}>"
        return cls("exchange", host, sender)

    @classmethod
    def gateway(cls, host: str) -> Maker:
        """A Postfix-like filter."""
        return cls("gateway", host, f"MAILER-DAEMON@{host} (Mail Delivery System)")

"""The questions of a sweep: what really goes over a tenant's connections, and who may take it.

    sends      mail           MAIL FROM   RCPT TO      may take it
    hybrid     own, null, a stranger's and a peer's    the own tenant
                                          own
    relay      own, null      own, <>     any, a peer  the own tenant, the recipient's
    internet   own, null      own, <>     any, a peer  the recipient's
    both       a peer's       peer's      any          the recipient's (relay: the own tenant too)
    inbound    null, a stranger's and a peer's         the own tenant
                                          own

"Any" is somebody in a tenant that shares nothing with anybody: what is wrong with that is wrong with the whole world.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab.analysis.sweep.types import Customer, MailUse, MessageOrigin, TenantConnection
from lab.model.names import Address, Domain, ReversePath
from lab.model.tenant import AcceptedDomain, Tenant
from lab.model.value import dataclass

_USER = "user"
_ANY = "(any other tenant)"
ANY_DOMAIN = Domain("any-other-tenant.invalid")
STRANGER = ReversePath(Address("someone", Domain("no-tenant.invalid")))


def any_tenant(region: str) -> Tenant:
    """One that shares nothing with anybody, in the region of the asker."""
    accepted = (AcceptedDomain(ANY_DOMAIN),)
    return Tenant(
        name=_ANY,
        id=str(ANY_DOMAIN),
        initial_domain=ANY_DOMAIN,
        region=region,
        accepted_domains=accepted,
        dbeb=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A message on a connection."""

    connection: TenantConnection
    sends: MailUse
    mail: MessageOrigin
    reverse_path: ReversePath
    recipient: Address
    region: str
    """Of the front end."""
    may: frozenset[str]
    """The tenants that may take it."""


def alone(customer: Customer) -> Iterator[Question]:
    """What does not depend on a peer."""
    own = Address(_USER, customer.domain)
    for connection in customer.connections:
        for sends in connection.sends:
            if sends in (MailUse.HYBRID, MailUse.INBOUND):
                kinds = (
                    (MessageOrigin.OWN, MessageOrigin.NULL, MessageOrigin.STRANGER)
                    if sends is MailUse.HYBRID
                    else (MessageOrigin.NULL, MessageOrigin.STRANGER)
                )
                to, may = own, frozenset({customer.name})
            else:
                kinds = (MessageOrigin.OWN, MessageOrigin.NULL)
                to, may = Address(_USER, ANY_DOMAIN), _takers(customer, sends, _ANY)
            for mail in kinds:
                yield Question(
                    connection=connection,
                    sends=sends,
                    mail=mail,
                    reverse_path=_path(mail, customer, customer),
                    recipient=to,
                    region=customer.tenant.region,
                    may=may,
                )


def with_peer(customer: Customer, peer: Customer) -> Iterator[Question]:
    """What passes between a tenant and another one, over the first one's connections."""
    for connection in customer.connections:
        for sends in connection.sends:
            for mail, to in _between(sends):
                recipient = {"own": customer.domain, "peer": peer.domain}.get(to, ANY_DOMAIN)
                takes = {"own": customer.name, "peer": peer.name}.get(to, _ANY)
                yield Question(
                    connection=connection,
                    sends=sends,
                    mail=mail,
                    reverse_path=_path(mail, customer, peer),
                    recipient=Address(_USER, recipient),
                    region=peer.tenant.region
                    if to == "peer" and sends is not MailUse.RELAY
                    else customer.tenant.region,
                    may=_takers(customer, sends, takes),
                )


def _between(sends: MailUse) -> tuple[tuple[MessageOrigin, str], ...]:
    if sends in (MailUse.HYBRID, MailUse.INBOUND):
        return ((MessageOrigin.PEER, "own"),)
    return ((MessageOrigin.OWN, "peer"), (MessageOrigin.NULL, "peer"), (MessageOrigin.PEER, "any"))


def _takers(customer: Customer, sends: MailUse, recipient: str) -> frozenset[str]:
    return frozenset({recipient, customer.name} if sends is MailUse.RELAY else {recipient})


def _path(mail: MessageOrigin, customer: Customer, peer: Customer) -> ReversePath:
    match mail:
        case MessageOrigin.OWN:
            return ReversePath(Address(_USER, customer.domain))
        case MessageOrigin.PEER:
            return ReversePath(Address(_USER, peer.domain))
        case MessageOrigin.NULL:
            return ReversePath.NULL
        case MessageOrigin.STRANGER:
            return STRANGER

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
_ANYBODY = Address(_USER, ANY_DOMAIN)
STRANGER = ReversePath(Address("someone", Domain("no-tenant.invalid")))


def any_tenant(region: str) -> Tenant:
    """One that shares nothing with anybody, in the region of the asker."""
    return Tenant(
        name=_ANY,
        id=str(ANY_DOMAIN),
        initial_domain=ANY_DOMAIN,
        region=region,
        accepted_domains=(AcceptedDomain(ANY_DOMAIN),),
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
    return _questions(customer, customer, _ALONE)


def with_peer(customer: Customer, peer: Customer) -> Iterator[Question]:
    """What passes between a tenant and another one, over the first one's connections."""
    return _questions(customer, peer, _WITH_PEER)


_OWN, _NULL, _PEER, _STRANGER = MessageOrigin
_Messages = dict[MailUse, tuple[tuple[MessageOrigin, str], ...]]
"""For each use, who sends and in whose tenant the recipient is: own, peer or any."""
_TO_ANY = ((_OWN, "any"), (_NULL, "any"))
_ALONE: _Messages = {
    MailUse.HYBRID: ((_OWN, "own"), (_NULL, "own"), (_STRANGER, "own")),
    MailUse.RELAY: _TO_ANY,
    MailUse.INTERNET: _TO_ANY,
    MailUse.INBOUND: ((_NULL, "own"), (_STRANGER, "own")),
}
_BETWEEN = ((_OWN, "peer"), (_NULL, "peer"), (_PEER, "any"))
_WITH_PEER: _Messages = {
    MailUse.HYBRID: ((_PEER, "own"),),
    MailUse.RELAY: _BETWEEN,
    MailUse.INTERNET: _BETWEEN,
    MailUse.INBOUND: ((_PEER, "own"),),
}


def _questions(customer: Customer, peer: Customer, messages: _Messages) -> Iterator[Question]:
    own, other = Address(_USER, customer.domain), Address(_USER, peer.domain)
    paths = {_OWN: ReversePath(own), _PEER: ReversePath(other), _NULL: ReversePath.NULL, _STRANGER: STRANGER}
    recipients = {"own": (own, customer.name), "peer": (other, peer.name), "any": (_ANYBODY, _ANY)}
    for connection in customer.connections:
        for sends in connection.sends:
            for mail, to in messages[sends]:
                recipient, taker = recipients[to]
                at_peer = to == "peer" and sends is not MailUse.RELAY
                yield Question(
                    connection=connection,
                    sends=sends,
                    mail=mail,
                    reverse_path=paths[mail],
                    recipient=recipient,
                    region=(peer if at_peer else customer).tenant.region,
                    may=frozenset((taker, customer.name) if sends is MailUse.RELAY else (taker,)),
                )

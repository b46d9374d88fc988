"""Where mailboxes are."""

from __future__ import annotations

from lab.model.names import Address
from lab.model.tenant import RecipientKind
from lab.model.topology import Topology


def home_of(address: Address, topology: Topology) -> str | None:
    """The node whose mailbox an address is; None if it has none in this lab."""
    for name, host in topology.hosts.items():
        if host.holds_mailboxes:
            recipient = topology.organizations[host.organization or ""].find(address)
            if recipient is not None and recipient.kind is RecipientKind.MAILBOX:
                return name
        elif host.is_final and address.domain in host.accepts_domains:
            return name
    for tenant in topology.tenants.values():
        recipient = tenant.find(address)
        if recipient is not None and recipient.kind is RecipientKind.MAILBOX:
            return topology.regions[tenant.region].node
    return None

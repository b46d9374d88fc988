"""Enhanced Filtering for connectors: whom a message really came from, behind the filters that handed it on (R67, P35).

Behind a third-party MX every client is the filter. An administrator tells Exchange Online which hops to skip, and the
one before them is judged instead: for SPF and so for DMARC, and as the address in the reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from lab.core.directory import ip_number
from lab.model.message import Header, Message
from lab.model.names import Address
from lab.model.tenant import ConnectorType, InboundConnector, Tenant
from lab.model.value import dataclass

SKIPPED = "X-MS-Exchange-SkipListedInternetSender"
ORIGINAL = "X-MS-Exchange-ExternalOriginalInternetSender"
_PRIVATE = tuple(
    map(
        IPv4Network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "198.18.0.0/15"),
    )
)
"""Always skipped; 198.18.0.0/15 are the inner networks of the lab."""
_FROM = re.compile(r"\s*from\s+(\S+)\s*(\(.*?\))?\s+(?:\(.*?\)\s+)*by\s", re.DOTALL | re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\d.:a-f])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")


@dataclass(frozen=True, slots=True)
class Sender:
    """A client, as the system that took the message from it saw it."""

    address: str
    host: str
    """The name it greeted with."""


@dataclass(frozen=True, slots=True)
class SkipListing:
    """The sender that counts, and how it was found."""

    sender: Sender
    connector: str
    skipped: tuple[str, ...]

    def headers(self) -> tuple[Header, ...]:
        """What Exchange Online writes of it."""
        value = f"ip=[{self.sender.address}];domain={self.sender.host}"
        return (Header.of(SKIPPED, value), Header.of(ORIGINAL, value))


def skip_listed(
    message: Message,
    client: Sender,
    tenant: Tenant,
    recipients: Iterable[Address],
    connector: InboundConnector | None,
) -> SkipListing | None:
    """The sender behind the skipped hops; None if nothing is to be skipped, or nobody is left.

    `connector` is the one that the connection was attributed to, if any.
    """
    chosen = _filtering(tenant, client, connector)
    if chosen is None or not _meant(chosen, recipients):
        return None
    skipped: list[str] = []
    for number, hop in enumerate((client, *senders(message))):
        if not _skips(chosen, hop, last=number == 0):
            return SkipListing(hop, chosen.name, tuple(skipped)) if skipped else None
        skipped.append(hop.address)
    return None


def _filtering(tenant: Tenant, client: Sender, connector: InboundConnector | None) -> InboundConnector | None:
    """The connector with Enhanced Filtering: the message's own, else a Partner connector with that address."""
    if connector is not None:
        return connector if connector.skips else None
    for listed in tenant.inbound_connectors:
        partner = listed.enabled and listed.connector_type is ConnectorType.PARTNER
        if partner and listed.skips and _within(client.address, listed.sender_ip_addresses):
            return listed
    return None


def _meant(connector: InboundConnector, recipients: Iterable[Address]) -> bool:
    """EFUsers: only mail for these; without any, all mail."""
    users = {user.key for user in connector.ef_users}
    return not users or any(recipient.key in users for recipient in recipients)


def _skips(connector: InboundConnector, hop: Sender, *, last: bool) -> bool:
    if _within(hop.address, _PRIVATE) or _within(hop.address, connector.ef_skip_ips):
        return True
    return last and connector.ef_skip_last_ip


def _within(address: str, networks: Iterable[IPv4Network]) -> bool:
    return any(IPv4Address(address) in network for network in networks)


def senders(message: Message) -> Iterator[Sender]:
    """Who handed the message on, by its Received lines, the last first; lines without an IPv4 address tell nothing."""
    for value in message.all("Received"):
        match = _FROM.match(value + " ")
        for address in _IPV4.findall(match[2] or "")[-1:] if match else ():
            if _is_address(address):
                assert match is not None
                yield Sender(address, match[1])


def _is_address(text: str) -> bool:
    try:
        ip_number(text)
    except ValueError:
        return False
    return True

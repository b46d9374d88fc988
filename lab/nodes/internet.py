"""A mail server somewhere on the internet: final destination of its domains, and a sender by MX."""

from __future__ import annotations

from lab.core.received import received_by_internet_host
from lab.core.retry import GATEWAY
from lab.model.decision import Reason
from lab.model.message import Header
from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.transport import Connection, Context, QueueItem, Transaction
from lab.nodes.plain_server import RECIPIENT_OK, PlainServer
from lab.nodes.recipient_place import RecipientPlace, ToMailbox, ToNextHop


class InternetHost(PlainServer):
    """Knows its mailboxes, or takes every local part if none is listed."""

    schedule = GATEWAY

    def admits(self, connection: Connection, recipient: Address) -> tuple[Reply, Reason | None]:  # noqa: ARG002
        """Its own domains and known mailboxes only, and the postmaster of each (RFC 5321 4.5.1); nobody, if told so."""
        if self.host.refuses_with is not None:
            return self.host.refuses_with, Reason.REFUSES_ALL
        if self.is_postmaster(recipient):
            return RECIPIENT_OK, None
        if recipient.domain not in self.host.accepts_domains:
            return Reply(554, "5.7.1", f"<{recipient}>: Relay access denied"), Reason.NOT_SERVED
        is_known = not self.host.mailboxes or recipient.key in self.host.mailboxes
        if not is_known and recipient.local.lower() != "postmaster":
            text = f"<{recipient}>: Recipient address rejected: User unknown"
            return Reply(550, "5.1.1", text), Reason.NO_MAILBOX
        return RECIPIENT_OK, None

    def _received(
        self,
        connection: Connection,
        client_host: str,
        queue_id: str,
        transaction: Transaction,  # noqa: ARG002
        context: Context,
    ) -> Header:
        return received_by_internet_host(
            helo=connection.helo,
            client=connection.client,
            client_host=client_host,
            host=str(self.host.fqdn),
            queue_id=queue_id,
            tls=connection.tls,
            now=context.now,
        )

    def place(self, item: QueueItem, recipient: Address) -> RecipientPlace:  # noqa: ARG002
        """A mailbox here for its own domains, elsewhere for all others."""
        if recipient.domain in self.host.accepts_domains or self.is_postmaster(recipient):
            return ToMailbox(self.host.mailboxes.get(recipient.key, recipient))
        return ToNextHop(("mx", recipient.domain))

    def next_hosts(self, recipient: Address) -> tuple[str, ...]:  # noqa: ARG002
        """MX for everything, or the smart host if one is set."""
        return self.host.smart_hosts

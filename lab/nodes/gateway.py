"""The spam filter: takes mail of its own Exchange out by MX, and mail for its domains in, under its own certificate."""

from __future__ import annotations

from lab.core.authentication.dkim import sign
from lab.core.authentication.signers import gateway_signer
from lab.core.authentication.suite import Suite
from lab.core.received import received_by_gateway
from lab.core.retry import GATEWAY
from lab.model.message import Header, Message
from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.topology import Host, Topology
from lab.model.transport import Connection, Context, QueueItem, Transaction
from lab.nodes.parts import author_domain
from lab.nodes.places import Place, ToNextHop
from lab.nodes.plain import RECIPIENT_OK, PlainServer


class Gateway(PlainServer):
    """Smart-host in, MX out; and the other way round for `accepts_domains`."""

    schedule = GATEWAY

    def __init__(self, host: Host, topology: Topology, suite: Suite) -> None:
        super().__init__(host, topology)
        self.suite = suite

    def admits(self, connection: Connection, recipient: Address) -> tuple[Reply, str]:
        """Own Exchange servers may send anywhere, all others to the domains that the filter guards."""
        if connection.client in self.host.relay_from or recipient.domain in self.host.accepts_domains:
            return RECIPIENT_OK, ""
        reply = Reply(554, "5.7.1", f"<{recipient}>: Relay access denied")
        return reply, "the client may not relay, and the domain is not guarded by this filter"

    def _received(
        self,
        connection: Connection,
        client_host: str,
        queue_id: str,
        transaction: Transaction,
        context: Context,
    ) -> Header:
        only = transaction.recipients[0].address if len(transaction.recipients) == 1 else None
        return received_by_gateway(
            helo=connection.helo,
            client=connection.client,
            client_host=client_host,
            host=str(self.host.fqdn),
            queue_id=queue_id,
            now=context.now,
            tls=connection.tls,
            certificate=connection.certificate,
            recipient=str(only) if only else None,
        )

    def place(self, item: QueueItem, recipient: Address) -> Place:  # noqa: ARG002
        """Never here: a filter has no mailboxes."""
        hosts = self.next_hosts(recipient)
        return ToNextHop(hosts or ("mx", recipient.domain))

    def next_hosts(self, recipient: Address) -> tuple[str, ...]:
        """Inward for guarded domains, outward by smart host if one is set."""
        return (
            self.host.forwards_to if recipient.domain in self.host.accepts_domains else self.host.smart_hosts
        )

    def leaving(self, item: QueueItem) -> Message:
        """With its own header fields, and signed with its own key where it signs for the author's domain (R173)."""
        domain = author_domain(item.message)
        message = item.message.on_top(Header.of(*each) for each in self.host.adds_headers)
        if domain is None or domain not in self.host.dkim_signs:
            return message
        return sign(message, gateway_signer(domain), self.suite)

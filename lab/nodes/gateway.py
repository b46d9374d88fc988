"""The spam filter: takes mail of its own Exchange out by MX, and mail for its domains in, under its own certificate."""

from __future__ import annotations

from lab.core.authentication.arc import seal
from lab.core.authentication.arc_findings import plain_header, told_chain
from lab.core.authentication.dmarc import evaluate
from lab.core.authentication.results import AuthenticationResults
from lab.core.authentication.signers import gateway_signer
from lab.core.disclaimer import with_disclaimer
from lab.core.received import received_by_gateway
from lab.core.retry import GATEWAY
from lab.model.decision import Reason
from lab.model.dns import DnsQueries
from lab.model.message import Header, Message
from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.transport import Connection, Context, QueueItem, Transaction
from lab.nodes.node_steps import author_domain
from lab.nodes.plain_server import RECIPIENT_OK, PlainServer
from lab.nodes.recipient_place import RecipientPlace, ToMailbox, ToNextHop
from lab.nodes.sender_judgement import see


class Gateway(PlainServer):
    """Smart-host in, MX out; and the other way round for `accepts_domains`."""

    schedule = GATEWAY

    def admits(self, connection: Connection, recipient: Address) -> tuple[Reply, Reason | None]:
        """Own Exchange servers may send anywhere, all others to the domains that the filter guards."""
        guarded = recipient.domain in self.host.accepts_domains or self.is_postmaster(recipient)
        if connection.client in self.host.relay_from or guarded:
            return RECIPIENT_OK, None
        return Reply(554, "5.7.1", f"<{recipient}>: Relay access denied"), Reason.NOT_GUARDED

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

    def place(self, item: QueueItem, recipient: Address) -> RecipientPlace:  # noqa: ARG002
        """Never here, its own postmaster excepted: a filter has no mailboxes."""
        if self.is_postmaster(recipient):
            return ToMailbox(recipient)
        return ToNextHop(self.next_hosts(recipient) or ("mx", recipient.domain))

    def next_hosts(self, recipient: Address) -> tuple[str, ...]:
        """Inward for guarded domains, outward by smart host if one is set."""
        return (
            self.host.forwards_to if recipient.domain in self.host.accepts_domains else self.host.smart_hosts
        )

    def findings(
        self, connection: Connection, transaction: Transaction, message: Message, context: Context
    ) -> DnsQueries[tuple[Header, ...]]:
        """What a sealing filter found of somebody else's mail: it will answer for it (R174)."""
        if self.host.arc_seals is None or connection.client in self.host.relay_from:
            return ()
        seen = yield from see(connection, transaction, message, self.suite, context)
        author = author_domain(message)
        policy = (yield from evaluate(author, seen.spf, seen.dkim, enforced=False)) if author else None
        results = AuthenticationResults(seen.spf, seen.dkim, policy, seen.arc)
        return (plain_header(results, str(self.host.fqdn)),)

    def leaving(self, item: QueueItem, context: Context) -> Message:
        """With its own fields and the disclaimer, then signed (R173), then sealed: nothing of its own is broken."""
        marked = item.message.on_top(Header.of(*field) for field in self.host.adds_headers)
        message = self.signed(self._explained(marked))
        if self.host.arc_seals is None:
            return message
        host, _, findings = (item.message.get("Authentication-Results") or "").partition(";")
        if host != self.host.fqdn:
            return message
        signer = gateway_signer(self.host.arc_seals)
        before = told_chain(findings)
        return seal(message, findings.strip(), before, signer, self.suite, context.now, str(self.host.fqdn))

    def _explained(self, message: Message) -> Message:
        """With the disclaimer, which only plain text gets: a part of anything else may be signed."""
        kind = (message.get("Content-Type") or "text/plain").lower()
        if not self.host.disclaimer or not kind.startswith("text/plain"):
            return message
        return with_disclaimer(message, self.host.disclaimer)

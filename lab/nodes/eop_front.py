"""The front ends of Exchange Online Protection: the SMTP moments, where attribution happens (R1-R44).

All front ends of a region serve all tenants; the host name that a client looked up plays no part (R1). Refusals come at
the moments of R190. A misrouted transaction gives itself away here: unknown recipients of the target are accepted, and its
partner restriction is silent (R247).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lab.core.attribution import attribute
from lab.core.attribution_result import Attribution
from lab.core.authentication.signature_suite import Suite
from lab.core.bounded_memory import BoundedMemory
from lab.core.client_credentials import judge_credentials
from lab.core.dates import mail_date
from lab.core.directory import TenantDirectory
from lab.core.incoming import UNKNOWN, blocked_at_edge
from lab.core.received import looping
from lab.core.service_host_names import inside_name, spelled
from lab.model.certificate import CertificateIdentity
from lab.model.decision import Reason, Verdict
from lab.model.dns import DnsQueries
from lab.model.message import Message
from lab.model.names import Address, Domain, ReversePath
from lab.model.reply import Reply
from lab.model.steps import Attributed, Stage, Step
from lab.model.topology import Host, Region, Topology
from lab.model.transport import Connection, Context, Heard, Transaction
from lab.nodes.eop_entry import IncomingMessage, enter
from lab.nodes.node_steps import RECIPIENT_OK, SENDER_OK, Receiver, Refusal, author_domain, refuse

BAD_HELO = Reply(550, "5.7.506", "Access Denied, Bad HELO")
LOOP = Reply(554, "5.4.14", "Hop count exceeded - possible mail loop ATTR34")
TOO_MANY = Reply(452, "4.5.3", "Too many recipients")
MAX_RECIPIENTS = 200
"""Of one domain, in one transaction (R155)."""
Facts = tuple[str, bool, CertificateIdentity | None, ReversePath, Address, Domain | None]
_OWN_NAMES = Domain("protection.outlook.com")


class EopFront:
    """The half of a region's node that listens."""

    name: str
    region: Region
    topology: Topology
    directory: TenantDirectory
    front_ends: Mapping[str, Host]
    """By address."""
    own_addresses: frozenset[str]
    """Outbound hosts of all regions."""
    services: frozenset[str]
    """Hosts of Microsoft's other services (R245)."""
    suite: Suite
    """How signatures are verified."""
    decided: BoundedMemory[Facts, Attribution]
    """What was decided on the same facts before: people write to each other again and again."""

    def front_end(self, connection: Connection) -> Host:
        """The front end that was connected to."""
        return self.front_ends.get(connection.server, self.region.front_ends[0])

    def shown(self, connection: Connection) -> str:
        """The front end's name as it writes it."""
        return spelled(self.front_end(connection).fqdn)

    def is_own(self, address: str) -> bool:
        """Whether an address is one of Exchange Online's own outbound hosts, of any region."""
        return address in self.own_addresses

    def greeting(self, connection: Connection, context: Context) -> Reply:
        """R184."""
        host = self.shown(connection)
        text = f"{host} Microsoft ESMTP MAIL Service ready at {mail_date(context.now)} [{connection.session}]"
        return Reply(220, "", text)

    def extensions(self, connection: Connection) -> tuple[str, ...]:
        """R185, in Microsoft's order."""
        tls = () if connection.tls else ("STARTTLS",)
        first = f"{self.shown(connection)} Hello [{connection.client}]"
        size = ("SIZE 157286400", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES")
        return (first, *size, *tls, "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8")

    def hello(self, connection: Connection, context: Context) -> Reply | None:
        """The name decides nothing (R20), but a stranger who greets with the service's own name is refused."""
        try:
            name = Domain.parse(connection.helo)
        except ValueError:
            return None
        if name.is_under(_OWN_NAMES) and not self.is_own(connection.client):
            return self._trailed(BAD_HELO, connection, context)
        return None

    def postmaster(self, connection: Connection) -> Address:
        """At the front end's name, which is no tenant's: it fares as any domain that nobody here has."""
        return Address("postmaster", self.front_end(connection).fqdn)

    def mail(self, connection: Connection, transaction: Transaction, context: Context) -> DnsQueries[Heard]:  # noqa: ARG002
        """No tenant is needed yet (R2, R187)."""
        yield from ()
        return Heard(reply=SENDER_OK)

    def rcpt(
        self, connection: Connection, transaction: Transaction, recipient: Address, context: Context
    ) -> DnsQueries[Heard]:
        """Attribution; the first accepted recipient binds the message to a tenant (R17)."""
        yield from ()
        decision = self.attribute(connection, transaction, recipient)
        step = attributed(decision, recipient, context)
        objection = self._objection(transaction, decision)
        if objection is None:
            return Heard(reply=RECIPIENT_OK, steps=(step,), decision=decision)
        reply, reason, rules = objection
        refusal = Refusal(
            reply=reply,
            stage=Stage.RCPT,
            reason=reason,
            rules=rules,
            recipient=recipient,
            tenant=decision.tenant_name,
            before=(step,),
        )
        return self._refuse(connection, transaction, refusal, context)

    def _objection(
        self, transaction: Transaction, decision: Attribution
    ) -> tuple[Reply, Reason, tuple[str, ...]] | None:
        """What speaks against a recipient at RCPT; None if nothing does."""
        if decision.reply is not None:
            if decision.reason is Reason.NOT_ACCEPTED and self.topology.switches.p2_counts_for_relay:
                return None  # R49: the author, not known before the end of data, may still vouch for it
            return decision.reply, decision.reason, decision.rules
        if self._unknown(decision):
            return UNKNOWN, Reason.UNKNOWN_RECIPIENT, ("R136", "R142")
        domain = decision.recipient.domain
        if sum(recipient.address.domain == domain for recipient in transaction.recipients) >= MAX_RECIPIENTS:
            return TOO_MANY, Reason.TOO_MANY, ("R155",)
        return (
            (TOO_MANY, Reason.OTHER_TENANT_FIRST, ("R17",)) if self._foreign(transaction, decision) else None
        )

    def attribute(
        self,
        connection: Connection,
        transaction: Transaction,
        recipient: Address,
        author: Domain | None = None,
    ) -> Attribution:
        """The pure decision on this connection's facts."""
        facts = (
            connection.client,
            connection.tls is not None,
            connection.certificate,
            transaction.reverse_path,
            recipient,
            author,
        )
        if facts not in self.decided:
            self.decided[facts] = self._attribute(connection, transaction, recipient, author)
        return self.decided[facts]

    def _attribute(
        self, connection: Connection, transaction: Transaction, recipient: Address, author: Domain | None
    ) -> Attribution:
        switches = self.topology.switches
        credentials = judge_credentials(
            connection.client, connection.tls is not None, connection.certificate, switches
        )
        if connection.client in self.services:
            credentials = replace(credentials, service=True)
        return attribute(
            credentials,
            transaction.reverse_path,
            recipient,
            region=self.region.name,
            directory=self.directory,
            switches=switches,
            author=author,
        )

    def _unknown(self, decision: Attribution) -> bool:
        """Edge blocking of mail taken as the tenant's own: undocumented, off by default (R142, U12)."""
        if not self.topology.switches.dbeb_for_originating or decision.verdict is not Verdict.ORIGINATING:
            return False
        return decision.tenant is not None and blocked_at_edge(decision.tenant, decision.recipient)

    def _foreign(self, transaction: Transaction, decision: Attribution) -> bool:
        if self.topology.switches.mixed_tenant_rcpts == "bifurcate" or not transaction.recipients:
            return False
        bound = next(decisions(transaction))
        return bound.tenant is not decision.tenant or bound.verdict != decision.verdict

    def data(
        self, connection: Connection, transaction: Transaction, message: Message, context: Context
    ) -> DnsQueries[Heard]:
        """Judge, stamp and take the message over, for each tenant that it is bound to (one, unless bifurcated)."""
        if looping(message, self.topology.switches):
            refusal = Refusal(
                reply=LOOP,
                stage=Stage.DATA,
                reason=Reason.LOOP,
                rules=("R161", "R162"),
                message_id=message.message_id,
                tenant=_bound(transaction),
            )
            return self._refuse(connection, transaction, refusal, context)
        if self.topology.switches.p2_counts_for_relay:
            transaction = self._decided_anew(connection, transaction, message, context)
        entering = IncomingMessage(
            self.name, self.region.name, self.shown(connection), connection, transaction, message, context
        )
        refused = next((d for d in decisions(transaction) if d.reply is not None), None)
        if refused is not None and refused.reply is not None:
            return self.refuse_data(entering, refused.reply, refused.reason, refused.rules, transaction.steps)
        return (yield from enter(entering, self))

    def _decided_anew(
        self, connection: Connection, transaction: Transaction, message: Message, context: Context
    ) -> Transaction:
        """The same recipients, with the author's domain (P2) among the facts: the rule until November 2023 (R49)."""
        author = author_domain(message)
        decided = [
            (r, self.attribute(connection, transaction, r.address, author)) for r in transaction.recipients
        ]
        kept = tuple(step for step in transaction.steps if not isinstance(step, Attributed))
        return replace(
            transaction,
            recipients=tuple(replace(r, decision=decision) for r, decision in decided),
            steps=(*kept, *(attributed(decision, r.address, context) for r, decision in decided)),
        )

    def refuse_data(
        self,
        entering: IncomingMessage,
        reply: Reply,
        reason: Reason,
        rules: tuple[str, ...],
        steps: tuple[Step, ...],
    ) -> Heard:
        """A refusal at the end of data, for what attribution could not see (DMARC, R175)."""
        refusal = Refusal(
            reply=reply,
            stage=Stage.DATA,
            reason=reason,
            rules=rules,
            tenant=_bound(entering.transaction),
            message_id=entering.message.message_id,
            before=steps,
        )
        return self._refuse(entering.connection, entering.transaction, refusal, entering.context)

    def _refuse(
        self, connection: Connection, transaction: Transaction, refusal: Refusal, context: Context
    ) -> Heard:
        receiver = Receiver(self.name, self.shown(connection))
        trailed = replace(refusal, reply=self._trailed(refusal.reply, connection, context))
        return refuse(receiver, connection, transaction, trailed, context)

    def _trailed(self, reply: Reply, connection: Connection, context: Context) -> Reply:
        """With the trailer `[<front end> <time>Z <session>]` (R189)."""
        host = inside_name(self.front_end(connection).fqdn, self.region.name)
        time = context.now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{context.now.microsecond // 1000:03d}Z"
        return Reply(reply.code, reply.enhanced, reply.text, f"[{host} {time} {connection.session}]")


def decisions(transaction: Transaction) -> Iterator[Attribution]:
    """The attribution of each recipient that was accepted."""
    return (r.decision for r in transaction.recipients if isinstance(r.decision, Attribution))


def _bound(transaction: Transaction) -> str | None:
    return next((decision.tenant_name for decision in decisions(transaction)), None)


def attributed(decision: Attribution, recipient: Address, context: Context) -> Attributed:
    """The step that tells of an attribution."""
    return Attributed(
        recipient=str(recipient),
        tenant=decision.tenant_name or "",
        direction=decision.direction,
        basis=decision.basis,
        connector=decision.connector.name if decision.connector else "",
        reason=decision.reason,
        cause=decision,
        rules=tuple(dict.fromkeys(decision.rules)),
        at=context.now,
    )

"""The SMTP moments of on-premises Exchange: accepted domains, receive connectors with TlsDomainCapabilities (R103)."""

from __future__ import annotations

from dataclasses import replace

from lab.core.certificate_matching import certificate_names, name_match
from lab.core.certificate_store import is_stale
from lab.core.cross_premises import crossing, promote
from lab.core.dates import mail_date
from lab.core.header_stamps import firewall, is_internal, mailbox_stamps
from lab.core.received import received_by_exchange, received_from_mailbox
from lab.model.decision import Direction, Reason
from lab.model.dns import DnsQueries
from lab.model.message import Message
from lab.model.names import Address
from lab.model.onprem import OnPremOrganization, ReceiveConnector
from lab.model.reply import Reply
from lab.model.steps import Promoted, Stage, Step
from lab.model.topology import Host, Topology
from lab.model.transport import Connection, Context, Heard, Submission, Transaction
from lab.nodes.hop_start import HopStart, accepted, begin, submitted
from lab.nodes.node_steps import RECIPIENT_OK, SENDER_OK, Receiver, Refusal, connected, queued_reply, refuse

UNABLE_TO_RELAY = Reply(550, "5.7.54", "SMTP; Unable to relay recipient in non-accepted domain")
BACK_PRESSURE = Reply(452, "4.3.1", "Insufficient system resources (UsedDiskSpace)")
HOP_COUNT = Reply(554, "5.4.6", "Hop count exceeded - possible mail loop")


class ExchangeFront:
    """The half of a server that listens."""

    name: str
    host: Host
    organization: OnPremOrganization
    topology: Topology

    def greeting(self, connection: Connection, context: Context) -> Reply:  # noqa: ARG002
        """R193."""
        text = f"{self.receive_connector.fqdn or self.host.fqdn} Microsoft ESMTP MAIL Service ready at {mail_date(context.now)}"
        return Reply(220, "", text)

    def extensions(self, connection: Connection) -> tuple[str, ...]:
        """R193, without the keywords that need an Exchange at the other side (X-ANONYMOUSTLS, X-EXPS, AUTH NTLM)."""
        tls = () if connection.tls or not self._speaks_tls else ("STARTTLS",)
        first = f"{self.receive_connector.fqdn or self.host.fqdn} Hello [{connection.client}]"
        size = ("SIZE 37748736", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES")
        return (first, *size, *tls, "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8")

    @property
    def _speaks_tls(self) -> bool:
        """Not with a TlsCertificateName that nothing in the store fits: event 12014 (R115)."""
        return self.host.speaks_tls and not is_stale(
            self.host, self.receive_connector.tls_certificate_name, self.topology.certificates
        )

    def hello(self, connection: Connection, context: Context) -> Reply | None:  # noqa: ARG002
        """Any name will do."""
        return None

    def postmaster(self, connection: Connection) -> Address:  # noqa: ARG002
        """At the default accepted domain, the first one if none is marked."""
        domains = self.organization.accepted_domains
        accepted = next((domain for domain in domains if domain.default), next(iter(domains), None))
        return Address("postmaster", accepted.domain_name if accepted else self.host.fqdn)

    def mail(self, connection: Connection, transaction: Transaction, context: Context) -> DnsQueries[Heard]:
        """Every sender is heard, over TLS if the connector says so."""
        yield from ()
        if self.receive_connector.require_tls and not connection.tls:
            reply = Reply(451, "5.7.3", "STARTTLS is required to send mail")
            refusal = Refusal(reply=reply, stage=Stage.MAIL, reason=Reason.TLS_REQUIRED)
            return refuse(self._receiver, connection, transaction, refusal, context)
        return Heard(reply=SENDER_OK)

    def rcpt(
        self, connection: Connection, transaction: Transaction, recipient: Address, context: Context
    ) -> DnsQueries[Heard]:
        """Accepted domains for everybody; anything for the own tenant's hybrid connection."""
        yield from ()
        if self.organization.accepts(recipient.domain) or self.trusts(connection):
            return Heard(reply=RECIPIENT_OK)
        refusal = Refusal(
            reply=UNABLE_TO_RELAY, stage=Stage.RCPT, reason=Reason.MAY_NOT_RELAY, recipient=recipient
        )
        return refuse(self._receiver, connection, transaction, refusal, context)

    @property
    def _receiver(self) -> Receiver:
        return Receiver(self.name, str(self.host.fqdn))

    def _objection(self, message: Message) -> Refusal | None:
        """Why no message, or not this one, is taken at the end of data."""
        if self.host.back_pressure:
            reply, reason, rule = BACK_PRESSURE, Reason.BACK_PRESSURE, "R192"
        elif len(message.all("Received")) > self.host.max_hops:
            reply, reason, rule = HOP_COUNT, Reason.LOOP, "R161"
        else:
            return None
        return Refusal(
            reply=reply, stage=Stage.DATA, reason=reason, rules=(rule,), message_id=message.message_id
        )

    def data(
        self, connection: Connection, transaction: Transaction, message: Message, context: Context
    ) -> DnsQueries[Heard]:
        """Take the message over, if there is room; headers of the own tenant are promoted (R118), all others' deleted (R181)."""
        yield from ()
        objection = self._objection(message)
        if objection is not None:
            return refuse(self._receiver, connection, transaction, objection, context)
        trusted = self.trusts(connection)
        carried = crossing(message)
        clean = promote(message, str(self.host.fqdn)) if trusted else firewall(message)
        received = received_by_exchange(
            helo=connection.helo,
            client=connection.client,
            host=str(self.host.fqdn),
            address=self.host.address,
            tls=connection.tls,
            now=context.now,
        )
        taken = clean.on_top((received,))
        internal = trusted and is_internal(taken)
        promoted = _promoted(carried, internal, context) if trusted else ()
        return self._take(connection, transaction, taken, context, internal=internal, steps=promoted)

    def submit(self, submission: Submission, context: Context) -> Heard:
        """A mailbox of this server sends (STOREDRIVER)."""
        stay = replace(self._stay(context, internal=True), connector="", direction=Direction.ORIGINATING)
        stamps = (
            received_from_mailbox(host=stay.host, address=self.host.address, now=context.now),
            *mailbox_stamps(stay.host, stay.network_message_id),
        )
        return submitted(stay, replace(submission, message=submission.message.on_top(stamps)), context)

    def trusts(self, connection: Connection) -> bool:
        """Whether the client may hand over cross-premises headers: TlsDomainCapabilities (R28, R103)."""
        certificate = connection.certificate
        if connection.tls is None or certificate is None or certificate.faults:
            return False
        names = certificate_names(certificate, self.topology.switches)
        wanted = [p for c in self.organization.receive_connectors for p in c.tls_domain_capabilities]
        return any(name_match(p, n, self.topology.switches) for p in wanted for n in names)

    @property
    def receive_connector(self) -> ReceiveConnector:
        """The connector on port 25."""
        connectors = self.organization.receive_connectors
        return connectors[0] if connectors else ReceiveConnector(name=f"Default Frontend {self.server}")

    @property
    def server(self) -> str:
        """The server's NetBIOS name, as connector ids show it."""
        return str(self.host.fqdn).partition(".")[0].upper()

    def _take(
        self,
        connection: Connection,
        transaction: Transaction,
        message: Message,
        context: Context,
        *,
        internal: bool,
        steps: tuple[Step, ...],
    ) -> Heard:
        head, item = begin(
            self._stay(context, internal=internal), transaction, message, context, connection=connection
        )
        reply = queued_reply(message.message_id, int(item.id), str(self.host.fqdn), message.size)
        all_steps = (connected(connection, context.now), *transaction.steps, *steps)
        return Heard(
            reply=reply,
            steps=(*all_steps, accepted(item, reply, context, ("R194",))),
            head=head,
            queue=(item,),
        )

    def _stay(self, context: Context, *, internal: bool) -> HopStart:
        return HopStart(
            id=str(context.ids.number()),
            node=self.name,
            host=str(self.host.fqdn),
            server=self.host.address,
            connector=f"{self.server}\\{self.receive_connector.name}",
            network_message_id=context.ids.guid(),
            expires_after=self.host.expires_after,
            direction=Direction.INCOMING,
            internal=internal,
        )


def _promoted(carried: tuple[str, ...], internal: bool, context: Context) -> tuple[Step, ...]:
    if not carried:
        return ()
    auth_as = "Internal" if internal else "Anonymous"
    return (Promoted(headers=carried, auth_as=auth_as, rules=("R118", "R119"), at=context.now),)

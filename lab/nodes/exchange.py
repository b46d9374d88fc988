"""On-premises Exchange: mailboxes, send connectors by address space, receive connectors with TlsDomainCapabilities."""

from __future__ import annotations

from dataclasses import replace

from lab.core.certificate_store import chosen, is_described
from lab.core.crosspremises import cross_premises, crossing, filtered, promote
from lab.core.dates import mail_date
from lab.core.matching import certificate_names, name_match
from lab.core.ndr import Maker
from lab.core.received import received_by_exchange, received_from_mailbox
from lab.core.retry import EXCHANGE
from lab.core.routing import (
    NoTargets,
    SendChoice,
    Targets,
    choose_send_connector,
    mx_targets,
    smart_host_targets,
    turn,
)
from lab.core.stamping import firewall, is_internal, mailbox_stamps
from lab.core.transport_rules import Sending
from lab.model.dns import Asking
from lab.model.message import Message
from lab.model.names import Address, Domain, ReversePath
from lab.model.onprem import OnPremOrganization, ReceiveConnector, SendConnector
from lab.model.reply import Reply
from lab.model.rules import TransportRule
from lab.model.tenant import DomainType, TlsSettings
from lab.model.topology import Host, Topology
from lab.model.trace import Step, StepKind
from lab.model.transport import (
    Connection,
    Context,
    Direction,
    Heard,
    QueueItem,
    Route,
    TlsPolicy,
    Transaction,
)
from lab.nodes.known import recipient_place, sending
from lab.nodes.parts import RECIPIENT_OK, SENDER_OK, connected, queued_reply, refusal, texts
from lab.nodes.places import Place, ToNextHop, Unknown
from lab.nodes.stay import Stay, accepted, begin, submitted
from lab.nodes.system import MailSystem

UNABLE_TO_RELAY = Reply(550, "5.7.54", "SMTP; Unable to relay recipient in non-accepted domain")
NO_CERTIFICATE = Reply(
    454, "4.7.5", "The certificate specified in TlsCertificateName of the SendConnector could not be found."
)
STALE_CERTIFICATE = "certificate not found"
HOP_COUNT = Reply(554, "5.4.6", "Hop count exceeded - possible mail loop")


class Exchange(MailSystem):
    """One server of an on-premises organisation."""

    schedule = EXCHANGE

    def __init__(self, host: Host, organization: OnPremOrganization, topology: Topology) -> None:
        self.name = host.name
        self.host = host
        self.organization = organization
        self.topology = topology

    # -- SMTP moments

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
        return self.host.speaks_tls and not self._is_stale(self.receive_connector.tls_certificate_name)

    def hello(self, connection: Connection, context: Context) -> Reply | None:  # noqa: ARG002
        """Any name will do."""
        return None

    def mail(self, connection: Connection, transaction: Transaction, context: Context) -> Asking[Heard]:
        """Every sender is heard, over TLS if the connector says so."""
        yield from ()
        if self.receive_connector.require_tls and not connection.tls:
            reply = Reply(451, "5.7.3", "STARTTLS is required to send mail")
            return self._refuse(connection, transaction, reply, context, stage="mail", reason="RequireTLS")
        return Heard(reply=SENDER_OK)

    def rcpt(
        self, connection: Connection, transaction: Transaction, recipient: Address, context: Context
    ) -> Asking[Heard]:
        """Accepted domains for everybody; anything for the own tenant's hybrid connection."""
        yield from ()
        if self.organization.accepts(recipient.domain) or self.trusts(connection):
            return Heard(reply=RECIPIENT_OK)
        return self._refuse(
            connection,
            transaction,
            UNABLE_TO_RELAY,
            context,
            stage="rcpt",
            reason="not an accepted domain, and the client may not relay",
            recipient=recipient,
        )

    def data(
        self, connection: Connection, transaction: Transaction, message: Message, context: Context
    ) -> Asking[Heard]:
        """Take the message over; headers of the own tenant are promoted (R118), all others' deleted (R181)."""
        yield from ()
        if len(message.all("Received")) > self.host.max_hops:
            return self._refuse(
                connection,
                transaction,
                HOP_COUNT,
                context,
                stage="data",
                reason="loop",
                rules=("R161",),
                message_id=message.message_id,
            )
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

    def submit(
        self,
        sender: Address,
        recipients: tuple[Address, ...],
        message: Message,
        context: Context,
        reverse_path: ReversePath | None = None,
    ) -> Heard:
        """A mailbox of this server sends (STOREDRIVER)."""
        stay = replace(self._stay(context, internal=True), connector="", direction=Direction.ORIGINATING)
        stamps = (
            received_from_mailbox(host=stay.host, address=self.host.address, now=context.now),
            *mailbox_stamps(stay.host, stay.network_message_id),
        )
        return submitted(stay, sender, recipients, message.on_top(stamps), context, reverse_path)

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
        told = (connected(connection, context.now), *transaction.steps, *steps)
        return Heard(
            reply=reply, steps=(*told, accepted(item, reply, context, ("R194",))), head=head, queue=(item,)
        )

    def _stay(self, context: Context, *, internal: bool) -> Stay:
        return Stay(
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

    def _refuse(
        self,
        connection: Connection,
        transaction: Transaction,
        reply: Reply,
        context: Context,
        *,
        stage: str,
        reason: str,
        recipient: Address | None = None,
        rules: tuple[str, ...] = (),
        message_id: str = "",
    ) -> Heard:
        return refusal(
            self.name,
            str(self.host.fqdn),
            connection,
            transaction,
            reply,
            context,
            stage=stage,
            reason=reason,
            recipient=recipient,
            rules=rules,
            message_id=message_id,
        )

    # -- queue

    def place(self, item: QueueItem, recipient: Address) -> Place:
        """A mailbox here; a group; a remote mailbox under its routing address (R106); unknown; or elsewhere."""
        found = self.organization.find(recipient)
        known = recipient_place(
            found, recipient, item, self.organization, mail_user="remote mailbox", rules=("R106",)
        )
        if known is not None:
            return known
        accepted = self.organization.accepts(recipient.domain)
        if found is None and accepted is not None and accepted.domain_type is DomainType.AUTHORITATIVE:
            text = f"RESOLVER.ADR.RecipientNotFound; Recipient {recipient} not found by SMTP address lookup"
            return Unknown(Reply(550, "5.1.10", text), ("R141", "R241"))
        choice = choose_send_connector(self.organization, recipient.domain)
        if choice.connector is None:
            return ToNextHop(("none", recipient.domain))
        if choice.connector.dns_routing_enabled:
            return ToNextHop(("mx", choice.connector.name, recipient.domain))
        return ToNextHop(("smart host", choice.connector.name))

    def rules_for(self, item: QueueItem) -> tuple[TransportRule, ...]:
        """The organisation's, once on each server; its own reports are not judged."""
        return () if item.ruled or (item.report and item.hosted) else self.organization.transport_rules

    def sending(self, item: QueueItem) -> Sending:
        """The facts that rules ask for."""
        return sending(item, self.organization)

    def route_to(
        self, item: QueueItem, recipients: tuple[Address, ...], context: Context
    ) -> Asking[tuple[Route | NoTargets, Step]]:
        """The send connector by address space and cost; its smart hosts or the domain's MX."""
        domain = recipients[0].domain
        choice = choose_send_connector(self.organization, domain)
        connector = choice.connector
        if connector is None:
            return NoTargets("no connector", domain), _routed(choice, "none", recipients, (), context)
        turned = turn(context.now, self.topology.switches)
        if connector.dns_routing_enabled:
            found = yield from mx_targets(domain, turned)
        else:
            found = yield from smart_host_targets(
                tuple(self._name_of(h) for h in connector.smart_hosts), turned
            )
        if isinstance(found, Targets) and self._is_stale(connector.tls_certificate_name):
            found = NoTargets(STALE_CERTIFICATE, connector.name)
        if isinstance(found, NoTargets):
            return found, _routed(choice, found.why, recipients, (), context)
        step = _routed(
            choice, found.how, recipients, tuple(dict.fromkeys(t.host for t in found.targets)), context
        )
        return (
            Route(
                connector=connector.name,
                how=found.how,
                targets=found.targets,
                ehlo=connector.fqdn or self.host.ehlo,
                source=self.host.source,
                bind=self.host.source,
                certificate=self._certificate(connector),
                tls=self._tls(connector),
                message=self._leaving(item, connector),
                recipients=recipients,
            ),
            step,
        )

    def _name_of(self, host: str) -> str:
        """Smart hosts may be named by the scenario's key."""
        known = self.topology.hosts.get(host)
        return str(known.fqdn) if known else host

    def _certificate(self, connector: SendConnector) -> str | None:
        """R115 with a TlsCertificateName; R249: without, Exchange shows the certificate that fits its name."""
        if not self.host.client_certificate:
            return None
        return self._stored(connector.tls_certificate_name) or self.host.certificate

    def _stored(self, name: str | None) -> str | None:
        """The certificate that a TlsCertificateName means; a profile's bare name needs no store unless one is listed."""
        if name is None or (not self.host.certificates and not is_described(name)):
            return name
        store = self.host.certificates or tuple(filter(None, (self.host.certificate,)))
        return chosen(name, store, self.topology.certificates)

    def _is_stale(self, name: str | None) -> bool:
        return name is not None and self._stored(name) is None

    def _tls(self, connector: SendConnector) -> TlsPolicy:
        if connector.tls_auth_level is None and connector.require_tls:
            return TlsPolicy(TlsSettings.ENCRYPTION_ONLY)
        return TlsPolicy(connector.tls_auth_level, connector.tls_domain)

    def _leaving(self, item: QueueItem, connector: SendConnector) -> Message:
        """Organisation headers cross only with CloudServicesMailEnabled (R64, R117); none leaves otherwise."""
        if connector.cloud_services_mail_enabled:
            return cross_premises(item.message)
        return filtered(item.message, str(self.host.fqdn))

    def maker(self, item: QueueItem) -> Maker:
        """This server writes reports in on-premises wording."""
        to = item.reverse_path.address
        own = to is not None and self.organization.find(to) is not None
        return Maker.exchange(str(self.host.fqdn), self._domain, internal=own)

    @property
    def _domain(self) -> Domain:
        accepted = self.organization.accepted_domains
        default = next((d for d in accepted if d.default), accepted[0] if accepted else None)
        return default.domain_name if default else self.host.fqdn

    def expiry(self, last: Reply) -> Reply:
        """Row 21 of the status codes; what the last attempt said is in the queue, not in the report."""
        return Reply(550, "4.4.7", f"QUEUE.Expired; message expired -> {last.bare}")

    def stamped_report(self, message: Message, network_message_id: str) -> Message:
        """A report is mail of the organisation itself."""
        return message.on_top(mailbox_stamps(str(self.host.fqdn), network_message_id))

    def unroutable(self, failed: NoTargets) -> Reply:
        """On-premises texts; a missing connector is final at once."""
        if failed.why == "no connector":
            return Reply(
                550,
                "5.4.4",
                f"ROUTING.NoConnectorForAddressType; unable to route for address type {failed.name}",
            )
        if failed.why == STALE_CERTIFICATE:
            return NO_CERTIFICATE
        if failed.why == "null mx":
            return Reply(556, "5.1.10", "Recipient address has null MX")
        return Reply(450, "4.4.312", f"DNS query failed for {failed.name} ({failed.why})")


def _routed(
    choice: SendChoice, how: str, recipients: tuple[Address, ...], targets: tuple[str, ...], context: Context
) -> Step:
    connector = choice.connector
    tls = connector.tls_auth_level.value if connector and connector.tls_auth_level else ""
    data = {
        "recipients": texts(recipients),
        "connector": connector.name if connector else "",
        "how": how,
        "targets": list(targets),
        "tls": tls,
        "pool": "",
    }
    hybrid = connector is not None and connector.cloud_services_mail_enabled
    return Step(StepKind.ROUTED, data, ("R101", "R102") if hybrid else (), context.now, choice)


def _promoted(carried: tuple[str, ...], internal: bool, context: Context) -> tuple[Step, ...]:
    if not carried:
        return ()
    data = {"headers": list(carried), "auth_as": "Internal" if internal else "Anonymous"}
    return (Step(StepKind.PROMOTED, data, ("R118", "R119"), context.now),)

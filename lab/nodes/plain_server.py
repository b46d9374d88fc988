"""Mail servers that are no Exchange: what the gateway and an internet host have in common (Postfix's words)."""

from __future__ import annotations

from abc import abstractmethod

from lab.core.authentication.dkim import sign
from lab.core.authentication.results import SpfResult
from lab.core.authentication.signature_suite import Suite
from lab.core.authentication.signers import gateway_signer
from lab.core.authentication.spf import check_sender
from lab.core.ndr import Maker
from lab.core.outbound_tls import client_certificate
from lab.core.routing import NoTargets, hosts_of, mx_targets, smart_host_targets, turn, way_of
from lab.model.decision import Reason
from lab.model.dns import DnsQueries
from lab.model.message import Header, Message
from lab.model.names import Address, ReversePath
from lab.model.reply import Reply
from lab.model.steps import Authenticated, NextHop, Routed, Stage, Step
from lab.model.topology import Host, Topology
from lab.model.transport import Connection, Context, Heard, QueueItem, Route, Submission, Transaction
from lab.nodes.hop_start import HopStart, accepted, begin, submitted
from lab.nodes.mail_system import MailSystem
from lab.nodes.node_steps import Receiver, Refusal, author_domain, connected, ptr_name, refuse, texts

SENDER_OK = Reply(250, "2.1.0", "Ok")
RECIPIENT_OK = Reply(250, "2.1.5", "Ok")
SPF_FAIL = Reply(550, "5.7.23", "The message was rejected because of Sender Policy Framework violation")
TOO_MANY_HOPS = Reply(554, "5.4.6", "Error: too many hops")


class PlainServer(MailSystem):
    """A server with a Postfix-like surface."""

    def __init__(self, host: Host, topology: Topology, suite: Suite) -> None:
        self.name = host.name
        self.host = host
        self.topology = topology
        self.suite = suite

    # -- SMTP moments

    def greeting(self, connection: Connection, context: Context) -> Reply:  # noqa: ARG002
        """`220 mx.a.example ESMTP Postfix`."""
        return Reply(220, "", f"{self.host.fqdn} ESMTP Postfix")

    def extensions(self, connection: Connection) -> tuple[str, ...]:
        """Postfix's list, without what it does not do here (VRFY, ETRN)."""
        tls = () if connection.tls or not self.host.speaks_tls else ("STARTTLS",)
        base = ("PIPELINING", "SIZE 52428800", *tls, "ENHANCEDSTATUSCODES", "8BITMIME", "DSN")
        return (str(self.host.fqdn), *base, "SMTPUTF8", "CHUNKING")

    def hello(self, connection: Connection, context: Context) -> Reply | None:  # noqa: ARG002
        """Any name will do."""
        return None

    def mail(self, connection: Connection, transaction: Transaction, context: Context) -> DnsQueries[Heard]:  # noqa: ARG002
        """Every sender is heard."""
        yield from ()
        return Heard(reply=SENDER_OK)

    def rcpt(
        self, connection: Connection, transaction: Transaction, recipient: Address, context: Context
    ) -> DnsQueries[Heard]:
        """Whether the recipient is served for this client; then SPF, if the host is strict (R176)."""
        reply, reason = self.admits(connection, recipient)
        rules: tuple[str, ...] = ()
        steps: tuple[Step, ...] = ()
        if reply.positive and self.host.strict_spf and connection.client not in self.host.relay_from:
            result = yield from self._spf(connection, transaction.reverse_path)
            steps = (_authenticated(result, connection, context),)
            if result.result == "fail":
                reply, reason, rules = SPF_FAIL, Reason.SPF, ("R176",)
        if reason is None:
            return Heard(reply=reply, steps=steps)
        refusal = Refusal(
            reply=reply, stage=Stage.RCPT, reason=reason, rules=rules, recipient=recipient, before=steps
        )
        return refuse(self._receiver, connection, transaction, refusal, context)

    @property
    def _receiver(self) -> Receiver:
        return Receiver(self.name, str(self.host.fqdn))

    def postmaster(self, connection: Connection) -> Address:  # noqa: ARG002
        """At its first domain, or at its own name if it is the final server of none."""
        return Address("postmaster", next(iter(self.host.accepts_domains), self.host.fqdn))

    def is_postmaster(self, recipient: Address) -> bool:
        """Whether it is the host's own postmaster at its own name, whom it serves itself."""
        return recipient.key == Address("postmaster", self.host.fqdn).key

    @abstractmethod
    def admits(self, connection: Connection, recipient: Address) -> tuple[Reply, Reason | None]:
        """The reply to RCPT TO and, if it refuses, the reason."""

    def _spf(self, connection: Connection, path: ReversePath) -> DnsQueries[SpfResult]:
        return (yield from spf_of(connection, path))

    def data(
        self, connection: Connection, transaction: Transaction, message: Message, context: Context
    ) -> DnsQueries[Heard]:
        """Take the message over."""
        if len(message.all("Received")) >= self.host.max_hops:
            refusal = Refusal(
                reply=TOO_MANY_HOPS, stage=Stage.DATA, reason=Reason.LOOP, message_id=message.message_id
            )
            return refuse(self._receiver, connection, transaction, refusal, context)
        client_host = yield from ptr_name(connection.client)
        stay = self._stay(context)
        headers = yield from self.findings(connection, transaction, message, context)
        received = self._received(connection, client_host, stay.id, transaction, context)
        taken = message.on_top((received, *headers))
        head, item = begin(stay, transaction, taken, context, connection=connection)
        reply = Reply(250, "2.0.0", f"Ok: queued as {stay.id}")
        steps = (connected(connection, context.now), *transaction.steps, accepted(item, reply, context))
        return Heard(reply=reply, steps=steps, head=head, queue=(item,))

    def findings(
        self,
        connection: Connection,  # noqa: ARG002
        transaction: Transaction,  # noqa: ARG002
        message: Message,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> DnsQueries[tuple[Header, ...]]:
        """What the host writes down of the sender; most hosts do not look."""
        yield from ()
        return ()

    @abstractmethod
    def _received(
        self,
        connection: Connection,
        client_host: str,
        queue_id: str,
        transaction: Transaction,
        context: Context,
    ) -> Header: ...

    def submit(self, submission: Submission, context: Context) -> Heard:
        """A user of this server sends."""
        return submitted(self._stay(context), submission, context)

    def _stay(self, context: Context) -> HopStart:
        return HopStart(
            id=context.ids.hex(11),
            node=self.name,
            host=str(self.host.fqdn),
            server=self.host.address,
            connector="",
            network_message_id="",
            expires_after=self.host.expires_after,
        )

    # -- queue

    def route_to(
        self, item: QueueItem, recipients: tuple[Address, ...], context: Context
    ) -> DnsQueries[tuple[Route | NoTargets, Step]]:
        """Smart host if there is one for the recipient, else MX."""
        domain = recipients[0].domain
        hosts = self.next_hosts(recipients[0])
        turned = turn(context.now, self.topology.switches)
        if hosts:
            targets = yield from smart_host_targets(hosts, turned)
        else:
            targets = yield from mx_targets(domain, turned)
        step = Routed(
            recipients=texts(recipients),
            connector="",
            how=way_of(targets),
            targets=hosts_of(targets),
            at=context.now,
        )
        if isinstance(targets, NoTargets):
            return targets, step
        return (
            Route(
                connector="",
                targets=targets.targets,
                ehlo=self.host.ehlo,
                source=self.host.source,
                bind=self.host.address,
                certificate=client_certificate(self.host, self.topology),
                message=self.leaving(item, context),
                recipients=recipients,
            ),
            step,
        )

    def leaving(self, item: QueueItem, context: Context) -> Message:  # noqa: ARG002
        """The message as it leaves: signed where the host signs for the author's domain (R173)."""
        return self.signed(item.message)

    def signed(self, message: Message) -> Message:
        """The message with the host's own signature, if it signs for the author's domain."""
        domain = author_domain(message)
        if domain is None or domain not in self.host.dkim_signs:
            return message
        return sign(message, gateway_signer(domain), self.suite)

    @abstractmethod
    def next_hosts(self, recipient: Address) -> tuple[str, ...]:
        """Fixed next hops for a recipient; empty means MX."""

    def maker(self, item: QueueItem) -> Maker:  # noqa: ARG002
        """Reports in Postfix's words."""
        return Maker.gateway(str(self.host.fqdn))

    def expiry(self, last: Reply) -> Reply:
        """Postfix bounces an expired message with the last deferral as it was."""
        return last

    def unroutable(self, failed: NoTargets) -> Reply:
        """Postfix gives up on names that do not exist, and waits when DNS fails."""
        if failed.why is NextHop.DNS_FAILED:
            return Reply(
                450,
                "4.4.3",
                f"Host or domain name not found. Name service error for name={failed.name}: try again",
            )
        if failed.why is NextHop.NULL_MX:
            return Reply(556, "5.1.10", f"Domain {failed.name} does not accept mail (nullMX)")
        return Reply(
            550,
            "5.4.4",
            f"Host or domain name not found. Name service error for name={failed.name}: {failed.why}",
        )


def spf_of(connection: Connection, path: ReversePath) -> DnsQueries[SpfResult]:
    """SPF of a client for a reverse-path; a null one is judged by the HELO name (R20, R170)."""
    return (yield from check_sender(connection.client, path, connection.helo))


def _authenticated(result: SpfResult, connection: Connection, context: Context) -> Authenticated:
    return Authenticated(
        spf=result.result.value,
        dkim=(),
        dmarc="",
        arc="",
        compauth="",
        enforced=True,
        header_from="",
        client=connection.client,
        rules=("R176",),
        at=context.now,
    )

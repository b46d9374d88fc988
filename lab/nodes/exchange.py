"""On-premises Exchange: mailboxes and groups, send connectors by address space, the certificates of R115."""

from __future__ import annotations

import re
from dataclasses import replace

from lab.core.certificate_store import is_stale, stored
from lab.core.cross_premises import cross_premises, filtered
from lab.core.header_stamps import mailbox_stamps
from lab.core.ndr import Maker
from lab.core.retry import EXCHANGE
from lab.core.routing import (
    NoTargets,
    SendChoice,
    Targets,
    choose_send_connector,
    hosts_of,
    mx_targets,
    smart_host_targets,
    turn,
    way_of,
)
from lab.core.transport_rules import Sending
from lab.model.dns import DnsQueries
from lab.model.message import Message
from lab.model.names import Address, Domain
from lab.model.onprem import OnPremOrganization, SendConnector
from lab.model.reply import Reply
from lab.model.rules import TransportRule
from lab.model.steps import NextHop, Resolution, Routed, Step
from lab.model.tenant import DomainType, TlsSettings
from lab.model.topology import Host, Topology
from lab.model.transport import (
    Attempt,
    Context,
    QueueItem,
    Route,
    Settlement,
    TlsPolicy,
)
from lab.nodes.exchange_front import ExchangeFront
from lab.nodes.mail_system import MailSystem
from lab.nodes.node_steps import texts
from lab.nodes.recipient_lookup import recipient_place, sending
from lab.nodes.recipient_place import RecipientPlace, ToNextHop, UnknownRecipient

NO_CERTIFICATE = Reply(
    454, "4.7.5", "The certificate specified in TlsCertificateName of the SendConnector could not be found."
)
_TLS_FAILURE = re.compile(r"\[Message=(.*)\]", re.DOTALL)


class Exchange(ExchangeFront, MailSystem):
    """One server of an on-premises organisation."""

    schedule = EXCHANGE

    def __init__(self, host: Host, organization: OnPremOrganization, topology: Topology) -> None:
        self.name = host.name
        self.host = host
        self.organization = organization
        self.topology = topology

    # -- queue

    def place(self, item: QueueItem, recipient: Address) -> RecipientPlace:
        """A mailbox here; a group; a remote mailbox under its routing address (R106); unknown; or elsewhere."""
        entry = self.organization.find(recipient)
        place = recipient_place(
            entry, recipient, item, self.organization, mail_user=Resolution.REMOTE_MAILBOX, rules=("R106",)
        )
        if place is not None:
            return place
        accepted = self.organization.accepts(recipient.domain)
        if entry is None and accepted is not None and accepted.domain_type is DomainType.AUTHORITATIVE:
            text = f"RESOLVER.ADR.RecipientNotFound; Recipient {recipient} not found by SMTP address lookup"
            return UnknownRecipient(Reply(550, "5.1.10", text), ("R141", "R241"))
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
    ) -> DnsQueries[tuple[Route | NoTargets, Step]]:
        """The send connector by address space and cost; its smart hosts or the domain's MX."""
        domain = recipients[0].domain
        choice = choose_send_connector(self.organization, domain)
        connector = choice.connector
        if connector is None:
            nowhere = NoTargets(NextHop.NO_CONNECTOR, domain)
            return nowhere, _routed(choice, nowhere, recipients, context)
        turned = turn(context.now, self.topology.switches)
        if connector.dns_routing_enabled:
            targets = yield from mx_targets(domain, turned)
        else:
            targets = yield from smart_host_targets(connector.smart_hosts, turned)
        if isinstance(targets, Targets) and is_stale(
            self.host, connector.tls_certificate_name, self.topology.certificates
        ):
            targets = NoTargets(NextHop.STALE_CERTIFICATE, connector.name)
        if isinstance(targets, NoTargets):
            return targets, _routed(choice, targets, recipients, context)
        return (
            Route(
                connector=connector.name,
                targets=targets.targets,
                ehlo=connector.fqdn or self.host.ehlo,
                source=self.host.source,
                bind=self.host.address,
                certificate=self._certificate(connector),
                tls=self._tls(connector),
                message=self._leaving(item, connector),
                recipients=recipients,
            ),
            _routed(choice, targets, recipients, context),
        )

    def _certificate(self, connector: SendConnector) -> str | None:
        """R115 with a TlsCertificateName; R249: without, Exchange shows the certificate that fits its name."""
        if not self.host.client_certificate:
            return None
        certificates = self.topology.certificates
        return stored(self.host, connector.tls_certificate_name, certificates) or self.host.certificate

    def _tls(self, connector: SendConnector) -> TlsPolicy:
        if connector.tls_auth_level is None and connector.require_tls:
            return TlsPolicy(TlsSettings.ENCRYPTION_ONLY)
        return TlsPolicy(connector.tls_auth_level, connector.tls_domain)

    def _leaving(self, item: QueueItem, connector: SendConnector) -> Message:
        """Organisation headers cross only with CloudServicesMailEnabled (R64, R117); none leaves otherwise."""
        if connector.cloud_services_mail_enabled:
            return cross_premises(item.message, str(self.host.fqdn))
        return filtered(item.message, str(self.host.fqdn))

    def settle(
        self, item: QueueItem, route: Route, attempt: Attempt, context: Context
    ) -> DnsQueries[Settlement]:
        """As every system, but a TLS policy that was not met is told in the words of a proxying front end."""
        yield from ()
        return self._settle(item, route, _in_own_words(attempt), context)

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
        if failed.why is NextHop.NO_CONNECTOR:
            return Reply(
                550,
                "5.4.4",
                f"ROUTING.NoConnectorForAddressType; unable to route for address type {failed.name}",
            )
        if failed.why is NextHop.STALE_CERTIFICATE:
            return NO_CERTIFICATE
        if failed.why is NextHop.NULL_MX:
            return Reply(556, "5.1.10", "Recipient address has null MX")
        return Reply(450, "4.4.312", f"DNS query failed for {failed.name} ({failed.why})")


def _routed(
    choice: SendChoice, found: Targets | NoTargets, recipients: tuple[Address, ...], context: Context
) -> Routed:
    connector = choice.connector
    hybrid = connector is not None and connector.cloud_services_mail_enabled
    return Routed(
        recipients=texts(recipients),
        connector=connector.name if connector else "",
        how=way_of(found),
        targets=hosts_of(found),
        tls=connector.tls_auth_level.value if connector and connector.tls_auth_level else "",
        cause=choice,
        rules=("R101", "R102") if hybrid else (),
        at=context.now,
    )


def _in_own_words(attempt: Attempt) -> Attempt:
    """`450 4.4.101 Proxy session setup failed on Frontend …` for what Exchange Online calls 4.4.317 (KB2989382)."""
    if attempt.remote or attempt.target is None:
        return attempt
    where = f"{attempt.target.address}:25"
    return replace(attempt, replies={key: _proxied(reply, where) for key, reply in attempt.replies.items()})


def _proxied(reply: Reply, where: str) -> Reply:
    cause = _TLS_FAILURE.search(reply.text) if reply.enhanced == "4.4.317" else None
    if cause is None:
        return reply
    text = (
        "Proxy session setup failed on Frontend with '451 4.4.0 Primary target IP address responded with: "
        f'"{cause[1]}." Attempted failover to alternate host, but that did not succeed. The last endpoint attempted was '
        f"{where}'"
    )
    return Reply(450, "4.4.101", text)

"""The hub of a tenant in Exchange Online: recipient, outbound connector, MX; and the tenant's own NDRs."""

from __future__ import annotations

from dataclasses import replace

from lab.core.authentication.results import AuthenticationResults
from lab.core.authentication.signature_suite import Suite
from lab.core.cross_premises import cross_premises, filtered
from lab.core.header_stamps import (
    AUTH_SOURCE,
    NETWORK_MESSAGE_ID,
    ExitFacts,
    SendingEntity,
    exit_stamps,
    mailbox_stamps,
)
from lab.core.ndr import Maker
from lab.core.outbound_pools import Pool, pool_of
from lab.core.received import received_from_mailbox
from lab.core.retry import EXCHANGE_ONLINE
from lab.core.routing import (
    NoTargets,
    OutboundChoice,
    Targets,
    choose_outbound,
    hosts_of,
    is_on_premises,
    mx_targets,
    rule_connector,
    smart_host_targets,
    turn,
    way_of,
)
from lab.core.sending_limits import over_limit
from lab.core.service_host_names import hub_host, spelled
from lab.core.srs import forwarded, rewritten
from lab.core.transport_rules import Sending
from lab.errors import LabBug
from lab.model.decision import Direction
from lab.model.dns import DnsQueries
from lab.model.message import Message
from lab.model.names import Address, Domain, ReversePath
from lab.model.reply import Reply
from lab.model.rules import TransportRule
from lab.model.steps import NextHop, Resolution, Routed, Step
from lab.model.tenant import DomainType, OutboundConnector, RecipientKind, Tenant
from lab.model.topology import Host, Region, Topology
from lab.model.transport import Context, Heard, QueueItem, Route, Submission, TlsPolicy
from lab.nodes.arc_sealing import found_at_entry, signed_and_sealed
from lab.nodes.hop_start import HopStart, submitted
from lab.nodes.mail_system import MailSystem
from lab.nodes.node_steps import author_domain, texts
from lab.nodes.recipient_lookup import recipient_place, sending
from lab.nodes.recipient_place import RecipientPlace, ToMailbox, ToNextHop, UnknownRecipient


class EopHub(MailSystem):
    """The half of a region's node that routes, per tenant."""

    schedule = EXCHANGE_ONLINE
    region: Region
    topology: Topology
    suite: Suite
    """How the tenants' mail is signed."""

    def tenant_of(self, item: QueueItem) -> Tenant:
        """The tenant that an item travels through; every item in the cloud has one."""
        if item.tenant is None:
            raise LabBug(f"item {item.id} in Exchange Online has no tenant")
        return self.topology.tenants[item.tenant]

    def submit(self, submission: Submission, context: Context) -> Heard:
        """A cloud mailbox sends: Originating, and the tenant vouches for it."""
        return self.hand_over(self._home(submission.sender), submission, context)

    def hand_over(
        self, tenant: Tenant, submission: Submission, context: Context, rules: tuple[str, ...] = ()
    ) -> Heard:
        """A mailbox of the tenant or a part of the service gives a message to the hub, without SMTP (R231, R238, R243)."""
        hub = hub_host(tenant.name, tenant.region)
        stay = HopStart(
            id=str(context.ids.number()),
            node=self.name,
            host=hub,
            server="",
            connector="",
            network_message_id=context.ids.guid(),
            expires_after=EXCHANGE_ONLINE.expires_after,
            direction=Direction.ORIGINATING,
            internal=True,
            hosted=True,
            tenant=tenant.name,
        )
        stamps = (
            received_from_mailbox(host=hub, address="::1", now=context.now, cloud=True),
            *mailbox_stamps(hub, stay.network_message_id),
        )
        return submitted(stay, replace(submission, message=submission.message.on_top(stamps)), context, rules)

    def notify(self, tenant: Tenant, submission: Submission, context: Context) -> Heard:
        """A part of the service tells the tenant's people something; the sender need not be a mailbox (R245).

        From an accepted domain it is a notification that was set to come from there, or a report; from another one it is
        made elsewhere in the cloud: voicemail, missed calls, digests, quarantine (R231, R232, R237).
        """
        own = tenant.accepts(submission.sender.domain) is not None
        rules = ("R238", "R243", "R245") if own else ("R231", "R243", "R245")
        return self.hand_over(tenant, submission, context, rules)

    def _home(self, sender: Address) -> Tenant:
        for tenant in self.topology.tenants.values():
            recipient = tenant.find(sender)
            if recipient is not None and recipient.kind is RecipientKind.MAILBOX:
                return tenant
        raise LabBug(f"{sender} has no cloud mailbox")

    # -- where a recipient belongs (R143)

    def place(self, item: QueueItem, recipient: Address) -> RecipientPlace:
        """A mailbox here; a group; an external address; unknown (R141); over a limit; or out by connector or MX."""
        tenant = self.tenant_of(item)
        entry = tenant.find(recipient)
        place = recipient_place(
            entry, recipient, item, tenant, mail_user=Resolution.MAIL_USER, rules=("R143", "R144")
        )
        if isinstance(place, ToMailbox) and rule_connector(tenant, item.outbound) is not None:
            return ToNextHop(
                ("rule", item.outbound, recipient.domain)
            )  # out first, back by the connector's way
        if place is not None:
            return place
        accepted = tenant.accepts(recipient.domain)
        if entry is None and accepted is not None and accepted.domain_type is DomainType.AUTHORITATIVE:
            text = f"RESOLVER.ADR.RecipientNotFound; Recipient {recipient} not found by SMTP address lookup"
            return UnknownRecipient(Reply(550, "5.1.10", text), ("R141", "R142"))
        reply = self._over_limit(item, recipient, tenant) if accepted is None and tenant.limits else None
        if reply is not None:
            return UnknownRecipient(reply, ("R50", "R53"), Resolution.REFUSED)
        connector = self._outbound(item, recipient.domain).connector
        if connector is None or connector.use_mx_record:
            return ToNextHop(("mx", connector.name if connector else "", recipient.domain))
        return ToNextHop(("smart host", connector.name))

    def _over_limit(self, item: QueueItem, recipient: Address, tenant: Tenant) -> Reply | None:
        """The tenant's sending limits, for what its mailboxes send; reports do not count."""
        if tenant.limits is None or not item.hosted or item.report:
            return None
        outside = [outsider.key for outsider in item.recipients if tenant.accepts(outsider.domain) is None]
        position = outside.index(recipient.key) + 1 if recipient.key in outside else len(outside) + 1
        return over_limit(tenant.limits, item.reverse_path.domain, position, self.topology.switches)

    def rules_for(self, item: QueueItem) -> tuple[TransportRule, ...]:
        """The tenant's, once; its own reports are not judged."""
        if item.ruled or (item.report and item.hosted):
            return ()
        return self.tenant_of(item).transport_rules

    def sending(self, item: QueueItem) -> Sending:
        """The facts that rules ask for."""
        return sending(item, self.tenant_of(item))

    def _outbound(self, item: QueueItem, domain: Domain) -> OutboundChoice:
        tenant, switches = self.tenant_of(item), self.topology.switches
        return choose_outbound(tenant, domain, hosted=item.hosted, switches=switches, ruled=item.outbound)

    # -- the way out

    def route_to(
        self, item: QueueItem, recipients: tuple[Address, ...], context: Context
    ) -> DnsQueries[tuple[Route | NoTargets, Step]]:
        """Outbound connector with its smart hosts, or MX: the seed's hop (R145)."""
        choice = self._outbound(item, recipients[0].domain)
        connector = choice.connector
        turned = turn(context.now, self.topology.switches)
        if connector is None or connector.use_mx_record:
            targets = yield from mx_targets(recipients[0].domain, turned)
        else:
            targets = yield from smart_host_targets(connector.smart_hosts, turned)
        entry = found_at_entry(item)
        pool = self._pool(item, connector, entry)
        step = self._routed(item, choice, targets, pool, recipients, context)
        if isinstance(targets, NoTargets):
            return targets, step
        sender = self._sending_host(pool)
        leaving = yield from self._leaving(item, connector, entry, context)
        return (
            Route(
                connector=connector.name if connector else "",
                targets=targets.targets,
                ehlo=spelled(sender.ehlo),
                source=sender.source,
                bind=sender.address,
                certificate=sender.certificate,
                tls=TlsPolicy(connector.tls_settings, connector.tls_domain) if connector else TlsPolicy(),
                message=leaving,
                reverse_path=self._reverse_path(item, connector, context),
                recipients=recipients,
            ),
            step,
        )

    def _routed(
        self,
        item: QueueItem,
        choice: OutboundChoice,
        found: Targets | NoTargets,
        pool: Pool,
        recipients: tuple[Address, ...],
        context: Context,
    ) -> Routed:
        connector = choice.connector
        extra = ("R27", "R148") if connector is None and not item.hosted else ()
        why = {Pool.NORMAL: (), Pool.HIGH_RISK: ("R151",), Pool.RELAY: ("R46", "R151")}[pool]
        return Routed(
            recipients=texts(recipients),
            connector=connector.name if connector else "",
            how=way_of(found),
            targets=hosts_of(found),
            tls=connector.tls_settings.value if connector and connector.tls_settings else "",
            pool=pool.value,
            cause=choice,
            rules=(*choice.rules, *extra, *why),
            at=context.now,
        )

    def _pool(
        self, item: QueueItem, connector: OutboundConnector | None, entry: AuthenticationResults | None
    ) -> Pool:
        """The pools are for the internet; on-premises knows the service by its certificate."""
        if is_on_premises(connector):
            return Pool.NORMAL
        pool = pool_of(item, self.tenant_of(item), author_domain(item.message), entry)
        return Pool.NORMAL if pool is Pool.RELAY and not self.topology.switches.relay_pool else pool

    def _sending_host(self, pool: Pool) -> Host:
        """A machine of the pool (R151, R197)."""
        region = self.region
        hosts = {Pool.NORMAL: region.outbound, Pool.HIGH_RISK: region.high_risk, Pool.RELAY: region.relay}
        return hosts[pool][0]

    def _reverse_path(
        self, item: QueueItem, connector: OutboundConnector | None, context: Context
    ) -> ReversePath | None:
        """SRS for relayed or forwarded mail of a foreign reverse-path; toward on-premises only if the connector asks (R152, R154)."""
        if not self.topology.switches.srs_relay or (item.hosted and not item.forwarded_by):
            return None
        if connector is not None and is_on_premises(connector) and not connector.sender_rewriting_enabled:
            return None
        tenant = self.tenant_of(item)
        if item.forwarded_by:
            path = forwarded(item.reverse_path, tenant, item.forwarded_by[-1], context.now)
        else:
            path = rewritten(item.reverse_path, tenant, context.now)
        return path if path != item.reverse_path else None

    def _leaving(
        self,
        item: QueueItem,
        connector: OutboundConnector | None,
        entry: AuthenticationResults | None,
        context: Context,
    ) -> DnsQueries[Message]:
        """Exit stamps (R122), organisation headers crossing or filtered (R64, R94), signature and seal."""
        tenant = self.tenant_of(item)
        hub = hub_host(tenant.name, tenant.region)
        crossing = connector is not None and connector.cloud_services_mail_enabled
        message = cross_premises(item.message, hub) if crossing else filtered(item.message, hub)
        leaving = ExitFacts(
            hub=hub,
            tenant=tenant,
            entity=_entity(item),
            arrived=item.arrived,
            network_message_id=item.message.get(NETWORK_MESSAGE_ID) or "",
            author=item.message.author,
            reverse_path_domain=item.reverse_path.domain,
            internal=item.internal,
            auth_source=item.message.get(AUTH_SOURCE) or hub,
            client=item.client,
            helo=item.helo,
        )
        stamped = message.on_top(exit_stamps(leaving))
        signs = not is_on_premises(connector)
        return (
            yield from signed_and_sealed(stamped, item, tenant, self.suite, context, found=entry, signs=signs)
        )

    # -- reports

    def maker(self, item: QueueItem) -> Maker:
        """The own tenant's hub: `Generating server` is a host of Exchange Online (R196)."""
        tenant = self.tenant_of(item)
        return Maker.exchange_online(hub_host(tenant.name, tenant.region), tenant, item.reverse_path.address)

    def stamped_report(self, message: Message, network_message_id: str) -> Message:
        """A report is the tenant's own mail: it arrives on-premises as internal (R204)."""
        source = message.message_id.strip("<>").rpartition("@")[2]
        return message.on_top(mailbox_stamps(source, network_message_id))

    def unroutable(self, failed: NoTargets) -> Reply:
        """R150: waits, and expires with the 5.4.312 twin."""
        if failed.why is NextHop.NULL_MX:
            return Reply(550, "5.1.10", f"Recipient domain {failed.name} has a null MX record")
        return Reply(450, "4.4.312", f"DNS query failed [Message={failed.name}: {failed.why}]")


def _entity(item: QueueItem) -> SendingEntity:
    """R123."""
    if item.hosted:
        return SendingEntity.HOSTED
    return SendingEntity.HYBRID_ON_PREM if item.direction is Direction.ORIGINATING else SendingEntity.INTERNET

"""From end of data to the hub's queue: header firewall or promotion, stamps; who sent it is judged in `sender_judgement`."""

from __future__ import annotations

from typing import Protocol

from lab.core.attribution_result import Attribution
from lab.core.authentication.results import received_spf
from lab.core.authentication.signature_suite import Suite
from lab.core.cross_premises import as_internal, crossing, promote
from lab.core.header_stamps import EntryFacts, entry_stamps, firewall, foreign_tenant, is_internal, set_aside
from lab.core.received import received_by_front_end, received_by_hub
from lab.core.retry import EXCHANGE_ONLINE
from lab.core.service_host_names import hub_host
from lab.model.decision import Reason, Verdict
from lab.model.dns import DnsQueries
from lab.model.message import Header, Message
from lab.model.reply import Reply
from lab.model.steps import Attributed, Promoted, Step
from lab.model.tenant import InboundConnector
from lab.model.topology import Topology
from lab.model.trace import Hop
from lab.model.transport import AcceptedRecipient, Connection, Context, Heard, QueueItem, Transaction
from lab.model.value import dataclass
from lab.nodes.hop_start import HopStart, accepted, begin
from lab.nodes.node_steps import author_domain, connected, queued_reply
from lab.nodes.sender_judgement import SenderJudgement, TenantJudgement, see


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message at the end of data."""

    node: str
    region: str
    front_end: str
    """Its name as it writes it."""
    connection: Connection
    transaction: Transaction
    message: Message
    context: Context


class FrontEnds(Protocol):
    """What the entry asks of the front ends that it stands behind (`lab.nodes.eop_front`)."""

    topology: Topology
    suite: Suite

    def is_own(self, address: str) -> bool:
        """Whether an address is one of Exchange Online's own outbound hosts, of any region."""

    def refuse_data(
        self,
        entering: IncomingMessage,
        reply: Reply,
        reason: Reason,
        rules: tuple[str, ...],
        steps: tuple[Step, ...],
    ) -> Heard:
        """A refusal at the end of data."""


def enter(entering: IncomingMessage, front: FrontEnds) -> DnsQueries[Heard]:
    """Judge the message once, then begin its stay in each tenant that its recipients are bound to."""
    connection, transaction, message = entering.connection, entering.transaction, entering.message
    seen = yield from see(connection, transaction, message, front.suite, entering.context)
    stays: list[tuple[Hop, QueueItem, Reply]] = []
    for attribution, recipients in _by_tenant(transaction):
        to = tuple([recipient.address for recipient in recipients])
        judging = SenderJudgement(
            seen, connection, transaction, message, attribution, to, front.topology.switches
        )
        judged = yield from judging.judge()
        step = judged.step(entering.context)
        if judged.refusal is not None:
            steps = (*transaction.steps, step)
            return front.refuse_data(entering, judged.refusal, Reason.DMARC, ("R175",), steps)
        stays.append(_stay(entering, front, attribution, recipients, judged, step))
    first, *others = stays
    return Heard(
        reply=first[2],
        steps=first[0].steps,
        head=first[0].head,
        queue=tuple(item for _, item, _ in stays),
        others=tuple(hop for hop, _, _ in others),
    )


def _by_tenant(transaction: Transaction) -> list[tuple[Attribution, tuple[AcceptedRecipient, ...]]]:
    groups: dict[str, tuple[Attribution, list[AcceptedRecipient]]] = {}
    for recipient in transaction.recipients:
        decision = recipient.decision
        assert isinstance(decision, Attribution)
        groups.setdefault(f"{decision.tenant_name}/{decision.verdict}", (decision, []))[1].append(recipient)
    return [(decision, tuple(recipients)) for decision, recipients in groups.values()]


def _stay(
    entering: IncomingMessage,
    front: FrontEnds,
    attribution: Attribution,
    recipients: tuple[AcceptedRecipient, ...],
    judged: TenantJudgement,
    step: Step,
) -> tuple[Hop, QueueItem, Reply]:
    tenant, context, connection = attribution.tenant, entering.context, entering.connection
    assert tenant is not None
    assert attribution.direction is not None
    hub = hub_host(tenant.name, tenant.region)
    cleaned, promoted = _across_the_firewall(entering, attribution, front)
    internal = is_internal(cleaned)
    stay = HopStart(
        id=str(context.ids.number()),
        node=entering.node,
        host=hub,
        server=connection.server,
        connector=attribution.connector.name if attribution.connector else "",
        network_message_id=context.ids.guid(),
        expires_after=EXCHANGE_ONLINE.expires_after,
        direction=attribution.direction,
        internal=internal,
        tenant=tenant.name,
    )
    entry = EntryFacts(
        front_end=entering.front_end,
        hub=hub,
        client=judged.sender.address,
        client_host=judged.sender_host,
        helo=judged.sender.host,
        tenant=tenant,
        direction=attribution.direction,
        network_message_id=stay.network_message_id,
        now=context.now,
        internal=internal,
        suspect=judged.suspect,
    )
    stamped = cleaned.on_top(_top(entry, attribution, judged, entering))
    head, item = begin(stay, entering.transaction.only(recipients), stamped, context, connection=connection)
    reply = queued_reply(stamped.message_id, int(item.id), hub, stamped.size)
    decisions = _decisions(entering.transaction, recipients)
    steps = (
        connected(connection, context.now),
        *decisions,
        step,
        *promoted,
        accepted(item, reply, context, ("R188",)),
    )
    return Hop(head, steps), item, reply


def _decisions(transaction: Transaction, recipients: tuple[AcceptedRecipient, ...]) -> tuple[Step, ...]:
    """The attribution steps of these recipients only: another tenant's are not its business."""
    mine = {str(r.address) for r in recipients}
    return tuple(
        step for step in transaction.steps if not isinstance(step, Attributed) or step.recipient in mine
    )


def _across_the_firewall(
    entering: IncomingMessage, attribution: Attribution, front: FrontEnds
) -> tuple[Message, tuple[Step, ...]]:
    """Promotion over the tenant's own trusted path (R118, R119), the header firewall for everybody else (R181)."""
    host = entering.front_end
    message = set_aside(entering.message)
    message = foreign_tenant(message, host, from_service=front.is_own(entering.connection.client))
    connector = attribution.connector if attribution.verdict is Verdict.ORIGINATING else None
    if connector is None or not connector.cloud_services_mail_enabled or _path_broken(front):
        clean = firewall(message)
        if connector is not None and _treated_as_internal(connector, attribution, entering.message):
            return as_internal(clean, host), ()
        return clean, ()
    carried = crossing(message)
    promoted = promote(message, host)
    if not carried:
        return promoted, ()
    step = Promoted(
        headers=carried,
        auth_as="Internal" if is_internal(promoted) else "Anonymous",
        rules=("R64", "R118", "R119"),
        at=entering.context.now,
    )
    return promoted, (step,)


def _path_broken(front: FrontEnds) -> bool:
    return front.topology.switches.promote_crosspremises == "off"


def _treated_as_internal(connector: InboundConnector, attribution: Attribution, message: Message) -> bool:
    """R65: TreatMessagesAsInternal, and the author's domain is one of the tenant's."""
    author = author_domain(message)
    return (
        connector.treat_messages_as_internal
        and attribution.tenant is not None
        and attribution.tenant.accepts(author) is not None
    )


def _top(
    entry: EntryFacts, attribution: Attribution, judged: TenantJudgement, entering: IncomingMessage
) -> tuple[Header, ...]:
    connection, now = entering.connection, entering.context.now
    header = judged.results.header()
    incoming = attribution.verdict is Verdict.INCOMING
    results = header if incoming else Header(f"X-MS-Exchange-{header.name}", header.raw)
    return (
        received_by_hub(front_end=entry.front_end, hub=entry.hub, now=now),
        received_by_front_end(
            helo=connection.helo,
            client=connection.client,
            front_end=entry.front_end,
            tls=connection.tls,
            now=now,
        ),
        results,
        received_spf(judged.results.spf, judged.sender.host),
        *(judged.skipped.headers() if judged.skipped else ()),
        *entry_stamps(entry),
    )

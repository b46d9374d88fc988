"""What every mail system does with its queue: resolve, route, try, try again, give up, report.

A concrete system says where a recipient belongs (`place`), how to get there (`route_to`), and how its reports look
(`maker`); the rest is the same for Exchange, the gateway, Exchange Online and an internet host.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

from lab.core.ndr import Failure, Maker, expired
from lab.core.retry import RetrySchedule
from lab.core.routing import NoTargets
from lab.core.transport_rules import Sending
from lab.errors import LabBug
from lab.model.dns import DnsQueries
from lab.model.message import Message
from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.rules import TransportRule
from lab.model.steps import Delivered, Dropped, DropReason, Resolution, Sent, Step
from lab.model.steps import Resolved as ResolvedStep
from lab.model.transport import (
    Attempt,
    Context,
    Mailboxed,
    QueueItem,
    Route,
    Settlement,
)
from lab.nodes.delivery_reporting import confirmed, contact, deferred, reported
from lab.nodes.group_expansion import Expansion, has_groups, rewritten
from lab.nodes.node_steps import texts
from lab.nodes.recipient_place import (
    Duplicate,
    RecipientPlace,
    ResolvedRecipient,
    ToAddress,
    ToMailbox,
    ToMembers,
    ToNextHop,
    UnknownRecipient,
)
from lab.nodes.rule_application import rule

RING = Reply(554, "5.4.6", "Hop count exceeded - possible mail loop")


class MailSystem(ABC):
    """The queue half of a node."""

    name: str
    schedule: RetrySchedule

    @abstractmethod
    def place(self, item: QueueItem, recipient: Address) -> RecipientPlace:
        """Where a recipient belongs."""

    @abstractmethod
    def route_to(
        self, item: QueueItem, recipients: tuple[Address, ...], context: Context
    ) -> DnsQueries[tuple[Route | NoTargets, Step]]:
        """The way to recipients of one group, and the step that tells of the choice."""

    @abstractmethod
    def unroutable(self, failed: NoTargets) -> Reply:
        """How this system words a destination it cannot find; a 4yz reply is tried again."""

    @abstractmethod
    def maker(self, item: QueueItem) -> Maker:
        """Who writes this system's reports."""

    def stamped_report(self, message: Message, network_message_id: str) -> Message:  # noqa: ARG002
        """A report as this system puts it into its own queue."""
        return message

    def expiry(self, last: Reply) -> Reply:
        """What is reported when a message expires that was last deferred with `last`."""
        return expired(last)

    def delivered_copy(self, item: QueueItem, recipient: Address, context: Context) -> Message:  # noqa: ARG002
        """The message as it is put into the mailbox."""
        return item.message

    def rules_for(self, item: QueueItem) -> tuple[TransportRule, ...]:  # noqa: ARG002
        """The mail flow rules that an item has still before it."""
        return ()

    def sending(self, item: QueueItem) -> Sending:
        """What rules ask about its sender; only systems with rules are asked."""
        raise LabBug(f"{self.name} has no mail flow rules, and item {item.id} is asked about them")

    # -- a due item

    def dispatch(self, item: QueueItem, context: Context) -> DnsQueries[Settlement]:
        """Resolve all recipients, expand groups, apply rules; then relay the one group that is left, or split (R143)."""
        resolved = [self._resolve(item, recipient) for recipient in item.recipients]
        if has_groups(resolved):
            return self._expand(item, resolved, context)
        rules = self.rules_for(item)
        if rules:
            return self._rule(item, rules, resolved, context)
        keys = {entry.place.key if isinstance(entry.place, ToNextHop) else None for entry in resolved}
        if len(keys) == 1 and None not in keys and not any(resolution.via for resolution in resolved):
            return (yield from self._relay(item, context))
        return self._spread(_renamed(item, resolved), resolved, context)

    def _resolve(self, item: QueueItem, recipient: Address) -> ResolvedRecipient:
        """Follow external addresses to the last one; a ring of them ends where it closes (R163)."""
        via: list[tuple[Address, ToAddress]] = []
        met = {recipient.key}
        place = self.place(item, recipient)
        while isinstance(place, ToAddress) and place.address.key not in met:
            via.append((recipient, place))
            recipient = place.address
            met.add(recipient.key)
            place = self.place(item, recipient)
        if isinstance(place, ToAddress):
            place = UnknownRecipient(RING, ("R163",), Resolution.RING)
        return ResolvedRecipient(recipient, place, tuple(via))

    def _expand(self, item: QueueItem, found: list[ResolvedRecipient], context: Context) -> Settlement:
        """Put members in the place of groups; who asked for success is told of the expansion (RFC 3461 5.2.7)."""
        expansion, level = Expansion(item, context), found
        while has_groups(level):
            expansion.level(level)
            level = [self._resolve(expansion.item, recipient) for recipient in expansion.item.recipients]
        made = expansion.settlement()
        resolved = zip(item.recipients, found, strict=True)
        groups = [recipient for recipient, resolution in resolved if isinstance(resolution.place, ToMembers)]
        good = confirmed(self, item, groups, "expanded", context)
        return replace(made, queue=(*made.queue, *good.queue), heads=good.heads)

    def _rule(
        self,
        item: QueueItem,
        rules: tuple[TransportRule, ...],
        found: list[ResolvedRecipient],
        context: Context,
    ) -> Settlement:
        """Apply the mail flow rules, and report on whom they refuse."""
        resolved = zip(item.recipients, found, strict=True)
        unserved = [recipient for recipient, entry in resolved if isinstance(entry.place, UnknownRecipient)]
        made, failures = rule(item, rules, self.sending(item), unserved, context)
        ended = reported(self, item, failures, context, None)
        return Settlement(
            steps=(*made.steps, *ended.steps), queue=(*made.queue, *ended.queue), heads=ended.heads
        )

    def _relay(self, item: QueueItem, context: Context) -> DnsQueries[Settlement]:
        routed, step = yield from self.route_to(item, item.recipients, context)
        if isinstance(routed, Route):
            return Settlement(steps=(step,), relay=routed)
        reply = self.unroutable(routed)
        attempt = Attempt(target=None, replies={r.key: reply for r in item.recipients}, remote=False)
        settled = self._settle(item, _nowhere(item), attempt, context)
        return replace(settled, steps=(step, *settled.steps))

    def _spread(self, item: QueueItem, found: list[ResolvedRecipient], context: Context) -> Settlement:
        """Mailboxes are served at once, unknown recipients reported, the rest becomes one item a group."""
        steps: list[Step] = []
        mailboxes: list[Mailboxed] = []
        failures: list[Failure] = []
        groups: dict[tuple[str, ...], list[Address]] = {}
        served: list[Address] = []
        passed_on: list[QueueItem] = []
        for resolution in found:
            steps += [rewritten(old, place, context) for old, place in resolution.via]
        for recipient, place in {
            resolution.recipient.key: (resolution.recipient, resolution.place) for resolution in found
        }.values():
            if isinstance(place, ToMailbox) and place.forward is not None:
                forwarding = ToAddress(place.forward, Resolution.FORWARDING, ("R152",))
                steps.append(rewritten(recipient, forwarding, context))
                passed_on.append(_passed_on(item, place.mailbox, place.forward, context))
            if isinstance(place, ToMailbox):
                if place.forward is not None and not place.keeps_copy:
                    continue
                served.append(recipient)
                # one copy for all its names
                if place.mailbox not in {mailboxed.mailbox for mailboxed in mailboxes}:
                    copy = self.delivered_copy(item, recipient, context)
                    mailboxes.append(Mailboxed(recipient, place.mailbox, copy))
                steps.append(Delivered(recipient=str(recipient), mailbox=str(place.mailbox), at=context.now))
            elif isinstance(place, ToNextHop):
                groups.setdefault(place.key, []).append(recipient)
            elif isinstance(place, Duplicate):
                steps.append(_duplicate(recipient, context))
            elif isinstance(place, UnknownRecipient):
                failures.append(Failure(recipient, place.reply))
                steps.append(_unserved(recipient, place, context))
        parts = [_part(item, addresses, context) for addresses in groups.values()]
        ended = reported(self, item, failures, context, None)
        good = confirmed(self, item, served, "delivered", context)
        return Settlement(
            steps=(*steps, *ended.steps),
            queue=(*parts, *passed_on, *ended.queue, *good.queue),
            heads=(*ended.heads, *good.heads),
            mailboxes=tuple(mailboxes),
        )

    # -- after an attempt

    def settle(
        self, item: QueueItem, route: Route, attempt: Attempt, context: Context
    ) -> DnsQueries[Settlement]:
        """Take the replies at their word: sent, tried again, or reported."""
        yield from ()
        return self._settle(item, route, attempt, context)

    def _settle(self, item: QueueItem, route: Route, attempt: Attempt, context: Context) -> Settlement:
        sent: dict[Reply, list[Address]] = {}
        late: dict[Reply, list[Address]] = {}
        failures: list[Failure] = []
        host = attempt.target.host if attempt.target else ""
        for recipient in item.recipients:
            reply = attempt.replies[recipient.key]
            if reply.positive:
                sent.setdefault(reply, []).append(recipient)
            elif reply.temporary and context.now < item.expires:
                late.setdefault(reply, []).append(recipient)
            else:
                final = self.expiry(reply) if reply.temporary else reply
                failures.append(Failure(recipient, final, host if attempt.remote else None))
        steps: list[Step] = [_sent(route, attempt, reply, who, context) for reply, who in sent.items()]
        queue: tuple[QueueItem, ...] = ()
        if late:
            waiting = self._waiting(item, late, context)
            queue = (waiting,)
            steps += [deferred(route, attempt, r, who, waiting, context) for r, who in late.items()]
        ended = reported(self, item, failures, context, attempt)
        relayed = [a for who in sent.values() for a in who]
        good = confirmed(self, item, relayed, "relayed", context) if not attempt.dsn else Settlement()
        return Settlement(
            steps=(*steps, *ended.steps),
            queue=(*queue, *ended.queue, *good.queue),
            heads=(*ended.heads, *good.heads),
        )

    def _waiting(self, item: QueueItem, late: dict[Reply, list[Address]], context: Context) -> QueueItem:
        """The rest of the item, due again after the schedule's wait, at the latest when it expires."""
        attempts = item.attempts + 1
        due = min(context.now + self.schedule.wait(attempts), item.expires)
        recipients = tuple(a for who in late.values() for a in who)
        last = str(next(iter(late)))
        return replace(item, recipients=recipients, attempts=attempts, due=due, last_reply=last)


def _duplicate(recipient: Address, context: Context) -> Dropped:
    return Dropped(recipient=str(recipient), reason=DropReason.DUPLICATE, rules=("R292",), at=context.now)


def _unserved(recipient: Address, place: UnknownRecipient, context: Context) -> ResolvedStep:
    return ResolvedStep(
        recipient=str(recipient), resolution=place.resolution, rules=place.rules, at=context.now
    )


def _sent(route: Route, attempt: Attempt, reply: Reply, recipients: list[Address], context: Context) -> Sent:
    assert attempt.target is not None
    return Sent(
        recipients=texts(recipients),
        address=attempt.target.address,
        source=route.seen_by(attempt.target.address),
        connector=route.connector,
        reply=reply,
        contact=contact(attempt),
        at=context.now,
    )


def _renamed(item: QueueItem, found: list[ResolvedRecipient]) -> QueueItem:
    """The item with its recipients as they were resolved; two that became one are one from here on."""
    wishes = {
        new.recipient.key: item.dsn[old.key]
        for old, new in zip(item.recipients, found, strict=True)
        if old.key in item.dsn
    }
    recipients = {resolution.recipient.key: resolution.recipient for resolution in found}
    return replace(item, recipients=tuple(recipients.values()), dsn=wishes)


def _part(item: QueueItem, recipients: list[Address], context: Context) -> QueueItem:
    """The part of an item that travels one way, due at once."""
    dsn = {recipient.key: item.dsn[recipient.key] for recipient in recipients if recipient.key in item.dsn}
    return replace(item, id=str(context.ids.number()), recipients=tuple(recipients), dsn=dsn, due=context.now)


def _passed_on(item: QueueItem, mailbox: Address, to: Address, context: Context) -> QueueItem:
    """What a mailbox forwards: the same message for somebody else, and the mailbox remembered for SRS (R152)."""
    return replace(_part(item, [to], context), forwarded_by=(*item.forwarded_by, mailbox))


def _nowhere(item: QueueItem) -> Route:
    return Route(
        connector="",
        targets=(),
        ehlo="",
        source="",
        bind="",
        certificate=None,
        recipients=item.recipients,
    )

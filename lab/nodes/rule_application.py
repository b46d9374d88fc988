"""Mail flow rules at work in a hub: an item becomes the parts that the rules make of it, each ruled once (R143)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lab.core.ndr import Failure
from lab.core.transport_rules import Branch, Sending, done, evaluate
from lab.model.names import Address
from lab.model.rules import TransportRule
from lab.model.steps import Dropped, DropReason, Resolution, Ruled, Step
from lab.model.transport import Context, QueueItem, Settlement
from lab.nodes.group_expansion import rewritten
from lab.nodes.node_steps import texts
from lab.nodes.recipient_place import ToAddress


def rule(
    item: QueueItem,
    rules: tuple[TransportRule, ...],
    sending: Sending,
    unserved: Iterable[Address],
    context: Context,
) -> tuple[Settlement, tuple[Failure, ...]]:
    """The parts of an item, and whom a rule refuses. `unserved` recipients will be reported: no rule is asked."""
    left_out = {address.key: address for address in unserved}
    concerned = tuple(recipient for recipient in item.recipients if recipient.key not in left_out)
    steps: list[Step] = []
    parts: list[QueueItem] = []
    failures: list[Failure] = []
    for branch in evaluate(rules, sending, item.message, concerned) if concerned else ():
        steps.append(_ruled(branch, context))
        if branch.refused is not None:
            failures += [Failure(recipient, branch.refused) for recipient in branch.recipients]
        elif branch.deleted:
            steps += [_deleted(recipient, branch, context) for recipient in branch.recipients]
        else:
            steps += _redirected(branch, context)
            parts.append(_part(item, branch, context))
    if left_out:
        parts.append(_narrowed(item, tuple(left_out.values()), context))
    return Settlement(steps=tuple(steps), queue=tuple(parts)), tuple(failures)


def _part(item: QueueItem, branch: Branch, context: Context) -> QueueItem:
    recipients = {to.key: to for to in (*(branch.redirected or branch.recipients), *branch.copies)}
    part = _narrowed(item, tuple(recipients.values()), context)
    return replace(part, message=branch.message, outbound=branch.connector)


def _narrowed(item: QueueItem, recipients: tuple[Address, ...], context: Context) -> QueueItem:
    """The item for some of its recipients, done with the rules."""
    dsn = {recipient.key: item.dsn[recipient.key] for recipient in recipients if recipient.key in item.dsn}
    ident = str(context.ids.number())
    return replace(item, id=ident, recipients=recipients, dsn=dsn, due=context.now, ruled=True)


def _ruled(branch: Branch, context: Context) -> Ruled:
    return Ruled(
        recipients=texts(branch.recipients),
        names=tuple(rule.name for rule in branch.applied),
        actions=tuple(action for rule in branch.applied for action in done(rule.actions)),
        connector=branch.connector,
        copies=() if branch.deleted or branch.refused else texts(branch.copies),
        cause=branch,
        rules=("R143", "R93", "R99") if branch.connector else ("R143",),
        at=context.now,
    )


def _redirected(branch: Branch, context: Context) -> list[Step]:
    if not branch.redirected:
        return []
    places = [ToAddress(address, Resolution.REDIRECTED) for address in branch.redirected]
    return [rewritten(old, place, context) for old in branch.recipients for place in places]


def _deleted(recipient: Address, branch: Branch, context: Context) -> Dropped:
    return Dropped(
        recipient=str(recipient),
        reason=DropReason.DELETED_BY_RULE,
        rule=branch.applied[-1].name,
        rules=("R143",),
        at=context.now,
    )

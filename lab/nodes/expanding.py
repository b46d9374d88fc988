"""Groups become their members: one item again, for everybody, before any rule or connector is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace

from lab.model.names import Address
from lab.model.trace import EXPANDED_ALREADY, Step, StepKind
from lab.model.transport import Context, DsnParameters, QueueItem, Settlement
from lab.model.value import dataclass
from lab.nodes.parts import texts
from lab.nodes.places import Resolved, ToAddress, ToMembers
from lab.nodes.reporting import let_go


def has_groups(found: Iterable[Resolved]) -> bool:
    """Whether any recipient is a group."""
    return any(isinstance(each.place, ToMembers) for each in found)


def expand(item: QueueItem, found: Sequence[Resolved], context: Context) -> Settlement:
    """The item with each group's members in its place; who is named twice is there once (DUPLICATEEXPAND).

    A group that was expanded before, because a member leads back to it, adds nobody.
    """
    made = _Expansion(item, context)
    for recipient, resolved in zip(item.recipients, found, strict=True):
        if isinstance(resolved.place, ToMembers):
            made.group(recipient, resolved, resolved.place)
        else:
            made.recipient(recipient)
    return made.settlement()


@dataclass
class _Expansion:
    item: QueueItem
    context: Context
    recipients: dict[str, Address] = field(default_factory=dict)
    wishes: dict[str, DsnParameters] = field(default_factory=dict)
    expanded: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def recipient(self, address: Address) -> None:
        """Somebody who is no group."""
        self.recipients.setdefault(address.key, address)
        if address.key in self.item.dsn:
            self.wishes[address.key] = self.item.dsn[address.key]

    def group(self, recipient: Address, resolved: Resolved, place: ToMembers) -> None:
        """A group: its members join the recipients, and itself if it has a mailbox of its own."""
        group, now = place.group, self.context.now
        self.steps += [rewritten(old, to, self.context) for old, to in resolved.via]
        if group.primary.key in (*self.item.expanded, *self.expanded):
            self.steps.append(let_go(resolved.recipient, EXPANDED_ALREADY, (), self.context))
            return
        self.expanded.append(group.primary.key)
        members = texts(group.members)
        data = {"recipient": str(resolved.recipient), "kind": str(group.kind), "members": members}
        self.steps.append(Step(StepKind.EXPANDED, data, place.rules, now))
        for member in group.members:
            self.recipients.setdefault(member.key, member)
            if recipient.key in self.item.dsn:
                self.wishes.setdefault(member.key, _without_success(self.item.dsn[recipient.key]))
        if place.keeps_mail:
            self.recipients.setdefault(group.primary.key, group.primary)
        elif not members:
            self.steps.append(let_go(resolved.recipient, "the group has no members", (), self.context))

    def settlement(self) -> Settlement:
        """One item for everybody, due at once."""
        whole = replace(
            self.item,
            id=str(self.context.ids.number()),
            recipients=tuple(self.recipients.values()),
            dsn=self.wishes,
            expanded=(*self.item.expanded, *self.expanded),
            due=self.context.now,
        )
        return Settlement(steps=tuple(self.steps), queue=(whole,) if self.recipients else ())


def _without_success(wishes: DsnParameters) -> DsnParameters:
    """What a member inherits: the expansion was the success, and who wanted no failures wants none now."""
    left = wishes.notify - {"SUCCESS"}
    return DsnParameters(left or frozenset({"NEVER"}) if wishes.notify else wishes.notify, wishes.orcpt)


def rewritten(recipient: Address, place: ToAddress, context: Context) -> Step:
    """The step that tells of an address taken for another."""
    data = {"recipient": str(recipient), "kind": place.kind, "rewritten": str(place.address)}
    return Step(StepKind.RESOLVED, data, place.rules, context.now)

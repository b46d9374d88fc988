"""Groups become their members: one item again, for everybody, before any rule or connector is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from lab.model.names import Address
from lab.model.steps import Dropped, DropReason, Expanded, Merged, Step
from lab.model.steps import Resolved as ResolvedStep
from lab.model.transport import Context, DsnParameters, QueueItem, Settlement
from lab.nodes.node_steps import texts
from lab.nodes.recipient_place import ResolvedRecipient, ToAddress, ToMembers


def has_groups(found: Iterable[ResolvedRecipient]) -> bool:
    """Whether any recipient is a group."""
    return any(isinstance(resolved.place, ToMembers) for resolved in found)


_Substitutes = tuple[tuple[Address, ...], tuple[Address, ...]]
"""Who takes the place of a group: its members, and its own mailbox if it has one."""


class Expansion:
    """An item whose groups are expanded level by level; who is named twice is there once (DUPLICATEEXPAND)."""

    def __init__(self, item: QueueItem, context: Context) -> None:
        self.item = item
        """As it is after the last level."""
        self._context = context
        self._steps: list[Step] = []
        self._before = frozenset(item.expanded)
        """Groups, by key, that were expanded before this item was made."""
        self._asked: dict[str, tuple[Address, str]] = {}
        """The groups that the item was for: by key of the address that led to them, this address and the group's key."""
        self._groups: dict[str, str] = {}
        """Keys of groups by keys of the recipients that turned out to be groups."""
        self._members: dict[str, tuple[Address, ...]] = {}
        """Who takes the place of a group, by its key."""
        self._ended: set[str] = set()
        """Keys of addresses that have been dropped."""

    def level(self, found: Sequence[ResolvedRecipient]) -> None:
        """Put the members of each group in its place. `found` are the item's recipients, resolved."""
        first = not self._groups
        substitutes: dict[str, _Substitutes] = {}
        for resolved in found:
            if isinstance(resolved.place, ToMembers):
                self._steps += [rewritten(old, place, self._context) for old, place in resolved.via]
        for recipient, resolved in zip(self.item.recipients, found, strict=True):
            if isinstance(resolved.place, ToMembers):
                self._groups[recipient.key] = resolved.place.group.primary.key
                substitutes[recipient.key] = self._group(resolved, resolved.place)
                if first:
                    self._asked[resolved.recipient.key] = resolved.recipient, self._groups[recipient.key]
        recipients: dict[str, Address] = {}
        wishes: dict[str, DsnParameters] = {}
        for recipient in self.item.recipients:
            wish = self.item.dsn.get(recipient.key)
            if recipient.key in substitutes:
                wish = _without_success(wish) if wish else None
            members, own = substitutes.get(recipient.key, ((), (recipient,)))
            for member in (*self._fresh(members), *own):
                recipients.setdefault(member.key, member)
                if wish:
                    wishes.setdefault(member.key, wish)
        expanded = dict.fromkeys((*self.item.expanded, *self._members))
        self.item = replace(
            self.item, recipients=tuple(recipients.values()), dsn=wishes, expanded=tuple(expanded)
        )

    def _group(self, resolved: ResolvedRecipient, place: ToMembers) -> _Substitutes:
        """Who takes the place of a group; itself as it was named if it has a mailbox of its own."""
        group, recipient = place.group, resolved.recipient
        mailbox = (recipient,) if place.keeps_mail else ()
        if group.primary.key in self._members or group.primary.key in self._before:
            if not self._members.get(group.primary.key, group.members) and recipient.key not in self._ended:
                self._drop(recipient, DropReason.NO_MEMBERS)
            elif not mailbox:
                self._merge(recipient)
            return (), mailbox
        self._members[group.primary.key] = (*group.members, *mailbox)
        step = Expanded(
            recipient=str(recipient),
            group=group.kind,
            members=texts(group.members),
            rules=place.rules,
            at=self._context.now,
        )
        self._steps.append(step)
        if not self._members[group.primary.key]:
            self._drop(recipient, DropReason.NO_MEMBERS)
        return group.members, mailbox

    def _fresh(self, members: Iterable[Address]) -> Iterator[Address]:
        """Members that are no group that has been expanded already."""
        for member in members:
            if member.key in self._groups:
                self._merge(member)
            else:
                yield member

    def settlement(self) -> Settlement:
        """One item for everybody, due at once; and the end of each recipient whose group leads to nobody."""
        item = replace(self.item, id=str(self._context.ids.number()), due=self._context.now)
        ends = {recipient.key for recipient in item.recipients}
        for key, (recipient, group) in self._asked.items():
            if key in self._ended:
                continue
            if not self._leads_to(group, ends):
                was_expanded = group in self._before
                self._drop(recipient, DropReason.EXPANDED_BEFORE if was_expanded else DropReason.GROUP_RING)
        return Settlement(steps=tuple(self._steps), queue=(item,) if item.recipients else ())

    def _leads_to(self, group: str, ends: set[str]) -> bool:
        """Whether a member of a group, or of a group in it, is a recipient of the item or has ended."""
        met, waiting = {group}, [group]
        while waiting:
            for member in self._members.get(waiting.pop(), ()):
                inner = self._groups.get(member.key, member.key)
                if member.key in ends or {member.key, inner} & self._ended:
                    return True
                if inner not in met:
                    met.add(inner)
                    waiting.append(inner)
        return False

    def _merge(self, recipient: Address) -> None:
        self._steps.append(Merged(recipient=str(recipient), at=self._context.now))

    def _drop(self, recipient: Address, reason: DropReason) -> None:
        self._ended.add(recipient.key)
        self._steps.append(Dropped(recipient=str(recipient), reason=reason, at=self._context.now))


def _without_success(wishes: DsnParameters) -> DsnParameters:
    """What a member inherits: the expansion was the success, and who wanted no failures wants none now."""
    left = wishes.notify - {"SUCCESS"}
    return DsnParameters(left or frozenset({"NEVER"}) if wishes.notify else wishes.notify, wishes.orcpt)


def rewritten(recipient: Address, place: ToAddress, context: Context) -> ResolvedStep:
    """The step that tells of an address taken for another."""
    return ResolvedStep(
        recipient=str(recipient),
        resolution=place.resolution,
        rewritten=str(place.address),
        rules=place.rules,
        at=context.now,
    )

"""Groups become their members: one item again, for everybody, before any rule or connector is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lab.model.names import Address
from lab.model.steps import Dropped, DropReason, Expanded, Merged, Step
from lab.model.steps import Resolved as ResolvedStep
from lab.model.transport import Context, DsnParameters, QueueItem, Settlement
from lab.nodes.parts import texts
from lab.nodes.places import Resolved, ToAddress, ToMembers


def has_groups(found: Iterable[Resolved]) -> bool:
    """Whether any recipient is a group."""
    return any(isinstance(resolved.place, ToMembers) for resolved in found)


class Expansion:
    """An item whose groups are expanded level by level; who is named twice is there once (DUPLICATEEXPAND)."""

    def __init__(self, item: QueueItem, context: Context) -> None:
        self.item = item
        """As it is after the last level."""
        self._context = context
        self._steps: list[Step] = []
        self._asked = {recipient.key: recipient for recipient in item.recipients}
        self._members: dict[str, tuple[str, ...]] = {}
        """By key of a recipient that is a group, the keys of those who take its place."""
        self._taken: dict[str, str] = {}
        """By key of a group, the recipient in whose place its members were put."""
        self._empty: set[str] = set()

    def level(self, found: Sequence[Resolved]) -> None:
        """Put the members of each group in its place. `found` are the item's recipients, resolved."""
        recipients: dict[str, Address] = {}
        wishes: dict[str, DsnParameters] = {}
        for recipient, resolved in zip(self.item.recipients, found, strict=True):
            wish = self.item.dsn.get(recipient.key)
            members: tuple[Address, ...] = (recipient,)
            if isinstance(resolved.place, ToMembers):
                members = self._group(recipient, resolved, resolved.place)
                wish = _without_success(wish) if wish else None
            for member in members:
                recipients.setdefault(member.key, member)
                if wish:
                    wishes.setdefault(member.key, wish)
        expanded = dict.fromkeys((*self.item.expanded, *self._taken))
        self.item = replace(
            self.item, recipients=tuple(recipients.values()), dsn=wishes, expanded=tuple(expanded)
        )

    def _group(self, recipient: Address, resolved: Resolved, place: ToMembers) -> tuple[Address, ...]:
        """Who takes the place of a group: its members, and itself if it has a mailbox of its own."""
        group, now = place.group, self._context.now
        self._steps += [rewritten(old, to, self._context) for old, to in resolved.via]
        if group.primary.key in self._taken or group.primary.key in self.item.expanded:
            first = self._taken.get(group.primary.key, "")
            self._members.setdefault(recipient.key, self._members.get(first, ()))
            self._steps.append(Merged(recipient=str(resolved.recipient), at=now))
            return ()
        members = (*group.members, group.primary) if place.keeps_mail else group.members
        self._taken[group.primary.key] = recipient.key
        self._members[recipient.key] = tuple(member.key for member in members)
        step = Expanded(
            recipient=str(resolved.recipient),
            group=group.kind,
            members=texts(group.members),
            rules=place.rules,
            at=now,
        )
        self._steps.append(step)
        if not members:
            self._empty.add(recipient.key)
            self._drop(resolved.recipient, DropReason.NO_MEMBERS)
        return members

    def settlement(self) -> Settlement:
        """One item for everybody, due at once; and the end of each recipient whose group leads to nobody."""
        item = replace(self.item, id=str(self._context.ids.number()), due=self._context.now)
        ends = self._empty | {recipient.key for recipient in item.recipients}
        for key, recipient in self._asked.items():
            if not self._leads_to(key, ends):
                known = key in self._taken.values()
                self._drop(recipient, DropReason.GROUP_RING if known else DropReason.EXPANDED_BEFORE)
        return Settlement(steps=tuple(self._steps), queue=(item,) if item.recipients else ())

    def _leads_to(self, recipient: str, ends: set[str]) -> bool:
        """Whether a recipient, a member of its group, or of a group in it, has an end or a way on."""
        known, waiting = {recipient}, [recipient]
        while waiting:
            key = waiting.pop()
            if key in ends:
                return True
            fresh = [member for member in self._members.get(key, ()) if member not in known]
            known.update(fresh)
            waiting += fresh
        return False

    def _drop(self, recipient: Address, reason: DropReason) -> None:
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

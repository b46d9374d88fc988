"""Recipient directories: who is known where, and under which addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field, replace

from lab.model.names import Address
from lab.model.tenant import Recipient, RecipientKind
from lab.model.value import dataclass
from lab.scenario.builders.hybrid_wizard import Hybrid
from lab.scenario.language.party_keys import (
    ContactKeys,
    GroupKeys,
    OrganizationKeys,
    RecipientKeys,
    TenantKeys,
)
from lab.scenario.syntax.records import Fields, keys_of
from lab.sentence import sentence

Derive = Callable[[Address], tuple[Address, ...]]
_ADDRESSED = (RecipientKind.MAILBOX, RecipientKind.DISTRIBUTION_GROUP)
_IN_CLOUD = (RecipientKind.MAILBOX, RecipientKind.GROUP, RecipientKind.DISTRIBUTION_GROUP)
_COMPLETED = ("forwarding", "keeps_copy", "members", "require_sender_authentication", "accept_only_from")
"""What synchronisation brings besides addresses; `external` is where mail ends, never missing."""


@dataclass
class Directory:
    """A directory being filled. What is written is entered before what is derived, so that it is never displaced."""

    by_key: dict[str, Recipient] = field(default_factory=dict)
    primaries: dict[str, Recipient] = field(default_factory=dict)
    written: dict[str, Fields] = field(default_factory=dict)
    """By primary address: what the author wrote of a recipient."""

    def enter(self, recipient: Recipient, read: Fields) -> None:
        """A recipient that the author wrote; each address belongs to one."""
        for address in (recipient.primary, *recipient.proxies):
            if address.key in self.by_key:
                owner = self.by_key[address.key].primary
                wanted = sentence("{address} belongs to {owner} already", address=address, owner=owner)
                read.at.wrong(read.place, wanted, sentence("addresses are unique"))
                return
        self.written[recipient.primary.key] = read
        self._put(recipient)

    def sync(self, recipient: Recipient) -> None:
        """A recipient that directory synchronisation brings; it completes one that is there, if that is of its kind."""
        there = self.by_key.get(recipient.primary.key)
        free = tuple(address for address in recipient.proxies if address.key not in self.by_key)
        if there is None:
            self._put(replace(recipient, proxies=free))
        elif there.kind is recipient.kind:
            self._put(self._completed(there, recipient, free))

    def _completed(self, there: Recipient, synced: Recipient, free: tuple[Address, ...]) -> Recipient:
        """With the addresses of its counterpart, and whatever the author did not write of it here."""
        own = self.written.get(there.primary.key)
        silent = {
            name: getattr(synced, name)
            for name in _COMPLETED
            if own is not None and _KEYS[name].name not in own.places
        }
        return replace(there, proxies=(*there.proxies, *free), **silent)

    def derive(self, kinds: tuple[RecipientKind, ...], more: Derive) -> None:
        """Give recipients the addresses that policies make, as far as they are free."""
        for recipient in tuple(self.primaries.values()):
            if recipient.kind in kinds:
                free = tuple(a for a in more(recipient.primary) if a.key not in self.by_key)
                self._put(replace(recipient, proxies=(*recipient.proxies, *free)))

    def finished(self) -> dict[str, Recipient]:
        """All addresses; members of groups by their primary addresses, so that nobody gets two copies."""
        for group in tuple(self.primaries.values()):
            if group.members:
                members = (self.by_key.get(member.key) for member in group.members)
                named = [
                    recipient.primary if recipient else m
                    for recipient, m in zip(members, group.members, strict=True)
                ]
                self._put(replace(group, members=tuple(dict.fromkeys(named))))
        return self.by_key

    def _put(self, recipient: Recipient) -> None:
        self.primaries[recipient.primary.key] = recipient
        for address in (recipient.primary, *recipient.proxies):
            self.by_key[address.key] = recipient


def on_premises(read: Fields, hybrid: Hybrid | None) -> dict[str, Recipient]:
    """The directory of an on-premises organisation (R105, R106)."""
    directory = Directory()
    for mailbox in read[OrganizationKeys.mailboxes]:
        directory.enter(_recipient(mailbox, RecipientKind.MAILBOX, None), mailbox)
    for remote in read[OrganizationKeys.remote_mailboxes]:
        external = remote[RecipientKeys.external]
        if external is None and hybrid is not None:
            external = hybrid.routing_address(remote[RecipientKeys.address])
        if external is None and not read.written(OrganizationKeys.hybrid):
            wanted = sentence("a remote mailbox needs `external` or the organisation `hybrid:`")
            remote.wrong(RecipientKeys.external, wanted)
        directory.enter(_recipient(remote, RecipientKind.MAIL_USER, external), remote)
    _others(directory, read[OrganizationKeys.mail_contacts], read[OrganizationKeys.distribution_groups])
    if hybrid is not None:
        directory.derive(_ADDRESSED, lambda primary: (hybrid.routing_address(primary),))
    return directory.finished()


def in_tenant(read: Fields, synced: Iterable[tuple[Fields, Hybrid]]) -> dict[str, Recipient]:
    """The directory of a tenant: its own recipients, then those that the hybrid organisations synchronise (R144).

    Every cloud mailbox also has an address in the tenant's initial domain; a Microsoft 365 group has a routing address
    too, so that on-premises can have a route to it (R241).
    """
    directory, runs = Directory(), tuple(synced)
    for mailbox in read[TenantKeys.mailboxes]:
        directory.enter(_recipient(mailbox, RecipientKind.MAILBOX, None), mailbox)
    for user in read[TenantKeys.mail_users]:
        external = user[RecipientKeys.external] or user[RecipientKeys.address]
        directory.enter(_recipient(user, RecipientKind.MAIL_USER, external), user)
    _others(directory, read[TenantKeys.mail_contacts], read[TenantKeys.distribution_groups])
    for group in read[TenantKeys.groups]:
        directory.enter(_recipient(group, RecipientKind.GROUP, None), group)
    for organization, hybrid in runs:
        _synchronise(directory, organization, hybrid)
    initial = read[TenantKeys.initial_domain]
    directory.derive(_IN_CLOUD, lambda primary: (Address(primary.local, initial),))
    if runs:
        joined = runs[0][1]
        directory.derive((RecipientKind.GROUP,), lambda primary: (joined.routing_address(primary),))
    return directory.finished()


def _others(directory: Directory, contacts: Iterable[Fields], groups: Iterable[Fields]) -> None:
    """Mail contacts and distribution groups, which both sides can have."""
    for contact in contacts:
        directory.enter(_recipient(contact, RecipientKind.CONTACT, contact[ContactKeys.external]), contact)
    for group in groups:
        directory.enter(_recipient(group, RecipientKind.DISTRIBUTION_GROUP, None), group)


def _synchronise(directory: Directory, organization: Fields, hybrid: Hybrid) -> None:
    for record in _synced(organization[OrganizationKeys.remote_mailboxes]):
        mailbox = _recipient(record, RecipientKind.MAILBOX, None)
        routing = record[RecipientKeys.external] or hybrid.routing_address(mailbox.primary)
        directory.sync(replace(mailbox, proxies=(*mailbox.proxies, routing)))
    for record in _synced(organization[OrganizationKeys.mailboxes]):
        user = _recipient(record, RecipientKind.MAIL_USER, record[RecipientKeys.address])
        directory.sync(replace(user, proxies=(*user.proxies, hybrid.routing_address(user.primary))))
    for record in _synced(organization[OrganizationKeys.mail_contacts]):
        directory.sync(_recipient(record, RecipientKind.CONTACT, record[ContactKeys.external]))
    for record in _synced(organization[OrganizationKeys.distribution_groups]):
        directory.sync(_recipient(record, RecipientKind.DISTRIBUTION_GROUP, None))


def _synced(read: Iterable[Fields]) -> Iterable[Fields]:
    """Those that nobody kept from the synchronisation (R244)."""
    return (record for record in read if record[RecipientKeys.synced])


def _recipient(read: Fields, kind: RecipientKind, external: Address | None) -> Recipient:
    """A mailbox, a group or a pointer to somebody elsewhere, which neither forwards nor has members."""
    keys = GroupKeys if kind.is_group else RecipientKeys if kind is RecipientKind.MAILBOX else ContactKeys
    primary = read[RecipientKeys.address]
    written = read.values_for(Recipient, keys) | {
        "proxies": tuple(dict.fromkeys(proxy for proxy in read[RecipientKeys.proxies] if proxy != primary)),
        "external": external,
    }
    if kind.is_group:
        written["members"] = tuple(dict.fromkeys(read[GroupKeys.members]))
    return Recipient(kind, primary, **written)


_KEYS = {**keys_of(RecipientKeys), **keys_of(GroupKeys)}

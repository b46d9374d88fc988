"""Recipients that differ, as cmdlets: addresses, forwarding, where their mail ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from lab.model.onprem import OnPremOrganization
from lab.model.tenant import Recipient, RecipientKind, Tenant
from lab.model.topology import Topology
from lab.reports.cures.todo_types import Todo, cloud, on_premises
from lab.reports.text.powershell_text import changed, cmdlet
from lab.scenario.setting_differences import SettingDifference
from lab.sentence import NOTHING, Sentence, sentence

DirectoryOwner: TypeAlias = Tenant | OnPremOrganization
_DIRECTORY = re.compile(
    r"(tenants|organizations)\.([^.]+)\."
    r"(mailboxes|remote_mailboxes|mail_users|mail_contacts|groups|distribution_groups)\b.*"
)
_NOUNS = {
    RecipientKind.MAILBOX: "Mailbox",
    RecipientKind.MAIL_USER: "MailUser",
    RecipientKind.CONTACT: "MailContact",
    RecipientKind.DISTRIBUTION_GROUP: "DistributionGroup",
    RecipientKind.GROUP: "UnifiedGroup",
}
_OF_A_MAILBOX = ("ForwardingSmtpAddress", "DeliverToMailboxAndForward")
_NOT_OF = {"RemoteMailbox": _OF_A_MAILBOX}
"""What Set- does not take: it is the mailbox in the cloud that forwards."""
_MASTERED = ("EmailAddresses", "RequireSenderAuthenticationEnabled", "AcceptMessagesOnlyFrom")
"""What Exchange Online refuses to set of a recipient that directory synchronisation brings."""
_EXTERNAL = {
    "MailUser": "ExternalEmailAddress",
    "MailContact": "ExternalEmailAddress",
    "RemoteMailbox": "RemoteRoutingAddress",
}
_SYNCHRONISED = (
    "{recipient} comes from on-premises, and Exchange Online refuses to set this of it; directory synchronisation brings it "
    "there"
)
_REMOTE = (
    "a remote mailbox {recipient}, for the account that the user has on-premises; where there is none, New-RemoteMailbox makes "
    "one, which synchronisation has to match with the user in the cloud"
)


def todos(before: Topology, after: Topology, settings: Iterable[SettingDifference]) -> Iterator[Todo]:
    """Of the directories in which something was written anew: what synchronisation brings elsewhere follows by itself."""
    matches = (_DIRECTORY.fullmatch(setting.path) for setting in settings)
    owners = dict.fromkeys((match[1], match[2]) for match in matches if match)
    # the cloud first: once a recipient is synchronised, it refuses
    for side, name in sorted(owners, key=lambda owner: owner[0] != "tenants"):
        pair = _owners(before, after, side, name)
        if pair is not None:
            where = cloud(name) if side == "tenants" else on_premises(name)
            masters = before.organizations if side == "tenants" else {}
            yield from _changes(where, *pair, masters)
        if side == "organizations" and name in after.organizations:
            yield from _forwarding(after.organizations[name], before, after)


def _forwarding(organization: OnPremOrganization, before: Topology, after: Topology) -> Iterator[Todo]:
    """Of mailboxes that are in the cloud, and are written on-premises: it is the cloud that forwards."""
    for name, tenant in after.tenants.items():
        former = _by_primary(before.tenants[name]) if name in before.tenants else {}
        for key, recipient in _by_primary(tenant).items():
            was, own = former.get(key), organization.find(recipient.primary)
            if was is None or own is None or recipient.kind is not RecipientKind.MAILBOX:
                continue
            values = {
                name: value for name, value in _differing(was, recipient, "Mailbox") if name in _OF_A_MAILBOX
            }
            if values:
                line = cmdlet("Set-Mailbox", {"Identity": recipient.primary, **values})
                yield Todo(cloud(name), commands=(line,))


def _owners(
    before: Topology, after: Topology, side: str, name: str
) -> tuple[DirectoryOwner, DirectoryOwner] | None:
    old: Mapping[str, DirectoryOwner] = before.tenants if side == "tenants" else before.organizations
    new: Mapping[str, DirectoryOwner] = after.tenants if side == "tenants" else after.organizations
    return (old[name], new[name]) if name in old and name in new else None


def _changes(
    where: Sentence, old: DirectoryOwner, new: DirectoryOwner, masters: Mapping[str, OnPremOrganization]
) -> Iterator[Todo]:
    former, wanted = _by_primary(old), _by_primary(new)
    for key, recipient in wanted.items():
        was, noun = former.get(key), _noun(recipient, new)
        if was is None or was.kind is not recipient.kind:
            yield Todo(where, *_made(recipient, noun))
            continue
        values = dict(_differing(was, recipient, noun))
        yield from _mastered(masters, recipient, values)
        if values:
            line = cmdlet(f"Set-{noun}", {"Identity": recipient.primary, **values})
            yield Todo(where, commands=(line,))
    for key, recipient in former.items():
        if key not in wanted:
            line = cmdlet(f"Remove-{_noun(recipient, old)}", {"Identity": recipient.primary})
            yield Todo(where, commands=(line,))


def _mastered(
    masters: Mapping[str, OnPremOrganization], recipient: Recipient, values: dict[str, Any]
) -> Iterator[Todo]:
    """What of the values is to be set where the recipient comes from; it is taken out of them."""
    for name, organization in masters.items():
        own = organization.find(recipient.primary)
        moved = {key: values.pop(key) for key in _MASTERED if own is not None and key in values}
        if own is not None and moved:
            line = cmdlet(f"Set-{_noun(own, organization)}", {"Identity": recipient.primary, **moved})
            yield Todo(on_premises(name), sentence(_SYNCHRONISED, recipient=recipient.primary), (line,))


def _by_primary(owner: DirectoryOwner) -> dict[str, Recipient]:
    return {recipient.primary.key: recipient for recipient in owner.recipients.values()}


def _noun(recipient: Recipient, owner: DirectoryOwner) -> str:
    """On-premises a mail user is a mailbox in the cloud."""
    remote = recipient.kind is RecipientKind.MAIL_USER and isinstance(owner, OnPremOrganization)
    return "RemoteMailbox" if remote else _NOUNS[recipient.kind]


def _made(recipient: Recipient, noun: str) -> tuple[Sentence, tuple[str, ...]]:
    if noun == "RemoteMailbox":
        return _remote(recipient)
    if noun != "MailContact" or recipient.external is None:
        make = "make a {kind} {recipient} (New-{noun} or Enable-{noun})"
        return sentence(make, kind=recipient.kind.value, recipient=recipient.primary, noun=noun), ()
    new = cmdlet(
        "New-MailContact", {"Name": recipient.primary.local, "ExternalEmailAddress": recipient.external}
    )
    name = cmdlet(
        "Set-MailContact",
        {
            "Identity": recipient.primary.local,
            "EmailAddressPolicyEnabled": False,
            "PrimarySmtpAddress": recipient.primary,
        },
    )
    return NOTHING, (new, name) if recipient.external != recipient.primary else (new,)


def _remote(recipient: Recipient) -> tuple[Sentence, tuple[str, ...]]:
    """Without a routing address Exchange makes one by its own policy."""
    routing = {"RemoteRoutingAddress": recipient.external} if recipient.external is not None else {}
    values = {"Identity": recipient.primary.local, "PrimarySmtpAddress": recipient.primary, **routing}
    return sentence(_REMOTE, recipient=recipient.primary), (cmdlet("Enable-RemoteMailbox", values),)


def _differing(old: Recipient, new: Recipient, noun: str) -> Iterator[tuple[str, Any]]:
    """Parameters that Set- of the noun has."""
    for name, value in _all_differing(old, new, noun):
        if name not in _NOT_OF.get(noun, ()):
            yield name, value


def _all_differing(old: Recipient, new: Recipient, noun: str) -> Iterator[tuple[str, Any]]:
    if set(old.proxies) != set(new.proxies):
        yield "EmailAddresses", changed(tuple(map(str, new.proxies)), tuple(map(str, old.proxies)))
    if old.external != new.external:
        yield _EXTERNAL.get(noun, "ExternalEmailAddress"), new.external
    if old.forwarding != new.forwarding:
        yield "ForwardingSmtpAddress", new.forwarding
    if old.keeps_copy != new.keeps_copy:
        yield "DeliverToMailboxAndForward", new.keeps_copy
    if old.require_sender_authentication != new.require_sender_authentication:
        yield "RequireSenderAuthenticationEnabled", new.require_sender_authentication
    if old.accept_only_from != new.accept_only_from:
        members = "SendersOrMembers" if noun == "UnifiedGroup" else ""
        yield f"AcceptMessagesOnlyFrom{members}", new.accept_only_from

"""What Exchange makes of a recipient object, the same on both sides: mailbox, group, external address, or a refusal."""

from __future__ import annotations

from lab.core.transport_rules import Organization, Sending
from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.steps import Resolution
from lab.model.tenant import Recipient, RecipientKind
from lab.model.transport import QueueItem
from lab.nodes.mail_system import RING
from lab.nodes.node_steps import author_address
from lab.nodes.recipient_place import (
    Duplicate,
    RecipientPlace,
    ToAddress,
    ToMailbox,
    ToMembers,
    UnknownRecipient,
)

_NOT_ALLOWED = Reply(550, "5.7.124", "Sender not in allowed-senders list")
_OUTSIDER = Reply(
    550,
    "5.7.193",
    "UnifiedGroupAgent; Delivery failed because the sender isn't a group member or external senders aren't permitted "
    "to send to this group",
)
_RESTRICTED = {
    RecipientKind.DISTRIBUTION_GROUP: ("5.7.133", "Group", "group"),
    RecipientKind.MAILBOX: ("5.7.134", "Mailbox", "mailbox"),
    RecipientKind.MAIL_USER: ("5.7.136", "MailUser", "mail user"),
    RecipientKind.CONTACT: ("5.7.136", "MailUser", "mail contact"),
}


def recipient_place(
    found: Recipient | None,
    recipient: Address,
    item: QueueItem,
    organization: Organization,
    *,
    mail_user: Resolution,
    rules: tuple[str, ...],
) -> RecipientPlace | None:
    """Where a recipient object leads; None if it is none, or is known under the very address that it has elsewhere.

    `mail_user` is what the organisation calls a mail user, `rules` say why its external address counts.
    """
    if found is None:
        return None
    refused = _refusal(found, item, organization)
    if refused is not None:
        return refused
    if found.kind is RecipientKind.MAILBOX:
        return _mailbox(found, item)
    if found.kind is RecipientKind.GROUP and found.primary.key in item.expanded:
        return ToMailbox(found.primary)
    if found.kind.is_group:
        return ToMembers(found, ("R241",) if found.kind is RecipientKind.GROUP else ())
    if found.external is not None and found.external.key != recipient.key:
        is_user = found.kind is RecipientKind.MAIL_USER
        return ToAddress(found.external, mail_user if is_user else Resolution.MAIL_CONTACT, rules)
    return None


def _refusal(found: Recipient, item: QueueItem, organization: Organization) -> UnknownRecipient | None:
    """Whether the recipient does not take it. What the organisation itself reports is heard by everybody."""
    restricted = found.require_sender_authentication or found.accept_only_from
    if not restricted or (item.report and item.hosted):
        return None
    reply = _reply(found, _credible_author(item, organization), internal=item.internal)
    if reply is None:
        return None
    rules = ("R119", "R241") if found.kind is RecipientKind.GROUP else ("R119",)
    return UnknownRecipient(reply, rules, Resolution.REFUSED)


def _reply(recipient: Recipient, author: Address | None, *, internal: bool) -> Reply | None:
    """Why a recipient does not take a message, or None. Only the hub knows: the edge has taken it by then.

    `internal`: a mailbox of the organisation sent it, or it was promoted (R119). `author` is None if the From header
    has an own address that nobody vouches for; a list of allowed senders can name strangers.
    """
    if recipient.require_sender_authentication and not internal:
        return _unauthenticated(recipient.kind)
    allowed = {address.key for address in recipient.accept_only_from}
    if allowed and (author is None or author.key not in allowed):
        return _NOT_ALLOWED
    return None


def _unauthenticated(kind: RecipientKind) -> Reply:
    if kind is RecipientKind.GROUP:
        return _OUTSIDER
    status, object_, named = _RESTRICTED[kind]
    text = (
        f"RESOLVER.RST.SenderNotAuthenticatedFor{object_}; authentication required; Delivery restriction check failed "
        f"because the sender was not authenticated when sending to this {named}"
    )
    return Reply(550, status, text)


def _mailbox(found: Recipient, item: QueueItem) -> ToMailbox | Duplicate | UnknownRecipient:
    """Forwards once: a mailbox that gets its own forward back has the message already, or reports the loop."""
    if found.forwarding is None:
        return ToMailbox(found.primary)
    if found.primary not in item.forwarded_by:
        return ToMailbox(found.primary, found.forwarding, found.keeps_copy)
    return Duplicate() if found.keeps_copy else UnknownRecipient(RING, ("R163",), Resolution.RING)


def _credible_author(item: QueueItem, organization: Organization) -> Address | None:
    """The author; an own address that nobody vouches for is nobody's."""
    author = author_address(item.message)
    if author is None or (not item.internal and organization.accepts(author.domain) is not None):
        return None
    return author


def sending(item: QueueItem, organization: Organization) -> Sending:
    """The facts about a message that mail flow rules ask for."""
    author = author_address(item.message)
    return Sending(organization=organization, author=author, internal=item.internal, client=item.client)

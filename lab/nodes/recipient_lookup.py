"""What Exchange makes of a recipient object, the same on both sides: mailbox, group, external address, or a refusal."""

from __future__ import annotations

from lab.core.restrictions import refusal
from lab.core.transport_rules import Organization, Sending
from lab.model.names import Address
from lab.model.steps import Resolution
from lab.model.tenant import Recipient, RecipientKind
from lab.model.transport import QueueItem
from lab.nodes.mail_system import RING
from lab.nodes.node_steps import author_address
from lab.nodes.recipient_place import ToAddress, ToMailbox, ToMembers, UnknownRecipient


def recipient_place(
    found: Recipient | None,
    recipient: Address,
    item: QueueItem,
    organization: Organization,
    *,
    mail_user: Resolution,
    rules: tuple[str, ...],
) -> ToMailbox | ToAddress | ToMembers | UnknownRecipient | None:
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
    reply = refusal(found, _credible_author(item, organization), internal=item.internal)
    if reply is None:
        return None
    rules = ("R119", "R241") if found.kind is RecipientKind.GROUP else ("R119",)
    return UnknownRecipient(reply, rules, Resolution.REFUSED)


def _mailbox(found: Recipient, item: QueueItem) -> ToMailbox | UnknownRecipient:
    """Forwards once: a mailbox that gets its own forward back keeps it, or reports the loop."""
    if found.forwarding is None:
        return ToMailbox(found.primary)
    if found.primary not in item.forwarded_by:
        return ToMailbox(found.primary, found.forwarding, found.keeps_copy)
    return ToMailbox(found.primary) if found.keeps_copy else UnknownRecipient(RING, ("R163",))


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

"""Who may write to whom inside an organisation: internal-only recipients and lists of allowed senders (R119, R241)."""

from __future__ import annotations

from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.tenant import Recipient, RecipientKind

NOT_ALLOWED = Reply(550, "5.7.124", "Sender not in allowed-senders list")
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


def refusal(recipient: Recipient, author: Address | None, *, internal: bool) -> Reply | None:
    """Why a recipient does not take a message, or None. Only the hub knows: the edge has taken it by then.

    `internal`: a mailbox of the organisation sent it, or it was promoted (R119). `author` is None if the From header
    has an own address that nobody vouches for; a list of allowed senders can name strangers.
    """
    if recipient.require_sender_authentication and not internal:
        return _unauthenticated(recipient.kind)
    allowed = {address.key for address in recipient.accept_only_from}
    if allowed and (author is None or author.key not in allowed):
        return NOT_ALLOWED
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

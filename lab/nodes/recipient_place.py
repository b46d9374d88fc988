"""Where a recipient belongs, as a mail system sees it."""

from __future__ import annotations

from lab.model.names import Address
from lab.model.reply import Reply
from lab.model.steps import Resolution
from lab.model.tenant import Recipient, RecipientKind
from lab.model.value import dataclass


@dataclass(frozen=True, slots=True)
class ToMailbox:
    """The recipient has a mailbox here; `forward` is where it passes its mail on, with a copy kept or not."""

    mailbox: Address
    forward: Address | None = None
    keeps_copy: bool = True


@dataclass(frozen=True, slots=True)
class ToAddress:
    """The recipient is known under another address (targetAddress): look again."""

    address: Address
    resolution: Resolution
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToNextHop:
    """The recipient is elsewhere; `key` groups what travels together."""

    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToMembers:
    """The recipient is a group."""

    group: Recipient
    rules: tuple[str, ...] = ()

    @property
    def keeps_mail(self) -> bool:
        """Whether the group has a mailbox of its own."""
        return self.group.kind is RecipientKind.GROUP


@dataclass(frozen=True, slots=True)
class UnknownRecipient:
    """The recipient cannot be served."""

    reply: Reply
    rules: tuple[str, ...] = ()
    resolution: Resolution = Resolution.UNKNOWN


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The recipient's mailbox has the message already (R292)."""


RecipientPlace = ToMailbox | Duplicate | ToAddress | ToNextHop | ToMembers | UnknownRecipient


@dataclass(frozen=True, slots=True)
class ResolvedRecipient:
    """A recipient of an item under its last address."""

    recipient: Address
    place: ToMailbox | Duplicate | ToNextHop | ToMembers | UnknownRecipient
    via: tuple[tuple[Address, ToAddress], ...]
    """The rewritings that led there, each with the address that was rewritten."""

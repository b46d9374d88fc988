"""How much a tenant may send to the outside in a day (R50, R53).

The count is what the scenario says of the 24 hours before; a message's own external recipients come on top, in order.
Whether mail relayed for on-premises counts is undocumented (U13); here only what cloud mailboxes send does.
"""

from __future__ import annotations

from lab.model.names import Domain
from lab.model.reply import Reply
from lab.model.switches import Switches
from lab.model.tenant import SendingLimits

FROM_MOERA = 100
"""External recipients in 24 hours for senders in onmicrosoft.com, per organisation (R53)."""
_TEXT = (
    "Your message can't be sent because your {kind} exceeded its daily limit for sending email to external recipients "
    "(tenant external recipient rate limit)"
)
TENANT = Reply(550, "5.7.233", _TEXT.format(kind="tenant"))
TRIAL = Reply(550, "5.7.232", _TEXT.format(kind="trial tenant"))
MOERA = Reply(
    550,
    "5.7.236",
    "Your message can't be sent because your organization exceeded its daily limit for sending email to external "
    "recipients from onmicrosoft.com addresses",
)
"""The code is documented, the text was never seen."""


def over_limit(
    limits: SendingLimits, sender: Domain | None, position: int, switches: Switches
) -> Reply | None:
    """Whether the external recipient at that position (1 is the first) is one too many, or None."""
    moera = switches.onmicrosoft_limit and sender is not None and sender.is_under("onmicrosoft.com")
    counted = limits.already_sent_from_moera
    if moera and counted is not None and counted + position > FROM_MOERA:
        return MOERA
    limit = limits.external_recipients if switches.recipient_rate_limit else None
    if limit is not None and limits.already_sent + position > limit:
        return TRIAL if limits.trial else TENANT
    return None

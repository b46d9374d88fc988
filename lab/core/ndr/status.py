"""What an NDR says of the reply that caused it: status codes kept, wrapped (R203) or turned at expiry (R150)."""

from __future__ import annotations

import re

from lab.model.reply import Reply

_UNKNOWN = re.compile(
    r"unknown (?:user|recipient|mailbox)|(?:user|recipient|mailbox)\S* (?:is )?(?:unknown|unavailable|not found)"
    r"|no such (?:user|recipient|mailbox)|does not exist|not a known user",
    re.IGNORECASE,
)
_NO_RELAY = re.compile(
    r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed))|unable to relay", re.I
)
_EXPIRED = {
    "4.4.312": ("5.4.312", "Message expired, DNS query failed"),
    "4.4.316": ("5.4.316", "Message expired, connection refused"),
    "4.4.317": ("5.4.317", "Message expired, cannot connect to remote server"),
}


def status_of(reply: Reply) -> str:
    """The RFC 3463 status of a reply: its enhanced code, else the class of its code (`5.0.0`)."""
    return reply.enhanced or f"{reply.code // 100}.0.0"


def is_specific(reply: Reply) -> bool:
    """Whether the remote server said more than that something failed (`5.0.0` says no more)."""
    return bool(reply.enhanced) and not reply.enhanced.endswith(".0.0")


def wraps(reply: Reply) -> Reply:
    """A remote reply as Exchange Online reports it: itself if specific, else inside a status of its own (R203)."""
    if is_specific(reply):
        return reply
    if _UNKNOWN.search(reply.text):
        status, said = "5.1.351", "Remote server returned unknown recipient or mailbox unavailable"
    elif _NO_RELAY.search(reply.text):
        status, said = "5.7.367", "Remote server returned not permitted to relay"
    else:
        status, said = "5.0.350", "Remote server returned an error"
    return Reply(550, status, f"{said} -> {reply.bare}", reply.trailer)


def expired(reply: Reply) -> Reply:
    """What Exchange Online reports when it gives up on a message that was deferred with `reply` to the end (R150)."""
    status, said = _EXPIRED.get(reply.enhanced, ("5.4.300", "Message expired"))
    if status == "5.4.300":
        return Reply(550, status, f"{said} -> {reply.bare}", reply.trailer)
    return Reply(550, status, f"{said}({reply.text})" if reply.text else said, reply.trailer)

"""What an NDR tells a human, by status: who must act, and what to try (R201). The words are the lab's own."""

from __future__ import annotations

from typing import Literal

from lab.model.value import dataclass

ActingParty = Literal["sender", "service", "recipient"]


@dataclass(frozen=True, slots=True)
class Advice:
    """One kind of failure, for the human part. `{user}` and `{domain}` are those of the recipient."""

    headline: str
    label: str
    """Two or three words under the graphic."""
    party: ActingParty
    """Under whom `Action Required` stands."""
    fix: str
    admins: str


_UNKNOWN = Advice(
    "{user} wasn't found at {domain}.",
    "Unknown To address",
    "sender",
    "The address may be misspelled or may not exist. Retype the whole address and send the message again.",
    "The mail system of the recipient's domain does not know the address.",
)
_REFUSED = Advice(
    "{domain} doesn't accept messages that come this way.",
    "Access denied",
    "recipient",
    "Forward this message to your email admin: the address is right, the way that the message took is not.",
    "The receiving server refused the sending one, not the recipient. Compare the address it names with the "
    "system that you believe sends your mail.",
)
_AUTHENTICATION = Advice(
    "{domain} could not verify that the message came from your domain.",
    "Sender not verified",
    "sender",
    "Forward this message to your email admin.",
    "The message left by a server that the SPF record of the sender's domain does not name, or without an "
    "aligned DKIM signature. See which server handed it over, and whether it was meant to.",
)
_RELAY = Advice(
    "The server is not allowed to relay your message to {domain}.",
    "Relay denied",
    "sender",
    "Forward this message to your email admin.",
    "No connector took the sending server for one of the organization's own.",
)
_LOOP = Advice(
    "The message was passed around without coming nearer to {user}.",
    "Mail loop",
    "service",
    "Forward this message to your email admin.",
    "Two systems hand the message to each other. The hops below show which.",
)
_UNREACHABLE = Advice(
    "The mail server of {domain} could not be reached.",
    "Server unreachable",
    "recipient",
    "Try again later. If it goes on, tell the recipient by other means.",
    "Every attempt until the message expired ended with the error below.",
)
_RESTRICTED = Advice(
    "{user} doesn't take messages from you.",
    "Sender not allowed",
    "recipient",
    "Ask the recipient to allow you, or send the message to somebody else there.",
    "The recipient takes mail from inside the organization or from a list of senders only. If the sender is inside, "
    "see whether the message was still internal when it arrived: X-MS-Exchange-Organization-AuthAs.",
)
_RULE = Advice(
    "A rule of the organization refuses the message.",
    "Refused by a rule",
    "sender",
    "Read the error below. If the message should be allowed, forward this report to your email admin.",
    "A mail flow rule rejects it; the message trace names the rule.",
)
_LIMIT = Advice(
    "Your organization has sent too many messages to the outside today.",
    "Limit exceeded",
    "sender",
    "Send the message again tomorrow.",
    "The limit counts external recipients of the last 24 hours for the whole tenant.",
)
_OTHER = Advice(
    "{domain} refused the message.",
    "Message refused",
    "recipient",
    "Read the error below, and send the message again when its cause is gone.",
    "The error was reported by the server that is named below.",
)
_BY_STATUS = {
    "5.1.1": _UNKNOWN,
    "5.1.10": _UNKNOWN,
    "5.1.351": _UNKNOWN,
    "5.4.1": _UNKNOWN,
    "5.7.51": _REFUSED,
    "5.7.64": _RELAY,
    "5.7.367": _RELAY,
    "5.7.68": _REFUSED,
    "5.7.23": _AUTHENTICATION,
    "5.7.509": _AUTHENTICATION,
    "5.7.124": _RESTRICTED,
    "5.7.133": _RESTRICTED,
    "5.7.134": _RESTRICTED,
    "5.7.136": _RESTRICTED,
    "5.7.193": _RESTRICTED,
    "5.7.232": _LIMIT,
    "5.7.233": _LIMIT,
    "5.7.236": _LIMIT,
    "5.4.6": _LOOP,
    "5.4.14": _LOOP,
    "5.4.300": _UNREACHABLE,
    "5.4.312": _UNREACHABLE,
    "5.4.316": _UNREACHABLE,
    "5.4.317": _UNREACHABLE,
    "4.4.7": _UNREACHABLE,
}


def advice(status: str) -> Advice:
    """What to tell about a status; 5.7.900 and above are a rule's own."""
    if status.startswith("5.7.9") and len(status) == len("5.7.900"):
        return _RULE
    return _BY_STATUS.get(status, _OTHER)

"""What an NDR tells a human, by status: who must act, and what to try (R201). The words are the lab's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Party = Literal["sender", "service", "recipient"]


@dataclass(frozen=True, slots=True)
class Advice:
    """One kind of failure, for the human part. `{user}` and `{domain}` are those of the recipient."""

    headline: str
    label: str
    """Two or three words under the graphic."""
    party: Party
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
    "5.4.6": _LOOP,
    "5.4.14": _LOOP,
    "5.4.300": _UNREACHABLE,
    "5.4.312": _UNREACHABLE,
    "5.4.316": _UNREACHABLE,
    "5.4.317": _UNREACHABLE,
    "4.4.7": _UNREACHABLE,
}


def advice(status: str) -> Advice:
    """What to tell about a status."""
    return _BY_STATUS.get(status, _OTHER)

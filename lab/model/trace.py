"""What happened to a message: `MessageTrace` > `Hop` > `Step`, and how it ended.

A step carries plain data (text, numbers, lists) so that every body of the lab can write it down and read it back;
the decision that made it hangs on it while it lives, and is rendered only when somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from lab.model.value import value


class StepKind(StrEnum):
    """The closed set of things that can happen to a message at a node. `STEP_KEYS` names the data of each."""

    SUBMITTED = "submitted"
    CONNECTED = "connected"
    ATTRIBUTED = "attributed"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    AUTHENTICATED = "authenticated"
    PROMOTED = "promoted"
    RESOLVED = "resolved"
    EXPANDED = "expanded"
    RULED = "ruled"
    ROUTED = "routed"
    SENT = "sent"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    DROPPED = "dropped"


ENCOUNTER_KEYS = ("tls", "cipher", "certificate", "server_certificate", "server_faults")
"""TLS on the way out: `certificate` is the label of what the client showed, the others are of the server."""
STEP_KEYS: Mapping[StepKind, tuple[str, ...]] = {
    StepKind.SUBMITTED: ("sender", "recipients"),
    StepKind.CONNECTED: (
        "client",
        "client_host",
        "helo",
        "tls",
        "cipher",
        "certificate",
        "faults",
        "issuer",
        "thumbprint",
    ),
    StepKind.ATTRIBUTED: ("recipient", "tenant", "direction", "basis", "connector", "reason"),
    StepKind.REFUSED: ("stage", "recipient", "reply", "reason"),
    StepKind.ACCEPTED: ("reverse_path", "recipients", "reply", "size"),
    StepKind.AUTHENTICATED: ("spf", "dkim", "dmarc", "arc", "compauth", "enforced", "header_from", "client"),
    StepKind.PROMOTED: ("headers", "auth_as"),
    StepKind.RESOLVED: ("recipient", "kind", "rewritten"),
    StepKind.EXPANDED: ("recipient", "kind", "members"),
    StepKind.RULED: ("recipients", "names", "actions", "connector"),
    StepKind.ROUTED: ("recipients", "connector", "how", "targets", "tls", "pool"),
    StepKind.SENT: (
        "recipients",
        "host",
        "address",
        "source",
        "connector",
        "connection",
        "reply",
        *ENCOUNTER_KEYS,
    ),
    StepKind.DEFERRED: (
        "recipients",
        "host",
        "connector",
        "connection",
        "reply",
        "until",
        *ENCOUNTER_KEYS,
    ),
    StepKind.DELIVERED: ("recipient", "mailbox"),
    StepKind.BOUNCED: (
        "recipient",
        "status",
        "reply",
        "host",
        "connection",
        "ndr",
        "ndr_to",
        *ENCOUNTER_KEYS,
    ),
    StepKind.DROPPED: ("recipient", "reason", "reply", "host", "connection", *ENCOUNTER_KEYS),
}


EXPANDED_ALREADY = "the group has been expanded already"
"""Why a group is dropped that a ring of groups, or two groups, lead to once more: nobody misses anything by it."""


class Explainable(Protocol):
    """A decision that can tell how it came about."""

    def story(self) -> tuple[str, ...]:
        """The decision as indented lines, losers included."""


@value()
class Step:
    """One decision or action at one node."""

    kind: StepKind
    data: Mapping[str, object]
    rules: tuple[str, ...] = ()
    at: datetime | None = None
    decision: Explainable | None = field(default=None, compare=False)


@value(kw_only=True)
class HopHead:
    """What identifies the stay of one message at one node."""

    id: str
    """The queue id (Exchange's InternalId) or, if the message was never taken, the session id."""
    node: str
    host: str
    """The machine that logs it: the hub or front end at EOP, the server elsewhere."""
    tenant: str | None
    message_id: str
    """'' when the message was refused before DATA."""
    network_message_id: str = ""
    in_reply_to: str = ""
    """Message-ID of the original, on NDRs."""
    arrived: datetime
    client: str = ""
    client_host: str = ""
    server: str = ""
    connection: str = ""
    """`client:port>server`, the key that both ends of a connection know."""
    connector: str = ""
    reverse_path: str = ""
    author: str = ""
    """The address of the Sender header, else of the From header; '' when the message was refused before DATA."""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    size: int = 0
    direction: str = ""


@value()
class Hop:
    """The stay of a message at one node, and what was done there."""

    head: HopHead
    steps: tuple[Step, ...]

    def first(self, kind: StepKind) -> Step | None:
        """The first step of that kind."""
        return next((step for step in self.steps if step.kind is kind), None)

    def all(self, kind: StepKind) -> tuple[Step, ...]:
        """All steps of that kind."""
        return tuple(step for step in self.steps if step.kind is kind)


class Disposition(StrEnum):
    """How a message ended for one recipient."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"
    REJECTED = "rejected"
    """Refused at SMTP to a client of the lab's user: nobody in the lab had taken it."""
    QUEUED = "queued"
    DROPPED = "dropped"
    LOST = "lost"
    """Never happens; a lab bug if it does."""


@value()
class MessageTrace:
    """The whole way of one message, hop by hop in causal order, and of the NDRs that it caused."""

    message_id: str
    hops: tuple[Hop, ...]
    dispositions: Mapping[str, Disposition]
    """By original recipient."""
    reports: tuple[MessageTrace, ...] = ()

"""What can happen to a message at a node: one class for each kind of step, and `Step`, the closed union of them.

Nodes emit steps, every body of the lab writes them down, and everything above matches on the classes. Addresses and
reverse-paths are text as they were written; a reason is a code, never a sentence.
"""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from lab.model.certificate import CertFault
from lab.model.decision import Basis, Decision, Direction, Explainable, Reason
from lab.model.reply import Reply
from lab.model.tenant import RecipientKind
from lab.model.value import value

Texts = tuple[str, ...]
WRITTEN = {"written": True}
"""Of a field that takes no part in comparisons, and is written down all the same."""


class Stage(StrEnum):
    """The SMTP moment of a refusal."""

    CONNECT = "connect"
    HELO = "helo"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"


class Resolution(StrEnum):
    """What a recipient turned out to be."""

    MAIL_USER = "mail user"
    REMOTE_MAILBOX = "remote mailbox"
    MAIL_CONTACT = "mail contact"
    ALIAS = "alias"
    FORWARDING = "forwarding"
    """A mailbox passes its mail on."""
    REDIRECTED = "redirected by a mail flow rule"
    RING = "ring"
    """Its forwarding or its external address leads back to it (R163)."""
    UNKNOWN = "unknown"
    REFUSED = "refused"
    """It takes no mail of this sender, or the tenant sends no more."""

    @property
    def is_redirection(self) -> bool:
        """Whether somebody else gets the message instead."""
        return self in (Resolution.FORWARDING, Resolution.REDIRECTED)


class NextHop(StrEnum):
    """How the next host was found, or why there is none."""

    MX = "mx"
    IMPLICIT_MX = "implicit mx"
    """No MX record: the domain's own address (RFC 5321 5.1)."""
    SMART_HOST = "smart host"
    NULL_MX = "null mx"
    NO_DOMAIN = "no such domain"
    NO_ADDRESS = "no address"
    DNS_FAILED = "dns failed"
    NO_CONNECTOR = "no connector"
    STALE_CERTIFICATE = "certificate not found"
    """The send connector names a certificate that the server does not have."""


class DropReason(StrEnum):
    """Why a recipient was given up without a report."""

    NULL_SENDER = "null-sender"
    """It failed, and the reverse-path is null: there is nobody to report to (R205)."""
    NO_MEMBERS = "no-members"
    """The group has no members."""
    GROUP_RING = "group-ring"
    """A group whose members are groups that lead back to each other, and to nobody else."""
    EXPANDED_BEFORE = "expanded-before"
    """A group whose members have the message already."""
    DELETED_BY_RULE = "deleted-by-rule"
    DUPLICATE = "duplicate"
    """The mailbox has the message already: its own forwarding led back to it (R292)."""


@value(kw_only=True)
class _Common:
    """What all steps have."""

    rules: Texts = ()
    at: datetime | None = None

    @property
    def about(self) -> Texts:
        """The recipients that the step is about, as written."""
        return ()


@value(kw_only=True)
class _ForRecipients(_Common):
    recipients: Texts

    @property
    def about(self) -> Texts:
        """All of them."""
        return self.recipients


@value(kw_only=True)
class _ForRecipient(_Common):
    recipient: str

    @property
    def about(self) -> Texts:
        """The one; nobody where a whole transaction is meant."""
        return (self.recipient,) if self.recipient else ()


@value(kw_only=True)
class ServerContact:
    """A connection to the next host, as its client knows it. All fields are '' or empty where there was none."""

    host: str = ""
    connection: str = ""
    """`client:port>server`; `>server` where the client's port is not known."""
    tls: str = ""
    cipher: str = ""
    certificate: str = ""
    """Label of the certificate that the client showed."""
    server_certificate: Texts = ()
    server_faults: Texts = ()


@value(kw_only=True)
class Submitted(_ForRecipients):
    """A mailbox of this very system, or a part of the service, gave the message to it."""

    kind: ClassVar[str] = "submitted"
    sender: str


@value(kw_only=True)
class Connected(_Common):
    """A client connected, and showed this."""

    kind: ClassVar[str] = "connected"
    client: str
    client_host: str
    helo: str
    tls: str = ""
    cipher: str = ""
    certificate: Texts = ()
    """The names in the client's certificate."""
    faults: tuple[CertFault, ...] = ()
    issuer: str = ""
    thumbprint: str = ""


@value(kw_only=True)
class Attributed(_ForRecipient):
    """A front end decided whom the message speaks for."""

    kind: ClassVar[str] = "attributed"
    tenant: str
    """'' when no tenant is concerned."""
    direction: Direction | None
    """None when refused and no tenant is concerned."""
    basis: Basis
    connector: str
    reason: Reason
    cause: Explainable | None = field(default=None, compare=False, metadata=WRITTEN)


@value(kw_only=True)
class Refused(_ForRecipient):
    """A reply that refuses: the node took no responsibility."""

    kind: ClassVar[str] = "refused"
    stage: Stage
    reply: Reply
    reason: Reason | None
    """None where a real server's log does not tell."""


@value(kw_only=True)
class Accepted(_ForRecipients):
    """The node took the message over."""

    kind: ClassVar[str] = "accepted"
    reverse_path: str
    reply: Reply
    size: int


@value()
class SignatureResult:
    """What came of one DKIM signature."""

    result: str
    domain: str

    def __str__(self) -> str:
        return f"{self.result} {self.domain}".strip()


@value(kw_only=True)
class Authenticated(_Common):
    """Who sent it, by SPF, DKIM, DMARC, ARC; results as headers spell them, '' where nobody looked."""

    kind: ClassVar[str] = "authenticated"
    spf: str
    dkim: tuple[SignatureResult, ...]
    """None looked at: empty, with `dmarc` ''."""
    dmarc: str
    arc: str
    compauth: str
    """Result and reason code of Microsoft's composite authentication (R169)."""
    enforced: bool
    header_from: str
    client: str
    """Whose mail it was judged as."""


@value(kw_only=True)
class Promoted(_Common):
    """Cross-premises headers became organisation headers."""

    kind: ClassVar[str] = "promoted"
    headers: Texts
    auth_as: str


@value(kw_only=True)
class Resolved(_ForRecipient):
    """A recipient was looked up, and is known under another address or not served."""

    kind: ClassVar[str] = "resolved"
    resolution: Resolution
    rewritten: str = ""


@value(kw_only=True)
class Expanded(_ForRecipient):
    """A group was replaced by its members."""

    kind: ClassVar[str] = "expanded"
    group: RecipientKind
    members: Texts


@value(kw_only=True)
class Merged(_ForRecipient):
    """A group was met once more, and adds nobody. Nothing ends by that."""

    kind: ClassVar[str] = "merged"


@value(kw_only=True)
class Ruled(_ForRecipients):
    """The mail flow rules were applied."""

    kind: ClassVar[str] = "ruled"
    names: Texts
    """Rules that apply, those in test mode included."""
    actions: Texts
    """In PowerShell's words."""
    connector: str
    """The outbound connector that a rule chose."""
    copies: Texts = ()
    """Who gets a blind copy."""
    cause: Explainable | None = field(default=None, compare=False, metadata=WRITTEN)


@value(kw_only=True)
class Routed(_ForRecipients):
    """The way out was chosen."""

    kind: ClassVar[str] = "routed"
    connector: str
    how: NextHop
    targets: Texts
    """Names of the hosts to try, each once, in order."""
    tls: str = ""
    """What the connector demands of TLS."""
    pool: str = ""
    """The outbound pool of Exchange Online."""
    cause: Explainable | None = field(default=None, compare=False, metadata=WRITTEN)


@value(kw_only=True)
class Sent(_ForRecipients):
    """The next host took it over."""

    kind: ClassVar[str] = "sent"
    address: str
    source: str
    connector: str
    reply: Reply
    contact: ServerContact


@value(kw_only=True)
class Deferred(_ForRecipients):
    """It is tried again."""

    kind: ClassVar[str] = "deferred"
    connector: str
    reply: Reply
    until: datetime | None
    """None where a real server's log does not tell."""
    contact: ServerContact


@value(kw_only=True)
class Delivered(_ForRecipient):
    """It is in a mailbox."""

    kind: ClassVar[str] = "delivered"
    mailbox: str


@value(kw_only=True)
class Bounced(_ForRecipient):
    """It failed for good."""

    kind: ClassVar[str] = "bounced"
    status: str
    """The enhanced status in the report."""
    reply: Reply
    ndr: str
    """Message-ID of the report, '' if nobody wanted one."""
    ndr_to: str
    contact: ServerContact


@value(kw_only=True)
class Dropped(_ForRecipient):
    """It was given up without a report."""

    kind: ClassVar[str] = "dropped"
    reason: DropReason
    rule: str = ""
    """The mail flow rule that deletes it."""
    reply: Reply | None = None
    contact: ServerContact = ServerContact()


Step = (
    Submitted
    | Connected
    | Attributed
    | Refused
    | Accepted
    | Authenticated
    | Promoted
    | Resolved
    | Expanded
    | Merged
    | Ruled
    | Routed
    | Sent
    | Deferred
    | Delivered
    | Bounced
    | Dropped
)
"""The closed set. A match over it ends in `assert_never`, so that mypy names each place that a new kind must be handled."""
Contacting = Sent | Deferred | Bounced | Dropped
"""Steps that tell of a connection to the next host."""
Ending = Sent | Delivered | Bounced | Dropped
"""Steps after which a node has nothing left to do for a recipient."""


def decision_of(step: Step) -> Decision | None:
    """The decision that made the step, made now if it has not been; None for steps that nobody decided."""
    if isinstance(step, Attributed | Ruled | Routed) and step.cause is not None:
        return step.cause.explain()
    return None

"""What passes between nodes and drivers: facts in, decisions and effects out.

A node is asked at an SMTP moment, or about an item of its queue; it answers with values. Drivers do what they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Protocol

from lab.model.address_plan import is_inside
from lab.model.certificate import CertificateIdentity
from lab.model.decision import Direction
from lab.model.dns import DnsQueries
from lab.model.message import Message
from lab.model.names import Address, Domain, DomainPattern, ReversePath
from lab.model.reply import Reply
from lab.model.steps import Step
from lab.model.tenant import TlsSettings
from lab.model.trace import Hop, HopHead
from lab.model.value import value


class IdSource(Protocol):
    """Where nodes get names from; drivers own it, so that runs can be repeated."""

    def hex(self, digits: int) -> str:
        """That many upper-case hex digits, never twice the same."""

    def number(self) -> int:
        """A fresh 13-digit number (InternalId)."""

    def guid(self) -> str:
        """A fresh GUID, lower case."""


@value()
class Context:
    """Time and names: arguments, never fetched."""

    now: datetime
    """Aware, UTC."""
    ids: IdSource


@value()
class Tls:
    """A TLS session: `TLS1_3`, `TLS_AES_256_GCM_SHA384` as Exchange writes them."""

    version: str = "TLS1_3"
    cipher: str = "TLS_AES_256_GCM_SHA384"


@value(kw_only=True)
class Connection:
    """What a server knows of a client: the facts of attribution. Frozen at STARTTLS (R134)."""

    client: str
    """Source address as seen, dotted IPv4."""
    server: str
    """The address that was connected to."""
    key: str
    """`client:port>server`, known at both ends."""
    session: str
    """16 hex digits (R184)."""
    started: datetime
    helo: str = ""
    tls: Tls | None = None
    certificate: CertificateIdentity | None = None

    def greeted(self, helo: str) -> Connection:
        """After EHLO; the name goes into headers and logs, so control characters do not get this far."""
        name = helo if helo.isprintable() else "".join(c if c.isprintable() else "?" for c in helo)
        return self._with(name, self.tls, self.certificate)

    def encrypted(self, tls: Tls, certificate: CertificateIdentity | None) -> Connection:
        """After STARTTLS: RFC 3207 forgets the greeting."""
        return self._with("", tls, certificate)

    def _with(self, helo: str, tls: Tls | None, certificate: CertificateIdentity | None) -> Connection:
        """Three times a session: `dataclasses.replace` takes thrice as long."""
        return Connection(
            client=self.client,
            server=self.server,
            key=self.key,
            session=self.session,
            started=self.started,
            helo=helo,
            tls=tls,
            certificate=certificate,
        )


@value()
class DsnParameters:
    """RFC 3461 parameters of one recipient."""

    notify: frozenset[str] = frozenset()
    """NEVER, SUCCESS, FAILURE, DELAY; empty means the default, failures only."""
    orcpt: str = ""


@value()
class AcceptedRecipient:
    """A recipient that was accepted, with whatever the node wants to remember of the decision."""

    address: Address
    dsn: DsnParameters = DsnParameters()
    decision: object = None


@value()
class Transaction:
    """MAIL to end of data."""

    reverse_path: ReversePath
    parameters: Mapping[str, str] = field(default_factory=dict)
    """MAIL parameters by upper-case keyword; SIZE, BODY, SMTPUTF8, RET, ENVID, XOORG."""
    recipients: tuple[AcceptedRecipient, ...] = ()
    steps: tuple[Step, ...] = ()
    """What was decided on the way, for the hop that begins at end of data."""

    def having(self, address: Address, dsn: DsnParameters, heard: Heard) -> Transaction:
        """With one more accepted recipient."""
        return Transaction(
            self.reverse_path,
            self.parameters,
            (*self.recipients, AcceptedRecipient(address, dsn, heard.decision)),
            (*self.steps, *heard.steps),
        )

    def only(self, recipients: tuple[AcceptedRecipient, ...]) -> Transaction:
        """The same for some of its recipients."""
        return Transaction(self.reverse_path, self.parameters, recipients, self.steps)


@value(kw_only=True)
class QueueItem:
    """A message that a node has taken over: on disk before the 250, and in one place only."""

    id: str
    """Unique in the lab."""
    node: str
    hop: str
    """The hop that its steps belong to; the parts of a split message share it."""
    tenant: str | None
    reverse_path: ReversePath
    recipients: tuple[Address, ...]
    message: Message
    arrived: datetime
    due: datetime
    """When to work on it next."""
    expires: datetime
    attempts: int = 0
    last_reply: str = ""
    direction: Direction | None = None
    internal: bool = False
    """Sent by a mailbox of this organisation, or promoted to internal (R119)."""
    expanded: tuple[str, ...] = ()
    """Groups (by key) whose members are among the recipients already."""
    forwarded_by: tuple[Address, ...] = ()
    """Mailboxes that passed it on (ForwardingSmtpAddress), in order."""
    ruled: bool = False
    """Mail flow rules have been applied: once in each organisation (R143)."""
    outbound: str = ""
    """The outbound connector that a mail flow rule chose (R93)."""
    hosted: bool = False
    """Sent by a cloud mailbox or made by the service itself: FromEntityHeader `Hosted` (R123)."""
    report: bool = False
    """Is itself an NDR: no NDR on it (R205), leaves by the high-risk pool (R151)."""
    client: str = ""
    helo: str = ""
    dsn: Mapping[str, DsnParameters] = field(default_factory=dict)
    """By recipient key."""
    ret: str = ""
    envid: str = ""


@value()
class TlsPolicy:
    """What a connector demands of the next hop's TLS (R90, R91)."""

    level: TlsSettings | None = None
    """None: opportunistic."""
    domain: DomainPattern | None = None


@value()
class Target:
    """One address to try."""

    host: str
    """The name that led there: MX host or smart host."""
    address: str


@value(kw_only=True)
class Route:
    """Where an item goes next, and how its client behaves."""

    connector: str
    """Name of the connector that was chosen, '' for plain MX routing."""
    targets: tuple[Target, ...]
    ehlo: str
    source: str
    """The address to connect from, as others see it."""
    bind: str
    """The sending host's own address (differs from `source` behind NAT)."""
    certificate: str | None
    """Profile of the client certificate to present; None presents none."""
    tls: TlsPolicy = TlsPolicy()
    message: Message | None = None
    """The message as it leaves (stamped); the queue keeps the one that came."""
    reverse_path: ReversePath | None = None
    """The reverse-path as it leaves, if rewritten (SRS, R152)."""
    recipients: tuple[Address, ...] = ()
    xoorg: Domain | None = None

    def seen_by(self, target: str) -> str:
        """The address that a server sees: NAT is on the way out of an inside network, and not within it."""
        return self.bind if is_inside(target) else self.source


@value(kw_only=True)
class Attempt:
    """What came of trying a route: the decisive reply per recipient."""

    target: Target | None
    """The last one tried; None when there was none to try."""
    replies: Mapping[str, Reply]
    """By recipient key; covers each recipient of the route."""
    connection: str = ""
    tls: Tls | None = None
    certificate: CertificateIdentity | None = None
    """What the server showed."""
    shown: str = ""
    """Label of the client certificate that was really sent, '' if none."""
    dsn: bool = False
    """Whether the server offered DSN, and so took over the duty to report success."""
    remote: bool = True
    """Whether the replies are the server's own words, or the client's account of a failure (4.4.x)."""


@value()
class Mailboxed:
    """A message put into a mailbox."""

    recipient: Address
    mailbox: Address
    message: Message


@value(kw_only=True)
class Submission:
    """A message that a mailbox, or a part of the service, gives to its own system: no SMTP."""

    sender: Address
    recipients: tuple[Address, ...]
    message: Message
    reverse_path: ReversePath | None = None
    """None: the sender's address."""


@value(kw_only=True)
class Heard:
    """A node's answer at an SMTP moment."""

    reply: Reply
    steps: tuple[Step, ...] = ()
    decision: object = None
    """Kept in the transaction with the recipient."""
    head: HopHead | None = None
    """A hop begins: the message was taken, or refused for good."""
    queue: tuple[QueueItem, ...] = ()
    """To be on disk before the reply is sent."""
    others: tuple[Hop, ...] = ()
    """Further hops that begin at the same moment: a message bifurcated to several tenants (R17)."""


@value(kw_only=True)
class Settlement:
    """What becomes of a queue item now. Replaces the item as a whole, in one disk transaction.

    Each recipient of the item is in exactly one place: `relay` (the item stays until the attempt is settled), an
    item of `queue` with the same hop, `mailboxes`, or ended by a `bounced`/`dropped`/`sent` step.
    """

    steps: tuple[Step, ...] = ()
    relay: Route | None = None
    queue: tuple[QueueItem, ...] = ()
    heads: tuple[HopHead, ...] = ()
    """Hops that begin here: NDRs made by this node."""
    mailboxes: tuple[Mailboxed, ...] = ()


class Node(Protocol):
    """A mail system, pure: it never opens a socket and owns no clock."""

    @property
    def name(self) -> str:
        """The name in traces: a host's key, or `eop:EUR`."""

    def greeting(self, connection: Connection, context: Context) -> Reply:
        """The banner."""

    def extensions(self, connection: Connection) -> tuple[str, ...]:
        """The EHLO answer, line by line, without codes (R185)."""

    def hello(self, connection: Connection, context: Context) -> Reply | None:
        """A refusal of EHLO, or None."""

    def postmaster(self, connection: Connection) -> Address:
        """Who is meant by RCPT TO:<postmaster>, the one recipient that needs no domain (RFC 5321 4.5.1)."""

    def mail(self, connection: Connection, transaction: Transaction, context: Context) -> DnsQueries[Heard]:
        """MAIL FROM."""

    def rcpt(
        self,
        connection: Connection,
        transaction: Transaction,
        recipient: Address,
        context: Context,
    ) -> DnsQueries[Heard]:
        """RCPT TO."""

    def data(
        self,
        connection: Connection,
        transaction: Transaction,
        message: Message,
        context: Context,
    ) -> DnsQueries[Heard]:
        """End of data."""

    def submit(self, submission: Submission, context: Context) -> Heard:
        """A mailbox of this system sends."""

    def dispatch(self, item: QueueItem, context: Context) -> DnsQueries[Settlement]:
        """What to do with an item that is due."""

    def settle(
        self, item: QueueItem, route: Route, attempt: Attempt, context: Context
    ) -> DnsQueries[Settlement]:
        """What to do after the attempt."""

"""Decisions as data: what was asked, what was chosen, and each candidate with the reason why it won or lost.

Nothing here is a sentence. `Why` and `Reason` are codes with named parameters; `lab.words` says them in a language.
Nothing here is alive either: a decision holds text, numbers and codes, can be compared and written down, and is the same
after any transport. Whoever decides keeps an `Explainable`, from which the decision is made only when it is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import ClassVar, Protocol

from lab.model.certificate import CertFault
from lab.model.reply import Reply
from lab.model.value import value


class Direction(StrEnum):
    """Spelled like `X-MS-Exchange-Organization-MessageDirectionality` (R24)."""

    ORIGINATING = "Originating"
    INCOMING = "Incoming"


class Verdict(StrEnum):
    """What the front end does with a recipient."""

    ORIGINATING = "Originating"
    INCOMING = "Incoming"
    REFUSED = "Refused"


class Basis(StrEnum):
    """What tied the connection to the tenant."""

    CERTIFICATE = "certificate"
    ADDRESS = "address"
    RECIPIENT = "recipient"
    NONE = "none"


class Reason(StrEnum):
    """Why a front end took a recipient or a message, or refused it."""

    OWN_CONNECTION = "own-connection"
    ANONYMOUS = "anonymous"
    PARTNER = "partner"
    PARTNER_RESTRICTS = "partner-restricts"
    PARTNER_NEEDS_TLS = "partner-needs-tls"
    DIRECT_SEND = "direct-send"
    UNKNOWN_RECIPIENT = "unknown-recipient"
    RELAY_DENIED = "relay-denied"
    NOT_ACCEPTED = "not-accepted"
    WRONG_REGION = "wrong-region"
    CONNECTOR_BLOCKED = "connector-blocked"
    CERTIFICATE_REFUSED = "certificate-refused"
    TIE_REJECTED = "tie-rejected"
    TOO_MANY = "too-many"
    OTHER_TENANT_FIRST = "other-tenant-first"
    LOOP = "loop"
    DMARC = "dmarc"
    BACK_PRESSURE = "back-pressure"
    TLS_REQUIRED = "tls-required"
    MAY_NOT_RELAY = "may-not-relay"
    NOT_GUARDED = "not-guarded"
    SPF = "spf"
    REFUSES_ALL = "refuses-all"
    NOT_SERVED = "not-served"
    NO_MAILBOX = "no-mailbox"


class Why(StrEnum):
    """Why a connector, an address space or a mail flow rule won or lost; parts of such reasons among them."""

    # what fits, and what settled the tenant: parts of the reasons below
    NAME_FITS = "name-fits"
    ADDRESS_FITS = "address-fits"
    CERTIFICATE_DOMAIN = "certificate-domain"
    REVERSE_PATH_DOMAIN = "reverse-path-domain"
    RECIPIENT_DOMAIN = "recipient-domain"
    ADDRESS_ALONE = "address-alone"
    OLDEST_TENANT = "oldest-tenant"
    SEEDED_DICE = "seeded-dice"
    # inbound connectors
    DISABLED = "disabled"
    SETTLED = "settled"
    OUT_OF_SCOPE = "out-of-scope"
    VALUE_NOT_ACCEPTED = "value-not-accepted"
    OTHER_CONNECTOR_FIRST = "other-connector-first"
    OTHER_TENANT = "other-tenant"
    NEEDS_TLS = "needs-tls"
    NO_DOMAIN_ACCEPTED = "no-domain-accepted"
    ADDRESS_NOT_LISTED = "address-not-listed"
    NO_CERTIFICATE = "no-certificate"
    NO_TLS = "no-tls"
    CERTIFICATE_IGNORED = "certificate-ignored"
    NAME_MISFIT = "name-misfit"
    # partner connectors
    PARTNER_NOT_ASKED = "partner-not-asked"
    PARTNER_RESTRICTS = "partner-restricts"
    PARTNER_NEEDS_TLS = "partner-needs-tls"
    PARTNER_FITS = "partner-fits"
    REFUSED_OTHERWISE = "refused-otherwise"
    """It fits, and the message is refused for a reason that has nothing to do with it."""
    NULL_SENDER = "null-sender"
    OTHER_SENDER_DOMAIN = "other-sender-domain"
    SERVICE_EXEMPT = "service-exempt"
    RESTRICTS_NOTHING = "restricts-nothing"
    # outbound connectors
    OUTBOUND_FITS = "outbound-fits"
    RULE_CHOSE = "rule-chose"
    RULE_CHOSE_ANOTHER = "rule-chose-another"
    ONLY_BY_RULE = "only-by-rule"
    TEST_MODE = "test-mode"
    CENTRALIZED_ONLY = "centralized-only"
    OTHER_RECIPIENT_DOMAIN = "other-recipient-domain"
    LESS_SPECIFIC = "less-specific"
    LATER_NAME = "later-name"
    # send connectors
    SPACE_FITS = "space-fits"
    SPACE_MISFIT = "space-misfit"
    SPACE_LESS_SPECIFIC = "space-less-specific"
    SPACE_COSTS_MORE = "space-costs-more"
    SPACE_AS_GOOD = "space-as-good"
    # mail flow rules
    CONDITIONS_HOLD = "conditions-hold"
    NO_CONDITION = "no-condition"
    CONDITION_FAILS = "condition-fails"
    EXCEPTED = "excepted"


@value()
class Phrase:
    """A reason with its parameters: names as they are written in the configuration, faults, or reasons themselves."""

    code: Why
    parameters: Mapping[str, str | Phrase | tuple[CertFault, ...]] = field(default_factory=dict)


def phrase(code: Why, **parameters: str | Phrase | tuple[CertFault, ...]) -> Phrase:
    """`phrase(Why.NAME_FITS, name="*.a.example", value="*.a.example")`."""
    return Phrase(code, parameters)


@value(kw_only=True)
class DecisionCandidate:
    """A connector or a mail flow rule that was looked at, and what became of it."""

    name: str
    won: bool
    why: tuple[Phrase, ...]
    """One reason; several for a rule that was asked about recipients of different fates."""
    rules: tuple[str, ...] = ()
    tenant: str = ""
    """The owner of an inbound connector; '' for candidates of the organisation that decides."""


@value(kw_only=True)
class AttributionFacts:
    """What a front end is asked: all that an attribution rests on besides the configuration."""

    client: str
    """The client's address."""
    tls: bool
    certificate: tuple[str, ...]
    """CN and SANs of the client certificate, its label where it has none; empty when none was shown."""
    ignored: tuple[CertFault, ...]
    """Why the certificate does not count; empty when it counts or there is none."""
    credential_rules: tuple[str, ...]
    reverse_path: str
    """With its angle brackets."""
    recipient: str


@value(kw_only=True)
class AttributionDecision:
    """Whom a message was taken to speak for, for one recipient."""

    kind: ClassVar[str] = "attribution"
    facts: AttributionFacts
    verdict: Verdict
    tenant: str | None
    """The tenant it travels through, or whose rules refused it; None if no tenant is concerned."""
    basis: Basis
    connector: str | None
    reason: Reason
    reply: Reply | None
    """Set when refused."""
    rules: tuple[str, ...]
    candidates: tuple[DecisionCandidate, ...]
    """Every inbound connector of the tenants concerned, the winner first, then by tenant and name."""
    recipient_only_steers: bool
    """Whether the recipient's domain belongs to another tenant, and played no part in finding this one (R6, R15)."""
    switches: Mapping[str, str]
    """The undocumented behaviours that the rules used depend on, as the configuration sets them."""

    def explain(self) -> AttributionDecision:
        """Itself: a decision that was written down needs nothing more."""
        return self


@value(kw_only=True)
class RoutingDecision:
    """Which connector mail for a domain leaves by."""

    kind: ClassVar[str] = "routing"
    on_premises: bool
    """A send connector, else an outbound connector of a tenant."""
    domain: str
    connector: str | None
    """None: by MX in Exchange Online, nowhere on-premises."""
    space: str = ""
    """The address space that chose a send connector."""
    rules: tuple[str, ...]
    candidates: tuple[DecisionCandidate, ...]
    switches: Mapping[str, str]

    def explain(self) -> RoutingDecision:
        """Itself."""
        return self


@value(kw_only=True)
class MailFlowRulesDecision:
    """What the mail flow rules made of a message for some of its recipients."""

    kind: ClassVar[str] = "mail-flow-rules"
    recipients: tuple[str, ...]
    connector: str
    """The outbound connector that a rule chose, '' if none did."""
    rules: tuple[str, ...]
    candidates: tuple[DecisionCandidate, ...]
    """Every rule that is enabled, in order of priority; `won` where it applies."""

    def explain(self) -> MailFlowRulesDecision:
        """Itself."""
        return self


Decision = AttributionDecision | RoutingDecision | MailFlowRulesDecision


class Explainable(Protocol):
    """Something that was decided, and can still tell how."""

    def explain(self) -> Decision:
        """The decision as data."""

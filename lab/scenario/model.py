"""A scenario as values: what to build, what to send, what to expect. Made by `lab.scenario.load`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime, timedelta

from lab.model.certificate import CertificateProfile
from lab.model.names import Address, ReversePath
from lab.model.outage import Outage
from lab.model.topology import Topology
from lab.model.value import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSpec:
    """One message to send. The node is where the sender's mailbox lies, unless `via` names a host."""

    key: str
    sender: Address
    """The author (From header, P2)."""
    recipients: tuple[Address, ...]
    reverse_path: ReversePath | None = None
    """P1 where it differs from the author; `<>` is possible."""
    subject: str = ""
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    via: str | None = None
    why: str = ""
    at: timedelta = timedelta()
    """When it is sent, from the start of the run."""
    series: str = ""
    """The message that it repeats: `offer` for `offer#3`."""
    until_stable: bool = False
    """Not sent any more once the last three of its series came to the same end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationMoment:
    """A change of the configuration while the lab runs, and all that holds from then on."""

    at: timedelta
    """From the start of the run."""
    title: str
    topology: Topology
    profiles: Mapping[str, CertificateProfile]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributedExpectation:
    """What the first front end that took (or refused) the message should have decided; None: not checked."""

    tenant: str | None = None
    basis: str | None = None
    connector: str | None = None
    """May end in `*`."""
    direction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NdrExpectation:
    """The non-delivery report; None: not checked."""

    status: str | None = None
    generated_by: str | None = None
    """YAML `from:`; a host key or `tenant:NAME`."""
    to: Address | None = None
    via: str | None = None
    """Connector it leaves by; may end in `*`."""
    ends: str | None = None
    """Disposition of the report itself."""
    path: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a variant claims about one message; a field that is None (or empty) claims nothing."""

    path: tuple[str, ...] | None = None
    """Hosts by key and tenants as `tenant:NAME`, in order, up to where the message was last taken or refused."""
    attributed: AttributedExpectation | None = None
    ends: str | None = None
    """delivered, bounced, rejected, queued, dropped."""
    ndr: NdrExpectation | None = None
    no_ndr: bool = False
    reply: str | None = None
    """Text that the decisive SMTP reply contains (`5.7.51`)."""
    seen_by: tuple[str, ...] = ()
    """Whose tracking logs have the message."""
    not_seen_by: tuple[str, ...] = ()
    seen_after: timedelta | None = None
    """How long after its sending somebody looks; None: at the end."""
    not_twice: tuple[str, ...] = ()
    """Who must not take the message more than once: it would be going round."""
    not_astray: tuple[str, ...] = ()
    """Tenants that may take only copies whose own envelope recipients lead there, in a message that splits."""
    spf: tuple[tuple[str, str], ...] = ()
    """SPF result by place: `tenant:uclabor` -> `fail`."""
    dmarc: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Header fields (name, text the value contains) in the message that was delivered."""
    whole_series: bool = False
    """Said of a repeated message as a whole: it claims nothing about repetitions that were not needed."""
    line: int = 0
    file: str = ""
    """Where the expectation is written, for the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixParty:
    """Somebody who writes or is written to in a matrix, and stands for a class of people."""

    name: str
    """The class: `onprem`, `cloud`, `outside`."""
    address: Address
    own: bool
    """Whether it belongs to the company that the matrix is made for."""
    via: str | None = None
    """The host that sends, or `tenant:NAME`; where the mailbox is if None."""
    about: str = ""
    """What it is, for a legend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One sender and one recipient; the message of that key is sent, and an expectation of that key judges it."""

    key: str
    sender: MatrixParty
    recipient: MatrixParty


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixPlan:
    """Who writes to whom, to find out which way it goes."""

    senders: tuple[MatrixParty, ...]
    recipients: tuple[MatrixParty, ...]
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True)
class MatrixSection:
    """A plan with what it sends and what it claims."""

    plan: MatrixPlan
    messages: tuple[MessageSpec, ...]
    expect: Mapping[str, Expectation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A finding of `mflab check` that somebody has decided to live with."""

    finding: str
    """A code, or a code with what it is about: `MFL-ATTR-001:gateway`; may end in `*`."""
    reason: str
    until: date | None = None
    """The last day on which it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFact:
    """Something that nobody has told: it was not exported, and no answer says it."""

    text: str
    about: tuple[str, ...] = ()
    """Paths of what is unknown, as under `change:`: `tenants.contoso.InboundConnectors`."""
    rules: tuple[str, ...] = ()
    """Ids of the rules that depend on it."""

    def covers(self, path: str) -> str:
        """Which of its paths a setting lies at or below; '' if it is known."""
        return next(
            (about for about in self.about if path == about or path.startswith((f"{about}.", f"{about}["))),
            "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One configuration of a scenario, fully expanded."""

    name: str
    title: str = ""
    why: str = ""
    kind: str = ""
    """`fault`, `cure`, `half-cure` or '' — for the table at the end of a run."""
    topology: Topology
    profiles: Mapping[str, CertificateProfile]
    messages: tuple[MessageSpec, ...]
    expect: Mapping[str, Expectation]
    outages: tuple[Outage, ...] = ()
    """In order of time."""
    as_of: date | None = None
    starts: datetime
    """The lab's clock at the start, aware UTC."""
    timeline: tuple[ConfigurationMoment, ...] = ()
    """In order of time; `topology` is what holds before the first one."""
    only: str | None = None
    """The one driver that can run it."""
    only_why: str = ""
    matrix: MatrixPlan | None = None
    """Set where the scenario says `matrix:`; its messages and expectations are among the variant's."""
    on_request: MatrixSection | None = None
    """Set instead where its matrix is `on_request`: only who asks for the matrix sends its messages."""
    suppressions: tuple[Suppression, ...] = ()
    todos: tuple[MissingFact, ...] = ()

    @property
    def every_profile(self) -> Mapping[str, CertificateProfile]:
        """The certificates of the whole run: those that come later exist from the start."""
        return {
            name: profile
            for profiles in (self.profiles, *(m.profiles for m in self.timeline))
            for name, profile in profiles.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A loaded scenario file."""

    name: str
    file: str
    includes: tuple[str, ...] = ()
    """The other files that were read for it."""
    title: str = ""
    why: str
    fault: str = ""
    """`P7`: which known misconfiguration it shows."""
    symptoms: Mapping[str, str] = field(default_factory=dict)
    """What the fault looks like: to the admin of a host or of `tenant:NAME`, to `sender` and `recipient`."""
    codes: tuple[str, ...] = ()
    """Enhanced status codes that show in the broken variants."""
    variants: Mapping[str, Variant] = field(default_factory=dict)
    """In the order of the file; a file without variants has one, named `base`."""

"""What checks are made of: a suspicion with the flow that would prove it, and a finding that has been proven."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from lab.model.steps import Attributed, Bounced, Refused, Routed
from lab.model.value import dataclass
from lab.reports.findings import Assumption
from lab.reports.reading import Fate
from lab.reports.run import Run
from lab.scenario.model import MessageSpec
from lab.scenario.tree import Place
from lab.scenario.whatif import Change
from lab.sentence import NOTHING, Sentence

if TYPE_CHECKING:
    from lab.analysis.checks.world import World


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Mail goes wrong as things are."""
    WARNING = "warning"
    """Mail goes wrong once something happens that is bound to, or if an assumed rule holds."""
    NOTE = "note"
    """Nothing is broken; somebody may still want to know."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One half of a collision."""

    path: str
    """The setting, as under `change:`; '' for something that stands nowhere."""
    text: Sentence
    """`gateway shows a certificate with the name *.contoso.example`."""


def fact(path: str, template: str, /, **parameters: object) -> Fact:
    """A fact as a sentence."""
    return Fact(path, Sentence(template, tuple(parameters.items())))


@dataclass(frozen=True, slots=True)
class Cure:
    """What would help: the settings to change, and in words what that means."""

    text: Sentence
    change: Change = field(default_factory=dict)
    """Empty where the cure is nothing that a configuration says."""
    messages: tuple[MessageSpec, ...] = ()
    """What is sent then instead: a sender whose address is another one now."""


def cure(template: str, change: Change | None = None, /, **parameters: object) -> Cure:
    """A cure as a sentence."""
    return Cure(Sentence(template, tuple(parameters.items())), change or {})


@dataclass(frozen=True, slots=True)
class Probe:
    """A flow: messages, and what else is assumed while they travel."""

    messages: tuple[MessageSpec, ...]
    change: Change = field(default_factory=dict)
    """Settings that are different for this flow only: what happens once the certificate has expired, say."""


@dataclass(frozen=True, slots=True)
class Played:
    """A probe that was run."""

    run: Run
    fates: Mapping[str, Fate]
    """By key of the message; one that left no trace is missing."""

    @property
    def fate(self) -> Fate:
        """Of the first message. Raises KeyError when it left no trace."""
        return self.fates[self.run.variant.messages[0].key]

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that the decisions on the way rest on, each once."""
        steps = (step for fate in self.fates.values() for hop in fate.trace.hops for step in hop.steps)
        return tuple(dict.fromkeys(rule for step in steps for rule in step.rules))

    @property
    def deciding(self) -> tuple[str, ...]:
        """Those of whom a message speaks for, of refusals and of routes."""
        steps = (step for fate in self.fates.values() for hop in fate.trace.hops for step in hop.steps)
        deciding = (step for step in steps if isinstance(step, Attributed | Refused | Routed | Bounced))
        return tuple(dict.fromkeys(rule for step in deciding for rule in step.rules))


Shows = Callable[[Played], Sentence]
"""What a probe has shown; NOTHING if all went well, and then there is no finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Something that looks wrong, and how to find out."""

    about: str
    """What it is about, to tell several findings of a check apart: a connector, a host, a domain. Stable."""
    text: Sentence
    """What is wrong."""
    facts: tuple[Fact, Fact]
    """The two that collide."""
    probe: Probe
    shows: Shows
    cures: tuple[Cure, ...] = ()
    condition: Sentence = NOTHING
    """When it happens, of what does not happen yet: `once somebody renews the certificate`."""
    severity: Severity | None = None
    """If it is not the check's own."""


Find = Callable[["World"], Iterable[Suspicion]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One kind of mistake."""

    code: str
    """`MFL-ATTR-001`; never given twice, never changed."""
    title: str
    severity: Severity
    about: str
    """What the mistake is and how it comes about, for its page."""
    cure: str
    """What to do, for its page."""
    rules: tuple[str, ...]
    find: Find


@dataclass(frozen=True, slots=True, kw_only=True)
class Cured:
    """A cure that was played."""

    cure: Cure
    works: bool
    """Whether the flow goes well with it."""
    shows: Sentence
    """What the flow does then, in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Why a finding is not told."""

    reason: str
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A suspicion that its flow has proven."""

    check: Check
    variant: str
    suspicion: Suspicion
    severity: Severity
    shown: Sentence
    """What the flow did."""
    way: Sentence
    """The way of the message, in a line."""
    rules: tuple[str, ...]
    """Those that the decisions of the flow used, the check's own first."""
    assumptions: tuple[Assumption, ...]
    cures: tuple[Cured, ...]
    place: Place
    """Where the first fact is written."""
    suppressed: Suppressed | None = None

    @property
    def code(self) -> str:
        """Of the check."""
        return self.check.code

    @property
    def id(self) -> str:
        """`MFL-ATTR-001:gateway`: the same from run to run."""
        return f"{self.code}:{self.suspicion.about}"

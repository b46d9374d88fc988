"""A suspicion with the flow that would prove it, and what a played flow has shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum

from lab.model.steps import Attributed, Bounced, Refused, Routed
from lab.model.value import dataclass
from lab.reports.explanation.conclusions import Fate
from lab.reports.run import Run
from lab.scenario.model import MessageSpec
from lab.scenario.what_if import SettingChange
from lab.sentence import NOTHING, Sentence


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
    change: SettingChange = field(default_factory=dict)
    """Empty where the cure is nothing that a configuration says."""
    messages: tuple[MessageSpec, ...] = ()
    """What is sent then instead: a sender whose address is another one now."""


def cure(template: str, change: SettingChange | None = None, /, **parameters: object) -> Cure:
    """A cure as a sentence."""
    return Cure(Sentence(template, tuple(parameters.items())), change or {})


@dataclass(frozen=True, slots=True)
class Probe:
    """A flow: messages, and what else is assumed while they travel."""

    messages: tuple[MessageSpec, ...]
    change: SettingChange = field(default_factory=dict)
    """Settings that are different for this flow only: what happens once the certificate has expired, say."""


@dataclass(frozen=True, slots=True)
class PlayedProbe:
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


ProbeJudgement = Callable[[PlayedProbe], Sentence]
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
    shows: ProbeJudgement
    cures: tuple[Cure, ...] = ()
    condition: Sentence = NOTHING
    """When it happens, of what does not happen yet: `once somebody renews the certificate`."""
    severity: Severity | None = None
    """If it is not the check's own."""

"""A check, what it suspects, and what it has found: a suspicion that its flow has proven."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import field
from enum import StrEnum

from lab.analysis.checks.audit_context import AuditContext, PlayedProbe, Probe
from lab.errors import LabBug
from lab.model.value import dataclass
from lab.reports.findings.audit_report import Assumption
from lab.scenario.changeable_scenario import SettingChange
from lab.scenario.model import MessageSpec, Suppression
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import NOTHING, Sentence


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Mail goes wrong today."""
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


SuspicionFinder = Callable[[AuditContext], Iterable[Suspicion]]


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
    find: SuspicionFinder


def check(code: str, severity: Severity, *rules: str) -> Callable[[SuspicionFinder], Check]:
    """Declare a check: its finder's docstring has the title, what the mistake is, and after `Cure:` what to do."""

    def declare(find: SuspicionFinder) -> Check:
        title, _, text = inspect.cleandoc(find.__doc__ or "").partition(".\n\n")
        about, _, cure = text.partition("\n\nCure: ")
        if not cure:
            raise LabBug(
                f"{code}: its docstring needs a title, what the mistake is, and a paragraph `Cure: ...`"
            )
        return Check(
            code=code, title=title, severity=severity, about=about, cure=cure, rules=rules, find=find
        )

    return declare


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedCure:
    """A cure that was played."""

    cure: Cure
    works: bool
    """Whether the flow goes well with it."""
    shows: Sentence
    """What the flow does then, in a line."""


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
    cures: tuple[PlayedCure, ...]
    place: SourceLocation
    """Where the first fact is written."""
    suppressed: Suppression | None = None
    """Why it is not told."""

    @property
    def code(self) -> str:
        """Of the check."""
        return self.check.code

    @property
    def id(self) -> str:
        """`MFL-ATTR-001:gateway`: the same from run to run."""
        return f"{self.code}:{self.suspicion.about}"

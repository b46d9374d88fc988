"""A check, and what it has found: a suspicion that its flow has proven."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.suspicion import Cure, Severity, Suspicion
from lab.model.value import dataclass
from lab.reports.findings.audit_report import Assumption
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import Sentence

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedCure:
    """A cure that was played."""

    cure: Cure
    works: bool
    """Whether the flow goes well with it."""
    shows: Sentence
    """What the flow does then, in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionReason:
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
    cures: tuple[PlayedCure, ...]
    place: SourceLocation
    """Where the first fact is written."""
    suppressed: SuppressionReason | None = None

    @property
    def code(self) -> str:
        """Of the check."""
        return self.check.code

    @property
    def id(self) -> str:
        """`MFL-ATTR-001:gateway`: the same from run to run."""
        return f"{self.code}:{self.suspicion.about}"

"""Findings as reports tell them: the same of several variants is one, and each setting has its place in a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from lab.analysis.checks.engine import examine, fits
from lab.analysis.checks.finding import Check, Fact, Finding, PlayedCure, Severity
from lab.reports.findings.audit_report import Audit, Remedy, ReportedFinding, Spot
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.model import Suppression, Variant
from lab.sentence import NOTHING, Sentence, sentence


def audit(
    configuration: ChangeableScenario, today: date, checks: Sequence[Check], *, only: str | None = None
) -> Audit:
    """Check a configuration in all its variants, or in one."""
    scenario = configuration.scenario
    findings = examine(configuration, today, checks, only=only)
    names = tuple(name for name in scenario.variants if only in (None, name))
    return Audit(
        file=scenario.file,
        scenario=scenario.name,
        variants=names,
        checks=len(checks),
        findings=reported(configuration, findings),
        idle=tuple(_idle([scenario.variants[name] for name in names], findings, today)),
        todos=tuple(dict.fromkeys(todo.text for name in names for todo in scenario.variants[name].todos)),
    )


def reported(configuration: ChangeableScenario, findings: Iterable[Finding]) -> tuple[ReportedFinding, ...]:
    """The findings as values for reports, the worst first."""
    groups: dict[tuple[str, Severity, str], list[Finding]] = {}
    for finding in findings:
        reason = finding.suppressed.reason if finding.suppressed else ""
        groups.setdefault((finding.id, finding.severity, reason), []).append(finding)
    ranks = list(Severity)
    ordered = sorted(groups.values(), key=lambda same: (ranks.index(same[0].severity), same[0].id))
    return tuple(_reported(configuration, same[0], [finding.variant for finding in same]) for same in ordered)


def _reported(
    configuration: ChangeableScenario, finding: Finding, variants: Sequence[str]
) -> ReportedFinding:
    suspicion, suppressed = finding.suspicion, finding.suppressed
    return ReportedFinding(
        id=finding.id,
        code=finding.code,
        level=finding.severity.value,
        title=finding.check.title,
        text=suspicion.text,
        condition=suspicion.condition,
        facts=tuple(_spot(configuration, finding.variant, fact) for fact in suspicion.facts),
        shown=finding.shown,
        way=finding.way,
        remedies=tuple(map(_remedy, finding.cures)),
        rules=finding.check.rules,
        used=finding.rules,
        assumptions=finding.assumptions,
        file=finding.place.file,
        line=finding.place.line,
        variants=tuple(variants),
        suppressed=_why(suppressed) if suppressed else NOTHING,
    )


def _why(suppressed: Suppression) -> Sentence:
    if suppressed.until:
        day = suppressed.until.isoformat()
        return sentence("{reason} (until {day})", reason=suppressed.reason, day=day)
    return sentence("{reason}", reason=suppressed.reason)


def _spot(configuration: ChangeableScenario, variant: str, fact: Fact) -> Spot:
    if not fact.path:
        return Spot(fact.text)
    place = configuration.place(variant, fact.path)
    return Spot(fact.text, fact.path, place.file, place.line)


def _remedy(cured: PlayedCure) -> Remedy:
    change = cured.cure.change.items()
    settings = tuple((path, "~" if value is None else str(value)) for path, value in change)
    return Remedy(cured.cure.text, cured.works, cured.shows, settings)


def _idle(variants: Iterable[Variant], findings: Sequence[Finding], today: date) -> Iterable[Sentence]:
    """Suppressions that hold nothing back: somebody should take them out, or look again."""
    for written in dict.fromkeys(written for variant in variants for written in variant.suppressions):
        if written.until is not None and written.until < today:
            over = "{finding}: the suppression has run out on {day}"
            yield sentence(over, finding=written.finding, day=written.until.isoformat())
        elif not any(fits(written, finding.id) for finding in findings):
            idle = "{finding}: nothing is found any more that this suppression is for"
            yield sentence(idle, finding=written.finding)

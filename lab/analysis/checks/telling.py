"""Findings as reports tell them: the same of several variants is one, and each setting has its place in a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from lab.analysis.checks.engine import examine, fits
from lab.analysis.checks.nouns import Check, Cured, Fact, Finding, Severity
from lab.reports.findings import Audit, Remedy, Spot, Told
from lab.scenario.model import Variant
from lab.scenario.whatif import Configuration


def audit(
    configuration: Configuration, today: date, checks: Sequence[Check], *, only: str | None = None
) -> Audit:
    """Check a configuration in all its variants, or in one."""
    scenario = configuration.scenario
    found = examine(configuration, today, checks, only=only)
    names = tuple(name for name in scenario.variants if only in (None, name))
    return Audit(
        file=scenario.file,
        scenario=scenario.name,
        variants=names,
        checks=len(checks),
        findings=told(configuration, found),
        idle=tuple(_idle([scenario.variants[name] for name in names], found, today)),
        todos=tuple(dict.fromkeys(todo.text for name in names for todo in scenario.variants[name].todos)),
    )


def told(configuration: Configuration, found: Iterable[Finding]) -> tuple[Told, ...]:
    """The findings as values for reports, the worst first."""
    groups: dict[tuple[str, Severity, str], list[Finding]] = {}
    for finding in found:
        reason = finding.suppressed.reason if finding.suppressed else ""
        groups.setdefault((finding.id, finding.severity, reason), []).append(finding)
    ranks = list(Severity)
    ordered = sorted(
        groups.values(), key=lambda each: (ranks.index(each[0].severity), each[0].code, each[0].id)
    )
    return tuple(_told(configuration, each[0], [one.variant for one in each]) for each in ordered)


def _told(configuration: Configuration, finding: Finding, variants: Sequence[str]) -> Told:
    suspicion, suppressed = finding.suspicion, finding.suppressed
    until = f" (until {suppressed.until})" if suppressed and suppressed.until else ""
    return Told(
        id=finding.id,
        code=finding.code,
        level=finding.severity.value,
        title=finding.check.title,
        text=suspicion.text,
        condition=suspicion.condition,
        facts=tuple(_spot(configuration, finding.variant, each) for each in suspicion.facts),
        shown=finding.shown,
        way=finding.way,
        remedies=tuple(map(_remedy, finding.cures)),
        rules=finding.check.rules,
        used=finding.rules,
        assumptions=finding.assumptions,
        file=finding.place.file,
        line=finding.place.line,
        variants=tuple(variants),
        suppressed=f"{suppressed.reason}{until}" if suppressed else "",
    )


def _spot(configuration: Configuration, variant: str, fact: Fact) -> Spot:
    if not fact.path:
        return Spot(fact.text)
    place = configuration.place(variant, fact.path)
    return Spot(fact.text, fact.path, place.file, place.line)


def _remedy(cured: Cured) -> Remedy:
    settings = tuple(
        (path, "~" if value is None else str(value)) for path, value in cured.cure.change.items()
    )
    return Remedy(cured.cure.text, cured.works, cured.shows, settings)


def _idle(variants: Iterable[Variant], found: Sequence[Finding], today: date) -> Iterable[str]:
    """Suppressions that hold nothing back: somebody should take them out, or look again."""
    written = dict.fromkeys(each for variant in variants for each in variant.suppressions)
    for each in written:
        if each.until is not None and each.until < today:
            yield f"{each.finding}: the suppression has run out on {each.until.isoformat()}"
        elif not any(fits(each, finding.id) for finding in found):
            yield f"{each.finding}: nothing is found any more that this suppression is for"

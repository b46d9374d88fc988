"""From suspicions to findings: each flow is played, each cure too, and what rests on a guess is told as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from lab.analysis.assumed_switches import is_guess, spelled
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe
from lab.analysis.checks.finding import (
    Check,
    Cure,
    Finding,
    PlayedCure,
    Severity,
    Suspicion,
)
from lab.core.rulebook import Confidence, Switch, rule, switches_of
from lab.errors import ScenarioError
from lab.evidence.message_paths import in_a_line
from lab.reports.findings.audit_report import Assumption
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.model import Suppression
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import Sentence, sentence


def examine(
    configuration: ChangeableScenario, today: date, checks: Iterable[Check], *, only: str | None = None
) -> tuple[Finding, ...]:
    """All findings of all variants, or of one; in the order of the variants, the worst first.

    `today` decides what a suppression or a certificate's end means.
    """
    every = tuple(checks)
    return tuple(
        finding
        for name in configuration.scenario.variants
        if only in (None, name)
        for finding in findings(AuditContext(configuration, configuration.variant(name), today), every)
    )


def findings(world: AuditContext, checks: Iterable[Check]) -> tuple[Finding, ...]:
    """What is wrong with one variant, the worst first."""
    found = (finding for check in checks for finding in _of(check, world))
    ranks = list(Severity)
    return tuple(sorted(found, key=lambda one: (ranks.index(one.severity), one.code, one.suspicion.about)))


def _of(check: Check, world: AuditContext) -> Iterator[Finding]:
    seen: set[str] = set()
    for suspicion in check.find(world):
        finding = _proven(check, suspicion, world)
        if finding is not None and suspicion.about not in seen:
            seen.add(suspicion.about)
            yield finding


def _proven(check: Check, suspicion: Suspicion, world: AuditContext) -> Finding | None:
    played = world.play(suspicion.probe)
    shown = suspicion.shows(played)
    if not shown:
        return None
    guesses = (*_unexported(suspicion, world), *_assumptions(suspicion, played, world))
    rules = tuple(dict.fromkeys((*check.rules, *played.deciding)))
    return Finding(
        check=check,
        variant=world.variant.name,
        suspicion=suspicion,
        severity=_severity(suspicion.severity or check.severity, guesses),
        shown=shown,
        way=_way(played),
        rules=rules,
        assumptions=guesses,
        cures=tuple(_tried(cure, suspicion, world) for cure in suspicion.cures),
        place=_place(suspicion, world),
        suppressed=_suppressed(f"{check.code}:{suspicion.about}", world),
    )


def _severity(severity: Severity, guesses: tuple[Assumption, ...]) -> Severity:
    """What rests on a guess is no error."""
    return Severity.WARNING if guesses and severity is Severity.ERROR else severity


def _place(suspicion: Suspicion, world: AuditContext) -> SourceLocation:
    """Where the first fact is written that is written anywhere."""
    paths = [fact.path for fact in suspicion.facts if fact.path]
    return world.configuration.place(world.variant.name, paths[0] if paths else "scenario")


def _way(played: PlayedProbe) -> Sentence:
    """Of the first message, in a line."""
    if not played.fates:
        return sentence("no trace")
    fate = next(iter(played.fates.values()))
    way = in_a_line(tuple(way.path for way in fate.ways))
    return sentence("{way}: {outcome}", way=way, outcome=fate.outcome)


def _tried(cure: Cure, suspicion: Suspicion, world: AuditContext) -> PlayedCure:
    """Whether the flow goes well with the cure; one that changes no setting cannot be tried."""
    if not cure.change:
        untried = sentence("not tried: it changes nothing that a configuration says")
        return PlayedCure(cure=cure, works=False, shows=untried)
    messages = cure.messages or suspicion.probe.messages
    probe = replace(suspicion.probe, messages=messages, change={**suspicion.probe.change, **cure.change})
    try:
        played = world.play(probe)
    except ScenarioError as error:
        return PlayedCure(
            cure=cure,
            works=False,
            shows=sentence("the configuration would not be valid: {error}", error=error),
        )
    return PlayedCure(cure=cure, works=not suspicion.shows(played), shows=_way(played))


def _unexported(suspicion: Suspicion, world: AuditContext) -> Iterator[Assumption]:
    """What the facts say of things that nobody has told: what was not exported is not what is not there."""
    paths = [fact.path for fact in suspicion.facts if fact.path]
    covering = (todo.covers(path) for todo in world.variant.todos for path in paths)
    yield from (
        Assumption(sentence("{path}", path=path), unexported=True) for path in dict.fromkeys(covering) if path
    )


def _assumptions(suspicion: Suspicion, played: PlayedProbe, world: AuditContext) -> Iterator[Assumption]:
    """Guesses without which the flow would go well.

    Of a rule that has a switch, each other position is tried: if the flow goes wrong there too, it does not rest on the
    guess. One without a switch counts if it decided.
    """
    tried: set[str] = set()
    for id_ in played.rules:
        bends = [switch for switch in switches_of(id_) if is_guess(switch)]
        for switch in bends:
            if switch.name not in tried:
                tried.add(switch.name)
                yield from _resting(switch, id_, suspicion, world)
        if not bends and id_ in played.deciding and rule(id_).confidence is Confidence.ASSUMED:
            yield Assumption(sentence("{rule}: {title}", rule=id_, title=rule(id_).title))


def _resting(switch: Switch, id_: str, suspicion: Suspicion, world: AuditContext) -> Iterator[Assumption]:
    assumed = suspicion.probe.change.get(f"switches.{switch.name}")
    now = spelled(getattr(world.topology.switches, switch.name) if assumed is None else assumed)
    position = next((value for value in switch.values if spelled(value) == now), now)
    for value in switch.values:
        if value == position:
            continue
        probe = replace(suspicion.probe, change={**suspicion.probe.change, f"switches.{switch.name}": value})
        if not suspicion.shows(world.play(probe)):
            resting = "{switch}: {position} ({rule})"
            yield Assumption(sentence(resting, switch=switch.name, position=position, rule=id_))
            return


def _suppressed(id_: str, world: AuditContext) -> Suppression | None:
    """The suppression that is for a finding and has not run out."""
    for written in world.variant.suppressions:
        over = written.until is not None and written.until < world.today
        if fits(written, id_) and not over:
            return written
    return None


def fits(suppression: Suppression, id_: str) -> bool:
    """Whether a suppression is for a finding: by its code, its whole id, or the beginning of it."""
    wanted, found = suppression.finding.lower(), id_.lower()
    if wanted.endswith("*"):
        return found.startswith(wanted[:-1])
    return found == wanted or found.partition(":")[0] == wanted

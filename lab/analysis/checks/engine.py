"""From suspicions to findings: each flow is played, each cure too, and what rests on a guess is told as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from lab.analysis.assumed_switches import is_guess, normalized
from lab.analysis.checks.audit_context import AuditContext, PlayedProbe
from lab.analysis.checks.finding import Check, Cure, Finding, PlayedCure, Severity, Suspicion
from lab.core.rulebook import Confidence, Switch, rule, switches_of
from lab.errors import ScenarioError
from lab.evidence.message_paths import in_a_line
from lab.reports.findings.audit_report import Assumption
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.model import Suppression
from lab.sentence import Sentence, sentence


def examine(
    configuration: ChangeableScenario, today: date, checks: Sequence[Check], *, only: str | None = None
) -> tuple[Finding, ...]:
    """All findings of all variants, or of one; in the order of the variants, the worst first.

    `today` decides what a suppression or a certificate's end means.
    """
    names = [name for name in configuration.scenario.variants if only in (None, name)]
    contexts = (AuditContext(configuration, configuration.variant(name), today) for name in names)
    return tuple(finding for context in contexts for finding in findings(context, checks))


def findings(context: AuditContext, checks: Iterable[Check]) -> tuple[Finding, ...]:
    """What is wrong with one variant, the worst first."""
    proven = (finding for check in checks for finding in _proven_by(check, context))
    ranks = list(Severity)
    return tuple(sorted(proven, key=lambda finding: (ranks.index(finding.severity), finding.id)))


def _proven_by(check: Check, context: AuditContext) -> Iterator[Finding]:
    seen: set[str] = set()
    for suspicion in check.find(context):
        finding = _proven(check, suspicion, context)
        if finding is not None and suspicion.about not in seen:
            seen.add(suspicion.about)
            yield finding


def _proven(check: Check, suspicion: Suspicion, context: AuditContext) -> Finding | None:
    played = context.play(suspicion.probe)
    shown = suspicion.shows(played)
    if not shown:
        return None
    guesses = (*_unexported(suspicion, context), *_assumptions(suspicion, played, context))
    severity = suspicion.severity or check.severity
    rules = tuple(dict.fromkeys((*check.rules, *played.deciding)))
    return Finding(
        check=check,
        variant=context.variant.name,
        suspicion=suspicion,
        # what rests on a guess is no error
        severity=Severity.WARNING if guesses and severity is Severity.ERROR else severity,
        shown=shown,
        way=_way(played),
        rules=rules,
        assumptions=guesses,
        cures=tuple(_tried(cure, suspicion, context) for cure in suspicion.cures),
        place=context.configuration.place(context.variant.name, next(_paths(suspicion), "scenario")),
        suppressed=_suppressed(f"{check.code}:{suspicion.about}", context),
    )


def _paths(suspicion: Suspicion) -> Iterator[str]:
    """Where the facts are written that are written anywhere."""
    return (fact.path for fact in suspicion.facts if fact.path)


def _way(played: PlayedProbe) -> Sentence:
    """Of the first message, in a line."""
    fate = played.first
    if fate is None:
        return sentence("no trace")
    way = in_a_line(tuple(way.path for way in fate.ways))
    return sentence("{way}: {outcome}", way=way, outcome=fate.outcome)


def _tried(cure: Cure, suspicion: Suspicion, context: AuditContext) -> PlayedCure:
    """Whether the flow goes well with the cure; one that changes no setting cannot be tried."""
    if not cure.change:
        untried = sentence("not tried: it changes nothing that a configuration says")
        return PlayedCure(cure=cure, works=False, shows=untried)
    messages = cure.messages or suspicion.probe.messages
    probe = replace(suspicion.probe, messages=messages, change={**suspicion.probe.change, **cure.change})
    try:
        played = context.play(probe)
    except ScenarioError as error:
        invalid = sentence("the configuration would not be valid: {error}", error=error)
        return PlayedCure(cure=cure, works=False, shows=invalid)
    return PlayedCure(cure=cure, works=not suspicion.shows(played), shows=_way(played))


def _unexported(suspicion: Suspicion, context: AuditContext) -> Iterator[Assumption]:
    """What the facts say of things that nobody has told: what was not exported is not what is not there."""
    covering = (todo.covers(path) for todo in context.variant.todos for path in _paths(suspicion))
    for path in filter(None, dict.fromkeys(covering)):
        yield Assumption(sentence("{path}", path=path), unexported=True)


def _assumptions(suspicion: Suspicion, played: PlayedProbe, context: AuditContext) -> Iterator[Assumption]:
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
                yield from _resting(switch, id_, suspicion, context)
        if not bends and id_ in played.deciding and rule(id_).confidence is Confidence.ASSUMED:
            yield Assumption(sentence("{rule}: {title}", rule=id_, title=rule(id_).title))


def _resting(switch: Switch, id_: str, suspicion: Suspicion, context: AuditContext) -> Iterator[Assumption]:
    assumed = suspicion.probe.change.get(f"switches.{switch.name}")
    now = normalized(getattr(context.topology.switches, switch.name) if assumed is None else assumed)
    position = next((value for value in switch.values if normalized(value) == now), now)
    for value in switch.values:
        if value == position:
            continue
        probe = replace(suspicion.probe, change={**suspicion.probe.change, f"switches.{switch.name}": value})
        if not suspicion.shows(context.play(probe)):
            resting = "{switch}: {position} ({rule})"
            yield Assumption(sentence(resting, switch=switch.name, position=position, rule=id_))
            return


def _suppressed(id_: str, context: AuditContext) -> Suppression | None:
    """The suppression that is for a finding and has not run out."""
    for written in context.variant.suppressions:
        over = written.until is not None and written.until < context.today
        if fits(written, id_) and not over:
            return written
    return None


def fits(suppression: Suppression, id_: str) -> bool:
    """Whether a suppression is for a finding: by its code, its whole id, or the beginning of it."""
    wanted, id_ = suppression.finding.lower(), id_.lower()
    if wanted.endswith("*"):
        return id_.startswith(wanted[:-1])
    return wanted in (id_, id_.partition(":")[0])

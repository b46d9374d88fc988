"""From suspicions to findings: each flow is played, each cure too, and what rests on a guess is told as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from lab.analysis.checks.nouns import Check, Cure, Cured, Finding, Played, Severity, Suppressed, Suspicion
from lab.analysis.checks.world import World
from lab.analysis.guesses import is_guess, spelled
from lab.core.rulebook import Confidence, Switch, rule, switches_of
from lab.errors import ScenarioError
from lab.evidence.ways import in_a_line
from lab.reports.findings import UNEXPORTED
from lab.scenario.model import Suppression
from lab.scenario.tree import Place
from lab.scenario.whatif import Configuration


def examine(
    configuration: Configuration, today: date, checks: Iterable[Check], *, only: str | None = None
) -> tuple[Finding, ...]:
    """All findings of all variants, or of one; in the order of the variants, the worst first.

    `today` decides what a suppression or a certificate's end means.
    """
    every = tuple(checks)
    return tuple(
        finding
        for name in configuration.scenario.variants
        if only in (None, name)
        for finding in findings(World(configuration, configuration.variant(name), today), every)
    )


def findings(world: World, checks: Iterable[Check]) -> tuple[Finding, ...]:
    """What is wrong with one variant, the worst first."""
    found = (finding for check in checks for finding in _of(check, world))
    ranks = list(Severity)
    return tuple(
        sorted(found, key=lambda each: (ranks.index(each.severity), each.code, each.suspicion.about))
    )


def _of(check: Check, world: World) -> Iterator[Finding]:
    told: set[str] = set()
    for suspicion in check.find(world):
        proven = _proven(check, suspicion, world)
        if proven is not None and suspicion.about not in told:
            told.add(suspicion.about)
            yield proven


def _proven(check: Check, suspicion: Suspicion, world: World) -> Finding | None:
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


def _severity(severity: Severity, guesses: tuple[str, ...]) -> Severity:
    """What rests on a guess is no error."""
    return Severity.WARNING if guesses and severity is Severity.ERROR else severity


def _place(suspicion: Suspicion, world: World) -> Place:
    """Where the first fact is written that is written anywhere."""
    paths = [fact.path for fact in suspicion.facts if fact.path]
    return world.configuration.place(world.variant.name, paths[0] if paths else "scenario")


def _way(played: Played) -> str:
    """Of the first message, in a line."""
    if not played.fates:
        return "no trace"
    fate = next(iter(played.fates.values()))
    return f"{in_a_line(tuple(way.path for way in fate.ways))}: {fate.outcome}"


def _tried(cure: Cure, suspicion: Suspicion, world: World) -> Cured:
    """Whether the flow goes well with the cure; one that changes no setting cannot be tried."""
    if not cure.change:
        return Cured(cure=cure, works=False, shows="not tried: it changes nothing that a configuration says")
    messages = cure.messages or suspicion.probe.messages
    probe = replace(suspicion.probe, messages=messages, change={**suspicion.probe.change, **cure.change})
    try:
        played = world.play(probe)
    except ScenarioError as error:
        return Cured(cure=cure, works=False, shows=f"the configuration would not be valid: {error}")
    return Cured(cure=cure, works=not suspicion.shows(played), shows=_way(played))


def _unexported(suspicion: Suspicion, world: World) -> Iterator[str]:
    """What the facts say of things that nobody has told: what was not exported is not what is not there."""
    paths = [fact.path for fact in suspicion.facts if fact.path]
    found = (todo.covers(path) for todo in world.variant.todos for path in paths)
    yield from (f"{UNEXPORTED}{path}" for path in dict.fromkeys(found) if path)


def _assumptions(suspicion: Suspicion, played: Played, world: World) -> Iterator[str]:
    """Guesses without which the flow would go well.

    Of a rule that has a switch, each other position is tried: if the flow goes wrong there too, it does not rest on the
    guess. One without a switch counts if it decided.
    """
    tried: set[str] = set()
    for id_ in played.rules:
        bends = [each for each in switches_of(id_) if is_guess(each)]
        for switch in bends:
            if switch.name not in tried:
                tried.add(switch.name)
                yield from _resting(switch, id_, suspicion, world)
        if not bends and id_ in played.deciding and rule(id_).confidence is Confidence.ASSUMED:
            yield f"{id_}: {rule(id_).title}"


def _resting(switch: Switch, id_: str, suspicion: Suspicion, world: World) -> Iterator[str]:
    assumed = suspicion.probe.change.get(f"switches.{switch.name}")
    now = spelled(getattr(world.topology.switches, switch.name) if assumed is None else assumed)
    position = next((value for value in switch.values if spelled(value) == now), now)
    for value in switch.values:
        if value == position:
            continue
        probe = replace(suspicion.probe, change={**suspicion.probe.change, f"switches.{switch.name}": value})
        if not suspicion.shows(world.play(probe)):
            yield f"{switch.name}: {position} ({id_})"
            return


def _suppressed(id_: str, world: World) -> Suppressed | None:
    """The suppression that is for a finding and has not run out."""
    for each in world.variant.suppressions:
        over = each.until is not None and each.until < world.today
        if fits(each, id_) and not over:
            return Suppressed(reason=each.reason, until=each.until.isoformat() if each.until else "")
    return None


def fits(suppression: Suppression, id_: str) -> bool:
    """Whether a suppression is for a finding: by its code, its whole id, or the beginning of it."""
    wanted, found = suppression.finding.lower(), id_.lower()
    if wanted.endswith("*"):
        return found.startswith(wanted[:-1])
    return found == wanted or found.partition(":")[0] == wanted

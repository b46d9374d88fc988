"""What a change of the configuration does: both are played with the same people, and each cell and finding compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import assert_never

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.engine import findings
from lab.analysis.checks.finding import Check
from lab.analysis.checks.finding_report import reported
from lab.analysis.matrix import prepared
from lab.drivers.simulator import simulate
from lab.evidence.hop_facts import enhanced, place
from lab.evidence.trace_assembly import way
from lab.model.steps import (
    Attributed,
    Bounced,
    Delivered,
    Dropped,
    Promoted,
    Refused,
    Resolved,
    Routed,
    Ruled,
)
from lab.model.trace import Hop
from lab.model.value import dataclass
from lab.reports.comparison.compared_variants import (
    ChangedFinding,
    ChangeDirection,
    ComparedSide,
    Difference,
    FirstDifference,
    MovedMail,
)
from lab.reports.explanation.conclusions import Fate, fates
from lab.reports.findings.audit_report import LEVELS, ReportedFinding
from lab.reports.matrix.matrix_cells import Cell, judged
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.matrix_pairing import VariantPair, pair, with_cells_of
from lab.scenario.model import Variant
from lab.scenario.setting_differences import differences
from lab.scenario.syntax.source_tree import plain_data
from lab.sentence import NOTHING, Sentence, sentence
from lab.words.steps import said


@dataclass(frozen=True, slots=True)
class Variation:
    """One variant of a configuration."""

    configuration: ChangeableScenario
    name: str
    label: str = ""
    """What reports call its file, if not by its name."""

    @property
    def variant(self) -> Variant:
        """As its timeline leaves it, prepared for its matrix."""
        return prepared(self.configuration.variant(self.name), self.configuration.scenario.file)

    @property
    def side(self) -> ComparedSide:
        """What reports call it."""
        return ComparedSide(self.label or self.configuration.scenario.file, self.name)


def pairs(
    before: ChangeableScenario, after: ChangeableScenario, one: str | None = None, other: str | None = None
) -> tuple[tuple[str, str], ...]:
    """Which variants to compare: those that are named; of one that is not, the one called as the other side's, else the first.

    Where no side names one, all with the same name; the first of each where no name is the same. Names are known ones.
    """
    names, others = tuple(before.scenario.variants), tuple(after.scenario.variants)
    if one is not None or other is not None:
        return tuple(zip(_wanted(one, other, names), _wanted(other, one, others), strict=True))
    same = tuple((name, name) for name in names if name in others)
    return same or tuple(zip(names[:1], others[:1], strict=False))


def _wanted(named: str | None, opposite: str | None, names: Sequence[str]) -> tuple[str, ...]:
    if named is not None:
        return (named,)
    return (opposite,) if opposite is not None and opposite in names else tuple(names[:1])


def difference(before: Variation, after: Variation, today: date, checks: Sequence[Check]) -> Difference:
    """Compare two variants. Files that say the same are not played."""
    old, new = (side.configuration.trees[side.name] for side in (before, after))
    same = plain_data(old) == plain_data(new)
    cells = played(before.variant, after.variant) if not same else (Cells({}), Cells({}))
    moved = tuple(_moved(*cells))
    changed = {(cell.sender, cell.recipient) for cell in moved}
    tried = [(cell.sender.name, cell.recipient.name) for cell, _ in cells[1].by_pair.values()]
    return Difference(
        scenario=after.configuration.scenario.name,
        before=before.side,
        after=after.side,
        settings=differences(old, new),
        moved=moved,
        unchanged=tuple(who for who in tried if who not in changed),
        findings=()
        if same
        else tuple(_changed(*(_findings(side, today, checks) for side in (before, after)))),
    )


@dataclass(frozen=True, slots=True)
class Cells:
    """A matrix that was played, with what became of the message of each cell."""

    by_pair: Mapping[VariantPair, tuple[Cell, Fate | None]]

    @classmethod
    def played(cls, one: Variant, other: Variant) -> Cells:
        """The matrix of one with the people of both."""
        run = simulate(with_cells_of(one, other))
        matrix = judged("", run)
        assert matrix is not None, "a prepared variant has a plan"
        ends = {fate.spec.series or fate.spec.key: fate for fate in fates(run)}
        return cls({pair(cell.sender, cell.recipient): (cell, ends.get(cell.key)) for cell in matrix.cells})


def played(before: Variant, after: Variant) -> tuple[Cells, Cells]:
    """The matrices of both, with the same people; both are prepared."""
    return Cells.played(before, after), Cells.played(after, before)


def moves(before: Variant, after: Variant) -> frozenset[tuple[str, str]]:
    """Who writes to whom differently."""
    old, new = played(before, after)
    return frozenset((cell.sender, cell.recipient) for cell in _moved(old, new))


def _moved(before: Cells, after: Cells) -> Iterator[MovedMail]:
    for who in dict.fromkeys((*after.by_pair, *before.by_pair)):
        was, was_fate = before.by_pair.get(who, (None, None))
        now, fate = after.by_pair.get(who, (None, None))
        if was and now and was.says == now.says:
            continue
        cell = now or was
        assert cell is not None, "it is in one of the two"
        why = divergence(was_fate, fate) if fate else None
        yield MovedMail(cell.sender.name, cell.recipient.name, direction(was, now), was, now, why)


def direction(was: Cell | None, now: Cell | None) -> ChangeDirection:
    """Worse is what a tenant sees now that nothing leads it to, what arrives no more, and any other new alarm.

    The first two weigh more, and neither makes up for the other. What a scenario expects is no loss.
    """
    if was is None:
        return ChangeDirection.NEW
    if now is None:
        return ChangeDirection.GONE
    for weight in (_heavy, _light):
        old, new = weight(was), weight(now)
        if any(b > a for a, b in zip(old, new, strict=True)):
            return ChangeDirection.WORSE
        if old != new:
            return ChangeDirection.BETTER
    return ChangeDirection.OTHER


def _heavy(cell: Cell) -> tuple[int, int]:
    astray = sum(alarm.astray for alarm in cell.alarms)
    return astray, int(not cell.arrived and not cell.expected)


def _light(cell: Cell) -> tuple[int]:
    return (len(cell.alarms),)


def _findings(side: Variation, today: date, checks: Sequence[Check]) -> dict[str, ReportedFinding]:
    configuration, name = side.configuration, side.name
    proven = findings(AuditContext(configuration, configuration.variant(name), today), checks)
    return {finding.id: finding for finding in reported(configuration, proven)}


def _changed(
    before: dict[str, ReportedFinding], after: dict[str, ReportedFinding]
) -> Iterator[ChangedFinding]:
    """What appears first; a finding that is suppressed on both sides is of no interest."""
    for id_, now in after.items():
        was = before.get(id_)
        counted = was if was is not None and was.counts else None
        if now.counts and counted is None:
            note = sentence("no longer suppressed") if was else NOTHING
            yield ChangedFinding(ChangeDirection.NEW, now, note)
        elif now.counts and counted is not None and counted.level != now.level:
            milder = LEVELS.index(now.level) > LEVELS.index(counted.level)
            note = sentence("{level} before", level=counted.level)
            yield ChangedFinding(ChangeDirection.BETTER if milder else ChangeDirection.WORSE, now, note)
        elif counted is not None and not now.counts:
            note = sentence("suppressed: {why}", why=now.suppressed)
            yield ChangedFinding(ChangeDirection.GONE, counted, note)
    for id_, was in before.items():
        if was.counts and id_ not in after:
            yield ChangedFinding(ChangeDirection.GONE, was)


# -- where two journeys of a message part

_Decisive = Attributed | Refused | Promoted | Resolved | Ruled | Routed | Bounced | Dropped | Delivered
"""All else only tells what was there to decide by, and differs wherever a certificate does."""


def divergence(was: Fate | None, now: Fate) -> FirstDifference | None:
    """Why the message does what it does now; without an earlier journey, the first attribution."""
    new = tuple(_decisions(now))
    if was is None:
        attributed = ((hop, step) for hop, step in new if isinstance(step, Attributed))
        return next((_reason(hop, step) for hop, step in attributed), None)
    for old, decision in zip_longest(_decisions(was), new):
        if decision is not None and (old is None or _says(*old) != _says(*decision)):
            return _reason(*decision)
    return _reason(*new[-1]) if new else None


def _decisions(fate: Fate) -> Iterator[tuple[Hop, _Decisive]]:
    for hop in way(fate.trace):
        yield from ((hop, step) for step in hop.steps if isinstance(step, _Decisive))


def _says(hop: Hop, step: _Decisive) -> tuple[object, ...]:
    """What makes a decision another one; not the words in which it is told."""
    decided: tuple[object, ...]
    match step:
        case Attributed():
            decided = (step.tenant, step.basis, step.direction)
        case Refused():
            decided = (enhanced(step.reply),)
        case Bounced():
            decided = (enhanced(step.reply), step.status)
        case Routed():
            decided = (step.how, step.connector, *step.targets)
        case Ruled():
            decided = step.names
        case Resolved():
            decided = (step.resolution, step.rewritten)
        case Promoted() | Dropped() | Delivered():
            decided = ()
        case _:
            assert_never(step)
    return (place(hop), step.kind, *decided)


def _reason(hop: Hop, step: _Decisive) -> FirstDifference:
    decision = sentence("{kind} {step}", kind=Sentence(step.kind), step=said(step))
    return FirstDifference(place(hop), decision, tuple(dict.fromkeys(step.rules)))

"""What two configurations do differently, as values for reports: settings, cells of the matrix, findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.core.rulebook import Rule, rule
from lab.model.value import dataclass
from lab.reports.findings import Told
from lab.reports.matrix import Cell
from lab.reports.turn import Turn
from lab.scenario.settings import Setting


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two."""

    file: str
    variant: str

    def __str__(self) -> str:
        return f"{self.file} ({self.variant})"


@dataclass(frozen=True, slots=True)
class Reason:
    """The first decision that is another one than before."""

    place: str
    text: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """What one person's mail to another does now, and did before."""

    sender: str
    recipient: str
    turn: Turn
    was: Cell | None
    """None: nobody there could send it, or get it."""
    now: Cell | None
    why: Reason | None
    """None where there is no now."""

    @property
    def worse(self) -> bool:
        """Whether it counts: it got worse, or is new and wrong at once."""
        fresh = self.turn is Turn.NEW and self.now is not None and not self.now.expected
        return self.turn is Turn.WORSE or fresh

    @property
    def appeared(self) -> tuple[str, ...]:
        """Alarms that there were not before."""
        was, now = _alarms(self.was), _alarms(self.now)
        return tuple(each for each in now if each not in was)

    @property
    def vanished(self) -> tuple[str, ...]:
        """Alarms that there are no more."""
        was, now = _alarms(self.was), _alarms(self.now)
        return tuple(each for each in was if each not in now)


def _alarms(cell: Cell | None) -> tuple[str, ...]:
    return cell.alarms if cell else ()


@dataclass(frozen=True, slots=True)
class Turned:
    """A finding of one side only, or one that weighs less or more than before."""

    turn: Turn
    finding: Told
    note: str = ""
    """What became of it, where it is still there: `was a warning`, `suppressed: ...`."""

    @property
    def worse(self) -> bool:
        """A note is nothing that got worse."""
        return self.turn in (Turn.NEW, Turn.WORSE) and self.finding.level != "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One variant of a configuration against one of another."""

    scenario: str
    before: Side
    after: Side
    settings: tuple[Setting, ...]
    moved: tuple[Moved, ...]
    unchanged: tuple[tuple[str, str], ...]
    """Sender and recipient of each cell that did not change."""
    findings: tuple[Turned, ...]

    @property
    def worse(self) -> bool:
        """Whether anything got worse."""
        return any(each.worse for each in self.moved) or any(each.worse for each in self.findings)

    @property
    def nothing(self) -> bool:
        """Whether nobody could tell the two from each other by their mail or by their findings."""
        return not self.moved and not self.findings

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those that decide now where something else decided before, in the order of their numbers."""
        return rules_of(each.why for each in self.moved if each.why)


def rules_of(reasons: Iterable[Reason]) -> tuple[Rule, ...]:
    """The rules of several reasons, each once, in the order of their numbers."""
    ids = {id_ for each in reasons for id_ in each.rules}
    return tuple(rule(id_) for id_ in sorted(ids, key=lambda each: int(each[1:])))


def counted(differences: Iterable[Difference]) -> str:
    """`1 cell worse, 2 better, 1 finding new`; '' if nothing changed."""
    return ", ".join(_counted(tuple(differences)))


def _counted(differences: tuple[Difference, ...]) -> Iterator[str]:
    for turn in Turn:
        number = sum(each.turn is turn for one in differences for each in one.moved)
        if number:
            yield f"{number} {'cell' if number == 1 else 'cells'} {turn}"
    for turn in Turn:
        number = sum(each.turn is turn for one in differences for each in one.findings)
        if number:
            yield f"{number} {'finding' if number == 1 else 'findings'} {turn}"

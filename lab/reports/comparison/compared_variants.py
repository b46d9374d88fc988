"""What two configurations do differently, as values for reports: settings, cells of the matrix, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

from lab.core.rulebook import Rule, rule
from lab.model.value import dataclass
from lab.reports.explanation.alarms import Alarm
from lab.reports.findings.audit_report import ReportedFinding
from lab.reports.matrix.matrix_cells import Cell
from lab.scenario.setting_differences import SettingDifference
from lab.sentence import NOTHING, Sentence, counted, sentence


class ChangeDirection(StrEnum):
    """What a change is to the sender and the recipient of a cell."""

    WORSE = "worse"
    BETTER = "better"
    OTHER = "other"
    NEW = "new"
    GONE = "gone"


TURNS: Mapping[ChangeDirection, Sentence] = {turn: Sentence(turn.value) for turn in ChangeDirection}


@dataclass(frozen=True, slots=True)
class ComparedSide:
    """One of the two."""

    file: str
    variant: str

    def __str__(self) -> str:
        return f"{self.file} ({self.variant})"


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first decision that is another one than before."""

    place: str
    text: Sentence
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MovedMail:
    """What one person's mail to another does now, and did before."""

    sender: str
    recipient: str
    turn: ChangeDirection
    was: Cell | None
    """None: its sender or its recipient is not there."""
    now: Cell | None
    why: FirstDifference | None
    """None where there is no now."""

    @property
    def worse(self) -> bool:
        """Whether it counts: it got worse, or is new and wrong at once."""
        fresh = self.turn is ChangeDirection.NEW and self.now is not None and not self.now.expected
        return self.turn is ChangeDirection.WORSE or fresh

    @property
    def appeared(self) -> tuple[Alarm, ...]:
        """Alarms that there were not before."""
        was, now = _alarms(self.was), _alarms(self.now)
        return tuple(alarm for alarm in now if alarm not in was)

    @property
    def vanished(self) -> tuple[Alarm, ...]:
        """Alarms that there are no more."""
        was, now = _alarms(self.was), _alarms(self.now)
        return tuple(alarm for alarm in was if alarm not in now)


def _alarms(cell: Cell | None) -> tuple[Alarm, ...]:
    return cell.alarms if cell else ()


@dataclass(frozen=True, slots=True)
class ChangedFinding:
    """A finding of one side only, or one that weighs less or more than before."""

    turn: ChangeDirection
    finding: ReportedFinding
    note: Sentence = NOTHING
    """What became of it, where it is still there: `was a warning`, `suppressed: ...`."""

    @property
    def worse(self) -> bool:
        """A note is nothing that got worse."""
        return self.turn in (ChangeDirection.NEW, ChangeDirection.WORSE) and self.finding.level != "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One variant of a configuration against one of another."""

    scenario: str
    before: ComparedSide
    after: ComparedSide
    settings: tuple[SettingDifference, ...]
    moved: tuple[MovedMail, ...]
    unchanged: tuple[tuple[str, str], ...]
    """Sender and recipient of each cell that did not change."""
    findings: tuple[ChangedFinding, ...]

    @property
    def worse(self) -> bool:
        """Whether anything got worse."""
        return any(change.worse for change in self.moved) or any(change.worse for change in self.findings)

    @property
    def nothing(self) -> bool:
        """Whether nobody could tell the two from each other by their mail or by their findings."""
        return not self.moved and not self.findings

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those that decide now where something else decided before, in the order of their numbers."""
        return rules_of(move.why for move in self.moved if move.why)


def rules_of(reasons: Iterable[FirstDifference]) -> tuple[Rule, ...]:
    """The rules of several reasons, each once, in the order of their numbers."""
    ids = {id_ for reason in reasons for id_ in reason.rules}
    return tuple(rule(id_) for id_ in sorted(ids, key=lambda id_: int(id_[1:])))


def counts(differences: Iterable[Difference]) -> tuple[Sentence, ...]:
    """`1 cell worse`, `2 cells better`, `1 finding new`."""
    compared = tuple(differences)
    cells = Counter(cell.turn for difference in compared for cell in difference.moved)
    findings = Counter(finding.turn for difference in compared for finding in difference.findings)
    return (
        *(
            _counted(turn, counted(cells[turn], "{number} cell", "{number} cells"))
            for turn in ChangeDirection
            if cells[turn]
        ),
        *(
            _counted(turn, counted(findings[turn], "{number} finding", "{number} findings"))
            for turn in ChangeDirection
            if findings[turn]
        ),
    )


def _counted(turn: ChangeDirection, many: Sentence) -> Sentence:
    return sentence("{many} {turn}", many=many, turn=TURNS[turn])

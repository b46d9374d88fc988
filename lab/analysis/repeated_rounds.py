"""The same messages, round after round: how each ended, and what has changed since the round before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.drivers.configuration_history import History
from lab.evidence.expectations import ExpectationResult
from lab.evidence.misplacement import misplaced
from lab.evidence.repeated_tests import EndingGist, gist
from lab.model.trace import Disposition
from lab.model.value import dataclass
from lab.reports.comparison.compared_variants import ChangeDirection
from lab.reports.explanation.alarms import Alarm, alarms, seen
from lab.reports.scenario_runs import Run
from lab.sentence import Sentence, sentence

_FAULTY = ("fault", "half-cure")


@dataclass(frozen=True, slots=True)
class RoundResult:
    """What became of one message in one round."""

    gist: EndingGist | None
    """None when it left no trace."""
    alarms: tuple[Alarm, ...] = ()
    """What is not as it should be."""

    @property
    def arrived(self) -> bool:
        """Whether everybody got it."""
        return self.gist is not None and set(self.gist.ends) == {Disposition.DELIVERED.value}

    @property
    def badness(self) -> int:
        """Only to compare with another."""
        return len(self.alarms) + (not self.arrived)

    @property
    def told(self) -> Sentence:
        """How it ended, and which way it went."""
        return self.gist.told if self.gist else sentence("no trace")


@dataclass(frozen=True, slots=True)
class EndingChange:
    """One message that ended differently than the round before."""

    message: str
    turn: ChangeDirection
    was: RoundResult | None
    now: RoundResult | None


RoundResults = Mapping[str, RoundResult]
"""By key of the scenario."""


def readings(run: Run, *, matrix: bool = False) -> RoundResults:
    """How the messages of a round ended. A fault that a variant claims is none that anybody wants: its claims count
    only where they are those of a cure, of a plain variant or of a matrix.
    """
    claims = matrix or run.variant.kind not in _FAULTY
    judged: dict[str, list[ExpectationResult]] = {key: [] for key in run.messages}
    for finding in run.findings() if claims else ():
        if finding.message in judged:
            judged[finding.message].append(finding)
    lost = misplaced(run.hops, run.variant, History.of(run.variant).topology)
    results = {}
    for key, name in run.messages.items():
        trace = run.traces.get(name)
        results[key] = RoundResult(gist(trace) if trace else None, _alarms(lost.get(name, ()), judged[key]))
    return results


def _alarms(lost: Iterable[str], judged: Iterable[ExpectationResult]) -> tuple[Alarm, ...]:
    """Tenants that have mail that was not meant for them, unless a claim says so already; and the claims that failed."""
    failed = alarms(judged)
    claimed = {alarm.place for alarm in failed if alarm.astray}
    return (*(seen(place) for place in lost if place not in claimed), *failed)


def changes(before: RoundResults, after: RoundResults) -> tuple[EndingChange, ...]:
    """What is not as it was, in the order of the messages."""
    pairs = ((key, before.get(key), after.get(key)) for key in dict.fromkeys((*after, *before)))
    return tuple(EndingChange(key, _turn(was, now), was, now) for key, was, now in pairs if was != now)


def _turn(was: RoundResult | None, now: RoundResult | None) -> ChangeDirection:
    if was is None:
        return ChangeDirection.NEW
    if now is None:
        return ChangeDirection.GONE
    if was.badness == now.badness:
        return ChangeDirection.OTHER
    return ChangeDirection.WORSE if now.badness > was.badness else ChangeDirection.BETTER

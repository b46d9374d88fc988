"""The same messages, round after round: how each ended, and what has changed since the round before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lab.drivers.history import History
from lab.evidence.expect import Finding
from lab.evidence.placement import misplaced
from lab.evidence.series import Gist, gist
from lab.model.trace import Disposition
from lab.model.value import dataclass
from lab.reports.alarms import Alarm, alarms, seen
from lab.reports.run import Run
from lab.reports.turn import Turn
from lab.sentence import Sentence, sentence

_FAULTY = ("fault", "half-cure")


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one message in one round."""

    gist: Gist | None
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
class Change:
    """One message that ended differently than the round before."""

    message: str
    turn: Turn
    was: Reading | None
    now: Reading | None


Readings = Mapping[str, Reading]
"""By key of the scenario."""


def readings(run: Run, *, matrix: bool = False) -> Readings:
    """How the messages of a round ended. A fault that a variant claims is none that anybody wants: its claims count
    only where they are those of a cure, of a plain variant or of a matrix.
    """
    claims = matrix or run.variant.kind not in _FAULTY
    judged: dict[str, list[Finding]] = {key: [] for key in run.messages}
    for finding in run.findings() if claims else ():
        if finding.message in judged:
            judged[finding.message].append(finding)
    lost = misplaced(run.hops, run.variant, History.of(run.variant).topology)
    found = {}
    for key, name in run.messages.items():
        trace = run.traces.get(name)
        found[key] = Reading(gist(trace) if trace else None, _alarms(lost.get(name, ()), judged[key]))
    return found


def _alarms(lost: Iterable[str], judged: Iterable[Finding]) -> tuple[Alarm, ...]:
    """Tenants that have mail that was not meant for them, unless a claim says so already; and the claims that failed."""
    failed = alarms(judged)
    known = {alarm.place for alarm in failed if alarm.astray}
    return (*(seen(place) for place in lost if place not in known), *failed)


def changes(before: Readings, after: Readings) -> tuple[Change, ...]:
    """What is not as it was, in the order of the messages."""
    return tuple(_changes(before, after))


def _changes(before: Readings, after: Readings) -> Iterator[Change]:
    for key in dict.fromkeys((*after, *before)):
        was, now = before.get(key), after.get(key)
        if was != now:
            yield Change(key, _turn(was, now), was, now)


def _turn(was: Reading | None, now: Reading | None) -> Turn:
    if was is None:
        return Turn.NEW
    if now is None:
        return Turn.GONE
    if was.badness == now.badness:
        return Turn.OTHER
    return Turn.WORSE if now.badness > was.badness else Turn.BETTER

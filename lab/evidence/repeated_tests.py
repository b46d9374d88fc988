"""A message that is sent again and again: when its end changed, and when it has settled (R33)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from lab.evidence.expectations import decisive_reply
from lab.evidence.hop_facts import enhanced
from lab.evidence.message_paths import NodePath, in_a_line, ways
from lab.evidence.trace_assembly import path, way
from lab.model.steps import Attributed
from lab.model.trace import Disposition, MessageTrace
from lab.model.value import dataclass
from lab.scenario.model import MessageSpec
from lab.sentence import Sentence, listed, sentence
from lab.words.english import ENDS

SETTLED = 3
"""How many tests in a row must come to the same end."""


@dataclass(frozen=True, slots=True)
class EndingGist:
    """What two tests must have in common to have come to the same end."""

    path: tuple[str, ...]
    ends: tuple[str, ...]
    status: str
    """The enhanced status of the decisive reply."""
    attributed: str
    """The tenant it travelled through first."""
    ways: tuple[NodePath, ...] = ()
    """The paths of all copies, each once, if there are several."""

    @property
    def final(self) -> bool:
        """Whether nothing is left to come."""
        return Disposition.QUEUED.value not in self.ends

    @property
    def told(self) -> Sentence:
        """`bounced 5.7.51 via exchange > gateway`."""
        ends = dict.fromkeys(map(Disposition, self.ends))
        fine = set(ends) == {Disposition.DELIVERED} and self.status.startswith("2")
        return sentence(
            "{ends}{status} via {ways}",
            ends=listed(map(ENDS.__getitem__, ends)) if ends else sentence("nothing"),
            status=f" {self.status}" if self.status and not fine else "",
            ways=in_a_line(self.ways or (self.path,)),
        )


@dataclass(frozen=True, slots=True)
class SeriesTest:
    """One of the series: when it was sent, and what became of it."""

    key: str
    at: timedelta
    gist: EndingGist


@dataclass(frozen=True, slots=True)
class EndingFlip:
    """Where two tests in a row came to different ends."""

    before: SeriesTest
    after: SeriesTest


@dataclass(frozen=True, slots=True)
class Series:
    """All tests of a repeated message, in order of time."""

    name: str
    tests: tuple[SeriesTest, ...]

    @property
    def flips(self) -> tuple[EndingFlip, ...]:
        """When the end changed."""
        pairs = zip(self.tests, self.tests[1:], strict=False)
        return tuple(EndingFlip(old, new) for old, new in pairs if old.gist != new.gist)

    @property
    def is_stable(self) -> bool:
        """Whether the last tests came to the same end, and to an end at all."""
        last = [test.gist for test in self.tests[-SETTLED:]]
        return len(last) == SETTLED and len(set(last)) == 1 and last[0].final


def gist(trace: MessageTrace) -> EndingGist:
    """What became of a message, without what differs each time."""
    decided = next((step for hop in way(trace) for step in hop.all(Attributed)), None)
    ends = tuple(end.value for _, end in sorted(trace.dispositions.items()))
    paths = tuple(one_way.path for one_way in ways(trace))
    return EndingGist(
        path=path(trace),
        ends=ends,
        status=enhanced(decisive_reply(trace)),
        attributed=decided.tenant if decided else "",
        ways=paths if len(paths) > 1 else (),
    )


def series(
    specs: Iterable[MessageSpec], messages: Mapping[str, str], traces: Mapping[str, MessageTrace]
) -> tuple[Series, ...]:
    """All repeated messages of a run."""
    by_name: dict[str, list[SeriesTest]] = {}
    for spec in specs:
        trace = traces.get(messages.get(spec.key, ""))
        if spec.series and trace is not None:
            by_name.setdefault(spec.series, []).append(SeriesTest(spec.key, spec.at, gist(trace)))
    return tuple(Series(name, tuple(tests)) for name, tests in by_name.items())

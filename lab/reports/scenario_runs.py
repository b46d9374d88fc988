"""What a report needs to know of a run; every driver's outcome fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from lab.evidence.expectations import ExpectationResult
from lab.model.trace import Hop, MessageTrace
from lab.model.transport import Mailboxed
from lab.model.value import dataclass
from lab.scenario.model import Scenario, Variant


class Run(Protocol):
    """One variant, run to its end by one driver."""

    @property
    def variant(self) -> Variant:
        """What was run."""

    @property
    def driver(self) -> str:
        """The body that ran it: `simulator`, `embedded`, `containers`."""

    @property
    def hops(self) -> tuple[Hop, ...]:
        """Everything that the nodes wrote down."""

    @property
    def delivered(self) -> tuple[Mailboxed, ...]:
        """What lies in mailboxes at the end."""

    @property
    def messages(self) -> Mapping[str, str]:
        """Message-ID by key of the scenario."""

    @property
    def started(self) -> datetime:
        """The lab's clock at the start."""

    @property
    def took(self) -> timedelta:
        """Lab time from the first submission to the last event."""

    @property
    def traces(self) -> Mapping[str, MessageTrace]:
        """Message traces by Message-ID."""

    def trace(self, key: str) -> MessageTrace:
        """The trace of one message of the scenario; KeyError when it left none."""

    def findings(self) -> tuple[ExpectationResult, ...]:
        """The variant's expectations, judged."""


@dataclass(frozen=True, slots=True)
class ScenarioRuns:
    """A scenario and the runs of its variants, in the order of the file."""

    scenario: Scenario
    runs: tuple[Run, ...]

    @property
    def failed(self) -> bool:
        """Whether an expectation failed in any of the runs."""
        return any(not finding.ok for run in self.runs for finding in run.findings())


def ran(outcomes: Iterable[ScenarioRuns]) -> tuple[tuple[Scenario, Run], ...]:
    """Every run with its scenario."""
    return tuple((outcome.scenario, run) for outcome in outcomes for run in outcome.runs)

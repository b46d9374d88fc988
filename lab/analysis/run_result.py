"""One run, as the Python API hands it out: what became of the messages, by the keys that the scenario gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from lab.drivers.driver_by_name import DRIVERS, run_in
from lab.drivers.run_outcome import RunOutcome
from lab.errors import ArgumentError, DriverError, demand, plainly
from lab.evidence.expectations import ExpectationResult
from lab.model.decision import Decision
from lab.model.steps import decision_of
from lab.model.trace import MessageTrace
from lab.model.transport import Mailboxed
from lab.reports.explanation.message_explanation import explain
from lab.reports.text import console
from lab.scenario.model import Variant
from lab.scenario.syntax.problem_report import unknown


@dataclass(frozen=True, slots=True)
class RunResult:
    """One variant, run to its end: what became of its messages, which go by their keys in the scenario."""

    _outcome: RunOutcome = field(repr=False)
    variant: str
    driver: str
    """Which body ran it: `simulator`, `embedded` or `containers`."""
    traces: Mapping[str, MessageTrace] = field(repr=False)
    """By key; a message that left no trace is missing."""
    delivered: tuple[Mailboxed, ...] = field(repr=False)
    """What lies in mailboxes at the end, reports of failures too."""
    findings: tuple[ExpectationResult, ...] = field(repr=False)
    """The variant's expectations, each with what it wanted and got."""
    took: timedelta
    """Lab time, from the first submission to the last event."""

    @classmethod
    def of(cls, outcome: RunOutcome) -> RunResult:
        """What a driver left behind."""
        traces, ids = outcome.traces, outcome.messages
        return cls(
            _outcome=outcome,
            variant=outcome.variant.name,
            driver=outcome.driver,
            traces={key: traces[id_] for key, id_ in ids.items() if id_ in traces},
            delivered=outcome.delivered,
            findings=outcome.findings(),
            took=outcome.took,
        )

    @property
    def ok(self) -> bool:
        """Whether all is as the scenario expects it; true where it expects nothing."""
        return all(finding.ok for finding in self.findings)

    def trace(self, key: str) -> MessageTrace:
        """The way of one message, hop by hop, and of the reports on it. Raises ArgumentError for an unknown key."""
        demand("key", key, str)
        if key not in self.traces:
            raise ArgumentError("key", f"no message {key!r} left a trace: {unknown(key, self.traces)}")
        return self.traces[key]

    def decisions(self, key: str) -> tuple[Decision, ...]:
        """All decisions on the way of one message, in the order of its hops. Raises ArgumentError for an unknown key."""
        steps = (step for hop in self.trace(key).hops for step in hop.steps)
        return tuple(decision for step in steps if (decision := decision_of(step)) is not None)

    def explain(self, key: str, width: int = console.WIDTH) -> tuple[str, ...]:
        """What `mflab explain` prints, in lines of at most `width` columns (20 to 1000).

        Raises ArgumentError for an unknown key and another width.
        """
        demand("width", width, int)
        if not 20 <= width <= 1000:
            raise ArgumentError("width", f"wanted 20 to 1000 columns, not {width}")
        self.trace(key)
        return tuple(console.text(explain(self._outcome, key), width).splitlines())


def played(driver: str, variant: Variant, seed: int) -> RunOutcome:
    """Run a variant to its end in the driver of that name.

    Raises ArgumentError when there is none, and for a seed that is no whole number; DriverError, WireError and LabBug as the driver does.
    """
    demand("driver", driver, str)
    demand("seed", seed, int)
    if driver not in DRIVERS:
        raise ArgumentError("driver", f"no driver is named {driver!r}: {unknown(driver, DRIVERS)}")
    if driver != "simulator" and _in_a_loop():
        raise DriverError(f"{driver} has an event loop of its own; call this in a thread: asyncio.to_thread")
    try:
        return run_in(driver, variant, seed=seed)
    except OSError as error:
        raise DriverError(plainly(error)) from error


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

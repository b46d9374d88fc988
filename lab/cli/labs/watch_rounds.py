"""Where `mflab watch` gets its rounds from: a simulator that starts afresh each time, or a lab that runs."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from lab.analysis.matrix import prepared
from lab.cli import locations
from lab.cli.arguments import chosen, run_in, today
from lab.cli.exit_codes import BadInput, NothingToRun
from lab.cli.labs import control_client, lab_state
from lab.drivers.run_outcome import RunOutcome
from lab.model.value import dataclass
from lab.scenario.load import load
from lab.scenario.model import Variant
from lab.wire.store import mark, snapshot


class Rounds(Protocol):
    """Something that can be played again and again."""

    def play(self) -> RunOutcome:
        """Another round. Raises what a verb may raise."""


def rounds(args: Namespace) -> Rounds:
    """What the arguments ask for. Raises BadInput when that cannot be told."""
    if args.scenario is None:
        if args.variant is not None:
            raise BadInput("--variant is for a scenario; a running lab has the variant it was started with")
        return RunningLabRounds(locations.state_folder(args.state), args.matrix)
    if args.state is not None:
        raise BadInput("either a scenario or the --state of a running lab, not both")
    return SimulatedRounds(locations.find_scenario(args.scenario), args.variant, args.matrix, args.seed)


@dataclass(frozen=True, slots=True)
class SimulatedRounds:
    """Reads the scenario again each time: what changes is what somebody has changed in the file."""

    file: Path
    variant: str | None
    matrix: bool
    seed: int

    def play(self) -> RunOutcome:
        """In the simulator."""
        variant = chosen(load(self.file), self.variant)
        return run_in(
            "simulator", prepared(variant, str(self.file)) if self.matrix else variant, seed=self.seed
        )


@dataclass(frozen=True, slots=True)
class RunningLabRounds:
    """Has the lab of a state folder send, and reads in its journal what came of it."""

    state: Path
    matrix: bool

    def play(self) -> RunOutcome:
        """On the wire, among whatever else goes on there."""
        if not lab_state.is_up(self.state):
            raise NothingToRun(f"no lab runs in {self.state}; `mflab up SCENARIO` starts one")
        variant, store, began = lab_state.variant_of(self.state), self.state / lab_state.STORE, today()
        before = mark(store)
        messages = control_client.send(
            self.state, control_client.MATRIX if self.matrix else control_client.MESSAGES
        )
        state = snapshot(store, before)
        if not messages.keys() <= {spec.key for spec in variant.messages}:  # its scenario says no `matrix:`
            variant = prepared(variant, str(self.state / lab_state.SCENARIO))
        return RunOutcome(
            variant=_of(messages, variant),
            driver="embedded",
            hops=state.hops,
            delivered=state.mailboxes,
            messages=messages,
            started=began,
            took=timedelta(),
        )


def _of(messages: dict[str, str], variant: Variant) -> Variant:
    """With the claims about these messages only: of a series just one is sent."""
    return replace(variant, expect={key: claim for key, claim in variant.expect.items() if key in messages})

"""`mflab watch`: send the same messages again and again, and tell what changes."""

from __future__ import annotations

import json
import re
import sys
import threading
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from lab.analysis.matrix import prepared
from lab.analysis.repeated_rounds import EndingChange, RoundResult, RoundResults, changes, readings
from lab.cli import locations
from lab.cli.arguments import add_json, add_variant, chosen, count, run_in, today
from lab.cli.exit_codes import BadInput, Exit, NothingToRun
from lab.cli.labs import control_client, lab_state
from lab.cli.output import plain, put, talk
from lab.cli.verb_declaration import Verb, declare
from lab.drivers.run_outcome import RunOutcome
from lab.errors import DriverError, ScenarioError, WireError
from lab.evidence.hop_facts import iso
from lab.model.value import dataclass
from lab.reports import SCHEMA_VERSION
from lab.reports.comparison.compared_variants import ChangeDirection
from lab.scenario.load import load
from lab.scenario.model import Variant
from lab.wire.store import mark, snapshot

_ABOUT = """\
Without SCENARIO, a lab that `mflab up` keeps running sends them, with new Message-IDs each time. With SCENARIO, each round
is a fresh simulator, and the file is read again: edit it and see what changes. The first round is what later ones are
compared with. Worse is what arrives no more, what a tenant sees that nothing leads it to, and what is not as expected
any more. Ends with 1 if a change of the --times rounds was for the worse; Ctrl-C ends it with 0."""

_EXAMPLES = """\
  mflab watch
  mflab watch --state .mflab --matrix --every 5m
  mflab watch my.yaml --every 2s
  mflab watch --every 1m --times 60 --json | jq 'select(.changes != [])'"""
_TROUBLE = (BadInput, NothingToRun, ScenarioError, DriverError, WireError, OSError)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument(
        "scenario", nargs="?", metavar="SCENARIO", help="a file, or the name of one of the lab's own"
    )
    add_variant(parser)
    parser.add_argument("--state", metavar="DIR", help="state folder of the running lab (default: .mflab)")
    parser.add_argument("--matrix", action="store_true", help="the matrix instead of the scenario's messages")
    parser.add_argument(
        "--every",
        type=_seconds,
        default="60s",
        metavar="T",
        help="time between rounds (default: %(default)s)",
    )
    parser.add_argument("--times", type=count, metavar="N", help="end after so many rounds")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="where made-up ids come from")
    add_json(parser)


def run(args: Namespace) -> int:
    """Watch until told to stop."""
    watched = WatchRun(rounds(args), matrix=args.matrix, as_json=args.json)
    try:
        while True:
            watched.round()
            if watched.count == args.times:
                return Exit.FAILED if watched.worse else Exit.OK
            wait(args.every)
    except KeyboardInterrupt:
        talk(f"watched {watched.count} {'round' if watched.count == 1 else 'rounds'}")
        return Exit.OK


def wait(seconds: float) -> None:
    """Until the next round; Ctrl-C ends it."""
    threading.Event().wait(seconds)


class WatchRun:
    """Round after round."""

    def __init__(self, source: Rounds, *, matrix: bool, as_json: bool) -> None:
        self._source = source
        self._matrix = matrix
        self._as_json = as_json
        self._last: RoundResults | None = None
        self.count = 0
        self.worse = False
        """Whether any change was for the worse."""

    def round(self) -> None:
        """Play, compare, tell. What goes wrong in the first round is raised; later it is a change for the worse."""
        began = iso(today())
        try:
            now = readings(self._source.play(), matrix=self._matrix)
        except _TROUBLE as error:
            if self._last is None:
                raise
            self._tell(began, {}, (), str(error))
            return
        changed = changes(self._last, now) if self._last is not None else ()
        self._tell(began, now, changed, "")
        self._last = now

    def _tell(self, began: str, now: RoundResults, changed: tuple[EndingChange, ...], trouble: str) -> None:
        first = self._last is None
        self.count += 1
        self.worse |= bool(trouble) or any(change.turn is ChangeDirection.WORSE for change in changed)
        if self._as_json:
            put(json.dumps(_as_json(self.count, began, now, changed, trouble), ensure_ascii=False))
        else:
            put("\n".join([f"{began}  round {self.count}", *_lines(now, changed, trouble, first=first)]))
        sys.stdout.flush()  # whoever reads a pipe wants each round when it is over


def _lines(
    now: RoundResults, changed: tuple[EndingChange, ...], trouble: str, *, first: bool
) -> Iterator[str]:
    if trouble:
        yield f"  worse   {trouble}"
    elif first:
        alarms = {key: reading for key, reading in now.items() if reading.alarms}
        yield f"  {len(now)} {'message' if len(now) == 1 else 'messages'}, {len(alarms)} with alarms"
        for key, reading in alarms.items():
            yield f"  alarm   {key}: {reading.told}"
            yield from (f"          {alarm}" for alarm in reading.alarms)
    elif not changed:
        yield "  no change"
    for change in changed:
        yield from _change(change)


def _change(change: EndingChange) -> Iterator[str]:
    readings = " -> ".join(str(reading.told) for reading in (change.was, change.now) if reading is not None)
    yield f"  {change.turn:<6}  {change.message}: {readings}"
    was, now = (reading.alarms if reading else () for reading in (change.was, change.now))
    yield from (f"          {alarm}" for alarm in now if alarm not in was)
    yield from (f"          no more: {alarm}" for alarm in was if alarm not in now)


def _as_json(
    number: int, began: str, now: RoundResults, changed: tuple[EndingChange, ...], trouble: str
) -> dict[str, object]:
    """One line for each round."""
    data: object = plain(
        {
            "schema_version": SCHEMA_VERSION,
            "round": number,
            "at": began,
            "trouble": trouble or None,
            "messages": len(now),
            "alarms": {key: reading.alarms for key, reading in now.items() if reading.alarms},
            "changes": [
                {"message": c.message, "turn": c.turn, "was": _reading(c.was), "now": _reading(c.now)}
                for c in changed
            ],
        }
    )
    assert isinstance(data, dict)
    return data


def _reading(reading: RoundResult | None) -> dict[str, object] | None:
    if reading is None:
        return None
    gist = reading.gist
    return {
        "ends": gist.ends if gist else (),
        "status": gist.status if gist else "",
        "path": gist.path if gist else (),
        "ways": (gist.ways or (gist.path,)) if gist else (),
        "tenant": gist.attributed if gist else "",
        "alarms": reading.alarms,
    }


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d{1,6})([smh]?)", text, re.ASCII)
    if match is None or int(match[1]) == 0:
        raise ArgumentTypeError(f"{text!r} is no time such as 30s, 5m or 1h")
    return float(int(match[1]) * _UNITS[match[2]])


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

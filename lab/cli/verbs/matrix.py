"""`mflab matrix`: everybody writes to everybody; what nobody expects is an alarm."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from functools import partial

from lab.analysis.matrix import matrix
from lab.cli.arguments import add_driver, add_json, add_scenario, chosen, loaded, run_in
from lab.cli.exit_codes import Exit, NothingToRun
from lab.cli.output import Progress, draw, put_json, talk
from lab.cli.report_files import HTML, JUNIT, Outputs, add_outputs
from lab.cli.verb_declaration import Verb, declare
from lab.drivers.driver_by_name import skipped
from lab.reports.matrix import matrix_files, matrix_html
from lab.reports.matrix.matrix_cells import JudgedMatrix
from lab.reports.matrix.matrix_grid import grid, side_by_side
from lab.scenario.model import Scenario

_ABOUT = """\
Every class of people that the scenario has writes to every other: on-premises, cloud, foreign, and those that are
forgotten. A cell is as expected when the message arrives and no tenant sees it that nothing leads it to. A scenario that
says `matrix:` decides who takes part, and what else is expected."""

_EXAMPLES = """\
  mflab matrix hybrid-basics
  mflab matrix wildcard-misrouting --variants
  mflab matrix special-senders --variant side-door-locked --ways
  mflab matrix wildcard-misrouting --variants --json | jq '.changes'"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    add_scenario(parser)
    parser.add_argument(
        "--variants", action="store_true", help="all variants side by side, with each cell that changes"
    )
    parser.add_argument("--ways", action="store_true", help="list every cell with its way")
    add_driver(parser)
    add_json(parser)
    add_outputs(
        parser,
        {JUNIT: "write a JUnit report, a test case for each cell", HTML: "write one self-contained page"},
    )


def run(args: Namespace) -> int:
    """Play, report, judge."""
    scenario = loaded(args)
    files = Outputs.judged(args, (scenario.file, *scenario.includes))
    played = _played(args, scenario)
    files.write(JUNIT, lambda: matrix_files.junit(played))
    files.write(HTML, lambda: matrix_html.report(played))
    paper = sys.stderr if files.on_stdout else None
    if args.json:
        put_json(matrix_files.document(played))
    elif len(played) > 1:
        draw(side_by_side(played), paper)
    else:
        draw(grid(played[0], ways=args.ways), paper)
    return Exit.FAILED if any(matrix.alarms for matrix in played) else Exit.OK


def _played(args: Namespace, scenario: Scenario) -> Sequence[JudgedMatrix]:
    variants = tuple(scenario.variants.values()) if args.variants else (chosen(scenario, args.variant),)
    played: list[JudgedMatrix] = []
    with Progress(len(variants)) as progress:
        for variant in variants:
            progress.step(f"{scenario.name}: {variant.name}")
            why = skipped(variant, args.driver)
            if why:
                talk(f"warning: {scenario.name}: {variant.name} skipped: {why}")
                continue
            play = partial(run_in, args.driver, seed=args.seed)
            played.append(matrix(variant, scenario=scenario.name, file=scenario.file, play=play))
    if not any(matrix.cells for matrix in played):
        raise NothingToRun(f"{scenario.file}: nobody there writes to anybody of the company")
    return played

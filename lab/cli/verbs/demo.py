"""`mflab demo`: the article's fault, who sees what of it, and which cures work; on one screen."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from lab.cli import locations
from lab.cli.arguments import add_body, chosen
from lab.cli.driver_choice import run_in
from lab.cli.exit_codes import Exit
from lab.cli.output import Progress, draw, plainly, talk
from lab.cli.verb_declaration import Verb, declare
from lab.drivers.driver_by_name import skipped
from lab.drivers.run_outcome import RunOutcome
from lab.errors import DriverError, WireError
from lab.reports.explanation.demo_story import demo_story
from lab.reports.run import ScenarioRuns
from lab.reports.runs.run_summary import run_summary
from lab.scenario.load import load
from lab.scenario.model import Scenario

SCENARIO = "wildcard-misrouting"

_ABOUT = """\
Runs scenarios/wildcard-misrouting.yaml, all variants, over real SMTP, TLS and DNS on loopback: no Docker, no root, and
nothing leaves this machine."""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples="  mflab demo\n  mflab demo --driver simulator")
    parser.add_argument("--variant", metavar="V", help="only this variant; all if not given")
    add_body(parser, default="embedded")


def run(args: Namespace) -> int:
    """Run it all and tell the story; an expectation that fails is told below it."""
    scenario = load(locations.find_scenario(SCENARIO))
    try:
        runs = ScenarioRuns(scenario, tuple(_runs(args, scenario)))
    except (DriverError, WireError, OSError) as error:
        talk(f"mflab: the embedded lab cannot run on this machine: {plainly(error)}")
        talk("`mflab doctor` says what is missing; `mflab demo --driver simulator` needs no network at all.")
        return Exit.ENVIRONMENT
    draw(demo_story(runs))
    if runs.failed:
        draw(run_summary([runs]))
        return Exit.FAILED
    return Exit.OK


def _runs(args: Namespace, scenario: Scenario) -> Iterator[RunOutcome]:
    variants = [chosen(scenario, args.variant)] if args.variant else list(scenario.variants.values())
    with Progress(len(variants)) as progress:
        for variant in variants:
            progress.step(variant.name)
            if not skipped(variant, args.driver):
                yield run_in(args.driver, variant, seed=args.seed)

"""`mflab hunt`: the smallest change, or message, that goes to a wrong tenant."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.hunt.hunt_result import reported, scenario_of
from lab.analysis.hunt.search import hunt
from lab.cli import locations
from lab.cli.arguments import add_json, add_scenario, chosen, count, today
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import Counter, draw, put, put_json, talk
from lab.cli.report_files import STDOUT, check_new, write_new
from lab.cli.verb_declaration import Verb, declare
from lab.reports.findings import hunt_report
from lab.scenario.changeable_scenario import ChangeableScenario

_ABOUT = """\
First sends messages only: everybody to everybody, under four reverse-paths, from every machine, to partners in this and in
another region and past the MX. Then changes one setting after the other, and then two: which certificate a machine shows,
which name or address a connector knows, whose address is shared, what is switched on, what is an accepted domain, where a
partner lives, what the service does where nobody documents it. Ends with the fewest changes that lead mail to a wrong
tenant. The exit code is 1 if it goes there without any change, and 0 where it takes one."""

_EXAMPLES = """\
  mflab hunt my.yaml
  mflab hunt wildcard-misrouting --variant dedicated-certificate -o caught.yaml && mflab explain caught.yaml
  mflab hunt my.yaml --depth 2 --budget 10000 --json | jq -r '.finds[].settings[]'"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    add_scenario(parser)
    parser.add_argument(
        "--depth",
        type=int,
        choices=(0, 1, 2),
        default=1,
        help="how many settings to change at most (default: %(default)s)",
    )
    parser.add_argument(
        "--limit", type=count, default=10, metavar="N", help="end after so many finds (default: %(default)s)"
    )
    parser.add_argument(
        "--budget",
        type=count,
        default=2000,
        metavar="N",
        help="configurations to try at most, at each depth (default: %(default)s)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="F", help="write the first find as a scenario; - is stdout"
    )
    parser.add_argument("--force", action="store_true", help="let it replace a file that is there")
    add_json(parser)


def run(args: Namespace) -> int:
    """Search, tell, judge."""
    configuration = ChangeableScenario.load(locations.find_scenario(args.scenario))
    scenario = configuration.scenario
    name = chosen(scenario, args.variant).name
    if args.output == STDOUT and args.json:
        raise BadInput("-o -: --json writes to stdout as well; give one of them a file")
    if args.output not in (None, STDOUT):
        check_new(args.output, (scenario.file, *scenario.includes), force=args.force)
    context = AuditContext(configuration, configuration.variant(name), today().date())
    with Counter() as counter:
        hunted = hunt(context, depth=args.depth, limit=args.limit, budget=args.budget, watch=counter.show)
    report = reported(hunted, context)
    if args.json:
        put_json(hunt_report.document(report))
    else:
        draw(hunt_report.screen(report), sys.stderr if args.output == STDOUT else None)
    if args.output and hunted.misroutes:
        _write(args.output, scenario_of(hunted.misroutes[0], report.finds[0]))
    return Exit.FAILED if report.now else Exit.OK


def _write(path: Path, text: str) -> None:
    if path == STDOUT:
        put(text, end="")
        return
    write_new(path, text)
    talk(f"written: {path}")

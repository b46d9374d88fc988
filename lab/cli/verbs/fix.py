"""`mflab fix`: the cure of a finding as a file and as cmdlets, and the proof that it cures and harms nothing."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.checks.engine import examine
from lab.analysis.checks.finding import Finding
from lab.analysis.checks.finding_report import reported
from lab.analysis.fix import choose, fix
from lab.cli import locations
from lab.cli.arguments import add_json, add_scenario, chosen, today
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import draw, put_json, talk
from lab.cli.report_files import check_new, write_new
from lab.cli.verb_declaration import Verb, declare
from lab.errors import DriverError
from lab.reports.cures import cure_report
from lab.reports.cures.cure_report import FixedFinding
from lab.scenario.changeable_scenario import ChangeableScenario

_ABOUT = """\
Takes a finding of `mflab check`, lays one of its cures over the configuration, and writes that as a file of its own, which
includes the old one. Tells what is to be done: cmdlets for Exchange, plain words for what has none (a certificate, a DNS
name, a gateway). Then proves it with that very file: the finding is gone, no other error or warning has come, and by
the matrix whose mail goes another way now. Exit code 1 if the finding is not gone, or anything got worse. Nothing is
changed anywhere but in the file."""

_EXAMPLES = """\
  mflab fix my.yaml --list
  mflab fix my.yaml --finding MFL-ATTR-001:gateway -o fixed.yaml
  mflab fix my.yaml --finding MFL-ATTR-001 --cure 2 --json | jq -r '.variants[0].to_do[].commands[]'"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    add_scenario(parser, variant="only this variant; all that have the finding if not given")
    parser.add_argument(
        "--finding", metavar="ID", help="which finding; its code is enough if that is found once"
    )
    parser.add_argument(
        "--cure", type=int, metavar="N", help="which of its cures; the first that works if not given"
    )
    parser.add_argument(
        "--list", action="store_true", help="list all findings with their cures, and do nothing"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="F", help="write the cured configuration to this file"
    )
    parser.add_argument("--force", action="store_true", help="let it replace a file that is there")
    add_json(parser)


def run(args: Namespace) -> int:
    """Find, cure, tell, prove."""
    configuration = ChangeableScenario.load(locations.find_scenario(args.scenario))
    if args.variant is not None:
        chosen(configuration.scenario, args.variant)
    scenario = configuration.scenario
    if args.output is not None:
        check_new(args.output, (scenario.file, *scenario.includes), force=args.force)
    findings = examine(configuration, today().date(), CHECKS, only=args.variant)
    if args.list:
        return _list(args, configuration, findings)
    if args.finding is None:
        raise BadInput(f"which finding? --finding ID; {_ids(findings)}")
    fixed = _fixed(args, configuration, findings)
    if args.output:
        write_new(args.output, fixed.text)
        talk(f"written: {args.output}")
    if args.json:
        put_json(cure_report.document(fixed))
    else:
        draw(cure_report.screen(fixed), crop=False)
    return Exit.OK if fixed.proven else Exit.FAILED


def _ids(findings: tuple[Finding, ...]) -> str:
    ids = dict.fromkeys(finding.id for finding in findings if finding.suppressed is None)
    return f"there are: {', '.join(ids)}" if ids else "but there is none"


def _list(args: Namespace, configuration: ChangeableScenario, findings: tuple[Finding, ...]) -> int:
    listed = reported(configuration, findings)
    if args.json:
        put_json(cure_report.findings_document(listed))
    else:
        draw(cure_report.catalogue(listed), sys.stdout)
    return Exit.OK


def _fixed(args: Namespace, configuration: ChangeableScenario, findings: tuple[Finding, ...]) -> FixedFinding:
    """Raises BadInput for what is no finding, or no cure that can be applied."""
    try:
        choice = choose(configuration, findings, args.finding, args.cure)
        return fix(choice, args.output or Path("fixed.yaml"), today().date(), CHECKS)
    except DriverError as error:
        raise BadInput(f"{configuration.scenario.file}: {error}") from None

"""`mflab check`: what is wrong with a configuration, each finding shown by a message that goes wrong."""

from __future__ import annotations

import os
import secrets
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.checks.finding import Check
from lab.analysis.checks.finding_report import audit
from lab.analysis.checks.reproduction import reproduction
from lab.cli import locations
from lab.cli.arguments import add_json, all_loaded, today
from lab.cli.exit_codes import BadInput, Exit, NothingToRun
from lab.cli.output import Progress, draw, put, put_json, talk
from lab.cli.report_files import JUNIT, MARKDOWN, SARIF, Outputs, add_outputs
from lab.cli.verb_declaration import Verb, declare
from lab.errors import DriverError
from lab.reports.findings import audit_files, audit_report
from lab.reports.findings.audit_report import LEVELS, Audit
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.syntax.problem_report import unknown
from lab.sentence import Sentence, counted, say, sentence

_ABOUT = """\
Looks for known mistakes in the company's own configuration. Nothing is a finding because it looks wrong: the flow that it
would harm is played in the simulator, and so is each cure. What rests on a rule that nobody documents is a warning.
`suppress:` in the file keeps a finding from counting, with a reason and a last day. docs/checks.md has all checks."""

_EXAMPLES = """\
  mflab check my.yaml
  mflab check wildcard-misrouting --variant shared-wildcard
  mflab check config/ --sarif findings.sarif --markdown ticket.md
  mflab check my.yaml --reproduce MFL-ATTR-001:gateway > shown.yaml && mflab explain shown.yaml
  mflab check --list"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument(
        "scenario", nargs="*", metavar="SCENARIO|DIR", help="files, folders, or names of the lab's own"
    )
    parser.add_argument("--variant", metavar="V", help="only this variant; all of them if not given")
    parser.add_argument(
        "--code",
        action="append",
        default=[],
        metavar="C",
        help="only this check, or all that begin so; may be repeated",
    )
    parser.add_argument(
        "--fail-on",
        choices=(*LEVELS, "never"),
        default="error",
        help="the mildest finding that makes the exit code 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--reproduce", metavar="ID", help="print a scenario that plays the flow of one finding, and no report"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="one line for each finding")
    parser.add_argument("--list", action="store_true", help="list all checks, and look at nothing")
    add_json(parser)
    add_outputs(
        parser,
        {
            JUNIT: "write a JUnit report, a test case for each finding",
            SARIF: "write SARIF, for code hosting",
            MARKDOWN: "write Markdown, for a ticket or a job summary",
        },
    )


def run(args: Namespace) -> int:
    """Look, report, judge."""
    checks = _chosen(args.code)
    if args.list:
        put("\n".join(f"{check.code}  {check.severity.value:<7}  {check.title}" for check in checks))
        return Exit.OK
    configurations = _loaded(args)
    files = Outputs.judged(args, [n for c in configurations for n in (c.scenario.file, *c.scenario.includes)])
    if args.reproduce:
        put(_reproduced(_only(configurations), checks, args), end="")
        return Exit.OK
    audits = tuple(_audits(configurations, checks, args))
    _report(args, audits, files)
    return _judged(audits, args.fail_on)


def _reproduced(configuration: ChangeableScenario, checks: Sequence[Check], args: Namespace) -> str:
    try:
        return reproduction(configuration, args.reproduce, checks, today().date(), args.variant)
    except DriverError as error:
        raise BadInput(f"--reproduce {args.reproduce}: {error}") from None


def _chosen(codes: Sequence[str]) -> tuple[Check, ...]:
    """The checks that are asked for. Raises BadInput for a code that none begins with."""
    for code in codes:
        if not any(check.code.startswith(code.upper()) for check in CHECKS):
            raise BadInput(f"--code {code}: {unknown(code, [check.code for check in CHECKS])}")
    wanted = tuple(map(str.upper, codes))
    return tuple(check for check in CHECKS if not codes or check.code.startswith(wanted))


def _loaded(args: Namespace) -> list[ChangeableScenario]:
    """All files, or all mistakes of all of them."""
    paths = locations.scenarios_of(args.scenario)
    if not paths:
        raise NothingToRun("no configuration: name a scenario file, or a folder with some")
    configurations = all_loaded(paths, ChangeableScenario.load)
    names = [name for configuration in configurations for name in configuration.scenario.variants]
    if args.variant is not None and args.variant not in names:
        raise BadInput(f"no variant is named {args.variant!r}: {unknown(args.variant, names)}")
    return configurations


def _only(configurations: Sequence[ChangeableScenario]) -> ChangeableScenario:
    if len(configurations) > 1:
        raise BadInput("--reproduce: of one file, please")
    return configurations[0]


def _audits(
    configurations: Sequence[ChangeableScenario], checks: Sequence[Check], args: Namespace
) -> Iterator[Audit]:
    with Progress(len(configurations)) as progress:
        for configuration in configurations:
            progress.step(configuration.scenario.name)
            if args.variant is None or args.variant in configuration.scenario.variants:
                yield audit(configuration, today().date(), checks, only=args.variant)


def _report(args: Namespace, audits: Sequence[Audit], files: Outputs) -> None:
    """Where a report has stdout, what is told to people goes to stderr; GitHub reads its annotations from stdout."""
    files.write(JUNIT, lambda: audit_files.junit(audits))
    files.write(SARIF, lambda: audit_files.sarif(audits))
    files.write(MARKDOWN, lambda: audit_report.markdown(audits))
    if args.json:
        put_json(audit_files.document(audits))
    else:
        in_workflow = os.environ.get("GITHUB_ACTIONS") == "true" and not files.on_stdout
        with _no_commands() if in_workflow else nullcontext():
            for audit in audits:
                draw(
                    audit_report.screen(audit, whole=not args.quiet), sys.stderr if files.on_stdout else None
                )
        if in_workflow:
            put(audit_files.workflow_commands(audits), end="")
    for audit in audits:
        for idle in audit.idle:
            talk(f"note: {audit.file}: {say(idle)}")
        if audit.todos:
            talk(f"note: {audit.file}: {say(_open(audit.todos))}")


def _open(todos: Sequence[str]) -> Sentence:
    """`2 open to-dos of the import: ...`: what was not exported cannot be found fault with."""
    number = counted(len(todos), "{number} open to-do of the import", "{number} open to-dos of the import")
    return sentence("{number}: {todos}", number=number, todos=" ".join(todos))


@contextmanager
def _no_commands() -> Iterator[None]:
    """What is printed meanwhile commands nobody: names in it come from exports, and GitHub obeys lines that begin with ::."""
    token = secrets.token_hex(16)
    put(f"::stop-commands::{token}")
    yield
    put(f"::{token}::")


def _judged(audits: Sequence[Audit], fail_on: str) -> int:
    failing = () if fail_on == "never" else LEVELS[: LEVELS.index(fail_on) + 1]
    if any(audit.count(level) for audit in audits for level in failing):
        return Exit.FAILED
    return Exit.WARNINGS if any(audit.count("warning") for audit in audits) else Exit.OK

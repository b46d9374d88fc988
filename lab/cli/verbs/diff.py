"""`mflab diff`: what a change of the configuration does to everybody's mail, and whether anything gets worse."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.difference import Variation, difference, pairs
from lab.cli import locations
from lab.cli.arguments import add_json, add_variant, chosen, today
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import Progress, draw, put_json, talk
from lab.cli.report_files import JUNIT, MARKDOWN, SARIF, Outputs, add_outputs
from lab.cli.verb_declaration import Verb, declare
from lab.errors import DriverError
from lab.reports.comparison import comparison_files, comparison_text
from lab.reports.comparison.compared_variants import Difference
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.scenario.load import UnreadableFile, expanded

_ABOUT = """\
Plays the matrix of both configurations with the same people, and tells every cell that changes: what it was, what it is,
and the decision (with its rules) at which the two ways part. Beside it the settings that differ, and the findings of
`mflab check` that appear or vanish. Worse is what a tenant sees that nothing leads it to, what arrives no more, any other
new alarm, and a new error or warning of a check; then the exit code is 1. Variants of the same name are compared, all of
them; where no name is the same, the first of each. A timeline is taken as it ends."""

_EXAMPLES = """\
  mflab diff before.yaml after.yaml
  mflab diff wildcard-misrouting wildcard-misrouting --before-variant shared-wildcard --after-variant dedicated-certificate
  mflab diff --git-base origin/main my.yaml --markdown change.md --junit change.xml
  mflab diff before.yaml after.yaml --json | jq '.pairs[].cells[] | select(.turn == "worse")'"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument("before", metavar="BEFORE", help="a scenario; left out with --git-base")
    parser.add_argument("after", nargs="?", metavar="AFTER", help="a scenario")
    parser.add_argument(
        "--git-base", metavar="REF", help="BEFORE is AFTER as git has it in this commit, its includes too"
    )
    add_variant(parser, "this variant of both only")
    parser.add_argument("--before-variant", metavar="V", help="this variant of BEFORE only")
    parser.add_argument("--after-variant", metavar="V", help="against this variant of AFTER")
    add_json(parser)
    add_outputs(
        parser,
        {
            JUNIT: "write a JUnit report, a test case for each cell",
            SARIF: "write SARIF with what got worse, for code hosting",
            MARKDOWN: "write Markdown, for a pull request or a ticket",
        },
    )


def run(args: Namespace) -> int:
    """Play, compare, report, judge."""
    before, after = _loaded(args)
    scenarios = (before.scenario, after.scenario)
    files = Outputs.judged(
        args, [name for scenario in scenarios for name in (scenario.file, *scenario.includes)]
    )
    differences = _compared(args, before, after)
    files.write(JUNIT, lambda: comparison_files.junit(differences))
    files.write(SARIF, lambda: comparison_files.sarif(differences))
    files.write(MARKDOWN, lambda: comparison_text.markdown(differences))
    if args.json:
        put_json(comparison_files.document(differences))
    else:
        draw(comparison_text.screen(differences), sys.stderr if files.on_stdout else None)
    return Exit.FAILED if any(result.worse for result in differences) else Exit.OK


def _loaded(args: Namespace) -> tuple[ChangeableScenario, ChangeableScenario]:
    """Both configurations. Raises ScenarioError, BadInput."""
    if args.git_base is None:
        if args.after is None:
            raise BadInput("BEFORE and AFTER, please; or --git-base REF and one file")
        files = [locations.find_scenario(path) for path in (args.before, args.after)]
        return ChangeableScenario.load(files[0]), ChangeableScenario.load(files[1])
    if args.after is not None:
        raise BadInput("--git-base: name one file; the other is what git has of it")
    path = locations.find_scenario(args.before)
    base = expanded(path, read=_git_reader(args.git_base, path.parent))
    return ChangeableScenario.of(base), ChangeableScenario.load(path)


def _compared(
    args: Namespace, before: ChangeableScenario, after: ChangeableScenario
) -> tuple[Difference, ...]:
    compared = _variants(args, before, after)
    label = f"{before.scenario.file} at {args.git_base}" if args.git_base else ""
    differences = []
    with Progress(len(compared)) as progress:
        for name, other in compared:
            progress.step(f"{after.scenario.name}: {other}")
            older, newer = Variation(before, name, label), Variation(after, other)
            differences.append(difference(older, newer, today().date(), CHECKS))
    return tuple(differences)


def _variants(
    args: Namespace, before: ChangeableScenario, after: ChangeableScenario
) -> tuple[tuple[str, str], ...]:
    """The pairs to compare. Raises BadInput for a name that is none, NothingToRun for a file without variants."""
    older, newer = args.before_variant or args.variant, args.after_variant or args.variant
    chosen(before.scenario, older), chosen(after.scenario, newer)
    named = pairs(before, after, older, newer)
    if older is None and newer is None:
        _tell_lonely(before, after, named)
    return named


def _tell_lonely(
    before: ChangeableScenario, after: ChangeableScenario, named: tuple[tuple[str, str], ...]
) -> None:
    for configuration, compared in ((before, [a for a, _ in named]), (after, [b for _, b in named])):
        lonely = [name for name in configuration.scenario.variants if name not in compared]
        if lonely:
            talk(f"note: {configuration.scenario.file}: not compared: {', '.join(lonely)}")


_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git sets for hooks, relative to where it has started them."""


def _git_reader(reference: str, folder: Path) -> Callable[[Path], bytes]:
    """Reads files as they are in a branch, a tag or a commit; `folder` is some folder of the repository."""
    if reference.startswith("-") or ":" in reference:
        raise BadInput(f"--git-base {reference}: a branch, a tag or a commit")
    environment = {key: value for key, value in os.environ.items() if key not in _OF_A_HOOK}

    def read(path: Path) -> bytes:
        """A file's content. Raises UnreadableFile with what git says, DriverError where there is no git."""
        name = os.path.relpath(path, folder)
        command = ["git", "-C", str(folder), "cat-file", "blob", f"{reference}:./{name}"]
        try:
            done = subprocess.run(  # noqa: S603 - the reference cannot be taken for an option
                command, capture_output=True, check=False, env={**environment, "LC_ALL": "C"}
            )
        except FileNotFoundError:
            raise DriverError("git is not there; --git-base needs it") from None
        if done.returncode != 0:
            raise UnreadableFile(f"git has no {path} in {reference}: {_said(done.stderr)}")
        return done.stdout

    return read


def _said(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "it does not say why"

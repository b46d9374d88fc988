"""`mflab hook`: check, diff or run what a commit or a pull request touches; for pre-commit and for CI."""

from __future__ import annotations

import os
import subprocess
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lab.cli.exit_codes import BadInput, Exit
from lab.cli.main import main
from lab.cli.output import talk
from lab.cli.verb_declaration import Verb, declare
from lab.errors import ScenarioError
from lab.scenario import scenario_lookup
from lab.scenario.load import load

_ABOUT = """\
Takes files as a version control system names them. Of these, scenarios are looked at, and the scenarios that include one
of them; folders are searched; anything else is passed over. `diff` compares each scenario with what git has of it in
--git-base, and passes over new ones. Ends with the worst exit code of all; with 0 where there are only warnings, for whoever
calls a hook takes any other code for a failure."""

_EXAMPLES = """\
  mflab hook check config/tenant.yaml config/common.yaml
  mflab hook diff --git-base origin/main config/
  mflab hook check --reports out/ $(git diff --name-only origin/main)"""
_WORST = (
    Exit.OK,
    Exit.WARNINGS,
    Exit.NOTHING,
    Exit.FAILED,
    Exit.BAD_INPUT,
    Exit.ENVIRONMENT,
    Exit.BUG,
    Exit.INTERRUPTED,
)


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument("what", choices=tuple(_DOING), help="which verb")
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="files and folders; others than scenarios may be among them"
    )
    parser.add_argument(
        "--git-base", default="HEAD", metavar="REF", help="diff: what to compare with (default: HEAD)"
    )
    parser.add_argument(
        "--reports", type=Path, metavar="DIR", help="folder for SARIF, Markdown or JUnit reports"
    )


def run(args: Namespace) -> int:
    """Find the scenarios, and do it."""
    if args.reports is not None and not args.reports.is_dir():
        raise BadInput(f"--reports {args.reports}: there is no such folder")
    scenarios = sorted(set(touched(map(Path, args.files))))
    if not scenarios:
        talk("no scenario is concerned")
        return Exit.OK
    return _worst(_DOING[args.what](args, list(map(str, scenarios))))


def touched(files: Iterable[Path]) -> Iterator[Path]:
    """The scenarios among files and folders, and those that include one of the others."""
    parts: set[str] = set()
    for path in files:
        if path.is_dir():
            yield from map(scenario_lookup.short, scenario_lookup.scenario_files([path]))
        elif path.suffix in scenario_lookup.SUFFIXES and path.is_file():
            if scenario_lookup.is_scenario(path):
                yield path
            parts.add(os.path.realpath(path))
    if parts:
        yield from (path for path in _known() if parts & _included(path))


def _known() -> Iterator[Path]:
    """All scenarios of the repository, or below the current folder where there is none."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.yaml", "*.yml")
    if listed is None:
        yield from map(scenario_lookup.short, scenario_lookup.scenario_files([Path.cwd()]))
        return
    for name in filter(None, listed.split("\0")):
        path = Path(name)
        if path.is_file() and scenario_lookup.is_scenario(path):
            yield path


def _included(path: Path) -> set[str]:
    """What a scenario includes; of one that cannot be read, the files that are to blame."""
    try:
        names = load(path).includes
    except ScenarioError as error:
        names = tuple(problem.file for problem in error.problems)
    return {os.path.realpath(name) for name in names}


def _check(args: Namespace, scenarios: Sequence[str]) -> Iterator[int]:
    yield main(["check", *_reports(args, "check", "sarif", "markdown", "junit"), *scenarios])


def _run(args: Namespace, scenarios: Sequence[str]) -> Iterator[int]:
    yield main(["run", *_reports(args, "run", "sarif", "junit"), *scenarios])


def _diff(args: Namespace, scenarios: Sequence[str]) -> Iterator[int]:
    if _git("rev-parse", "--verify", "--quiet", f"{args.git_base}^{{commit}}") is None:
        raise BadInput(f"--git-base {args.git_base}: git knows no such commit here")
    for number, scenario in enumerate(scenarios, 1):
        if _git("cat-file", "-e", f"{args.git_base}:./{os.path.relpath(scenario)}") is None:
            talk(f"{scenario}: new since {args.git_base}, nothing to compare with")
            continue
        reports = _reports(args, f"diff-{number}-{Path(scenario).stem}", "sarif", "markdown", "junit")
        yield main(["diff", "--git-base", args.git_base, *reports, scenario])


_DOING: Mapping[str, Callable[[Namespace, Sequence[str]], Iterator[int]]] = {
    "check": _check,
    "diff": _diff,
    "run": _run,
}
_ENDINGS = {"sarif": "sarif", "markdown": "md", "junit": "xml"}


def _reports(args: Namespace, name: str, *kinds: str) -> list[str]:
    if args.reports is None:
        return []
    return [part for kind in kinds for part in (f"--{kind}", str(args.reports / f"{name}.{_ENDINGS[kind]}"))]


def _git(*words: str) -> str | None:
    """What git says; None where it is not there or says no."""
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)  # noqa: S603, S607 - git of the user's own
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _worst(codes: Iterable[int]) -> int:
    worst = max(map(Exit, codes), key=_WORST.index, default=Exit.OK)
    return Exit.OK if worst is Exit.WARNINGS else worst

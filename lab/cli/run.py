"""`mflab run`: run scenarios and compare what happened with what they expect."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lab.cli import places
from lab.cli.arguments import Verbs, add_body, add_json, verb
from lab.cli.bodies import run_in, skipped
from lab.cli.exits import BadInput, Exit, NothingToRun
from lab.cli.output import Progress, draw, put, talk
from lab.drivers.outcome import Outcome
from lab.errors import Problem, ScenarioError
from lab.reports import asjson, html, junit
from lab.reports.console import run_summary
from lab.reports.run import ScenarioRuns
from lab.scenario import load
from lab.scenario.model import Scenario, Variant
from lab.scenario.report import unknown

_ABOUT = """\
Folders are searched for scenarios: YAML files with a `scenario:` key. All of them are read before anything is started."""

_EXAMPLES = """\
  mflab run scenarios/
  mflab run wildcard-misrouting --variant shared-wildcard --variant dedicated-certificate
  mflab run scenarios/ --driver embedded --junit report.xml --html report.html
  mflab run scenarios/ --json | jq '.runs[] | select(.ok | not)'"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    told = "run scenarios and check what they expect"
    parser = verb(verbs, "run", run, told, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument(
        "scenario", nargs="+", metavar="SCENARIO|DIR", help="files, folders, or names of the lab's own"
    )
    parser.add_argument(
        "--variant", action="append", default=[], metavar="V", help="only this variant; may be repeated"
    )
    add_body(parser)
    add_json(parser)
    parser.add_argument("--junit", type=Path, metavar="F", help="write a JUnit report for CI")
    parser.add_argument("--html", type=Path, metavar="F", help="write one self-contained page with diagrams")
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first variant that fails")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what failed")


def run(args: Namespace) -> int:
    """Run, report, judge."""
    scenarios = _load(places.scenarios_of(args.scenario))
    wanted = _wanted(scenarios, args.variant)
    told: list[ScenarioRuns] = []
    warnings: list[str] = []
    with Progress(sum(len(variants) for _, variants in wanted)) as progress:
        for scenario, variants in wanted:
            runs = list(_runs(args, scenario, variants, progress, warnings))
            told.append(ScenarioRuns(scenario, tuple(runs)))
            if args.fail_fast and told[-1].failed:
                break
    _report(args, told)
    for warning in warnings:
        talk(f"warning: {warning}")
    return _verdict(told, warnings)


def _load(paths: Sequence[Path]) -> list[Scenario]:
    """All scenarios, or all mistakes of all of them."""
    if not paths:
        raise NothingToRun("no scenario there (a YAML file with a `scenario:` key)")
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            scenarios.append(load(path))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(tuple(dict.fromkeys(problems)))
    return scenarios


def _wanted(
    scenarios: Iterable[Scenario], names: Sequence[str]
) -> list[tuple[Scenario, tuple[Variant, ...]]]:
    """Each scenario with the variants asked for; every name must be a variant of some scenario."""
    told = tuple(scenarios)
    known = {name for scenario in told for name in scenario.variants}
    for name in names:
        if name not in known:
            raise BadInput(f"no variant is named {name!r}: {unknown(name, sorted(known))}")
    found = [
        (scenario, tuple(v for v in scenario.variants.values() if not names or v.name in names))
        for scenario in told
    ]
    return [(scenario, variants) for scenario, variants in found if variants]


def _runs(
    args: Namespace,
    scenario: Scenario,
    variants: Iterable[Variant],
    progress: Progress,
    warnings: list[str],
) -> Iterator[Outcome]:
    for variant in variants:
        progress.step(f"{scenario.name}: {variant.name}")
        why = skipped(variant, args.driver)
        if why:
            warnings += [f"{scenario.name}: {variant.name} skipped: {why}"] if not variant.only_why else []
            continue
        if not variant.expect:
            warnings.append(f"{scenario.name}: {variant.name} expects nothing")
        outcome = run_in(args.driver, variant, seed=args.seed)
        yield outcome
        if args.fail_fast and not all(finding.ok for finding in outcome.findings()):
            return


def _verdict(told: Sequence[ScenarioRuns], warnings: Sequence[str]) -> int:
    if not any(each.runs for each in told):
        talk("mflab: nothing to run: every variant was skipped")
        return Exit.NOTHING
    if any(each.failed for each in told):
        return Exit.FAILED
    return Exit.WARNINGS if warnings else Exit.OK


def _report(args: Namespace, told: Sequence[ScenarioRuns]) -> None:
    if args.junit is not None:
        args.junit.write_text(junit.report(told), "utf-8")
    if args.html is not None:
        args.html.write_text(html.report(told), "utf-8")
    if args.json:
        put(asjson.dumps(told).rstrip("\n"))
    elif not args.quiet or any(each.failed for each in told):
        draw(run_summary(told))

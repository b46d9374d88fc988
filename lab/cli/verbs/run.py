"""`mflab run`, `mflab demo`, `mflab explain`: play variants, judge what happened, and tell it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence

from lab.analysis.unknown_recipients import typos
from lab.cli import locations
from lab.cli.arguments import (
    add_driver,
    add_json,
    add_scenario,
    all_loaded,
    chosen,
    loaded,
    message_of,
    run_in,
    trace_of,
)
from lab.cli.exit_codes import BadInput, Exit, NothingToRun
from lab.cli.output import Progress, draw, plainly, put, put_json, talk, tell_story
from lab.cli.report_files import HTML, JUNIT, METRICS, SARIF, Outputs, add_outputs
from lab.cli.verb_declaration import Verb, declare
from lab.drivers.driver_by_name import skipped
from lab.drivers.run_outcome import RunOutcome
from lab.errors import DriverError, WireError
from lab.model.value import dataclass
from lab.reports.run_reports.run_summary import run_summary
from lab.reports.scenario_runs import Run, ScenarioRuns, ran
from lab.scenario.load import load
from lab.scenario.model import Scenario, Variant
from lab.scenario.syntax.problem_report import did_you_mean

_RUN_ABOUT = """\
Folders are searched for scenarios: YAML files with a `scenario:` key. All of them are read before anything is started."""

_RUN_EXAMPLES = """\
  mflab run scenarios/
  mflab run wildcard-misrouting --variant shared-wildcard --variant dedicated-certificate
  mflab run scenarios/ --driver embedded --junit report.xml --html report.html
  mflab run scenarios/ --json | jq '.runs[] | select(.ok | not)'"""

_REPORTS = {
    JUNIT: "write a JUnit report for CI",
    SARIF: "write failed expectations as SARIF, for code hosting",
    HTML: "write one self-contained page with diagrams",
    METRICS: "write counters in Prometheus' text format",
}


def add_run(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_RUN_ABOUT, examples=_RUN_EXAMPLES)
    parser.add_argument(
        "scenario", nargs="+", metavar="SCENARIO|DIR", help="files, folders, or names of the lab's own"
    )
    parser.add_argument(
        "--variant", action="append", default=[], metavar="V", help="only this variant; may be repeated"
    )
    add_driver(parser)
    add_json(parser)
    add_outputs(parser, _REPORTS)
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first variant that fails")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what failed")


def run(args: Namespace) -> int:
    """Run, report, judge."""
    paths = locations.scenarios_of(args.scenario)
    if not paths:
        raise NothingToRun("no scenario there (a YAML file with a `scenario:` key)")
    scenarios = all_loaded(paths, load)
    read = [name for scenario in scenarios for name in (scenario.file, *scenario.includes)]
    wanted = _wanted(scenarios, args.variant)
    plan = [_plan(scenario, args) for scenario in wanted]
    if not any(planned.variants for planned in plan):
        raise NothingToRun("no variant is for this driver")
    files = Outputs.judged(args, read)
    outcomes = list(_run_all(plan, args))
    _report(args, outcomes, files)
    warnings = [warning for scenario, run in ran(outcomes) for warning in _warnings(scenario, run)]
    for warning in warnings:
        talk(f"warning: {warning}")
    if any(outcome.failed for outcome in outcomes):
        return Exit.FAILED
    return Exit.WARNINGS if warnings else Exit.OK


def _warnings(scenario: Scenario, run: Run) -> Iterator[str]:
    """What is no failure, and hardly what was meant."""
    variant = run.variant
    if not variant.expect:
        yield f"{variant.name} of {scenario.name} expects nothing"
    yield from (f"{scenario.name}: {typo}" for typo in typos(variant))


@dataclass(frozen=True, slots=True)
class RequestedRun:
    """A scenario and those of its variants that are to be run."""

    scenario: Scenario
    variants: tuple[Variant, ...]


def _wanted(scenarios: Sequence[Scenario], names: Sequence[str]) -> list[RequestedRun]:
    """Each scenario with the variants asked for; every name must be a variant of some scenario."""
    existing = {name for scenario in scenarios for name in scenario.variants}
    for name in names:
        if name not in existing:
            raise BadInput(f"no variant is named {name!r}: {_meant(name, scenarios)}")
    return [
        RequestedRun(scenario, tuple(v for v in scenario.variants.values() if not names or v.name in names))
        for scenario in scenarios
        if not names or not scenario.variants.keys().isdisjoint(names)
    ]


def _meant(name: str, scenarios: Sequence[Scenario]) -> str:
    """The variant that is near, or else all that there are."""
    variants = [variant for scenario in scenarios for variant in scenario.variants]
    lines = [f"  {scenario.name}: {', '.join(scenario.variants)}" for scenario in scenarios]
    return str(did_you_mean(name, variants)) or "\n".join(["known are", *lines])


def _plan(wanted: RequestedRun, args: Namespace) -> RequestedRun:
    """Without the variants that say that this driver cannot run them, and why."""
    for variant in wanted.variants:
        why = skipped(variant, args.driver)
        if why and not args.quiet:
            talk(f"{variant.name} of {wanted.scenario.name} is skipped: {why}")
    able = tuple(variant for variant in wanted.variants if not skipped(variant, args.driver))
    return RequestedRun(wanted.scenario, able)


def _run_all(plan: Sequence[RequestedRun], args: Namespace) -> Iterator[ScenarioRuns]:
    with Progress(sum(len(planned.variants) for planned in plan)) as progress:
        for planned in plan:
            done = ScenarioRuns(planned.scenario, tuple(_runs(planned, args, progress)))
            yield done
            if args.fail_fast and done.failed:
                return


def _runs(wanted: RequestedRun, args: Namespace, progress: Progress) -> Iterator[RunOutcome]:
    for variant in wanted.variants:
        progress.step(f"{wanted.scenario.name}: {variant.name}")
        outcome = run_in(args.driver, variant, seed=args.seed)
        yield outcome
        if args.fail_fast and not all(finding.ok for finding in outcome.findings()):
            return


def _report(args: Namespace, outcomes: Sequence[ScenarioRuns], files: Outputs) -> None:
    """Where a report has stdout, what is told to people goes to stderr."""
    if files.paths:
        from lab.reports.run_reports import run_files, run_html

        files.write(JUNIT, lambda: run_files.junit(outcomes))
        files.write(SARIF, lambda: run_files.sarif(outcomes))
        files.write(HTML, lambda: run_html.report(outcomes))
        files.write(METRICS, lambda: _measured(outcomes))
    if args.json:
        from lab.reports.run_reports import run_json

        put(run_json.dumps(outcomes).rstrip("\n"))
    elif not args.quiet or any(outcome.failed for outcome in outcomes):
        draw(run_summary(outcomes), sys.stderr if files.on_stdout else None)


def _measured(outcomes: Sequence[ScenarioRuns]) -> str:
    from lab.analysis.run_metrics import run_metrics  # the library for it is loaded only where it is needed

    return run_metrics(outcomes)


DEMO = "wildcard-misrouting"

_DEMO_ABOUT = """\
Runs scenarios/wildcard-misrouting.yaml, all variants, over real SMTP, TLS and DNS on loopback: no Docker, no root, and
nothing leaves this machine."""


def add_demo(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, demo, about=_DEMO_ABOUT, examples="  mflab demo\n  mflab demo --driver simulator")
    parser.add_argument("--variant", metavar="V", help="only this variant; all if not given")
    add_driver(parser, default="embedded")
    parser.set_defaults(fail_fast=False)


def demo(args: Namespace) -> int:
    """Run it all and tell the story; an expectation that fails is told below it."""
    scenario = load(locations.find_scenario(DEMO))
    variants = [chosen(scenario, args.variant)] if args.variant else scenario.variants.values()
    able = tuple(variant for variant in variants if not skipped(variant, args.driver))
    try:
        (runs,) = _run_all([RequestedRun(scenario, able)], args)
    except (DriverError, WireError, OSError) as error:
        talk(f"mflab: the embedded lab cannot run on this machine: {plainly(error)}")
        talk("`mflab doctor` says what is missing; `mflab demo --driver simulator` needs no network at all.")
        return Exit.ENVIRONMENT
    return tell_story(runs)


_EXPLAIN_EXAMPLES = """\
  mflab explain wildcard-misrouting
  mflab explain wildcard-misrouting --variant dedicated-certificate
  mflab explain scenarios/wildcard-misrouting.yaml --variant name-not-accepted-domain --message order"""


def add_explain(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, explain, examples=_EXPLAIN_EXAMPLES)
    add_scenario(parser)
    parser.add_argument("--message", metavar="KEY", help="which message; not needed if there is only one")
    add_driver(parser)
    add_json(parser)


def explain(args: Namespace) -> int:
    """Run the variant and tell the message's story."""
    scenario = loaded(args)
    variant = chosen(scenario, args.variant)
    spec = message_of(variant, args.message)
    outcome = run_in(args.driver, variant, seed=args.seed)
    trace_of(outcome, spec)
    if args.json:
        from lab.reports.run_reports import run_json

        put_json({"scenario": scenario.name, "variant": variant.name, **run_json.message(outcome, spec.key)})
    else:
        from lab.reports.explanation import message_explanation

        draw(message_explanation.explain(outcome, spec.key))
    return Exit.OK

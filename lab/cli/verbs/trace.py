"""`mflab trace`: the log of one administrator, in the form that he knows, and nobody else's."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

from lab.cli import locations, log_output
from lab.cli.arguments import add_driver, add_json, add_variant, chosen, loaded, message_of, run_in, trace_of
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.labs import compose_labs, lab_state
from lab.cli.log_output import TracedLog
from lab.cli.output import draw, put, put_json, talk
from lab.cli.verb_declaration import Verb, declare
from lab.evidence.admin_views import LAB, TENANT, LogTable
from lab.evidence.journal import shown_to
from lab.evidence.trace_assembly import traces
from lab.model.trace import Hop, MessageTrace
from lab.reports.text.console import console
from lab.reports.text.tables import Form, left_out
from lab.reports.text.tables import tables as drawn
from lab.scenario.syntax.problem_report import unknown
from lab.scenario.syntax.scalar_values import SPAN

_ABOUT = """\
Runs the variant and shows what one administrator sees: message tracking of the Exchange servers, the filter's log, the
message trace of one tenant, or the lab's own journal, which joins them all. With --state, the log of a lab that
`mflab up` keeps running."""

_EXAMPLES = """\
  mflab trace wildcard-misrouting --as exchange
  mflab trace wildcard-misrouting --as gateway
  mflab trace wildcard-misrouting --as tenant:msxfaq --detail
  mflab trace wildcard-misrouting --as tenant:uclabor --json
  mflab trace wildcard-misrouting --as exchange --csv > MSGTRK.LOG
  mflab trace wildcard-misrouting --as exchange --csv --out logs
  mflab trace timeline-cure --as tenant:msxfaq --at 30m
  mflab trace --state .mflab --as lab"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    parser.add_argument(
        "scenario", nargs="?", metavar="SCENARIO", help="a file, or the name of one of the lab's own"
    )
    add_variant(parser)
    parser.add_argument(
        "--as",
        dest="who",
        required=True,
        metavar="WHO",
        help="exchange, gateway, tenant:NAME, a host's key, or lab",
    )
    parser.add_argument(
        "--message", metavar="KEY", help="only this message and its reports; with --state a Message-ID"
    )
    parser.add_argument(
        "--detail", action="store_true", help="a tenant's trace: the events, not the messages"
    )
    parser.add_argument(
        "--form",
        choices=get_args(Form),
        default="table",
        help="like Format-Table (cut to the width), wide (as wide as the cells), or list: every property, like Format-List (default: table)",
    )
    parser.add_argument(
        "--csv",
        action="store_true",
        help="Exchange: one tracking log in order of time, with one head; others: the rows",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="with --csv: write MSGTRK, MSGTRKMS and MSGTRKMD files by their names, as Exchange does",
    )
    parser.add_argument(
        "--at",
        metavar="SPAN",
        type=_span,
        help="what was there so long after the start (5m, 2h); a tenant's rows come later by `trace_delay`",
    )
    parser.add_argument("--state", metavar="DIR", help="state folder of a lab that `mflab up` started")
    add_driver(parser)
    add_json(parser)


def _span(text: str) -> timedelta:
    """A span of time as scenarios write it. Raises what argparse tells."""
    try:
        return SPAN.parse(text)
    except ValueError:
        raise ArgumentTypeError(f"{SPAN.wanted}, not {text!r}") from None


def run(args: Namespace) -> int:
    """Show one audience its log."""
    if not args.state and not args.scenario and locations.state_of_environment():
        args.state = str(compose_labs.lab_to_look_at(None))
    if args.state and args.at is not None:
        raise BadInput("--at: a lab that is running shows what is there now")
    if args.out is not None and (args.json or not args.csv):
        raise BadInput("--out is where --csv writes the log files of Exchange servers")
    seen = _running(args) if args.state else _ran(args)
    _check(args.who, seen, f"--state {args.state}" if args.state else args.scenario)
    if args.json:
        about = {"as": args.who, "scenario": seen.scenario, "variant": seen.variant}
        put_json({**about, **log_output.data(seen, args.who, detail=args.detail)})
    elif args.csv:
        _csv(args, seen)
    elif seen.is_lines(args.who):  # stdout is the log, and nothing else
        talk(f"mail.log of {args.who}, modelled on Postfix: {seen.scenario}, {seen.variant}")
        put("\n".join(log_output.lines(seen, args.who)))
    else:
        _draw(log_output.shown(seen, args.who, detail=args.detail, every=args.form == "list"), args.form)
    return Exit.OK


def _csv(args: Namespace, seen: TracedLog) -> None:
    if args.out is None:
        put(log_output.as_csv(seen, args.who, detail=args.detail), end="")
        return
    for path in log_output.write_files(seen, args.who, args.out):
        put(str(path))


def _draw(shown: Sequence[LogTable], form: Form) -> None:
    """Like PowerShell, say which columns have no room."""
    draw(drawn(shown, form), crop=form != "wide")
    missing = left_out(shown, console().width) if form == "table" else ()
    if missing:
        talk(f"no room for {', '.join(missing)}; --form wide or --form list shows all")


def _ran(args: Namespace) -> TracedLog:
    if args.scenario is None:
        raise BadInput("which scenario? Or --state DIR for a lab that is running")
    scenario = loaded(args)
    variant = chosen(scenario, args.variant)
    spec = message_of(variant, args.message) if args.message else None
    outcome = run_in(args.driver, variant, seed=args.seed)
    hops = outcome.hops if spec is None else tuple(_hops_of(trace_of(outcome, spec)))
    if args.at is not None:
        delay = variant.topology.switches.trace_delay
        hops = shown_to(args.who, hops, outcome.started + args.at, delay)
    return TracedLog(hops, variant.topology, scenario.name, variant.name)


def _running(args: Namespace) -> TracedLog:
    """From the journal of a running lab; its messages have no keys, so --message is a Message-ID here."""
    state = locations.state_folder(args.state)
    variant = lab_state.variant_of(state)
    delay = variant.topology.switches.trace_delay
    hops = shown_to(args.who, lab_state.contents(state).hops, lab_state.now(state), delay)
    seen = TracedLog(hops, variant.topology, Path(lab_state.read(state).scenario).stem, variant.name)
    if args.message is None:
        return seen
    by_id = traces(hops)
    if args.message not in by_id:
        raise BadInput(f"no message {args.message!r} there: {unknown(args.message, by_id)}")
    return replace(seen, hops=tuple(_hops_of(by_id[args.message])))


def _hops_of(trace: MessageTrace) -> Iterable[Hop]:
    yield from trace.hops
    for report in trace.reports:
        yield from _hops_of(report)


def _check(who: str, seen: TracedLog, where: str) -> None:
    everybody = [LAB, *(f"{TENANT}{name}" for name in seen.topology.tenants)]
    everybody += dict.fromkeys([*(role.value for role in seen.roles.values()), *seen.roles])
    if who not in everybody and "@" in who:
        raise BadInput(f"--as: {who} has no log, but a mailbox: `mflab mailbox {where} {who}` shows it")
    if who not in everybody:
        raise BadInput(f"--as: nobody is called {who!r}: {unknown(who, everybody)}")

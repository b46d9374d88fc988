"""`mflab trace`: the log of one administrator, in the form that he knows, and nobody else's."""

from __future__ import annotations

import csv
import io
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

from lab.cli import places, running
from lab.cli.arguments import (
    Verbs,
    add_body,
    add_json,
    add_variant,
    chosen,
    loaded,
    message_of,
    today,
    verb,
)
from lab.cli.bodies import run_in
from lab.cli.exits import BadInput, Exit
from lab.cli.output import draw, put, put_json, talk
from lab.evidence.gateway_log import log_lines
from lab.evidence.message_trace import message_trace, message_trace_detail
from lab.evidence.moments import shown_to
from lab.evidence.msgtrk import log_files, message_tracking_log
from lab.evidence.trace import traces
from lab.evidence.views import LAB, TENANT, Table, tables
from lab.model.topology import Role, Topology
from lab.model.trace import Hop, MessageTrace
from lab.reports.console import Form, console, left_out
from lab.reports.console import tables as drawn
from lab.scenario.report import unknown
from lab.scenario.words import SPAN
from lab.wire.store import snapshot

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
  mflab trace timeline-cure --as tenant:msxfaq --at 30m
  mflab trace --state .mflab --as lab"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened, and where."""

    hops: tuple[Hop, ...]
    topology: Topology
    scenario: str
    variant: str

    @property
    def roles(self) -> Mapping[str, Role]:
        """The role of each host, by key."""
        return {name: host.role for name, host in self.topology.hosts.items()}

    def hosts(self, who: str) -> tuple[str, ...]:
        """The host of that key, or all hosts of that role."""
        if who in self.roles:
            return (who,)
        return tuple(host for host, role in self.roles.items() if role.value == who)


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    told = "show the log of one administrator"
    parser = verb(verbs, "trace", run, told, about=_ABOUT, examples=_EXAMPLES)
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
        help="like Format-Table (cut to the width), wide (as wide as the cells), or like Format-List (default: table)",
    )
    parser.add_argument(
        "--csv", action="store_true", help="Exchange: the tracking log files; others: the rows"
    )
    parser.add_argument(
        "--at",
        metavar="SPAN",
        type=_span,
        help="what was there so long after the start (5m, 2h); a tenant's rows come later by `trace_delay`",
    )
    parser.add_argument("--state", metavar="DIR", help="state folder of a lab that `mflab up` started")
    add_body(parser)
    add_json(parser)


def _span(text: str) -> timedelta:
    """A span of time as scenarios write it. Raises what argparse tells."""
    try:
        return SPAN.parse(text)
    except ValueError:
        raise ArgumentTypeError(f"{SPAN.wanted}, not {text!r}") from None


def run(args: Namespace) -> int:
    """Show one audience its log."""
    if args.state and args.at is not None:
        raise BadInput("--at: a lab that is running shows what is there now")
    seen = _running(args) if args.state else _ran(args)
    _check(args.who, seen, f"--state {args.state}" if args.state else args.scenario)
    if args.json:
        about = {"as": args.who, "scenario": seen.scenario, "variant": seen.variant}
        put_json({**about, **_data(seen, args.who, detail=args.detail)})
    elif args.csv:
        put(_csv(seen, args.who, detail=args.detail), end="")
    elif _is_lines(seen, args.who):
        talk(
            f"mail.log of {args.who}: {seen.scenario}, {seen.variant}"
        )  # stdout is the log, and nothing else
        put("\n".join(line for host in seen.hosts(args.who) for line in log_lines(seen.hops, host)))
    else:
        _draw(_tables(seen, args.who, detail=args.detail), args.form)
    return Exit.OK


def _draw(shown: Sequence[Table], form: Form) -> None:
    """Like PowerShell, say which columns have no room."""
    draw(drawn(shown, form), crop=form != "wide")
    missing = left_out(shown, console().width) if form == "table" else ()
    if missing:
        talk(f"no room for {', '.join(missing)}; --form wide or --form list shows all")


def _ran(args: Namespace) -> Seen:
    if args.scenario is None:
        raise BadInput("which scenario? Or --state DIR for a lab that is running")
    scenario = loaded(args)
    variant = chosen(scenario, args.variant)
    spec = message_of(variant, args.message) if args.message else None
    outcome = run_in(args.driver, variant, seed=args.seed)
    hops = outcome.hops if spec is None else tuple(_hops_of(outcome.trace(spec.key)))
    if args.at is not None:
        delay = variant.topology.switches.trace_delay
        hops = shown_to(args.who, hops, outcome.started + args.at, delay)
    return Seen(hops, variant.topology, scenario.name, variant.name)


def _running(args: Namespace) -> Seen:
    """From the journal of a running lab; its messages have no keys, so --message is a Message-ID here."""
    state = places.state_folder(args.state)
    variant = running.variant_of(state)
    delay = variant.topology.switches.trace_delay
    hops = shown_to(args.who, snapshot(state / running.STORE).hops, today(), delay)
    seen = Seen(hops, variant.topology, Path(running.read(state).scenario).stem, variant.name)
    if args.message is None:
        return seen
    known = traces(hops)
    if args.message not in known:
        raise BadInput(f"no message {args.message!r} there: {unknown(args.message, known)}")
    return replace(seen, hops=tuple(_hops_of(known[args.message])))


def _hops_of(trace: MessageTrace) -> Iterable[Hop]:
    yield from trace.hops
    for report in trace.reports:
        yield from _hops_of(report)


def _check(who: str, seen: Seen, where: str) -> None:
    everybody = [LAB, *(f"{TENANT}{name}" for name in seen.topology.tenants)]
    everybody += dict.fromkeys([*(role.value for role in seen.roles.values()), *seen.roles])
    if who not in everybody and "@" in who:
        raise BadInput(f"--as: {who} has no log, but a mailbox: `mflab mailbox {where} {who}` shows it")
    if who not in everybody:
        raise BadInput(f"--as: nobody is called {who!r}: {unknown(who, everybody)}")


def _is_lines(seen: Seen, who: str) -> bool:
    """Whether the audience has a log of lines; Exchange and Exchange Online have tables."""
    hosts = seen.hosts(who)
    return bool(hosts) and all(seen.roles[host] is not Role.EXCHANGE for host in hosts)


def _tables(seen: Seen, who: str, *, detail: bool) -> Sequence[Table]:
    shown = [
        replace(each, title=f"{each.title}: {seen.scenario}, {seen.variant}")
        for each in tables(seen.hops, who, seen.roles)
    ]
    return shown[-1:] if detail else shown[:1] if who.startswith(TENANT) else shown


def _data(seen: Seen, who: str, *, detail: bool) -> Mapping[str, object]:
    """Rows with all their properties; a gateway has lines."""
    if who.startswith(TENANT) or who == LAB:
        return {"rows": _rows(seen, who, detail=detail)}
    logs = {host: _host_data(seen, host) for host in seen.hosts(who)}
    return {"hosts": logs}


def _host_data(seen: Seen, host: str) -> Mapping[str, object]:
    if seen.roles[host] is Role.EXCHANGE:
        return {"rows": message_tracking_log(seen.hops, host)}
    return {"lines": log_lines(seen.hops, host)}


def _rows(seen: Seen, who: str, *, detail: bool) -> list[dict[str, object]]:
    if who == LAB:
        (journal,) = tables(seen.hops, who, seen.roles)
        return [dict(zip(journal.columns, row, strict=True)) for row in journal.rows]
    name = who.removeprefix(TENANT)
    if detail:
        return message_trace_detail(seen.hops, name)
    return message_trace(seen.hops, name, organization=seen.topology.tenants[name].initial_domain)


def _csv(seen: Seen, who: str, *, detail: bool) -> str:
    if who.startswith(TENANT) or who == LAB:
        return _as_csv(_rows(seen, who, detail=detail))
    if _is_lines(seen, who):
        raise BadInput(f"--csv: the log of {who} has lines, not columns; leave it out")
    logs = (text for host in seen.hosts(who) for _, text in sorted(log_files(seen.hops, host).items()))
    return "".join(logs)


def _as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    if not rows:
        return ""
    paper = io.StringIO()
    writer = csv.DictWriter(paper, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return paper.getvalue()

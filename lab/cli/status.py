"""`mflab status`: whether a lab runs, where, and how much it holds."""

from __future__ import annotations

from argparse import Namespace

from lab.cli import places, running
from lab.cli.arguments import Verbs, add_json, verb
from lab.cli.exits import Exit
from lab.cli.output import columns, put, put_json


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    told = "say whether a lab runs, and what it holds"
    about = "Ends with 0 when a lab runs, with 2 when none does."
    parser = verb(
        verbs,
        "status",
        run,
        told,
        about=about,
        examples="  mflab status\n  mflab status --state /tmp/lab --json",
    )
    parser.add_argument("--state", metavar="DIR", help="its state folder (default: .mflab)")
    add_json(parser)


def run(args: Namespace) -> int:
    """Look at the folder; the lab itself is not asked."""
    state = places.state_folder(args.state)
    known, up = running.read(state), running.is_up(state)
    held = running.held(state)
    told: dict[str, object] = {
        "running": up,
        "state": state,
        "pid": known.pid if up else None,
        "scenario": known.scenario,
        "variant": known.variant,
        "smtp_port": known.port,
        "dns_port": known.dns_port,
        "http_port": known.http_port,
        "queued": len(held.queue),
        "in_mailboxes": len(held.mailboxes),
        "hops": len(held.hops),
    }
    if args.json:
        put_json(told)
    else:
        put("\n".join(columns([(name.replace("_", " "), _said(value)) for name, value in told.items()])))
    return Exit.OK if up else Exit.NOTHING


def _said(value: object) -> str:
    return (
        {True: "yes", False: "no", None: "-"}.get(value, str(value))
        if isinstance(value, bool | None)
        else str(value)
    )

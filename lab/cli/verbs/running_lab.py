"""`mflab status`, `mflab down`: whether a lab runs, what it holds, and its end; labs in containers too."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from lab.cli import locations
from lab.cli.arguments import add_json
from lab.cli.exit_codes import Exit, NothingToRun
from lab.cli.labs import compose_labs, container_labs, lab_state
from lab.cli.output import columns, put, put_json, talk
from lab.cli.verb_declaration import Verb, declare
from lab.errors import DriverError


def add_status(verb: Verb) -> None:
    """Declare the verb."""
    about = (
        "Ends with 0 when a lab runs, with 2 when none does. Labs of --driver containers are told too, and what a crash has\n"
        "left of one."
    )
    parser = declare(
        verb, status, about=about, examples="  mflab status\n  mflab status --state /tmp/lab --json"
    )
    parser.add_argument("--state", metavar="DIR", help="its state folder (default: .mflab)")
    add_json(parser)


def status(args: Namespace) -> int:
    """Look at the folder, and at what the Docker engine has; the labs themselves are not asked."""
    state, containers = compose_labs.lab_to_look_at(args.state), container_labs.engine_labs()
    if lab_state.has_lab(state):
        embedded, up = _embedded(state)
    elif containers.labs:
        embedded, up = {}, False
    else:
        raise NothingToRun("; ".join(filter(None, (lab_state.no_lab(state), containers.trouble))))
    if args.json:
        data = [{**asdict(lab), "left_behind": lab.left_behind} for lab in containers.labs]
        put_json(embedded | {"containers": data})
    else:
        lines = [(name.replace("_", " "), _said(value)) for name, value in embedded.items()]
        put(
            "\n".join(
                columns(
                    [*lines, *(("in containers", container_labs.described(lab)) for lab in containers.labs)]
                )
            )
        )
    return Exit.OK if up or any(not lab.left_behind for lab in containers.labs) else Exit.NOTHING


def _embedded(state: Path) -> tuple[dict[str, object], bool]:
    """The lab of a state folder, and whether it runs."""
    lab, up = lab_state.read(state), lab_state.is_up(state)
    held = lab_state.contents(state)
    data: dict[str, object] = {
        "running": up,
        "state": state,
        "pid": lab.pid if up else None,
        "scenario": lab.scenario,
        "variant": lab.variant,
        "smtp_port": lab.port,
        "dns_port": lab.dns_port,
        "http_port": lab.http_port,
        "queued": len(held.queue),
        "in_mailboxes": len(held.mailboxes),
        "hops": len(held.hops),
    }
    return data, up


def _said(value: object) -> str:
    return "-" if value is None else str(value) if not isinstance(value, bool) else "yes" if value else "no"


def add_down(verb: Verb) -> None:
    """Declare the verb."""
    examples = "  mflab down\n  mflab down --state /tmp/lab\n  mflab down --containers"
    parser = declare(verb, down, examples=examples)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--state", metavar="DIR", help="its state folder (default: .mflab)")
    which.add_argument(
        "--containers",
        action="store_true",
        help="remove what --driver containers has left behind where it was killed: containers, networks, volumes",
    )


def down(args: Namespace) -> int:
    """End what was meant."""
    return _remove() if args.containers else _stop(args)


def _remove() -> int:
    gone, stay = container_labs.remove()
    for lab in gone:
        talk(f"removed {container_labs.label(lab)}")
    if stay:
        raise DriverError("\n".join(f"not removed: {container_labs.described(lab)}" for lab in stay))
    if not gone:
        raise NothingToRun("no lab in containers is there")
    return Exit.OK


def _stop(args: Namespace) -> int:
    """Ask it to end, and wait for it."""
    state = locations.state_folder(args.state)
    lab = lab_state.read(state)
    if not lab_state.is_up(state):
        raise NothingToRun(f"the lab in {state} has ended already")
    if not lab_state.stop(state):
        raise DriverError(
            f"the lab in {state} (process {lab.pid}) has not ended; it may still be finishing a session"
        )
    talk(f"the lab in {state} has ended; its queue and logs are kept there")
    return Exit.OK

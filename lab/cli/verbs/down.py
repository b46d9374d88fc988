"""`mflab down`: end a lab that `mflab up` keeps running."""

from __future__ import annotations

from argparse import Namespace

from lab.cli import locations
from lab.cli.exit_codes import Exit, NothingToRun
from lab.cli.labs import container_labs, lab_state
from lab.cli.output import talk
from lab.cli.verb_declaration import Verb, declare
from lab.errors import DriverError


def add(verb: Verb) -> None:
    """Declare the verb."""
    examples = "  mflab down\n  mflab down --state /tmp/lab\n  mflab down --containers"
    parser = declare(verb, run, examples=examples)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--state", metavar="DIR", help="its state folder (default: .mflab)")
    which.add_argument(
        "--containers",
        action="store_true",
        help="remove what --driver containers has left behind where it was killed: containers, networks, volumes",
    )


def run(args: Namespace) -> int:
    """End what was meant."""
    return _remove() if args.containers else _stop(args)


def _remove() -> int:
    gone, stay = container_labs.remove()
    for lab in gone:
        talk(f"removed {container_labs.known(lab)}")
    if stay:
        raise DriverError("\n".join(f"not removed: {container_labs.told(lab)}" for lab in stay))
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

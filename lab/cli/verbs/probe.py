"""`mflab probe`: whether the part of this container is ready; the health check of images that have no shell."""

from __future__ import annotations

import asyncio
import os
from argparse import Namespace

from lab.cli import locations
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.verb_declaration import Verb, declare

_ABOUT = """\
Asks the control socket of the part that MFLAB_PART names: `dns`, or the address that the node was told with --at. Ends
with 0 when it answers."""
PATIENCE = 5.0
"""Seconds for an answer."""


def add(verb: Verb) -> None:
    """Declare the verb."""
    declare(verb, run, about=_ABOUT, examples="  MFLAB_PART=198.51.100.25 mflab probe")


def run(args: Namespace) -> int:  # noqa: ARG001 - all verbs are called alike
    """Ask. Raises DriverError when nobody answers."""
    from lab.drivers.control_socket import Sockets

    name = os.environ.get("MFLAB_PART")
    if not name:
        raise BadInput("MFLAB_PART is not set: it names the part that is asked")
    asyncio.run(Sockets(locations.state_folder(None)).awaited([name], PATIENCE))
    return Exit.OK

"""`mflab render`: a variant written out in full, with what the Hybrid Configuration Wizard would have created."""

from __future__ import annotations

from argparse import Namespace

import yaml

from lab.cli.arguments import add_json, add_scenario, chosen, loaded
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import put, put_json
from lab.cli.verb_declaration import Verb, declare
from lab.drivers.containers.compose import compose
from lab.scenario.rendering.render import render

_ABOUT = """\
The text is a scenario itself, without includes, variants and short forms; it loads to the same lab."""

_EXAMPLES = """\
  mflab render wildcard-misrouting --variant dedicated-certificate
  mflab render wildcard-misrouting --json | jq '.scenario.tenants.msxfaq.InboundConnectors'
  mflab render multi-forest --compose > compose/multi-forest.yaml"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    add_to = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    add_scenario(add_to)
    add_to.add_argument(
        "--compose",
        action="store_true",
        help="a compose file instead, for all variants: each machine in a container (compose/README.md)",
    )
    add_json(add_to)


def run(args: Namespace) -> int:
    """Print the expansion."""
    if args.compose:
        return _compose(args)
    text = render(chosen(loaded(args), args.variant))
    if args.json:
        put_json({"scenario": yaml.safe_load(text)})
    else:
        put(text.rstrip("\n"))
    return Exit.OK


def _compose(args: Namespace) -> int:
    """All variants are in the file, and which one is played is said when it is started."""
    if args.json or args.variant is not None:
        raise BadInput("--compose writes YAML for all variants: leave out --json and --variant")
    put(compose(loaded(args)).rstrip("\n"))
    return Exit.OK

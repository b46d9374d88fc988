"""`mflab render`: a variant written out in full, with what the Hybrid Configuration Wizard would have created."""

from __future__ import annotations

from argparse import Namespace

import yaml

from lab.cli.arguments import Verbs, add_json, add_scenario, chosen, loaded, verb
from lab.cli.exits import Exit
from lab.cli.output import put, put_json
from lab.scenario.render import render

_ABOUT = """\
The text is a scenario itself, without includes, variants and short forms; it loads to the same lab."""

_EXAMPLES = """\
  mflab render wildcard-misrouting --variant dedicated-certificate
  mflab render wildcard-misrouting --json | jq '.scenario.tenants.msxfaq.InboundConnectors'"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    told = "write a variant out in full"
    add_to = verb(verbs, "render", run, told, about=_ABOUT, examples=_EXAMPLES)
    add_scenario(add_to)
    add_json(add_to)


def run(args: Namespace) -> int:
    """Print the expansion."""
    text = render(chosen(loaded(args), args.variant))
    if args.json:
        put_json({"scenario": yaml.safe_load(text)})
    else:
        put(text.rstrip("\n"))
    return Exit.OK

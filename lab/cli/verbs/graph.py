"""`mflab graph`: a scenario's configuration as a drawing, before anything is sent."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from lab.cli.arguments import add_scenario, chosen, loaded
from lab.cli.exit_codes import Exit
from lab.cli.output import put
from lab.cli.verb_declaration import Verb, declare
from lab.model.topology import Topology
from lab.reports.drawing import configuration_graph, diagram

_ABOUT = """\
Lines are what the configuration opens; red is a client that a tenant would take for its own. Who delivers by MX reaches
everybody who has one: dashed lines lead to the node "by MX" and on from it. svg has the hosts and tenants without lines;
the ways that messages really took are drawn by `mflab run --html`."""

_EXAMPLES = """\
  mflab graph wildcard-misrouting                                    # for Markdown viewers
  mflab graph wildcard-misrouting --format dot | dot -Tpng > lab.png"""

FORMS: dict[str, Callable[[Topology], str]] = {
    "mermaid": configuration_graph.mermaid,
    "dot": configuration_graph.dot,
    "svg": lambda topology: diagram.svg(topology),
}


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, about=_ABOUT, examples=_EXAMPLES)
    add_scenario(parser)
    parser.add_argument("--format", choices=list(FORMS), default="mermaid", help="(default: %(default)s)")


def run(args: Namespace) -> int:
    """Draw."""
    variant = chosen(loaded(args), args.variant)
    put(FORMS[args.format](variant.topology).rstrip("\n"))
    return Exit.OK

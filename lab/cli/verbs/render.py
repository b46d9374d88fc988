"""`mflab render`, `mflab graph`, `mflab schema`: a scenario and its language in other forms, before anything is sent."""

from __future__ import annotations

from argparse import Namespace

from lab.cli.arguments import add_json, add_scenario, loaded, variant_of
from lab.cli.exit_codes import BadInput, Exit
from lab.cli.output import put, put_json
from lab.cli.verb_declaration import Verb, declare

_RENDER_ABOUT = """\
The text is a scenario itself, without includes, variants and short forms; it loads to the same lab."""

_RENDER_EXAMPLES = """\
  mflab render wildcard-misrouting --variant dedicated-certificate
  mflab render wildcard-misrouting --json | jq '.scenario.tenants.msxfaq.InboundConnectors'
  mflab render multi-forest --compose > compose/multi-forest.yaml"""


def add_render(verb: Verb) -> None:
    """Declare the verb."""
    add_to = declare(verb, render, about=_RENDER_ABOUT, examples=_RENDER_EXAMPLES)
    add_scenario(add_to)
    add_to.add_argument(
        "--compose",
        action="store_true",
        help="a compose file instead, for all variants: each machine in a container (compose/README.md)",
    )
    add_json(add_to)


def render(args: Namespace) -> int:
    """Print the expansion."""
    if args.compose:
        return _compose(args)
    import yaml

    from lab.scenario.rendering import render

    text = render.render(variant_of(args.scenario, args.variant))
    if args.json:
        put_json({"scenario": yaml.safe_load(text)})
    else:
        put(text.rstrip("\n"))
    return Exit.OK


def _compose(args: Namespace) -> int:
    """All variants are in the file, and which one is played is said when it is started."""
    from lab.drivers.containers.compose import compose

    if args.json or args.variant is not None:
        raise BadInput("--compose writes YAML for all variants: leave out --json and --variant")
    put(compose(loaded(args)).rstrip("\n"))
    return Exit.OK


_GRAPH_ABOUT = """\
Lines are what the configuration opens; red is a client that a tenant would take for its own. Who delivers by MX reaches
everybody who has one: dashed lines lead to the node "by MX" and on from it. svg has the hosts and tenants without lines;
the ways that messages really took are drawn by `mflab run --html`."""

_GRAPH_EXAMPLES = """\
  mflab graph wildcard-misrouting                                    # for Markdown viewers
  mflab graph wildcard-misrouting --format dot | dot -Tpng > lab.png"""


def add_graph(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, graph, about=_GRAPH_ABOUT, examples=_GRAPH_EXAMPLES)
    add_scenario(parser)
    parser.add_argument(
        "--format", choices=("mermaid", "dot", "svg"), default="mermaid", help="(default: %(default)s)"
    )


def graph(args: Namespace) -> int:
    """Draw."""
    from lab.reports.drawing import configuration_graph, diagram

    topology = variant_of(args.scenario, args.variant).topology
    if args.format == "svg":
        drawing = str(diagram.svg(topology))
    else:
        drawing = getattr(configuration_graph, args.format)(topology)
    put(drawing.rstrip("\n"))
    return Exit.OK


_SCHEMA_EXAMPLES = """\
  mflab schema > schemas/scenario.schema.json
  # and as first line of a scenario:
  # yaml-language-server: $schema=../schemas/scenario.schema.json"""


def add_schema(verb: Verb) -> None:
    """Declare the verb."""
    declare(verb, schema, examples=_SCHEMA_EXAMPLES)


def schema(_: Namespace) -> int:
    """Print it."""
    from lab.scenario.language.schema_and_reference import schema_text

    put(schema_text().rstrip("\n"))
    return Exit.OK

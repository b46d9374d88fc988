"""`mflab explain`: one message's way, decision by decision, with the rules and the candidates that lost."""

from __future__ import annotations

from argparse import Namespace

from lab.cli.arguments import add_body, add_json, add_scenario, chosen, loaded, message_of, trace_of
from lab.cli.driver_choice import run_in
from lab.cli.exit_codes import Exit
from lab.cli.output import draw, put_json
from lab.cli.verb_declaration import Verb, declare
from lab.reports.explanation.message_explanation import explain

_EXAMPLES = """\
  mflab explain wildcard-misrouting
  mflab explain wildcard-misrouting --variant dedicated-certificate
  mflab explain scenarios/wildcard-misrouting.yaml --variant name-not-accepted-domain --message order"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, examples=_EXAMPLES)
    add_scenario(parser)
    parser.add_argument("--message", metavar="KEY", help="which message; not needed if there is only one")
    add_body(parser)
    add_json(parser)


def run(args: Namespace) -> int:
    """Run the variant and tell the message's story."""
    scenario = loaded(args)
    variant = chosen(scenario, args.variant)
    spec = message_of(variant, args.message)
    outcome = run_in(args.driver, variant, seed=args.seed)
    trace_of(outcome, spec)
    if args.json:
        from lab.reports.runs import run_json

        put_json({"scenario": scenario.name, "variant": variant.name, **run_json.message(outcome, spec.key)})
    else:
        draw(explain(outcome, spec.key))
    return Exit.OK

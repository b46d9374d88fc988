"""`mflab rules`: what the lab knows of Exchange Online, how sure it is, and where from."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping

from lab.cli.exit_codes import BadInput, Exit, NothingToRun
from lab.cli.output import columns, put, put_json
from lab.cli.verb_declaration import Verb, declare
from lab.core.rulebook import RULES, SOURCES, SWITCHES, Confidence, Rule, Switch, rule, switches_of
from lab.core.rulebook.render import as_markdown
from lab.scenario.syntax.problem_report import unknown

_EXAMPLES = """\
  mflab rules R3 R77
  mflab rules --confidence assumed
  mflab rules --search wildcard
  mflab rules --switches"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    parser = declare(verb, run, examples=_EXAMPLES)
    parser.add_argument(
        "id", nargs="*", metavar="ID", help="rules to print in full; all in one line each if none"
    )
    parser.add_argument(
        "--confidence", choices=[each.value for each in Confidence], help="only what is known that well"
    )
    parser.add_argument("--search", metavar="TEXT", help="only rules that say this")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--switches", action="store_true", help="the switches instead: what may be chosen")
    form.add_argument("--markdown", action="store_true", help="the whole rulebook as a page")
    form.add_argument("--json", action="store_true", help="print data as JSON, with a schema_version")


def run(args: Namespace) -> int:
    """Print what was asked for."""
    if args.markdown:
        put(as_markdown().rstrip("\n"))
    elif args.switches:
        put("\n\n".join("\n".join(_switch_lines(switch)) for switch in SWITCHES.values()))
    else:
        _print_rules(args)
    return Exit.OK


def as_data(id_: str) -> Mapping[str, object]:
    """A rule for programs, as decisions cite it."""
    known = rule(id_)
    return {"id": known.id, "confidence": known.confidence, "title": known.title, "text": known.text}


def _print_rules(args: Namespace) -> None:
    found = list(_selected(args))
    if not found:
        raise NothingToRun("no rule is like that")
    if args.json:
        put_json({"rules": [_full_data(each) for each in found]})
    elif args.id:
        put("\n\n".join("\n".join(_in_full(each)) for each in found))
    else:
        put("\n".join(columns([(each.id, each.confidence.value, each.title) for each in found])))


def _selected(args: Namespace) -> Iterator[Rule]:
    for known in _named(args.id) if args.id else RULES.values():
        if args.confidence and known.confidence.value != args.confidence:
            continue
        if args.search and args.search.lower() not in f"{known.title} {known.text} {known.source}".lower():
            continue
        yield known


def _named(ids: Iterable[str]) -> Iterator[Rule]:
    for id_ in ids:
        if id_.upper() not in RULES:
            raise BadInput(f"there is no rule {id_!r}: {unknown(id_.upper(), RULES)}")
        yield RULES[id_.upper()]


def _full_data(known: Rule) -> Mapping[str, object]:
    return {
        **as_data(known.id),
        "since": known.since,
        "source": known.source,
        "sources": [
            {"tag": tag, "title": SOURCES[tag].title, "place": SOURCES[tag].place} for tag in known.tags
        ],
        "switches": [switch.name for switch in switches_of(known.id)],
        "not_emulated": known.not_emulated,
    }


def _in_full(known: Rule) -> Iterator[str]:
    since = f", since {known.since}" if known.since else ""
    yield f"{known.id}  {known.title}  ({known.confidence.value}{since})"
    yield from textwrap.wrap(known.text, 100, initial_indent="  ", subsequent_indent="  ")
    for tag in dict.fromkeys(known.tags):
        yield f"  source: {SOURCES[tag].title}, {SOURCES[tag].place}"
    for switch in switches_of(known.id):
        yield f"  switch: {switch.name} = {_values(switch)}"
    if known.not_emulated:
        yield f"  not emulated: {known.not_emulated}"


def _switch_lines(switch: Switch) -> Iterator[str]:
    yield f"{switch.name} = {_values(switch)}"
    yield from textwrap.wrap(switch.text, 100, initial_indent="  ", subsequent_indent="  ")
    yield f"  rules: {' '.join(switch.rules)}; set for each {switch.scope}"


def _values(switch: Switch) -> str:
    others = [value for value in switch.values if value != switch.default]
    return " | ".join([f"{switch.default} (default)", *others])

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
        "--confidence", choices=[level.value for level in Confidence], help="only what is known that well"
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
    entry = rule(id_)
    return {"id": entry.id, "confidence": entry.confidence, "title": entry.title, "text": entry.text}


def _print_rules(args: Namespace) -> None:
    entries = list(_selected(args))
    if not entries:
        raise NothingToRun("no rule is like that")
    if args.json:
        put_json({"rules": [_full_data(entry) for entry in entries]})
    elif args.id:
        put("\n\n".join("\n".join(_in_full(entry)) for entry in entries))
    else:
        put("\n".join(columns([(entry.id, entry.confidence.value, entry.title) for entry in entries])))


def _selected(args: Namespace) -> Iterator[Rule]:
    for entry in _named(args.id) if args.id else RULES.values():
        if args.confidence and entry.confidence.value != args.confidence:
            continue
        if args.search and args.search.lower() not in f"{entry.title} {entry.text} {entry.source}".lower():
            continue
        yield entry


def _named(ids: Iterable[str]) -> Iterator[Rule]:
    for id_ in ids:
        if id_.upper() not in RULES:
            raise BadInput(f"there is no rule {id_!r}: {unknown(id_.upper(), RULES)}")
        yield RULES[id_.upper()]


def _full_data(entry: Rule) -> Mapping[str, object]:
    return {
        **as_data(entry.id),
        "since": entry.since,
        "source": entry.source,
        "sources": [
            {"tag": tag, "title": SOURCES[tag].title, "place": SOURCES[tag].place} for tag in entry.tags
        ],
        "switches": [switch.name for switch in switches_of(entry.id)],
        "not_emulated": entry.not_emulated,
    }


def _in_full(entry: Rule) -> Iterator[str]:
    since = f", since {entry.since}" if entry.since else ""
    yield f"{entry.id}  {entry.title}  ({entry.confidence.value}{since})"
    yield from textwrap.wrap(entry.text, 100, initial_indent="  ", subsequent_indent="  ")
    for tag in dict.fromkeys(entry.tags):
        yield f"  source: {SOURCES[tag].title}, {SOURCES[tag].place}"
    for switch in switches_of(entry.id):
        yield f"  switch: {switch.name} = {_values(switch)}"
    if entry.not_emulated:
        yield f"  not emulated: {entry.not_emulated}"


def _switch_lines(switch: Switch) -> Iterator[str]:
    yield f"{switch.name} = {_values(switch)}"
    yield from textwrap.wrap(switch.text, 100, initial_indent="  ", subsequent_indent="  ")
    yield f"  rules: {' '.join(switch.rules)}; set for each {switch.scope}"


def _values(switch: Switch) -> str:
    others = [value for value in switch.values if value != switch.default]
    return " | ".join([f"{switch.default} (default)", *others])

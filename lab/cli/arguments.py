"""Arguments that several verbs share, and what they mean."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import Any, NoReturn, TypeAlias

from lab.cli import places
from lab.cli.exits import BadInput, Exit, NothingToRun
from lab.drivers.site import Endpoint
from lab.scenario import load
from lab.scenario.model import MessageSpec, Scenario, Variant
from lab.scenario.report import unknown

Run: TypeAlias = Callable[[argparse.Namespace], int]
_LAST_PORT = 65535


class Parser(argparse.ArgumentParser):
    """argparse with the lab's exit code for bad input, and examples that keep their line breaks."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings, allow_abbrev=False)
        self._mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Options may stand before, between and behind a verb's other arguments: `mflab run a --variant v b`."""
        if (
            self._mixing or self._subparsers is not None
        ):  # a verb's own second pass; argparse cannot mix verbs in
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False

    @property
    def arguments(self) -> list[argparse.Action]:
        """What was declared, --help left out."""
        return [action for action in self._actions if action.dest != "help"]

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and where the help is."""
        self.exit(Exit.BAD_INPUT, f"{self.prog}: {message}\nTry: {self.prog} --help\n")


class Verbs:
    """The verbs declared so far: for argparse, and for the manual and the completion scripts."""

    def __init__(self, whole: Parser) -> None:
        self._group = whole.add_subparsers(title="verbs", metavar="VERB", required=True, parser_class=Parser)
        self.known: dict[str, Verb] = {}

    def add(self, name: str, told: str, **settings: Any) -> Parser:
        """A new verb."""
        parser = self._group.add_parser(name, help=told, **settings)
        self.known[name] = Verb(name, told, parser)
        return parser


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb as it is declared."""

    name: str
    told: str
    parser: Parser

    @property
    def options(self) -> list[argparse.Action]:
        """Its arguments that have a name."""
        return [action for action in self.parser.arguments if action.option_strings]


def verb(verbs: Verbs, name: str, run: Run, told: str, *, about: str = "", examples: str = "") -> Parser:
    """Declare a verb: one line for the list, `about` and `examples` for its own help."""
    description = f"{told[0].upper()}{told[1:]}." + (f"\n\n{about}" if about else "")
    epilog = f"examples:\n{examples}" if examples else None
    parser = verbs.add(name, told, description=description, epilog=epilog)
    parser.set_defaults(run=run)
    return parser


_WHICH = "which variant; the first if not given"


def add_scenario(parser: Parser, *, variant: str = _WHICH) -> None:
    """One scenario, and which variant of it."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a file, or the name of one of the lab's own")
    add_variant(parser, variant)


def add_variant(parser: Parser, told: str = _WHICH) -> None:
    """`--variant`."""
    parser.add_argument("--variant", metavar="V", help=told)


def add_json(parser: Parser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="print data as JSON, with a schema_version")


def add_body(parser: Parser, default: str = "simulator") -> None:
    """`--driver` and `--seed`."""
    parser.add_argument(
        "--driver",
        choices=("simulator", "embedded", "containers"),
        default=default,
        help="what runs it: the simulator, real SMTP, TLS and DNS on loopback, or that in Docker containers with the "
        "scenario's own addresses (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="where made-up ids come from")


def port(text: str) -> int:
    """A port to listen on, for argparse; 0 is any free one."""
    if not text.isdecimal() or not text.isascii() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 1 to {_LAST_PORT}, or 0 for any free one")
    return int(text)


def endpoint(text: str) -> Endpoint:
    """An IPv4 address and a port such as 127.0.0.1:5301, for argparse."""
    address, _, number = text.rpartition(":")
    try:
        return Endpoint(str(IPv4Address(address)), port(number))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no address and port such as 127.0.0.1:5301") from None


def loaded(args: argparse.Namespace) -> Scenario:
    """The scenario that was named. Raises ScenarioError with all its mistakes, BadInput if there is none."""
    return load(places.find_scenario(args.scenario))


def chosen(scenario: Scenario, name: str | None) -> Variant:
    """A variant by name, the first without one. Raises BadInput with what may have been meant."""
    if name is None:
        return first(scenario)
    if name not in scenario.variants:
        hint = unknown(name, scenario.variants)
        raise BadInput(f"{scenario.file}: no variant is named {name!r}: {hint}")
    return scenario.variants[name]


def first(scenario: Scenario) -> Variant:
    """The first variant. Raises NothingToRun when the file has none."""
    for variant in scenario.variants.values():
        return variant
    raise NothingToRun(f"{scenario.file}: no variants")


def message_of(variant: Variant, key: str | None) -> MessageSpec:
    """A message by key; without one the only message there is. Raises BadInput, or NothingToRun."""
    messages = {message.key: message for message in variant.messages}
    if not messages:
        raise NothingToRun(f"variant {variant.name} sends no messages")
    if key is None and len(messages) == 1:
        return variant.messages[0]
    if key is None:
        raise BadInput(f"which message? --message {' | '.join(messages)}")
    if key not in messages:
        raise BadInput(f"variant {variant.name} has no message {key!r}: {unknown(key, messages)}")
    return messages[key]


def today() -> datetime:
    """The machine's clock, for what has to do with the reader's own world and not with a lab's."""
    return datetime.now(UTC)  # noqa: TID251 - the command line is where time comes in

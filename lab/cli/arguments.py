"""Arguments that several verbs share, and what they mean."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from lab.cli.exit_codes import BadInput, NothingToRun
from lab.drivers import driver_by_name
from lab.drivers.lab_clock import today as today
from lab.errors import Problem, ScenarioError
from lab.scenario.syntax.problem_report import unknown

if TYPE_CHECKING:
    from pathlib import Path

    from lab.cli.verb_declaration import Parser
    from lab.drivers.address_mapping import Endpoint
    from lab.drivers.run_outcome import RunOutcome
    from lab.model.trace import MessageTrace
    from lab.scenario.model import MessageSpec, Scenario, Variant

Loaded = TypeVar("Loaded")
_LAST_PORT = 65535


_WHICH = "which variant; the first if not given"


def add_scenario(parser: Parser, *, variant: str = _WHICH) -> None:
    """One scenario, and which variant of it."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a file, or the name of one of the lab's own")
    add_variant(parser, variant)


def add_variant(parser: Parser, text: str = _WHICH) -> None:
    """`--variant`."""
    parser.add_argument("--variant", metavar="V", help=text)


def add_json(parser: Parser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="print data as JSON, with a schema_version")


def add_driver(parser: Parser, default: str = "simulator") -> None:
    """`--driver` and `--seed`."""
    parser.add_argument(
        "--driver",
        choices=driver_by_name.DRIVERS,
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


def count(text: str) -> int:
    """A number of things, for argparse."""
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 1 or more")
    return int(text)


def endpoint(text: str) -> Endpoint:
    """An IPv4 address and a port such as 127.0.0.1:5301, for argparse."""
    from ipaddress import IPv4Address

    from lab.drivers.address_mapping import Endpoint

    address, _, number = text.rpartition(":")
    try:
        return Endpoint(str(IPv4Address(address)), port(number))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no address and port such as 127.0.0.1:5301") from None


def loaded(args: argparse.Namespace) -> Scenario:
    """The scenario that was named. Raises ScenarioError with all its mistakes, BadInput if there is none."""
    from lab.cli import locations
    from lab.scenario.load import load

    return load(locations.find_scenario(args.scenario))


def chosen(scenario: Scenario, name: str | None) -> Variant:
    """A variant by name, the first without one. Raises BadInput with what may have been meant, or NothingToRun."""
    if name is None:
        name = next(iter(scenario.variants), None)
    if name is None:
        raise NothingToRun(f"{scenario.file}: no variants")
    if name not in scenario.variants:
        hint = unknown(name, scenario.variants)
        raise BadInput(f"{scenario.file}: no variant is named {name!r}: {hint}")
    return scenario.variants[name]


def variant_of(scenario: str, name: str | None) -> Variant:
    """A variant of the scenario that was named; raises what `chosen` and the loader raise."""
    from lab.cli import locations
    from lab.scenario.load import load

    return chosen(load(locations.find_scenario(scenario)), name)


def all_loaded(paths: Iterable[Path], load: Callable[[Path], Loaded]) -> list[Loaded]:
    """All scenarios. Raises ScenarioError with all mistakes of all of them."""
    scenarios: list[Loaded] = []
    problems: dict[Problem, None] = {}
    for path in paths:
        try:
            scenarios.append(load(path))
        except ScenarioError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise ScenarioError(tuple(problems))
    return scenarios


def run_in(driver: str, variant: Variant, *, seed: int = 0) -> RunOutcome:
    """Run a variant to its end.

    Raises BadInput when the variant is for another driver, DriverError or WireError when this machine cannot run it.
    """
    why = driver_by_name.skipped(variant, driver)
    if why:
        raise BadInput(f"{variant.name} runs only with --driver {variant.only}: {why}")
    return driver_by_name.run_in(driver, variant, seed=seed)


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


def trace_of(outcome: RunOutcome, message: MessageSpec) -> MessageTrace:
    """The trace of one message of a run. Raises BadInput where the run did not send it."""
    if message.key in outcome.messages:
        return outcome.trace(message.key)
    specs = outcome.variant.messages
    sent = [spec.key for spec in specs if spec.series == message.series and spec.key in outcome.messages]
    raise BadInput(
        f"{outcome.variant.name} ({outcome.driver}) did not send {message.key!r}: with `until: stable` no more is sent "
        f"once three have come to the same end, and {', '.join(sent[-3:])} had"
    )

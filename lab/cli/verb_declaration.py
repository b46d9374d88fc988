"""The verbs of the command, and how each is declared. What one needs is loaded when it is called, and not before."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple, NoReturn, TypeAlias

from lab.cli.exit_codes import Exit

VerbFunction: TypeAlias = Callable[[argparse.Namespace], int]

SUMMARIES: Mapping[str, str] = {
    "demo": "show the wildcard misrouting and its cures on one screen",
    "run": "run scenarios and check what they expect",
    "explain": "tell a message's way, decision by decision",
    "attribute": "decide one connection: which tenant and connector, and why",
    "diagnose": "read a bounce, a mail, a log or a message trace: which tenant had it, and why",
    "matrix": "let everybody write to everybody",
    "import": "make a scenario from exported configurations",
    "check": "find what is wrong with a configuration",
    "sweep": "find the tenants whose mail takes another tenant, among thousands",
    "diff": "compare two configurations: which mail goes another way, and why",
    "fix": "write the cure of a finding, and prove it",
    "hunt": "search for the smallest change that leads mail to a wrong tenant",
    "trace": "show the log of one administrator",
    "mailbox": "show what has arrived in mailboxes, NDRs too",
    "scenarios": "list scenarios and their variants",
    "render": "write a variant out in full",
    "graph": "draw who may hand mail to whom, and as what",
    "cert": "show certificates, and which connectors they fit",
    "rules": "print rules, with confidence and source",
    "schema": "print the JSON Schema of scenario files",
    "up": "keep a lab running to play with",
    "down": "end a lab that `mflab up` has started",
    "status": "say whether a lab runs, and what it holds",
    "watch": "send the same messages again and again, and tell what changes",
    "gateway": "put a real mail server in the filter's place",
    "zones": "write the lab's DNS for a real name server",
    "doctor": "check what this machine has for the lab",
    "config": "show the defaults that hold here, and where they come from",
    "hook": "check, diff or run the scenarios that a commit touches",
    "completion": "print a completion script for a shell",
    "part": "be one part of a lab in containers",
    "probe": "check the health of a part of a lab in containers",
}
"""Every verb, in the order of --help (first what a newcomer needs), in one line each."""

MODULES: Mapping[str, str] = {
    "run": "run",
    "demo": "run",
    "explain": "run",
    "import": "import_exports",
    "render": "render",
    "graph": "render",
    "schema": "render",
    "down": "running_lab",
    "status": "running_lab",
    "gateway": "real_servers",
    "zones": "real_servers",
    "part": "container_part",
    "probe": "container_part",
}
"""Where a verb is that is not alone in a module of its own name; there, `add_VERB` declares it."""


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

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """A word that is none of the choices gets a hint instead of all of them."""
        if action.choices is not None and value not in action.choices:
            from lab.scenario.syntax.problem_report import unknown  # only for mistakes

            hint = unknown(str(value), map(str, action.choices))
            raise argparse.ArgumentError(action, f"there is no {value!r}: {hint}")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and where the help is."""
        self.exit(Exit.BAD_INPUT, f"{self.prog}: {message}\nTry: {self.prog} --help\n")


def help_of(action: argparse.Action) -> str:
    """The help of an argument, its default filled in."""
    return (action.help or "") % {"default": action.default}


class Verb(NamedTuple):
    """A verb as it is declared."""

    name: str
    summary: str
    parser: Parser

    @property
    def options(self) -> list[argparse.Action]:
        """Its arguments that have a name."""
        return [action for action in self.parser.arguments if action.option_strings]


class Verbs:
    """All verbs by name and in one line; those that are declared have arguments too."""

    def __init__(self, whole: Parser) -> None:
        group = whole.add_subparsers(title="verbs", metavar="VERB", required=True, parser_class=Parser)
        self.known = {
            name: Verb(name, text, group.add_parser(name, help=text)) for name, text in SUMMARIES.items()
        }

    def declare(self, name: str) -> None:
        """Load a verb, and have it declare its arguments."""
        module = import_module(f"lab.cli.verbs.{MODULES.get(name, name)}")
        add = getattr(module, f"add_{name}" if name in MODULES else "add")
        add(self.known[name])


def declare(verb: Verb, run: VerbFunction, *, about: str = "", examples: str = "") -> Parser:
    """What a verb does, and what its own help tells besides its line; its arguments are to be added."""
    parser = verb.parser
    parser.description = f"{verb.summary[0].upper()}{verb.summary[1:]}." + (f"\n\n{about}" if about else "")
    parser.epilog = f"examples:\n{examples}" if examples else None
    parser.set_defaults(run=run)
    return parser

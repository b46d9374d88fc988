"""`mflab schema`: the JSON Schema of scenario files, for completion in editors."""

from __future__ import annotations

from argparse import Namespace

from lab.cli.exit_codes import Exit
from lab.cli.output import put
from lab.cli.verb_declaration import Verb, declare
from lab.scenario.language.json_schema import schema_text

_EXAMPLES = """\
  mflab schema > schemas/scenario.schema.json
  # and as first line of a scenario:
  # yaml-language-server: $schema=../schemas/scenario.schema.json"""


def add(verb: Verb) -> None:
    """Declare the verb."""
    declare(verb, run, examples=_EXAMPLES)


def run(_: Namespace) -> int:
    """Print it."""
    put(schema_text().rstrip("\n"))
    return Exit.OK

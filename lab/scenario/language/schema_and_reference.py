"""The JSON Schema of scenario files, for editors, and the reference of the language, for `docs/`: from the loader's own tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lab.scenario.language.scenario_keys import SCENARIO
from lab.scenario.syntax.records import RecordKey, RecordSchema, all_records
from lab.scenario.syntax.value_kinds import JsonSchema, Many, Named, Single, ValueKind

_INTRODUCTION = """\
# The scenario language: reference

Made from the loader's own tables; do not edit. `scenarios/` has examples, `schemas/scenario.schema.json` gives completion
in editors: begin a file with `# yaml-language-server: $schema=../schemas/scenario.schema.json`.

Lists may be written as a single value. `~` takes away what an include or the base of a variant says, or chooses the
default. Exchange's objects have Exchange's parameter names and defaults, in any case, and take what PowerShell prints
(`smtp:*;1`, `$true`). R-numbers are rules; `mflab rules` shows them.
"""


def schema() -> JsonSchema:
    """JSON Schema draft 2020-12 of a scenario or of a file to include.

    It knows keys, kinds and words. What only holds for the file as a whole (names that must exist, keys that an include
    may supply) is left to the loader.
    """
    definitions = {record.name.replace(" ", "-"): record.definition() for record in all_records(SCENARIO)[1:]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mailflow Lab scenario",
        **SCENARIO.definition(),
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The file `schemas/scenario.schema.json`."""
    return json.dumps(schema(), indent=2) + "\n"


def reference() -> str:
    """Markdown: one table for each kind of object."""
    sections = (_section(record) for record in all_records(SCENARIO))
    return _INTRODUCTION + "".join(sections)


def _section(record: RecordSchema) -> str:
    rows = "".join(_row(key) for key in record.keys)
    short = f" A single value stands for `{record.short}`." if record.short else ""
    return f"\n## {record.name}\n\n{record.doc}{short}\n\n| key | value | meaning |\n|---|---|---|\n{rows}"


def _row(key: RecordKey[Any]) -> str:
    values = "; ".join((*_value(key.kind), *_default(key)))
    return f"| `{key.name}` | {values} | {key.doc} |\n"


def _value(kind: ValueKind[Any]) -> Iterator[str]:
    match kind:
        case Many():
            yield f"list: {' '.join(_value(kind.of))}"
        case Named():
            yield f"by name: {' '.join(_value(kind.of))}"
        case RecordSchema():
            yield f"[{kind.name}](#{kind.name.lower().replace(' ', '-')})"
        case Single():
            yield str(kind.wanted)
        case _:
            yield "any value"


def _default(key: RecordKey[Any]) -> Iterator[str]:
    if key.required:
        yield "**needed**"
    elif isinstance(key.default, bool):
        yield f"`{str(key.default).lower()}`"
    elif isinstance(key.default, str | int | float) and key.default != "":
        yield f"`{key.default}`"

"""The JSON Schema of scenario files, for completion and first checks in editors."""

from __future__ import annotations

import json

from lab.scenario.language.scenario_keys import SCENARIO
from lab.scenario.syntax.records import all_records
from lab.scenario.syntax.value_kinds import JsonSchema


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

"""Everything about a run for programs. Keys keep their order and meaning within one `schema_version`."""

from __future__ import annotations

import json
from collections.abc import Iterable

from lab.reports.run import ScenarioRuns

SCHEMA_VERSION = 1
Json = dict[str, object]


def document(told: Iterable[ScenarioRuns]) -> Json:
    """All runs as plain data."""
    runs: list[Json] = [
        {"scenario": each.scenario.name, "variant": run.variant.name, "driver": run.driver}
        for each in told
        for run in each.runs
    ]
    return {"schema_version": SCHEMA_VERSION, "runs": runs}


def dumps(told: Iterable[ScenarioRuns]) -> str:
    """All runs as JSON text, ending in a line break."""
    return json.dumps(document(told), indent=2, ensure_ascii=False) + "\n"

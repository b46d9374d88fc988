"""A scenario file that lays changes over another one and leaves that as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap

from lab.errors import DriverError
from lab.scenario.model import Scenario
from lab.scenario.syntax.yaml_dump import dumped, plain
from lab.scenario.what_if import SettingChange
from lab.sentence import sentence

_WIDTH = 118


def amended(scenario: Scenario, file: Path, changes: Mapping[str, SettingChange], head: Sequence[str]) -> str:
    """The text of `file`, which is to lie anywhere: it includes the scenario, and changes each variant.

    `head` goes above it as comments, which must be printable. Raises DriverError where the scenario cannot be included from there.
    """
    comments = "".join(f"# {line}\n" for text in head for line in wrap(text, _WIDTH, break_on_hyphens=False))
    shown = {
        "scenario": scenario.name,
        "include": [included(Path(scenario.file), file)],
        "variants": {name: {"change": plain(change)} for name, change in changes.items()},
    }
    return f"{comments}{dumped(shown)}"


def included(scenario: Path, file: Path) -> str:
    """How a file has to name a scenario to include it. Raises DriverError for a name that cannot be written so."""
    folder = os.path.relpath(os.path.realpath(scenario.parent), os.path.realpath(file.parent))
    name = Path(folder, scenario.name).as_posix()
    if ":" in name or name.startswith(("/", "~")):
        raise DriverError(
            sentence(
                "{file} cannot include {scenario}: the name must be relative, without a colon",
                file=file,
                scenario=scenario,
            )
        )
    return name

"""Where things lie: scenarios in a checkout or in the installed package, and the state of a running lab."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from lab.cli.exit_codes import BadInput
from lab.cli.output import talk
from lab.scenario import scenario_lookup
from lab.scenario.scenario_lookup import scenario_files, short

STATE = ".mflab"
"""Folder of a running lab, below the current one; `MFLAB_STATE` names another."""


def find_scenario(name: str) -> Path:
    """The file that is meant: a path, or the bare name of a scenario that comes with the lab.

    Raises BadInput when there is neither.
    """
    if Path(name).is_file():
        _tell_shadow(name, "file")
    try:
        return scenario_lookup.find(name)
    except scenario_lookup.NoSuchScenario as error:
        raise BadInput(str(error)) from None


def scenarios_of(names: Iterable[str]) -> list[Path]:
    """The scenario files that arguments mean: files, folders, bare names. Raises BadInput for what is none."""
    return list(scenario_files(map(_folder_or_scenario, names)))


def _folder_or_scenario(name: str) -> Path:
    if not Path(name).is_dir():
        return find_scenario(name)
    _tell_shadow(name, "folder")
    return Path(name)


def _tell_shadow(name: str, what: str) -> None:
    """What is there wins over a name, but whoever writes a bare name may mean the lab's own scenario."""
    own = None if os.sep in name or Path(name).suffix else scenario_lookup.own().get(name)
    if own is not None:
        talk(f"note: {name} is the {what} here, not the lab's scenario of that name, which is {short(own)}")


def is_bulk(name: str) -> bool:
    """Whether this is a file or a folder of tenants, and no scenario."""
    path = Path(name)
    return path.is_dir() or (path.suffix == ".jsonl" and path.is_file())


def state_of_environment() -> str | None:
    """The state folder that `MFLAB_STATE` names."""
    return os.environ.get("MFLAB_STATE") or None


def state_folder(given: str | None) -> Path:
    """Where a running lab keeps its queue, journal and certificates. Raises BadInput when that is no folder."""
    folder = Path(given or state_of_environment() or STATE)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--state {folder}: it is a file, and not the folder of a lab")
    return folder

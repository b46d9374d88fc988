"""Where things lie: scenarios in a checkout or in the installed package, and the state of a running lab."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import lab
from lab.cli.exits import BadInput
from lab.cli.output import talk
from lab.scenario.report import unknown

STATE = ".mflab"
"""Folder of a running lab, below the current one; `MFLAB_STATE` names another."""

_SCENARIO_LINE = re.compile(r"^\ufeff?scenario\s*:[ \t]*(?P<name>[\w-]*)", re.MULTILINE)
_SUFFIXES = (".yaml", ".yml")


def bundled_scenarios() -> Path:
    """The scenarios that come with the lab: those of the checkout, else the copy in the package."""
    package = Path(lab.__file__).parent
    checkout = package.parent / "scenarios"
    return checkout if (package.parent / "pyproject.toml").is_file() else package / "_bundle" / "scenarios"


def find_scenario(name: str) -> Path:
    """The file that is meant: a path, or the bare name of a scenario that comes with the lab.

    That name is its file's, or else what its key `scenario:` says, which is what lists show. A file that is there wins
    over a name. Raises BadInput when there is neither.
    """
    path = Path(name)
    if path.is_file():
        _tell_shadow(name, "file")
        return path
    if path.suffix in _SUFFIXES or os.sep in name or (path.exists() and not path.is_dir()):
        return _inside(path)
    known = _bundled()
    if name in known:
        return short(known[name])
    if path.is_dir():
        return path  # the loader tells that it is a folder
    known |= {_called(file): file for file in known.values()}
    if name in known:
        return short(known[name])
    raise BadInput(f"there is no scenario {name!r}: {unknown(name, known)}")


def scenario_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The scenarios among files and in folders, each once; includes are no scenarios."""
    seen: set[str] = set()
    for path in paths:
        for found in sorted(_in_folder(path)) if path.is_dir() else [path]:
            real = os.path.realpath(found)  # Path.resolve would raise for a link to itself
            if real not in seen:
                seen.add(real)
                yield found


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
    own = None if os.sep in name or Path(name).suffix else _bundled().get(name)
    if own is not None:
        talk(f"note: {name} is the {what} here, not the lab's scenario of that name, which is {short(own)}")


def _bundled() -> dict[str, Path]:
    """The lab's own scenarios by name."""
    return {scenario.stem: scenario for scenario in scenario_files([bundled_scenarios()])}


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


def _inside(path: Path) -> Path:
    """`scenarios/x.yaml` works from anywhere, as the documentation writes it. Raises BadInput for what is not there."""
    if path.parts[:1] == ("scenarios",):
        bundled = bundled_scenarios().joinpath(*path.parts[1:])
        if bundled.is_file():
            return bundled
    if not path.exists() and not path.is_symlink():  # what else is wrong, the loader tells
        raise BadInput(f"there is no file {path}")
    return path


def _in_folder(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.suffix in _SUFFIXES and path.is_file() and is_scenario(path):
            yield path


def is_scenario(path: Path) -> bool:
    """Whether a YAML file is a scenario; what others include is none."""
    return bool(_scenario_line(path))


def _called(path: Path) -> str:
    """What a scenario calls itself."""
    found = _scenario_line(path)
    return found["name"] if found else path.stem


def _scenario_line(path: Path) -> re.Match[str] | None:
    return _SCENARIO_LINE.search(path.read_text("utf-8", "replace"))


def short(path: Path) -> Path:
    """Relative to the current folder where it lies below, so that messages stay readable."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path

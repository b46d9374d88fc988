"""Which scenario is meant: by path, by the name of one that comes with the lab, or by what somebody sees. The caller tells."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import lab
from lab.scenario.syntax.problem_report import unknown

if TYPE_CHECKING:
    from lab.scenario.model import Scenario

_SCENARIO_LINE = re.compile(r"^\ufeff?scenario\s*:[ \t]*(?P<name>[\w-]*)", re.MULTILINE)
_EXACT = re.compile(r"[245]\.\d{1,3}\.\d{1,3}|[PR]\d{1,3}|\d{3}", re.IGNORECASE)
"""Codes and ids: 5.7.5 is not 5.7.51, and P3 not P31. All else is looked for as a part of words."""
SUFFIXES = (".yaml", ".yml")


class NoSuchScenario(Exception):  # noqa: N818 - a verdict on a name, told by whoever was given it
    """There is neither a file nor a shipped scenario of that name; says what may have been meant."""


def bundled(package: Path | None = None) -> Path:
    """The folder of the scenarios that come with the lab: those of the checkout, else the copy in the package."""
    package = package or Path(lab.__file__).parent
    checkout = package.parent / "scenarios"
    return checkout if (package.parent / "pyproject.toml").is_file() else package / "_bundle" / "scenarios"


def own() -> dict[str, Path]:
    """The lab's own scenarios by the names of their files."""
    return {scenario.stem: scenario for scenario in scenario_files([bundled()])}


def find(name: str) -> Path:
    """The file that is meant.

    A shipped scenario's name is its file's, or else what its key `scenario:` says, which is what lists show. A file that
    is there wins over a name. Raises NoSuchScenario when there is neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    if path.suffix in SUFFIXES or os.sep in name or (path.exists() and not path.is_dir()):
        return _inside(path)
    files = own()
    if name in files:
        return short(files[name])
    if path.is_dir():
        return path  # the loader tells that it is a folder
    files |= {_called(file): file for file in files.values()}
    if name in files:
        return short(files[name])
    raise NoSuchScenario(f"there is no scenario {name!r}: {unknown(name, files)}")


def scenario_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The scenarios among files and in folders, each once; includes are no scenarios."""
    seen: set[str] = set()
    for path in paths:
        for file in sorted(_in_folder(path)) if path.is_dir() else [path]:
            real = os.path.realpath(file)  # Path.resolve would raise for a link to itself
            if real not in seen:
                seen.add(real)
                yield file


def is_scenario(path: Path) -> bool:
    """Whether a YAML file is a scenario; what others include is none."""
    return bool(_scenario_line(path))


def short(path: Path) -> Path:
    """Relative to the current folder where it lies below, so that messages stay readable."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _inside(path: Path) -> Path:
    """`scenarios/x.yaml` works from anywhere, as the documentation writes it. Raises NoSuchScenario."""
    if path.parts[:1] == ("scenarios",):
        file = bundled().joinpath(*path.parts[1:])
        if file.is_file():
            return file
    if not path.exists() and not path.is_symlink():  # what else is wrong, the loader tells
        raise NoSuchScenario(f"there is no file {path}")
    return path


def _in_folder(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.suffix in SUFFIXES and path.is_file() and is_scenario(path):
            yield path


def _called(path: Path) -> str:
    """What a scenario calls itself."""
    line = _scenario_line(path)
    return line["name"] if line else path.stem


def _scenario_line(path: Path) -> re.Match[str] | None:
    return _SCENARIO_LINE.search(path.read_text("utf-8", "replace"))


def shows(scenario: Scenario, wanted: str) -> bool:
    """Whether a scenario has all the words of `wanted`, in any order and in any of its texts."""
    text = "\n".join(_texts(scenario)).casefold()
    words = wanted.casefold().split()
    return bool(words) and all(_has(text, word) for word in words)


def _has(text: str, word: str) -> bool:
    if not _EXACT.fullmatch(word):
        return word in text
    return re.search(rf"(?<![\w.]){re.escape(word)}(?!\w|\.\d)", text) is not None


def _texts(scenario: Scenario) -> Iterator[str]:
    """What it says of itself, and the replies and reports that it expects."""
    yield from (scenario.name, scenario.title, scenario.why, scenario.fault)
    yield from scenario.codes
    for place, symptom in scenario.symptoms.items():
        yield f"{place} {symptom}"
    for variant in scenario.variants.values():
        yield from (variant.name, variant.title, variant.why)
        for claim in variant.expect.values():
            yield claim.reply or ""
            yield (claim.ndr.status if claim.ndr else None) or ""

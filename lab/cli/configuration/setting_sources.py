"""What may be configured, and where it is written: environment, `mflab.toml` or `pyproject.toml`, the user's own file.

A file sets what one sets once for a project or a machine, and not what makes one call.
"""

from __future__ import annotations

import re
import tomllib
from argparse import Action
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

import platformdirs

from lab.cli.verb_declaration import Verb
from lab.model.value import dataclass
from lab.scenario.scenario_lookup import short
from lab.scenario.syntax.problem_report import ProblemPath, ProblemReport, unknown
from lab.scenario.syntax.source_tree import SourceLocation
from lab.sentence import sentence

DEFAULTS = "defaults"
"""The table of what holds for every verb that has it."""
COLOR = ("auto", "always", "never")
STATE, COLOR_KEY = "state", "color"
PROCESS: Mapping[str, tuple[str, str]] = {
    STATE: (".mflab", "Folder of a running lab; `--state` of the verbs that have it."),
    COLOR_KEY: ("auto", "Whether reports are coloured: auto (on a terminal), always or never."),
}
"""What concerns no single option: its built-in default, and what it means."""

_DRIVER = ("driver", "seed")
_REPORTS = ("junit", "sarif", "markdown")
OF_VERBS: Mapping[str, tuple[str, ...]] = {
    "run": (*_DRIVER, "junit", "sarif", "html", "metrics", "fail-fast"),
    "explain": _DRIVER,
    "attribute": ("as-of", "switch"),
    "matrix": (*_DRIVER, "variants", "ways", "junit", "html"),
    "import": ("partners",),
    "check": ("fail-on", "quiet", *_REPORTS),
    "diff": ("git-base", *_REPORTS),
    "sweep": ("out", "csv", "parquet", "workers", "scheduler", "crowd", "show", "as-of", "switch"),
    "trace": (*_DRIVER, "form"),
    "mailbox": _DRIVER,
    "graph": ("format",),
    "up": ("port", "dns-port", "http-port", "no-http", "names"),
    "watch": ("every", "seed"),
    "gateway": ("certificates", "log", "dns"),
    "zones": ("address", "port"),
}
"""Keys by verb, spelled as the options are. A key that stands for several verbs may be under `[defaults]` too: `SHARED`."""
SHARED = _DRIVER


def keys_of(table: str) -> tuple[str, ...]:
    """What a table may hold."""
    return (*SHARED, *PROCESS) if table == DEFAULTS else OF_VERBS[table]


def variable(table: str, key: str) -> str:
    """The environment variable: MFLAB_SEED, MFLAB_CHECK_FAIL_ON."""
    words = ("MFLAB", key) if table == DEFAULTS else ("MFLAB", table, key)
    return "_".join(words).upper().replace("-", "_")


def option(verb: Verb, key: str) -> Action:
    """The option that a key of a verb's table sets."""
    return next(action for action in verb.options if f"--{key}" in action.option_strings)


NAME = "mflab.toml"
_PYPROJECT = "pyproject.toml"
_SECTION = ("tool", "mflab")
_AT = re.compile(r" ?\(at line (\d+), column (\d+)\)")
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*([\w."'-]+)\s*=""")


@dataclass(frozen=True, slots=True)
class WrittenSetting:
    """A value, and where it stands."""

    value: object
    place: SourceLocation
    folder: Path | None = None
    """What relative paths in it start from; None: the current folder."""

    @property
    def origin(self) -> str:
        """For the reader: `mflab.toml:3`, `MFLAB_SEED`."""
        return str(self.place) if self.folder is not None else self.place.file


@dataclass(frozen=True, slots=True)
class Level:
    """One source of settings: what it says, by table and key."""

    name: str
    said: Mapping[tuple[str, str], WrittenSetting] = field(default_factory=dict)

    def of(self, table: str, key: str) -> WrittenSetting | None:
        """What it says for a verb, else for all."""
        return self.said.get((table, key)) or self.said.get((DEFAULTS, key))


def levels(environment: Mapping[str, str], folder: Path, report: ProblemReport) -> tuple[Level, ...]:
    """Environment, project, user: the first that says something wins. Mistakes go to the report."""
    user = platformdirs.user_config_path("mflab") / NAME
    return (_of_environment(environment), _of_project(folder, report), _of_file("user", user, (), report))


def _of_environment(environment: Mapping[str, str]) -> Level:
    names = {variable(table, key): (table, key) for table in (DEFAULTS, *OF_VERBS) for key in keys_of(table)}
    written = {
        where: WrittenSetting(environment[name], SourceLocation(name))
        for name, where in names.items()
        if environment.get(name)
    }
    return Level("environment", written)


def _of_project(folder: Path, report: ProblemReport) -> Level:
    """The nearest file upwards; `mflab.toml` goes before a `pyproject.toml` beside it."""
    for place in (folder, *folder.parents):
        if (place / NAME).is_file():
            return _of_file("project", place / NAME, (), report)
        project = place / _PYPROJECT
        if project.is_file() and _has_section(project):
            return _of_file("project", project, _SECTION, report)
    return Level("project")


def _has_section(path: Path) -> bool:
    """Whether a `pyproject.toml`, which is somebody else's file, is about the lab too; a broken one is not ours to judge."""
    try:
        tool = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError):
        return False
    return isinstance(tool, dict) and "mflab" in tool


def _of_file(name: str, path: Path, section: tuple[str, ...], report: ProblemReport) -> Level:
    if not path.is_file():
        return Level(name)
    at = ProblemPath(report)
    file = str(short(path))
    try:
        text = path.read_text("utf-8")
        tree: object = tomllib.loads(text)
    except UnicodeDecodeError:
        at.wrong(SourceLocation(file), sentence("the file is not UTF-8"))
        return Level(name)
    except tomllib.TOMLDecodeError as error:
        at.wrong(_where(error, file), sentence("this is no TOML: {why}", why=_AT.sub("", str(error))))
        return Level(name)
    for step in section:
        tree = tree[step] if isinstance(tree, dict) else {}
    lines = _lines(text, section)
    return Level(name, dict(_tables(tree, file, path.absolute().parent, lines, at)))


def _tables(
    tree: object, file: str, folder: Path, lines: Mapping[tuple[str, ...], int], at: ProblemPath
) -> Iterator[tuple[tuple[str, str], WrittenSetting]]:
    for table, keys in tree.items() if isinstance(tree, dict) else ():
        place = SourceLocation(file, lines.get((table,), 1))
        if table not in (DEFAULTS, *OF_VERBS):
            at.key(table).wrong(
                place,
                sentence("there is no table [{table}]", table=table),
                unknown(table, (DEFAULTS, *OF_VERBS)),
            )
        elif not isinstance(keys, dict):
            at.key(table).wrong(place, sentence("[{table}] is a table of keys", table=table))
        else:
            for key, value in keys.items():
                here = SourceLocation(file, lines.get((table, key), place.line))
                if key in keys_of(table):
                    yield (table, key), WrittenSetting(value, here, folder)
                else:
                    hint = unknown(key, keys_of(table))
                    at.key(table).key(key).wrong(
                        here, sentence("[{table}] has no key {key!r}", table=table, key=key), hint
                    )


def _where(error: tomllib.TOMLDecodeError, file: str) -> SourceLocation:
    match = _AT.search(str(error))
    return SourceLocation(file, int(match[1]), int(match[2])) if match else SourceLocation(file)


def _lines(text: str, section: tuple[str, ...]) -> Mapping[tuple[str, ...], int]:
    """Where tables and keys stand; the parser of the standard library does not tell."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table = _parts(header[1])
        path = table if header else (*table, *_parts(key[1])) if key else ()
        if path[: len(section)] == section:
            own = path[len(section) :]
            for length in range(1, len(own) + 1):
                lines.setdefault(own[:length], number)
    return lines


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))

"""Files that a verb writes its reports to, judged before anything runs: no report replaces what somebody still needs."""

from __future__ import annotations

import os
import stat
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from lab.cli.exit_codes import BadInput
from lab.cli.output import put
from lab.cli.verb_declaration import Parser
from lab.errors import DriverError
from lab.model.value import dataclass

STDOUT = Path("-")
_HEAD = 4096
"""Octets of a file in which a report says that it is one."""


@dataclass(frozen=True, slots=True)
class ReportKind:
    """A form of report."""

    option: str
    mark: bytes
    """What a report of this form has near its start, and hardly anything else."""

    @property
    def name(self) -> str:
        """As argparse calls it."""
        return self.option.removeprefix("--")


HTML = ReportKind("--html", b'<meta name="generator" content="mailflow-lab"')
JUNIT = ReportKind("--junit", b'<testsuites name="mailflow-lab')
SARIF = ReportKind("--sarif", b"sarif-2.1.0.json")
MARKDOWN = ReportKind("--markdown", b"<!-- mailflow-lab -->")
METRICS = ReportKind("--metrics", b"# HELP mflab_")
KINDS = (HTML, JUNIT, SARIF, MARKDOWN, METRICS)
IMPORT = ReportKind("--output", b"# Imported by mflab ")
"""A scenario that `mflab import` has made: no report, and only another import may replace it."""


def add_outputs(parser: Parser, help_texts: Mapping[ReportKind, str]) -> None:
    """An option for each form, and `--force`."""
    for kind, what in help_texts.items():
        parser.add_argument(kind.option, type=Path, metavar="F", help=f"{what}; - is stdout")
    parser.add_argument(
        "--force", action="store_true", help="let a report replace a file that is no earlier report"
    )


@dataclass(frozen=True, slots=True)
class Outputs:
    """The reports that were asked for, and where they go."""

    paths: Mapping[ReportKind, Path]

    @classmethod
    def judged(cls, args: Namespace, inputs: Iterable[str]) -> Outputs:
        """What the arguments ask for; `inputs` are the files that were read.

        Raises BadInput where a report would replace something, or meet other output; DriverError without its folder.
        """
        asked = ((kind, getattr(args, kind.name, None)) for kind in (*KINDS, IMPORT))
        paths = {kind: path for kind, path in asked if path is not None}
        _check_stdout(paths, as_json=args.json)
        files = {kind: path for kind, path in paths.items() if path != STDOUT}
        _check_distinct(files)
        read = {_identity(Path(name)): name for name in inputs}
        for kind, path in files.items():
            same = read.get(_identity(path))
            if same is not None:
                raise BadInput(f"{kind.option} {path}: a report would replace what is read from ({same})")
            _check_place(kind, path, force=args.force)
        return cls(paths)

    @property
    def on_stdout(self) -> bool:
        """Whether a report has stdout for itself."""
        return STDOUT in self.paths.values()

    def write(self, kind: ReportKind, make: Callable[[], str]) -> None:
        """Make a report and write it, if it was asked for. Raises DriverError, with the file, when it cannot be written."""
        path = self.paths.get(kind)
        if path == STDOUT:
            put(make(), end="")
        elif path is not None:
            write_new(path, make(), kind.option)


def _check_stdout(paths: Mapping[ReportKind, Path], *, as_json: bool) -> None:
    there = [kind.option for kind, path in paths.items() if path == STDOUT]
    others = [*there[1:], *(["--json"] if as_json else [])]
    if there and others:
        raise BadInput(f"{there[0]} -: {others[0]} writes to stdout as well; give one of them a file")


def _check_distinct(files: Mapping[ReportKind, Path]) -> None:
    taken: dict[object, ReportKind] = {}
    for kind, path in files.items():
        other = taken.setdefault(_identity(path), kind)
        if other is not kind:
            raise BadInput(f"{kind.option} {path}: {other.option} writes to that file already")


def _check_place(kind: ReportKind, path: Path, *, force: bool) -> None:
    """A pipe or a terminal may have a report; an ordinary file only if nothing is lost with it."""
    option = f"{kind.option} {path}"
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        folder = Path(os.path.realpath(path)).parent
        if not folder.is_dir():
            raise DriverError(f"{option}: there is no folder {folder}") from None
        return
    except OSError as error:
        raise BadInput(f"{option}: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise BadInput(f"{option}: it is a folder; name a file in it")
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        return
    if not stat.S_ISREG(mode):
        raise BadInput(f"{option}: it is not a regular file")
    if not (force or _is_earlier(kind, path)):
        what = "import" if kind is IMPORT else "report"
        raise BadInput(f"{option}: the file is there, and is no earlier {what}; --force replaces it")


def _is_earlier(kind: ReportKind, path: Path) -> bool:
    """Whether the lab has written the file; an empty one holds nothing that could be lost."""
    alike = (IMPORT,) if kind is IMPORT else KINDS
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    return not head or any(kind.mark in head for kind in alike)


def check_new(path: Path, inputs: Iterable[str], *, force: bool) -> None:
    """Whether `-o` may write there: nothing is replaced unless somebody says so, and never what is read.

    Raises BadInput, and DriverError without its folder.
    """
    for name in inputs:
        if _identity(Path(name)) == _identity(path):
            raise BadInput(f"-o {path}: it would replace what is read from ({name})")
    if path.is_dir():
        raise BadInput(f"-o {path}: it is a folder; name a file in it")
    if path.exists() and not force:
        raise BadInput(f"-o {path}: the file is there; --force replaces it")
    if not path.parent.is_dir():
        raise DriverError(f"-o {path}: there is no folder {path.parent}")


def write_new(path: Path, text: str, option: str = "-o") -> None:
    """Write what an option asks for. Raises DriverError, with the file, when it cannot be written."""
    try:
        path.write_text(text, "utf-8")
    except BrokenPipeError:
        raise
    except OSError as error:  # a full disk does not tell which file
        raise DriverError(f"{option} {path}: {error.strerror}") from error


def _identity(path: Path) -> object:
    """Equal for all names of one file, also of one that is not there yet."""
    try:
        status = path.stat()
    except OSError:
        return os.path.realpath(path)
    return status.st_dev, status.st_ino

"""How verbs speak: data on stdout, talk on stderr, JSON with a version of its form."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Self, TextIO

from lab.cli.exit_codes import Exit
from lab.errors import DriverError
from lab.errors import plainly as plainly
from lab.reports import SCHEMA_VERSION
from lab.reports.text.printable import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lab.reports.scenario_runs import ScenarioRuns

_BAR = 30
"""Characters of a progress bar."""


def talk(text: str) -> None:
    """Say something to the person at the terminal: names in it may come from files, and must not steer the terminal."""
    print(printable(text), file=sys.stderr)


def tell_bug(error: Exception) -> None:
    """A bug is told when it happens: a lab goes on, and its end may be far away."""
    talk("".join(traceback.format_exception(error)).rstrip())


@contextmanager
def _on_stdout() -> Iterator[None]:
    """Say of what cannot be written that it is stdout; that its reader has gone is for `main` to judge."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DriverError(f"stdout: {plainly(error)}") from error


def flush() -> None:
    """Write what was printed so far."""
    with _on_stdout():
        sys.stdout.flush()


def put(text: str, end: str = "\n") -> None:
    """Print data that is text."""
    with _on_stdout():
        print(text, end=end)


def put_octets(octets: bytes) -> None:
    """Print data that is no text, or need not be."""
    with _on_stdout():
        sys.stdout.flush()
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()


def put_json(data: Mapping[str, object]) -> None:
    """Print data as JSON, the version of its form first."""
    versioned = {"schema_version": SCHEMA_VERSION, **data}
    put(json.dumps(plain(versioned), indent=2, ensure_ascii=False))


def plain(value: Any) -> Any:
    """A value in what JSON knows: enumerations by value, names of the mail world as they are written."""
    from datetime import date

    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return plain(value.value)
        case str():
            return str(value)
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted(plain(item) for item in value)
        case date():
            return value.isoformat()
        case _ if is_dataclass(value) and type(value).__str__ is object.__str__:
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return str(value)


def draw(drawn: RenderableType, to: TextIO | None = None, *, crop: bool = True) -> None:
    """Print a report (on stdout if `to` is None), in colour where a terminal shows it and NO_COLOR is not set.

    `crop` cuts lines that are wider than the paper.

    Drawn first and written afterwards: rich would end the program by itself when the reader has gone.
    """
    from lab.reports.text.console import console  # not every verb needs rich

    paper = console(to)
    with _on_stdout() if to is None else nullcontext():
        with paper.capture() as captured:  # it flushes what the stream has
            paper.print(drawn, crop=crop)
        text = "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
        print(text, end="", file=to)


def tell_story(runs: ScenarioRuns) -> Exit:
    """Draw what happened; an expectation that failed is told below it, and makes the exit code."""
    from lab.reports.explanation.demo_story import demo_story
    from lab.reports.run_reports.run_summary import run_summary

    draw(demo_story(runs))
    if runs.failed:
        draw(run_summary([runs]))
    return Exit.FAILED if runs.failed else Exit.OK


def columns(rows: Sequence[Sequence[str]], *, gap: str = "  ") -> list[str]:
    """Rows with their cells one under the other; the last cell is not padded."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return [
        gap.join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]


class _StatusLine:
    """One line on a terminal that says what is under way; silent where nobody watches."""

    def __init__(self) -> None:
        self._said = ""

    def _say(self, line: str) -> None:
        if sys.stderr.isatty() and line != self._said:
            self._said = line
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._said:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class Progress(_StatusLine):
    """For things that have names."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self._total = total
        self._count = 0

    def step(self, what: str) -> None:
        """The next thing begins."""
        self._count += 1
        self._say(f"[{self._count}/{self._total}] {what}")


class Counter(_StatusLine):
    """For work whose pieces nobody wants to read the names of."""

    def show(self, what: str, done: int, total: int) -> None:
        """So much is done; `total` is 0 where nobody knows it yet."""
        bar = f"[{'#' * (_BAR * done // total):{_BAR}}] {done:,}/{total:,}" if total else f"{done:,}"
        self._say(f"{what}: {bar}")

"""Reports on a terminal. Each function makes something that `print_on(console)` of rich can draw at any width.

The parts: `demo_story` (one screen), `message_explanation` (one journey), `run_summary` (all runs), `tables` (an
administrator's view). Nothing here reads markup out of data, and no colour is shown where NO_COLOR is set or nobody
looks at a terminal.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from lab.core.rulebook import Confidence
from lab.model.value import dataclass
from lab.reports.text.printable import one_line
from lab.sentence import Sentence

WIDTH = 100
"""Columns where nobody says how wide the paper is."""
_NARROWEST = 40
"""Columns below which nothing can be read: there, lines are longer than the paper."""


CONFIDENCE_STYLE: Mapping[Confidence, str] = {
    Confidence.DOCUMENTED: "green",
    Confidence.OBSERVED: "yellow",
    Confidence.ASSUMED: "magenta",
}


def console(file: TextIO | None = None) -> Console:
    """A console on a stream (stdout if None): as wide as the terminal (COLUMNS if set), WIDTH if there is none."""
    stream = file or sys.stdout
    sized = stream.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    if isinstance(stream, io.TextIOWrapper) and "utf" not in stream.encoding.lower():
        stream.reconfigure(errors="replace")  # an arrow must not end the run of an ASCII terminal
    paper = Console(file=stream, width=None if sized else WIDTH, markup=False, emoji=False, highlight=False)
    if paper.width < _NARROWEST:
        paper.width = _NARROWEST
    return paper


def text(drawn: RenderableType, width: int = WIDTH) -> str:
    """Something drawn, as plain text without blanks at line ends."""
    paper = io.StringIO()
    page = Console(
        file=paper,
        width=width,
        color_system=None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
    page.print(drawn, crop=False)
    return "".join(f"{line.rstrip()}\n" for line in paper.getvalue().splitlines())


@dataclass(frozen=True, slots=True)
class Hanging:
    """Text indented by `by`, whose second and later lines stand `hang` further in."""

    text: Text
    by: int
    hang: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = max(options.max_width - self.by, 20)
        first, *more = self.text.wrap(console, room)
        yield Text.assemble(" " * self.by, first)
        if more:
            rest = self.text[len(first.plain) :]
            rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
            for line in rest.wrap(console, max(room - self.hang, 20)):
                yield Text.assemble(" " * (self.by + self.hang), line)


def indented(what: RenderableType, by: int, hang: int = 0) -> RenderableType:
    """Indented by that many columns; wrapped lines of a text hang further in."""
    return Hanging(what, by, hang) if isinstance(what, Text) else Padding(what, (0, 0, 0, by))


def safe_text(what: Sentence | str, style: str = "") -> Text:
    """One line that steers no terminal."""
    return Text(one_line(what), style=style)

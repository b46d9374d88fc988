"""Reports on a terminal. Each function makes something that `print_on(console)` of rich can draw at any width.

The parts: `demo_story` (one screen), `message_explanation` (one journey), `run_summary` (all runs), `tables` (an
administrator's view). Nothing here reads markup out of data, and no colour is shown where NO_COLOR is set or nobody
looks at a terminal.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from rich.console import Console, RenderableType

WIDTH = 100
"""Columns where nobody says how wide the paper is."""
_NARROWEST = 40
"""Columns below which nothing can be read: there, lines are longer than the paper."""


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

"""Tables as administrators know them from their shells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from rich.console import Console, ConsoleOptions, Group, OverflowMethod, RenderableType, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from lab.evidence.admin_views import LogTable
from lab.model.value import dataclass
from lab.reports.text.console import safe_text
from lab.reports.text.printable import one_line, printable

Form = Literal["table", "wide", "list"]
"""`table` cuts what is too long, and leaves out the last columns where there is no room, like Format-Table; `wide` is as
wide as its cells, a line for each row; `list` gives each property a line of its own, like Format-List."""
_NARROWEST = 4
_LEGIBLE = 8
"""A column narrower than this, or than its name, tells nothing: it is left out, as Format-Table does."""
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d\.\d{3})Z")


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], form: Form = "table"
) -> RenderableType:
    """A titled table in one of the forms; says so when there are no rows."""
    cells = [tuple(map(printable, row)) for row in rows]
    head = safe_text(title, "bold")
    if form == "wide":
        head.no_wrap, head.overflow = True, "ignore"
    if not cells:
        return Group(head, Text("  (nothing)", style="dim"))
    if form == "list":
        return Group(head, _list(columns, cells))
    day = _day(cells)
    if day and form == "table":
        head.append(f" ({day}, UTC)", style="dim not bold")
    return Group(head, _grid(columns, cells, form))


def left_out(shown: Iterable[LogTable], width: int) -> tuple[str, ...]:
    """The columns that the form `table` has no room for."""
    grids = (_grid(log.columns, log.rows, "table") for log in shown if log.rows)
    return tuple(name for grid in grids for name in grid.columns[grid.fitting(width) :])


def _grid(columns: Sequence[str], cells: Sequence[Sequence[str]], form: Form) -> Grid:
    if form == "table" and _day(cells):
        cells = [tuple(_MOMENT.sub(r"\2", cell) for cell in row) for row in cells]
    rule = [Text("-" * len(column)) for column in columns]  # as PowerShell does
    lines = [[safe_text(cell) for cell in row] for row in cells]
    return Grid(tuple(columns), (rule, *lines), whole=form == "wide", drops=form == "table")


def tables(shown: Iterable[LogTable], form: Form = "table") -> RenderableType:
    """Several views one below the other, with a blank line between them."""
    drawn = [part for log in shown for part in (table(log.title, log.columns, log.rows, form), Text())]
    return Group(*drawn[:-1])


def plain(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table for cut and awk: tabs between cells, one line a row, nothing cut."""
    return "".join("\t".join(map(one_line, row)) + "\n" for row in (columns, *rows))


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns without lines; where the paper is too narrow, the longest ones give way, and short ones stay whole."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Text]]
    gap: int = 2
    whole: bool = False
    """As wide as the cells, whatever the paper is; print it uncropped."""
    drops: bool = False
    """Leave out the last columns where they would tell nothing any more."""
    folds: bool = False
    """Go on in the next line instead of cutting."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.whole:
            yield from self._lines()
            return
        count = self.fitting(options.max_width) if self.drops else len(self.columns)
        drawn = RichTable(box=None, pad_edge=False, padding=(0, self.gap, 0, 0), header_style="bold")
        room = options.max_width - self.gap * (count - 1)
        for name, width in zip(self.columns, _shared(self._widest()[:count], room), strict=False):
            cut: OverflowMethod = "fold" if self.folds else "ellipsis"
            drawn.add_column(Text(name), width=width, no_wrap=not self.folds, overflow=cut)
        for row in self.rows:
            drawn.add_row(*row[:count])
        yield drawn

    def fitting(self, width: int) -> int:
        """How many columns, from the left, can be told something by on paper that wide; the first one always."""
        taken = -self.gap
        for number, (name, widest) in enumerate(zip(self.columns, self._widest(), strict=True)):
            taken += self.gap + min(widest, max(len(name), _LEGIBLE))
            if taken > width and number:
                return number
        return len(self.columns)

    def _lines(self) -> Iterator[Text]:
        widths = self._widest()
        names = [Text(name, style="bold") for name in self.columns]
        for row in (names, *self.rows):
            line = Text(no_wrap=True, overflow="ignore")
            for cell, width in zip(row, widths, strict=True):
                line.append_text(cell).append(" " * (width - cell.cell_len + self.gap))
            yield line

    def _widest(self) -> list[int]:
        cells = [
            (Text(name), *(row[number] for row in self.rows)) for number, name in enumerate(self.columns)
        ]
        return [max(cell.cell_len for cell in column) for column in cells]


def _shared(widest: Sequence[int], room: int) -> list[int]:
    """The room for each column: the longest ones give way."""
    limit = max(widest)
    while limit > _NARROWEST and sum(min(width, limit) for width in widest) > room:
        limit -= 1
    return [min(width, limit) for width in widest]


def _day(rows: Iterable[Sequence[str]]) -> str:
    """The day that all moments of a table lie on, '' if there are several: then it need not be said in each row."""
    moments = (_MOMENT.fullmatch(cell) for row in rows for cell in row)
    days = {match[1] for match in moments if match}
    return days.pop() if len(days) == 1 else ""


def _list(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> RenderableType:
    longest = max(map(len, columns))
    drawn = RichTable.grid()
    drawn.add_column(no_wrap=True)
    drawn.add_column(overflow="fold")
    for number, row in enumerate(rows):
        if number:
            drawn.add_row("", "")
        for name, cell in zip(columns, row, strict=True):
            drawn.add_row(Text(f"{name:<{longest}} : "), Text(cell))
    return drawn

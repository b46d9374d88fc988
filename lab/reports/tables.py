"""Tables as administrators know them from their shells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from lab.evidence.views import Table
from lab.reports.printable import one_line, printable

Form = Literal["table", "wide", "list"]
"""`table` cuts what is too long, like Format-Table; `wide` breaks long cells and leaves nothing out; `list` gives each
property a line of its own, like Format-List."""
_NARROWEST = 4
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d\.\d{3})Z")


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], form: Form = "table"
) -> RenderableType:
    """A titled table in one of the forms; says so when there are no rows."""
    cells = [tuple(map(printable, row)) for row in rows]
    head = Text(one_line(title), style="bold")
    if not cells:
        return Group(head, Text("  (nothing)", style="dim"))
    if form == "list":
        return Group(head, _list(columns, cells))
    day = _day(cells)
    if day and form == "table":
        head.append(f" ({day}, UTC)", style="dim not bold")
        cells = [tuple(_MOMENT.sub(r"\2", cell) for cell in row) for row in cells]
    rule = [Text("-" * len(column)) for column in columns]  # as PowerShell does
    lines = [[Text(cell if form == "wide" else one_line(cell)) for cell in row] for row in cells]
    return Group(head, Grid(tuple(columns), (rule, *lines), fold=form == "wide"))


def tables(shown: Iterable[Table], form: Form = "table") -> RenderableType:
    """Several views one below the other, with a blank line between them."""
    return Group(*_spaced(table(each.title, each.columns, each.rows, form) for each in shown))


def plain(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table for cut and awk: tabs between cells, one line a row, nothing cut."""
    return "".join("\t".join(map(one_line, row)) + "\n" for row in (columns, *rows))


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns without lines; where the paper is too narrow, the longest ones give way, and short ones stay whole."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Text]]
    gap: int = 2
    fold: bool = False
    """Break cells that are too long; else they are cut."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - self.gap * (len(self.columns) - 1)
        drawn = RichTable(box=None, pad_edge=False, padding=(0, self.gap, 0, 0), header_style="bold")
        for name, width in zip(self.columns, self._widths(room), strict=True):
            overflow: Literal["fold", "ellipsis"] = "fold" if self.fold else "ellipsis"
            drawn.add_column(Text(name), width=width, no_wrap=not self.fold, overflow=overflow)
        for row in self.rows:
            drawn.add_row(*row)
        yield drawn

    def _widths(self, room: int) -> list[int]:
        cells = [
            (Text(name), *(row[number] for row in self.rows)) for number, name in enumerate(self.columns)
        ]
        widest = [max(cell.cell_len for cell in column) for column in cells]
        limit = max(widest)
        while limit > _NARROWEST and sum(min(width, limit) for width in widest) > room:
            limit -= 1
        return [min(width, limit) for width in widest]


def _day(rows: Iterable[Sequence[str]]) -> str:
    """The day that all moments of a table lie on, '' if there are several: then it need not be said in each row."""
    moments = (_MOMENT.fullmatch(cell) for row in rows for cell in row)
    days = {found[1] for found in moments if found}
    return days.pop() if len(days) == 1 else ""


def _spaced(drawn: Iterable[RenderableType]) -> Iterator[RenderableType]:
    for number, each in enumerate(drawn):
        if number:
            yield Text()
        yield each


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

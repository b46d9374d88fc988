"""Tables as administrators know them from their shells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from lab.evidence.views import Table
from lab.reports.printable import one_line, printable

Form = Literal["table", "wide", "list", "plain"]
"""`table` fits the width and cuts what is too long, like Format-Table; `wide` breaks long cells and leaves nothing out;
`list` gives each property a line, like Format-List; `plain` is for cut and awk: tabs between cells, no title."""


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], form: Form = "table"
) -> RenderableType:
    """A titled table in one of the forms; says so when there are no rows."""
    cells = [tuple(map(printable, row)) for row in rows]
    if form == "plain":
        return Text(
            "\n".join("\t".join(map(one_line, row)) for row in (columns, *cells)),
            no_wrap=True,
            overflow="ignore",
        )
    head = Text(printable(title), style="bold")
    if not cells:
        return Group(head, Text("  (nothing)", style="dim"))
    body = _list(columns, cells) if form == "list" else _grid(columns, cells, wide=form == "wide")
    return Group(head, body)


def tables(shown: Iterable[Table], form: Form = "table") -> RenderableType:
    """Several views one below the other, with a blank line between them."""
    drawn = [table(each.title, each.columns, each.rows, form) for each in shown]
    return Group(*(part for one in drawn for part in ((one,) if one is drawn[-1] else (one, Text()))))


def grid(columns: Sequence[str], *, gap: int = 2) -> Grid:
    """An empty table in the house's look: no lines, bold names, cells cut at the width of the paper."""
    drawn = Grid(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for column in columns:
        drawn.add_column(Text(column), no_wrap=True, overflow="ellipsis")
    return drawn


def _grid(columns: Sequence[str], rows: Sequence[Sequence[str]], *, wide: bool) -> Grid:
    drawn = grid(columns)
    drawn.add_row(*(Text("-" * len(column)) for column in columns))  # as PowerShell does
    for column in drawn.columns if wide else ():
        column.no_wrap, column.overflow = False, "fold"
    for row in rows:
        drawn.add_row(*(Text(cell if wide else one_line(cell)) for cell in row))
    return drawn


def _list(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> RenderableType:
    drawn = Grid.grid(padding=(0, 1))
    drawn.add_column(no_wrap=True)
    drawn.add_column(overflow="fold")
    for number, row in enumerate(rows):
        if number:
            drawn.add_row("", "")
        for name, cell in zip(columns, row, strict=True):
            drawn.add_row(Text(name), Text(f": {cell}"))
    return drawn

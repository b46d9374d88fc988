"""A matrix on a terminal: who to whom in a grid, the alarms in full, and variants side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from lab.model.decision import Basis
from lab.model.value import dataclass
from lab.reports.matrix.matrix_cells import Cell, JudgedMatrix, differing, differs, pairs
from lab.reports.text.console import Hanging, indented, safe_text
from lab.reports.text.printable import one_line
from lab.reports.text.tables import Grid
from lab.sentence import say, sentence, sentences

_BASIS = {Basis.CERTIFICATE: "C", Basis.ADDRESS: "A", Basis.RECIPIENT: "R", Basis.NONE: ""}
_UNTRIED = "\N{EN DASH}"
_MANY = 10
"""Columns that stand closer."""
_BESIDE = 5
"""Variants beside the first in one table."""
_LEGEND = sentence(
    "ok delivered; part not all recipients got it; 5.7.51 not delivered, with its status; ! not as expected. C, A, R: "
    "Exchange Online attributed it by certificate, by address, by recipient; no letter: no front end was asked. ~ changed "
    "during the run. Blank: not tried."
)
_BESIDE_LEGEND = "{same} of {total} cells are the same everywhere. * not as in variant 1; {untried}* not tried, unlike there. {legend}"
_VARIANTS = sentences("", "variant", "cells", "unexpected", "what it is")
_WAYS = sentences("who to whom", "way", "taken for", "outcome")


def grid(matrix: JudgedMatrix, *, ways: bool = False) -> RenderableType:
    """The grid with its alarms; `ways` lists every cell with its way."""
    return Group(
        _headline(matrix),
        Text(),
        _table(matrix),
        Text(),
        indented(safe_text(_LEGEND, "dim"), 2),
        *_parties(matrix),
        *(_ways(matrix.cells) if ways else ()),
        *_flips(matrix),
        *_alarms(matrix),
        Text(),
        _verdict(matrix),
    )


def side_by_side(matrices: Sequence[JudgedMatrix]) -> RenderableType:
    """The cells that change from variant to variant; `*` marks those that are not as in the first."""
    changed = differing(matrices)
    first, *others = list(enumerate(matrices, 1))
    pages = (_beside([first, *others[n : n + _BESIDE]], changed) for n in range(0, len(others), _BESIDE))
    total = len(pairs(matrices))
    same = total - len(changed)
    note = sentence(_BESIDE_LEGEND, same=same, total=total, untried=_UNTRIED, legend=_LEGEND)
    beside = sentence("{number} variants side by side", number=len(matrices))
    return Group(
        Text.assemble((one_line(matrices[0].scenario), "bold"), f"  {beside}"),
        Text(),
        _variants(matrices),
        *(part for page in pages for part in (Text(), page)),
        Text(),
        indented(safe_text(note, "dim"), 2),
        Text(),
        Text(*_ended(sum(len(matrix.alarms) for matrix in matrices))),
    )


def _variants(matrices: Sequence[JudgedMatrix]) -> RenderableType:
    rows = [
        (
            Text(str(number), style="bold"),
            safe_text(matrix.variant),
            Text(str(len(matrix.cells))),
            Text(str(len(matrix.alarms)), style="bold red") if matrix.alarms else Text("-", style="green"),
            safe_text(matrix.title, "dim"),
        )
        for number, matrix in enumerate(matrices, 1)
    ]
    return indented(Grid(tuple(map(say, _VARIANTS)), rows, folds=True), 2)


def _headline(matrix: JudgedMatrix) -> Text:
    return Text.assemble(
        (one_line(matrix.scenario), "bold"),
        f"  {one_line(matrix.variant)}",
        (f"  {one_line(matrix.title)}", "dim") if matrix.title else "",
    )


def _table(matrix: JudgedMatrix) -> RenderableType:
    columns = (str(sentence("from \\ to")), *(party.name for party in matrix.recipients))
    rows = [
        (
            Text(sender.name, style="bold"),
            *(_mark(matrix.at(sender.name, recipient.name)) for recipient in matrix.recipients),
        )
        for sender in matrix.senders
    ]
    return indented(_Blocks(columns, rows, stubs=1, gap=2 if len(columns) < _MANY else 1), 2)


def _mark(cell: Cell | None, changed: str = "") -> Text:
    """`ok C`, `5.7.51 R!`, and with a change `5.7.51 R!*`; a dash where nothing is tried, unlike in the first."""
    if cell is None:
        return Text(f"{_UNTRIED}{changed}" if changed else "")
    word = one_line(cell.word)
    basis = _BASIS[cell.basis] if cell.basis else ""
    flags = ("~" if len(cell.flips) > 1 else "") + ("" if cell.expected else "!") + changed
    shown = f"{word} {basis}{flags}" if basis else f"{word}{flags}"
    style = "bold red" if not cell.expected else "green" if cell.arrived else "yellow"
    return Text(shown, style=style)


def _beside(
    numbered: Sequence[tuple[int, JudgedMatrix]], changed: Iterable[tuple[str, str]]
) -> RenderableType:
    columns = (*map(say, sentences("from", "to")), *(str(number) for number, _ in numbered))
    rows = []
    for pair in changed:
        cells = [matrix.at(*pair) for _, matrix in numbered]
        if any(differs(cell, cells[0]) for cell in cells):
            marks = [_mark(cell, "*" if differs(cell, cells[0]) else "") for cell in cells]
            rows.append((Text(pair[0], style="bold"), Text(pair[1], style="bold"), *marks))
    if not rows:
        same = sentence("variants {first}-{last}: as variant 1", first=numbered[1][0], last=numbered[-1][0])
        return indented(safe_text(same), 2)
    return indented(_Blocks(columns, rows, stubs=2), 2)


def _parties(matrix: JudgedMatrix) -> Iterator[RenderableType]:
    """Who stands for which class."""
    parties = {party.name: party for party in (*matrix.senders, *matrix.recipients)}
    classes = "; ".join(f"{party.name}: {party.address}" for party in parties.values())
    yield indented(safe_text(classes, "dim"), 2)


def _ways(cells: Iterable[Cell]) -> Iterator[RenderableType]:
    yield Text()
    yield safe_text(sentence("every cell"), "bold")
    rows = [
        (
            Text(cell.pair, style="" if cell.expected else "bold red"),
            safe_text(cell.way()),
            safe_text(cell.taken_by or "-"),
            safe_text(cell.ending),
        )
        for cell in cells
    ]
    yield indented(Grid(tuple(map(say, _WAYS)), rows, folds=True), 2)


def _alarms(matrix: JudgedMatrix) -> Iterator[RenderableType]:
    if not matrix.alarms:
        return
    yield Text()
    yield safe_text(sentence("you should be alarmed"), "bold red")
    for cell in matrix.alarms:
        yield Hanging(_which(cell), 2, 4)
        yield indented(safe_text(cell.alarms_told), 6)
        if cell.taken_for:
            yield indented(safe_text(cell.taken_for, "dim"), 6)
        if cell.reply and not cell.arrived:
            yield indented(safe_text(cell.reply, "dim"), 6)


def _which(cell: Cell) -> Text:
    """Who to whom, when, and which way."""
    when = (f"  {cell.when}", "cyan") if cell.when else ""
    return Text.assemble((cell.pair, "bold"), when, f"  {one_line(cell.way())}")


def _flips(matrix: JudgedMatrix) -> Iterator[RenderableType]:
    """When cells changed, of a matrix that is tried again and again."""
    flipped = [cell for cell in matrix.cells if len(cell.flips) > 1]
    if not flipped:
        return
    yield Text()
    yield safe_text(sentence("~ changed during the run"), "bold")
    for cell in flipped:
        yield Text.assemble("  ", (cell.pair, "bold"))
        yield from (indented(safe_text(flip.told), 6, hang=5) for flip in cell.flips)


def _verdict(matrix: JudgedMatrix) -> Text:
    template = "{variant}: {cells} cells, {driver}"
    head = sentence(template, variant=matrix.variant, cells=len(matrix.cells), driver=matrix.driver)
    return Text.assemble(f"{one_line(head)}: ", _ended(len(matrix.alarms)))


def _ended(alarms: int) -> tuple[str, str]:
    """The verdict and its style."""
    if alarms:
        return one_line(sentence("{alarms} unexpected", alarms=alarms)), "bold red"
    return one_line(sentence("all as expected")), "green"


_Column = Sequence[Text]
"""Its name and its cells."""


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Columns without lines; as many as fit stand side by side, each block with the first `stubs` columns again."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Text]]
    stubs: int = 1
    gap: int = 2

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        stubs, others = self._drawn()[: self.stubs], self._drawn()[self.stubs :]
        for number, block in enumerate(self._blocks(others, options.max_width - self._width(stubs))):
            if number:
                yield Text()
            yield from self._lines([*stubs, *block], options.max_width)

    def _drawn(self) -> list[_Column]:
        names = [Text(name, style="bold") for name in self.columns]
        return [(name, *(row[number] for row in self.rows)) for number, name in enumerate(names)]

    def _blocks(self, columns: Sequence[_Column], room: int) -> Iterator[list[_Column]]:
        """Columns that fit side by side; one at least."""
        block: list[_Column] = []
        for column in columns:
            if block and self._width([*block, column]) - self.gap > room:
                yield block
                block = []
            block.append(column)
        yield block

    def _width(self, columns: Sequence[_Column]) -> int:
        return sum(_widest(column) + self.gap for column in columns)

    def _lines(self, columns: Sequence[_Column], room: int) -> Iterator[Text]:
        """A line for each row; where even one column is too wide, it goes on in the next."""
        for cells in zip(*columns, strict=True):
            line = Text(overflow="fold", no_wrap=False)
            for cell, column in zip(cells, columns, strict=True):
                line.append_text(cell).append(" " * (_widest(column) - cell.cell_len + self.gap))
            line.rstrip()
            line.no_wrap = line.cell_len <= room
            yield line


def _widest(column: _Column) -> int:
    return max(cell.cell_len for cell in column)

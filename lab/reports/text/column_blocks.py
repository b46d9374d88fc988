"""A grid that is wider than the paper: in blocks, one below the other, so that no cell is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from lab.model.value import dataclass

_Column = Sequence[Text]
"""Its name and its cells."""


@dataclass(frozen=True, slots=True)
class Blocks:
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

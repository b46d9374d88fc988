"""A matrix as part of the HTML report, and as a page of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.reports.markup import Html, el, join
from lab.reports.matrix import Cell, Matrix, differing
from lab.reports.page import badge, fold, page, table

_LEGEND = (
    "Each cell: how the message of that sender to that recipient ended, and by what the first front end of Exchange "
    "Online took it for somebody. What nobody expects is marked “alarm”. “part”: not everybody got it. Empty "
    "cells are not tried."
)


def report(matrices: Sequence[Matrix]) -> str:
    """A page of its own."""
    first = matrices[0]
    alarms = sum(len(matrix.alarms) for matrix in matrices)
    cells = sum(len(matrix.cells) for matrix in matrices)
    verdict = (
        badge(f"{alarms} of {cells} cells are unexpected", "bad")
        if alarms
        else badge(f"all {cells} cells as expected", "good")
    )
    return page(
        f"Mailflow Lab: matrix of {first.scenario}",
        el("header", el("h1", f"Who reaches whom: {first.scenario}"), el("p", verdict)),
        el("main", section(matrices)),
    )


def section(matrices: Sequence[Matrix], heading: str = "h2") -> Html:
    """Every variant's grid, and the variants side by side if there are several."""
    return el(
        "section",
        el(heading, "Matrix"),
        el("p", _LEGEND, class_="soft"),
        _beside(matrices) if len(matrices) > 1 else "",
        *(grid(matrix) for matrix in matrices),
    )


def grid(matrix: Matrix) -> Html:
    """One variant."""
    columns = ("from \\ to", *(party.name for party in matrix.recipients))
    rows: list[list[str]] = [
        [
            el("strong", sender.name),
            *(_mark(matrix.at(sender.name, party.name)) for party in matrix.recipients),
        ]
        for sender in matrix.senders
    ]
    known = {party.name: party for party in (*matrix.senders, *matrix.recipients)}
    people: list[list[str]] = [[p.name, el("code", str(p.address)), p.about] for p in known.values()]
    ways: list[list[str]] = [_way(cell) for cell in matrix.cells]
    return join(
        table(columns, rows, f"Variant {matrix.variant}"),
        *_alarms(matrix),
        *_flips(matrix),
        fold("Who stands for which class", table(("class", "address", "what it is"), people)),
        fold("Every cell with its way", table(("from", "to", "way", "taken for", "by", "outcome"), ways)),
    )


def _mark(cell: Cell | None) -> str:
    if cell is None:
        return ""
    kind = "bad" if not cell.expected else "good" if cell.arrived else "warn"
    told = badge(cell.word if cell.expected else f"{cell.word} alarm", kind)
    return join(told, f" {cell.basis}" if cell.basis else "")


def _way(cell: Cell) -> list[str]:
    return [cell.sender.name, cell.recipient.name, cell.way(), cell.tenant, cell.basis, cell.outcome]


def _alarms(matrix: Matrix) -> Iterator[Html]:
    if not matrix.alarms:
        return
    rows: list[list[str]] = [
        [
            f"{cell.sender.name} > {cell.recipient.name}",
            " ".join(filter(None, (cell.when, cell.way()))),
            "; ".join(cell.alarms),
            cell.taken_for,
            cell.reply,
        ]
        for cell in matrix.alarms
    ]
    yield table(("who to whom", "way", "you should be alarmed", "taken for", "reply"), rows)


def _flips(matrix: Matrix) -> Iterator[Html]:
    """When cells changed, of a matrix that is tried again and again."""
    rows: list[list[str]] = [
        [f"{cell.sender.name} > {cell.recipient.name}", str(flip)]
        for cell in matrix.cells
        if len(cell.flips) > 1
        for flip in cell.flips
    ]
    if rows:
        yield table(("who to whom", "changed during the run"), rows)


def _beside(matrices: Sequence[Matrix]) -> Html:
    changed = differing(matrices)
    total = len({(c.sender.name, c.recipient.name) for m in matrices for c in m.cells})
    columns = ("from", "to", *(matrix.variant for matrix in matrices))
    rows: list[list[str]] = []
    for pair in changed:
        cells = [matrix.at(*pair) for matrix in matrices]
        rows.append([*pair, *(_compared(cell, cells[0]) for cell in cells)])
    caption = f"Cells that change: {len(changed)} of {total}. * not as in the first variant"
    return table(columns, rows, caption)


def _compared(cell: Cell | None, first: Cell | None) -> str:
    same = (cell.says if cell else None) == (first.says if first else None)
    return _mark(cell) if same else join(_mark(cell), " *")

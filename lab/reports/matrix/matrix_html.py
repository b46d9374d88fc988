"""A matrix as part of the HTML report, and as a page of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.reports.matrix.matrix_cells import Cell, JudgedMatrix, differing, differs, pairs
from lab.reports.text.html import Content, Html, badge, el, fold, join, page, table
from lab.sentence import sentence, sentences
from lab.words.english import BASES

_LEGEND = sentence(
    "Each cell: how the message of that sender to that recipient ended, and by what the first front end of Exchange "
    "Online attributed it to a tenant. What is not as expected is marked “alarm”. “part”: not all recipients got it. "
    "Empty cells are not tried."
)
_COLUMNS = sentences("from", "to", "way", "taken for", "by", "outcome")
_ALARM_COLUMNS = sentences("who to whom", "way", "you should be alarmed", "taken for", "reply")


def report(matrices: Sequence[JudgedMatrix]) -> str:
    """A page of its own."""
    first = matrices[0]
    alarms = sum(len(matrix.alarms) for matrix in matrices)
    cells = sum(len(matrix.cells) for matrix in matrices)
    verdict = (
        badge(sentence("{alarms} of {cells} cells are unexpected", alarms=alarms, cells=cells), "bad")
        if alarms
        else badge(sentence("all {cells} cells as expected", cells=cells), "good")
    )
    heading = sentence("Who reaches whom: {scenario}", scenario=first.scenario)
    return page(
        sentence("Mailflow Lab: matrix of {scenario}", scenario=first.scenario),
        el("header", el("h1", heading), el("p", verdict)),
        el("main", section(matrices)),
    )


def section(matrices: Sequence[JudgedMatrix], heading: str = "h2") -> Html:
    """Every variant's grid, and the variants side by side if there are several."""
    return el(
        "section",
        el(heading, sentence("Matrix")),
        el("p", _LEGEND, class_="soft"),
        _beside(matrices) if len(matrices) > 1 else "",
        *(grid(matrix) for matrix in matrices),
    )


def grid(matrix: JudgedMatrix) -> Html:
    """One variant."""
    columns: list[Content] = [sentence("from \\ to"), *(party.name for party in matrix.recipients)]
    rows = [
        [
            el("strong", sender.name),
            *(_mark(matrix.at(sender.name, party.name)) for party in matrix.recipients),
        ]
        for sender in matrix.senders
    ]
    parties = {party.name: party for party in (*matrix.senders, *matrix.recipients)}
    people = [[p.name, el("code", str(p.address)), p.about] for p in parties.values()]
    classes = table(sentences("class", "address", "what it is"), people)
    return join(
        table(columns, rows, sentence("Variant {name}", name=matrix.variant)),
        *_alarms(matrix),
        *_flips(matrix),
        fold(sentence("Who stands for which class"), classes),
        fold(sentence("Every cell with its way"), table(_COLUMNS, map(_way, matrix.cells))),
    )


def _mark(cell: Cell | None) -> Content:
    if cell is None:
        return ""
    kind = "bad" if not cell.expected else "good" if cell.arrived else "warn"
    word = badge(cell.word if cell.expected else sentence("{word} alarm", word=cell.word), kind)
    return join(word, " ", BASES[cell.basis]) if cell.basis else word


def _way(cell: Cell) -> list[Content]:
    basis = BASES[cell.basis] if cell.basis else ""
    return [cell.sender.name, cell.recipient.name, cell.way(), cell.tenant, basis, cell.ending]


def _alarms(matrix: JudgedMatrix) -> Iterator[Html]:
    if not matrix.alarms:
        return
    rows: list[list[Content]] = [
        [
            cell.pair,
            " ".join(filter(None, (cell.when, cell.way()))),
            cell.alarms_told,
            cell.taken_for,
            cell.reply,
        ]
        for cell in matrix.alarms
    ]
    yield table(_ALARM_COLUMNS, rows)


def _flips(matrix: JudgedMatrix) -> Iterator[Html]:
    """When cells changed, of a matrix that is tried again and again."""
    rows: list[list[Content]] = [
        [cell.pair, flip.told] for cell in matrix.cells if len(cell.flips) > 1 for flip in cell.flips
    ]
    if rows:
        yield table(sentences("who to whom", "changed during the run"), rows)


def _beside(matrices: Sequence[JudgedMatrix]) -> Html:
    changed = differing(matrices)
    total = len(pairs(matrices))
    columns: list[Content] = [*_COLUMNS[:2], *(matrix.variant for matrix in matrices)]
    rows: list[list[Content]] = []
    for pair in changed:
        cells = [matrix.at(*pair) for matrix in matrices]
        rows.append([*pair, *(_compared(cell, cells[0]) for cell in cells)])
    caption = "Cells that change: {changed} of {total}. * not as in the first variant"
    return table(columns, rows, sentence(caption, changed=len(changed), total=total))


def _compared(cell: Cell | None, first: Cell | None) -> Content:
    return join(_mark(cell), " *") if differs(cell, first) else _mark(cell)

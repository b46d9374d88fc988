"""All variants of a scenario side by side, short enough for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lab.model.decision import Basis
from lab.model.value import dataclass
from lab.reports.explanation.conclusions import CureOutcome, cured, fates
from lab.reports.scenario_runs import Run
from lab.reports.text.console import indented, safe_text
from lab.reports.text.printable import one_line
from lab.reports.text.tables import Grid
from lab.sentence import Sentence, listed, say, sentence, sentences

_BASIS = {
    Basis.CERTIFICATE: sentence("cert."),
    Basis.RECIPIENT: sentence("rcpt to"),
    Basis.ADDRESS: sentence("address"),
    Basis.NONE: sentence("-"),
}
_CURED = {
    CureOutcome.SHOWN: (sentence("shown"), "red"),
    CureOutcome.NOT_SHOWN: (sentence("none"), "yellow"),
    CureOutcome.YES: (sentence("yes"), "green"),
    CureOutcome.FOR_NOW: (sentence("for now"), "yellow"),
    CureOutcome.PARTLY: (sentence("partly"), "yellow"),
    CureOutcome.NO: (sentence("no"), "red"),
}
"""Short words for a narrow column, and their colours."""


@dataclass(frozen=True, slots=True)
class VariantRow:
    """What a table says of one variant; `key` names the message that it follows."""

    name: str
    kind: str
    tenant: str
    basis: Basis | None
    places: tuple[str, ...]
    refused: bool
    """Whether the last place refused it."""
    ending: Sentence
    cured: CureOutcome
    others: tuple[Sentence, ...]
    """Other messages that did not arrive, with what became of them."""
    expected: int
    failed: int


def variant_row(run: Run, key: str) -> VariantRow:
    """A run as a row: of its message `key`, or of the first if it has none of that name."""
    ends = fates(run)
    main = next((fate for fate in ends if fate.spec.key == key), ends[0] if ends else None)
    findings = run.findings()
    return VariantRow(
        run.variant.name,
        run.variant.kind,
        main.decision.tenant if main and main.decision else "",
        main.decision.basis if main and main.decision else None,
        main.places if main else (),
        bool(main and main.legs and main.legs[-1].refusal),
        main.ending if main else sentence("nothing sent"),
        cured(run),
        tuple(
            sentence("{message} {ending}", message=fate.spec.key, ending=fate.ending)
            for fate in ends
            if fate is not main and not fate.arrived
        ),
        len(findings),
        sum(not finding.ok for finding in findings),
    )


def variants_table(runs: Sequence[Run], key: str) -> RenderableType:
    """All runs by what became of the message `key`, with notes on what a line has no room for."""
    rows = [variant_row(run, key) for run in runs]
    start = _common_start(rows)
    columns = sentences("variant", "kind", "tenant", "by", "way", "outcome", "cured?", "ok?")
    drawn = Grid(tuple(map(say, columns)), [tuple(_cells(row, len(start))) for row in rows], gap=1)
    return Group(drawn, *(_notes(rows, start, key)))


def _cells(row: VariantRow, skip: int) -> Iterator[Text]:
    yield safe_text(row.name)
    yield safe_text(row.kind)
    yield safe_text(row.tenant)
    yield safe_text(_BASIS[row.basis] if row.basis else "")
    way = " → ".join(one_line(place.removeprefix("tenant:")) for place in row.places[skip:])
    yield Text.assemble(way, (" ✗", "red") if row.refused else "")
    yield safe_text(row.ending)
    cured, style = _CURED[row.cured] if row.kind else ("-", "")
    yield safe_text(cured, style)
    if row.failed:
        yield safe_text(sentence("FAILED"), "bold red")
    else:
        yield safe_text(sentence("ok") if row.expected else "-", "green")


def _common_start(rows: Sequence[VariantRow]) -> tuple[str, ...]:
    """The places that every way begins with, as long as each has one left."""
    ways = [row.places for row in rows if row.places]
    start: list[str] = []
    for places in zip(*(way[:-1] for way in ways), strict=False):
        if len(set(places)) > 1:
            break
        start.append(places[0])
    return tuple(start)


def _notes(rows: Sequence[VariantRow], start: Sequence[str], key: str) -> Iterator[RenderableType]:
    notes = [sentence("tenant: to which the first front end attributed the mail, and by what.")]
    if start:
        notes.append(
            sentence("way: that of {message} behind {places}.", message=key, places=" → ".join(start))
        )
    if any(row.cured is CureOutcome.FOR_NOW for row in rows):
        notes.append(sentence("for now: it arrives, but something that is bound to change holds it up."))
    partly = [row for row in rows if row.others and row.cured is CureOutcome.PARTLY]
    left = "{variant}: {others}."
    notes += (sentence(left, variant=row.name, others=listed(row.others)) for row in partly)
    yield indented(safe_text(listed(notes, " "), "dim"), 2, hang=0)

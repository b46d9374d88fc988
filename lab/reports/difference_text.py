"""What two configurations do differently, for people: on a terminal, and as Markdown for a pull request or a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lab.core.rulebook import Rule
from lab.reports.difference import Difference, Moved, Turned, counted, rules_of
from lab.reports.explain import badge
from lab.reports.layout import CONFIDENCE_STYLE, indented
from lab.reports.markdown import in_code, in_markdown
from lab.reports.matrix import Cell
from lab.reports.printable import one_line, without_guids
from lab.reports.turn import Turn
from lab.scenario.settings import Setting, in_a_line

_STYLES = {
    Turn.WORSE: "bold red",
    Turn.BETTER: "green",
    Turn.OTHER: "yellow",
    Turn.NEW: "cyan",
    Turn.GONE: "dim",
}
_WIDTH = 7


def screen(differences: Sequence[Difference]) -> RenderableType:
    """For a terminal: each pair of variants, the rules that decide now, and the verdict."""
    told = [each for each in differences if len(differences) == 1 or each.settings or not each.nothing]
    parts = [part for each in told for part in (*_pair(each), Text())]
    return Group(*parts, *_same(differences), *_rules(differences), _verdict(differences))


def _same(differences: Sequence[Difference]) -> Iterator[RenderableType]:
    """Variants of which nothing is to be told."""
    names = [each.after.variant for each in differences if each.nothing and not each.settings]
    if names and len(differences) > 1:
        yield indented(Text(one_line(f"no setting differs in {', '.join(names)}"), style="dim"), 0, hang=2)
        yield Text()


def verdict(differences: Iterable[Difference]) -> str:
    """All in a line."""
    told = tuple(differences)
    count = counted(told)
    if any(each.worse for each in told):
        return f"something got worse: {count}"
    return (
        f"nothing got worse: {count}"
        if count
        else "nothing changed: every cell and every finding is as before"
    )


def _verdict(differences: Sequence[Difference]) -> Text:
    worse = any(each.worse for each in differences)
    return Text(verdict(differences), style="bold red" if worse else "green")


def _pair(one: Difference) -> Iterator[RenderableType]:
    yield Text.assemble((one_line(one.scenario), "bold"), f"  {one_line(f'{one.before} -> {one.after}')}")
    if one.settings:
        yield Text("settings that differ", style="bold")
    for setting in one.settings:
        yield indented(Text.assemble(one_line(str(setting)), (_where(setting), "dim")), 2, hang=2)
    if one.findings:
        yield Text("findings", style="bold")
    for turned in one.findings:
        yield from _finding(turned)
    total = len(one.moved) + len(one.unchanged)
    if one.moved:
        yield Text.assemble(("cells that change", "bold"), f"  {len(one.moved)} of {total}")
    for moved in one.moved:
        yield from _cell(moved)
    if one.nothing:
        told = f"none of {total} cells changes, and no finding" if total else "both files say the same"
        yield indented(Text(told, style="dim"), 2)


def _where(setting: Setting) -> str:
    place = setting.now or setting.was
    return f"  {place}" if place else ""


def _finding(turned: Turned) -> Iterator[RenderableType]:
    told, note = turned.finding, f" ({turned.note})" if turned.note else ""
    style = "bold red" if turned.worse else _STYLES[turned.turn]
    head = Text.assemble(
        "  ", (f"{turned.turn:<{_WIDTH}}", style), f"{told.level} ", (one_line(told.id), "bold")
    )
    yield Text.assemble(head, note)
    yield indented(Text(one_line(without_guids(told.text)), style="dim"), 2 + _WIDTH)


def _cell(moved: Moved) -> Iterator[RenderableType]:
    style = "bold red" if moved.worse else _STYLES[moved.turn]
    who = f"{moved.sender} > {moved.recipient}"
    yield Text.assemble("  ", (f"{moved.turn:<{_WIDTH}}", style), (one_line(who), "bold"))
    for label, text in _lines(moved):
        yield indented(Text.assemble((f"{label} ", "dim"), one_line(text)), 2 + _WIDTH, hang=4)
    if moved.why and moved.why.rules:
        badges = Text(", ").join(badge(rule) for rule in rules_of([moved.why]))
        yield indented(Text.assemble("by  ", badges), 2 + _WIDTH, hang=4)


def _lines(moved: Moved) -> Iterator[tuple[str, str]]:
    if moved.was:
        yield "was", as_told(moved.was)
    if moved.now:
        yield "now", as_told(moved.now)
    yield from (("!  ", each) for each in moved.appeared)
    yield from (("ok ", f"no more: {each}") for each in moved.vanished)
    if moved.why:
        yield "why", f"{moved.why.place}: {without_guids(moved.why.text)}"


def as_told(cell: Cell) -> str:
    """`exchange → gateway → uclabor: delivered; taken for uclabor by recipient`."""
    way = f"{cell.way()}: " if cell.ways else ""
    taken = f"; taken for {cell.tenant} by {cell.basis}" if cell.tenant else ""
    return f"{way}{cell.outcome}{taken}"


def _rules(differences: Sequence[Difference]) -> Iterator[RenderableType]:
    rules = _of(differences)
    if rules:
        yield Text("rules that decide now", style="bold")
    for each in rules:
        confidence = (f"{each.confidence.value:<11}", CONFIDENCE_STYLE[each.confidence])
        yield indented(Text.assemble(f"{each.id:<5}", confidence, each.text), 2, hang=16)
    if rules:
        yield Text()


def _of(differences: Iterable[Difference]) -> tuple[Rule, ...]:
    return rules_of(moved.why for each in differences for moved in each.moved if moved.why)


def markdown(differences: Sequence[Difference]) -> str:
    """For a pull request or a ticket."""
    lines = [line for each in differences for line in _section(each)]
    rules = [f"- {each.id} ({each.confidence.value}): {in_markdown(each.text)}" for each in _of(differences)]
    tail = ["### Rules that decide now", "", *rules, ""] if rules else []
    head = ["<!-- mailflow-lab -->", f"## Mail flow: {in_markdown(verdict(differences))}", ""]
    return "\n".join((*head, *lines, *tail))


def _section(one: Difference) -> Iterator[str]:
    yield f"### {in_markdown(f'{one.before} -> {one.after}')}"
    yield ""
    if one.settings:
        yield from _table(("setting", "before", "after"), map(_setting, one.settings))
    if one.findings:
        yield from _table(("", "finding", ""), map(_turned, one.findings))
    if one.moved:
        yield from _table(("", "who to whom", "before", "after", "why"), map(_moved, one.moved))
    if one.nothing:
        yield "No cell and no finding is different."
        yield ""


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _setting(each: Setting) -> tuple[str, ...]:
    return f"`{in_code(each.path)}`", in_markdown(in_a_line(each.old)), in_markdown(in_a_line(each.new))


def _turned(each: Turned) -> tuple[str, ...]:
    told = each.finding
    text = f"{told.level}: {told.text}{f' ({each.note})' if each.note else ''}"
    return _bold(each.turn, worse=each.worse), f"`{in_code(told.id)}`", in_markdown(without_guids(text))


def _moved(each: Moved) -> tuple[str, ...]:
    rules = (
        " ".join(f"{rule.id} ({rule.confidence.value})" for rule in rules_of([each.why])) if each.why else ""
    )
    why = f"{each.why.place}: {without_guids(each.why.text)} [{rules}]" if each.why else ""
    alarms = "".join(f"; alarm: {alarm}" for alarm in each.appeared)
    return (
        _bold(each.turn, worse=each.worse),
        in_markdown(f"{each.sender} > {each.recipient}"),
        in_markdown(as_told(each.was) if each.was else "-"),
        in_markdown(f"{as_told(each.now)}{alarms}" if each.now else "-"),
        in_markdown(why),
    )


def _bold(turn: Turn, *, worse: bool) -> str:
    return f"**{turn}**" if worse else str(turn)

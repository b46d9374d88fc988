"""What two configurations do differently, for people: on a terminal, and as Markdown for a pull request or a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lab.core.rulebook import Rule
from lab.reports.comparison.compared_variants import (
    TURNS,
    ChangedFinding,
    ChangeDirection,
    Difference,
    FirstDifference,
    MovedMail,
    counts,
    rules_of,
)
from lab.reports.explanation.message_explanation import badge
from lab.reports.matrix.matrix_cells import Cell
from lab.reports.text.console import CONFIDENCE_STYLE, indented, safe_text
from lab.reports.text.printable import in_code, in_markdown, markdown_table, one_line, without_guids
from lab.scenario.setting_differences import SettingDifference, in_a_line
from lab.sentence import NOTHING, Sentence, listed, say, sentence, sentences

_STYLES = {
    ChangeDirection.WORSE: "bold red",
    ChangeDirection.BETTER: "green",
    ChangeDirection.OTHER: "yellow",
    ChangeDirection.NEW: "cyan",
    ChangeDirection.GONE: "dim",
}
_WIDTH = 7


def screen(differences: Sequence[Difference]) -> RenderableType:
    """For a terminal: each pair of variants, the rules that decide now, and the verdict."""
    telling = [pair for pair in differences if len(differences) == 1 or pair.settings or not pair.nothing]
    parts = [part for pair in telling for part in (*_pair(pair), Text())]
    style = "bold red" if any(pair.worse for pair in differences) else "green"
    last = safe_text(verdict(differences), style)
    return Group(*parts, *_same(differences), *_rules(differences), last)


def _same(differences: Sequence[Difference]) -> Iterator[RenderableType]:
    """Variants of which nothing is to be told."""
    names = [pair.after.variant for pair in differences if pair.nothing and not pair.settings]
    if names and len(differences) > 1:
        unchanged = sentence("no setting differs in {variants}", variants=", ".join(names))
        yield indented(safe_text(unchanged, "dim"), 0, hang=2)
        yield Text()


def verdict(differences: Sequence[Difference]) -> Sentence:
    """All in a line."""
    changed = counts(differences)
    if any(pair.worse for pair in differences):
        return sentence("something got worse: {counts}", counts=listed(changed))
    if changed:
        return sentence("nothing got worse: {counts}", counts=listed(changed))
    return sentence("nothing changed: every cell and every finding is as before")


def _pair(pair: Difference) -> Iterator[RenderableType]:
    yield Text.assemble((one_line(pair.scenario), "bold"), f"  {one_line(f'{pair.before} -> {pair.after}')}")
    if pair.settings:
        yield safe_text(sentence("settings that differ"), "bold")
    for setting in pair.settings:
        place = setting.now or setting.was
        yield indented(
            Text.assemble(one_line(str(setting)), (f"  {place}" if place else "", "dim")), 2, hang=2
        )
    if pair.findings:
        yield safe_text(sentence("findings"), "bold")
    for turned in pair.findings:
        yield from _finding(turned)
    total = len(pair.moved) + len(pair.unchanged)
    if pair.moved:
        number = sentence("{changed} of {total}", changed=len(pair.moved), total=total)
        yield Text.assemble(safe_text(sentence("cells that change"), "bold"), f"  {number}")
    for moved in pair.moved:
        yield from _cell(moved)
    if pair.nothing:
        none = sentence("none of {total} cells changes, and no finding", total=total)
        nothing = none if total else sentence("both files say the same")
        yield indented(safe_text(nothing, "dim"), 2)


def _finding(turned: ChangedFinding) -> Iterator[RenderableType]:
    finding, note = turned.finding, f" ({one_line(turned.note)})" if turned.note else ""
    style = "bold red" if turned.worse else _STYLES[turned.turn]
    head = Text.assemble(
        "  ", (_turn(turned.turn), style), f"{finding.level} ", (one_line(finding.id), "bold")
    )
    yield Text.assemble(head, note)
    yield indented(safe_text(without_guids(finding.text), "dim"), 2 + _WIDTH)


def _cell(moved: MovedMail) -> Iterator[RenderableType]:
    style = "bold red" if moved.worse else _STYLES[moved.turn]
    who = f"{moved.sender} > {moved.recipient}"
    yield Text.assemble("  ", (_turn(moved.turn), style), (one_line(who), "bold"))
    for label, text in _lines(moved):
        yield indented(Text.assemble((f"{label!s:<3} ", "dim"), one_line(text)), 2 + _WIDTH, hang=4)
    if moved.why and moved.why.rules:
        badges = Text(", ").join(badge(rule) for rule in rules_of([moved.why]))
        yield indented(Text.assemble(f"{sentence('by')!s:<4}", badges), 2 + _WIDTH, hang=4)


def _turn(turn: ChangeDirection) -> str:
    return f"{TURNS[turn]!s:<{_WIDTH}}"


def _lines(moved: MovedMail) -> Iterator[tuple[Sentence | str, Sentence | str]]:
    if moved.was:
        yield sentence("was"), as_told(moved.was)
    if moved.now:
        yield sentence("now"), as_told(moved.now)
    yield from (("!", alarm.told) for alarm in moved.appeared)
    yield from ((sentence("ok"), sentence("no more: {alarm}", alarm=alarm.told)) for alarm in moved.vanished)
    if moved.why:
        yield sentence("why"), without_guids(_why(moved.why))


def _why(why: FirstDifference) -> Sentence:
    return sentence("{place}: {why}", place=why.place, why=why.text)


def as_told(cell: Cell) -> Sentence:
    """`exchange → gateway → uclabor: delivered; taken for uclabor by recipient`."""
    taken = sentence("; taken for {whom}", whom=cell.taken_by) if cell.taken_by else NOTHING
    way = f"{cell.way()}: " if cell.ways else ""
    return sentence("{way}{ending}{taken}", way=way, ending=cell.ending, taken=taken)


def _rules(differences: Sequence[Difference]) -> Iterator[RenderableType]:
    rules = _of(differences)
    if rules:
        yield safe_text(sentence("rules that decide now"), "bold")
    for entry in rules:
        confidence = (f"{entry.confidence.value:<11}", CONFIDENCE_STYLE[entry.confidence])
        yield indented(Text.assemble(f"{entry.id:<5}", confidence, entry.text), 2, hang=16)
    if rules:
        yield Text()


def _of(differences: Iterable[Difference]) -> tuple[Rule, ...]:
    return rules_of(moved.why for pair in differences for moved in pair.moved if moved.why)


def markdown(differences: Sequence[Difference]) -> str:
    """For a pull request or a ticket."""
    lines = [line for pair in differences for line in _section(pair)]
    rules = [f"- {r.id} ({r.confidence.value}): {in_markdown(r.text)}" for r in _of(differences)]
    tail = [f"### {sentence('Rules that decide now')}", "", *rules, ""] if rules else []
    heading = in_markdown(sentence("Mail flow: {verdict}", verdict=verdict(differences)))
    head = ["<!-- mailflow-lab -->", f"## {heading}", ""]
    return "\n".join((*head, *lines, *tail))


def _section(pair: Difference) -> Iterator[str]:
    yield f"### {in_markdown(f'{pair.before} -> {pair.after}')}"
    yield ""
    if pair.settings:
        columns = sentences("setting", "before", "after")
        yield f"{markdown_table([*map(say, columns)], map(_setting, pair.settings))}\n"
    if pair.findings:
        columns = sentences("", "finding", "")
        yield f"{markdown_table([*map(say, columns)], map(_turned, pair.findings))}\n"
    if pair.moved:
        columns = sentences("", "who to whom", "before", "after", "why")
        yield f"{markdown_table([*map(say, columns)], map(_moved, pair.moved))}\n"
    if pair.nothing:
        yield say(sentence("No cell and no finding is different."))
        yield ""


def _setting(setting: SettingDifference) -> tuple[str, ...]:
    old, new = in_markdown(in_a_line(setting.old)), in_markdown(in_a_line(setting.new))
    return f"`{in_code(setting.path)}`", old, new


def _turned(turned: ChangedFinding) -> tuple[str, ...]:
    finding = turned.finding
    note = f" ({turned.note})" if turned.note else ""
    text = sentence("{level}: {text}{note}", level=finding.level, text=finding.text, note=note)
    return _bold(turned), f"`{in_code(finding.id)}`", in_markdown(without_guids(text))


def _moved(moved: MovedMail) -> tuple[str, ...]:
    alarms = (sentence("alarm: {alarm}", alarm=alarm.told) for alarm in moved.appeared)
    return (
        _bold(moved),
        in_markdown(f"{moved.sender} > {moved.recipient}"),
        in_markdown(as_told(moved.was) if moved.was else "-"),
        in_markdown(listed((as_told(moved.now), *alarms), "; ") if moved.now else "-"),
        in_markdown(_reason(moved.why) if moved.why else ""),
    )


def _reason(why: FirstDifference) -> str:
    rules = " ".join(f"{rule.id} ({rule.confidence.value})" for rule in rules_of([why]))
    return f"{without_guids(_why(why))} [{rules}]"


def _bold(changed: MovedMail | ChangedFinding) -> str:
    turn = say(TURNS[changed.turn])
    return f"**{turn}**" if changed.worse else turn

"""One message's journey, hop by hop, with every decision told: what won, what lost, and by which rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from lab.core.rulebook import Rule, settings_behind
from lab.core.rulebook.switches import SWITCHES
from lab.evidence.hop_facts import place, recipients
from lab.evidence.hop_links import parents
from lab.evidence.trace_assembly import way
from lab.model.steps import Attributed, Step, decision_of
from lab.model.trace import Hop, MessageTrace
from lab.reports.explanation import rule_citations
from lab.reports.scenario_runs import Run
from lab.reports.text.console import CONFIDENCE_STYLE, indented, safe_text
from lab.reports.text.printable import one_line
from lab.sentence import Sentence, listed, say, sentence
from lab.words.decisions import Line, LineKind, lines
from lab.words.english import ENDS
from lab.words.steps import repeated, said, without_repeats

_STYLES = {LineKind.WON: "green", LineKind.LOST: "dim"}
_COLUMN = 15
"""Width of the column with the kind of a step."""


def explain(run: Run, key: str) -> RenderableType:
    """The journey of the message `key` and of its reports; KeyError when the run has no such message."""
    trace = run.trace(key)
    used = rule_citations.used([trace])
    return Group(
        *_trace(
            trace,
            sentence(
                "{message} in {variant} ({driver})", message=key, variant=run.variant.name, driver=run.driver
            ),
        ),
        *_rules_used(used),
        *_relies(used, run),
    )


def _trace(trace: MessageTrace, title: Sentence) -> Iterator[RenderableType]:
    yield Text.assemble((one_line(title), "bold"), (f"  {one_line(trace.message_id)}", "dim"))
    for number, hop in enumerate(way(trace), 1):
        yield Text()
        yield from _hop(number, hop, _attempts(trace, hop))
    yield Text()
    for who, end in trace.dispositions.items():
        yield Text.assemble(
            f"{sentence('Ends:')} ",
            (one_line(ENDS[end]), "bold"),
            f" {one_line(sentence('for {who}', who=who))}",
        )
    for report in trace.reports:
        yield Text()
        yield from _trace(report, sentence("Report on it"))


def _attempts(trace: MessageTrace, hop: Hop) -> int:
    """How many other hops at this place came from the same hand-over and were made good or tried again."""
    above = dict(zip(map(id, trace.hops), parents(trace.hops), strict=True))
    return sum(above[id(other)] == above[id(hop)] and place(other) == place(hop) for other in trace.hops) - 1


def _hop(number: int, hop: Hop, others: int) -> Iterator[RenderableType]:
    head = hop.head
    whom = sentence("for {recipients}", recipients=listed(recipients(hop)))
    head_line = Text.assemble(
        f"{number}  ",
        (one_line(place(hop)), "bold cyan"),
        (f"  {one_line(head.host)}  {head.arrived:%H:%M:%S}  {one_line(whom)}", "dim"),
    )
    yield indented(head_line, 0, hang=3)
    if others:
        last = sentence("the last of {number} attempts to hand it over here", number=others + 1)
        yield indented(safe_text(last, "dim"), 3)
    before: tuple[str, ...] = ()
    for step in without_repeats(hop.steps):
        if isinstance(step, int):
            yield indented(Text(f"… {repeated(step)}", style="dim"), 3 + _COLUMN)
        else:
            yield from _step(step, before)
            before = step.rules


def _step(step: Step, told_before: tuple[str, ...]) -> Iterator[RenderableType]:
    decision = decision_of(step)
    more = lines(decision) if decision else ()
    head = said(step)
    if more and isinstance(step, Attributed):
        head, more = more[0].told, more[1:]
    yield indented(Text.assemble((f"{step.kind:<{_COLUMN}}", "bold"), one_line(head)), 3, hang=_COLUMN)
    yield from (_line(line) for line in more if line.kind is not LineKind.RULES)
    if step.rules and step.rules != told_before:
        badges = Text(", ").join(map(badge, rule_citations.of(step)))
        yield indented(Text.assemble(f"{sentence('rules:')} ", badges), 3 + _COLUMN, hang=2)


def _line(line: Line) -> RenderableType:
    """A line of an explanation; losers stand back."""
    indent = 3 + _COLUMN + (0 if line.kind is LineKind.HEADLINE else 2)
    return indented(safe_text(say(line.told), _STYLES.get(line.kind, "")), indent, hang=2)


def badge(rule: Rule) -> Text:
    """`R76 observed`, in the colour of its confidence."""
    return Text(f"{rule.id} {rule.confidence.value}", style=CONFIDENCE_STYLE[rule.confidence])


def _rules_used(used: tuple[Rule, ...]) -> Iterator[RenderableType]:
    if not used:
        return
    yield Text()
    yield safe_text(sentence("Rules used"), "bold")
    drawn = Grid.grid(padding=(0, 2, 0, 0))
    for wraps in (False, False, True):
        drawn.add_column(no_wrap=not wraps, overflow="fold")
    for rule in used:
        text = Text.assemble(f"{rule.text} ", (f"[{rule.source}]", "dim"))
        drawn.add_row(rule.id, Text(rule.confidence.value, style=CONFIDENCE_STYLE[rule.confidence]), text)
    yield indented(drawn, 2)


def _relies(used: tuple[Rule, ...], run: Run) -> Iterator[RenderableType]:
    """What would change the verdict if Microsoft did it another way than the lab assumes."""
    guesses, in_part = rule_citations.assumed(used), rule_citations.assumed_in_part(used)
    yield Text()
    if guesses:
        names = ", ".join(f"{rule.id} ({rule.title})" for rule in guesses)
        relies = one_line(sentence("This verdict relies on assumed rules:"))
        yield Text.assemble(f"{relies} ", (names, CONFIDENCE_STYLE[guesses[0].confidence]))
    else:
        yield safe_text(sentence("This verdict relies on no rule that is assumed as a whole."))
    yield from partly(in_part)
    settings = settings_behind((rule.id for rule in guesses), run.variant.topology.switches)
    if settings:
        switches = listed((_switch(name, value) for name, value in settings.items()), "; ")
        yield safe_text(sentence("Switches: {switches}", switches=switches))


def partly(rules: Iterable[Rule]) -> Iterator[RenderableType]:
    """The rules of which a part is assumed, if there are any."""
    ids = [rule.id for rule in rules]
    if ids:
        yield safe_text(sentence("Assumed in part, as their text says: {rules}", rules=", ".join(ids)))


def _switch(name: str, value: str) -> Sentence:
    others = [position for position in SWITCHES[name].values if position != value]
    if not others:
        return sentence("{switch} = {value}", switch=name, value=value)
    return sentence("{switch} = {value} (or {others})", switch=name, value=value, others=", ".join(others))

"""What `mflab check` has found, as values for reports; and how it is told on a terminal and in a ticket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.core.rulebook import rule
from lab.model.value import dataclass
from lab.reports.markdown import in_code, in_markdown
from lab.reports.printable import one_line, without_guids

LEVELS = ("error", "warning", "note")
"""The worst first."""
UNEXPORTED = "what was not exported: "
"""How an assumption begins that rests on an open to-do of an import."""
_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


@dataclass(frozen=True, slots=True)
class Spot:
    """A setting, and where it is written."""

    text: str
    path: str = ""
    file: str = ""
    line: int = 0

    @property
    def source(self) -> str:
        """`file:line`, '' for what is written nowhere."""
        return f"{self.file}:{self.line}" if self.file else ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would help, and whether it does in the simulator."""

    text: str
    works: bool
    way: str
    settings: tuple[tuple[str, str], ...] = ()
    """Path and new value; empty where it is no setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One finding, of one variant or the same of several."""

    id: str
    code: str
    level: str
    title: str
    """Of the check."""
    text: str
    condition: str
    """When it happens, if it does not happen yet."""
    facts: tuple[Spot, ...]
    shown: str
    way: str
    remedies: tuple[Remedy, ...]
    rules: tuple[str, ...]
    """Those that the check is about."""
    used: tuple[str, ...]
    """All that the decisions of the flow rest on."""
    assumptions: tuple[str, ...]
    file: str
    line: int
    variants: tuple[str, ...]
    suppressed: str = ""
    """Why nobody wants to hear of it; '' if somebody does."""

    @property
    def help(self) -> str:
        """Of the page about it: file and anchor."""
        return f"docs/checks.md#{self.code.lower()}"

    @property
    def counts(self) -> bool:
        """Whether it counts for the exit code."""
        return not self.suppressed


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """All findings of a file."""

    file: str
    scenario: str
    variants: tuple[str, ...]
    checks: int
    """How many were made."""
    findings: tuple[Told, ...]
    idle: tuple[str, ...] = ()
    """Suppressions that nothing was found for, and those that have run out."""
    todos: tuple[str, ...] = ()
    """Texts of to-dos that the import has left open."""

    def count(self, level: str) -> int:
        """How many findings of a level count."""
        return sum(each.level == level and each.counts for each in self.findings)


def summary(audit: Audit) -> str:
    """`2 errors, 1 warning, 1 suppressed`, or that there is nothing."""
    parts = [_plural(number, level) for level in LEVELS if (number := audit.count(level))]
    hidden = sum(not each.counts for each in audit.findings)
    parts += [f"{hidden} suppressed"] if hidden else []
    variants = _plural(len(audit.variants), "variant")
    found = ", ".join(parts) or ("nothing found in what was exported" if audit.todos else "nothing found")
    return f"{found}{_open(audit)} ({_plural(audit.checks, 'check')}, {variants})"


def _open(audit: Audit) -> str:
    number = len(audit.todos)
    return f"; {_plural(number, 'to-do')} {'is' if number == 1 else 'are'} open" if number else ""


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def screen(audit: Audit, *, whole: bool = True) -> RenderableType:
    """For a terminal; `whole` tells facts, flow, cures and rules of each finding too."""
    blocks = [_block(each, audit, whole=whole) for each in audit.findings if each.counts]
    hidden = [_hidden(each) for each in audit.findings if not each.counts]
    return Group(*blocks, *hidden, Text(f"{audit.file}: {summary(audit)}"))


def _hidden(told: Told) -> RenderableType:
    return Text(f"suppressed {told.level} {told.id}: {one_line(told.suppressed)}", style="dim")


def _block(told: Told, audit: Audit, *, whole: bool) -> RenderableType:
    style = _STYLES[told.level]
    what = one_line(without_guids(f"{told.text}{_when(told)}"))
    if not whole:
        return _grid([(Text(told.level, style=style), Text(f"{told.id}: {what}"))])
    head = Text.assemble((f"{told.level:<8}", style), (one_line(told.id), "bold"))
    rows = [
        (Text(label, style="dim"), Text(one_line(without_guids(text))))
        for label, text in _details(told, audit)
    ]
    return Group(head, Padding(Group(Text(what), _grid(rows)), (0, 0, 1, 8)))


def _grid(rows: Iterable[tuple[Text, Text]]) -> Table:
    """A column of labels, and text that wraps beside them."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=7, no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def _when(told: Told) -> str:
    return f", {told.condition}" if told.condition else ""


def _details(told: Told, audit: Audit) -> Iterator[tuple[str, str]]:
    for label, fact in zip(("because", "and"), told.facts, strict=False):
        yield label, f"{fact.text}{f'  ({fact.source})' if fact.source else ''}"
    yield "shown", told.shown
    yield "way", told.way
    for remedy in told.remedies:
        yield (
            "cure",
            f"{remedy.text} ({'played: this message goes well' if remedy.works else f'played: {remedy.way}'})",
        )
    yield from (("guess", each) for each in _guesses(told))
    if len(told.variants) < len(audit.variants):
        yield "only in", ", ".join(told.variants)
    yield "rules", f"{_rules(told.rules)}; {told.help}"


def _guesses(told: Told) -> Iterator[str]:
    """What a finding rests on that nobody knows: what was not exported, and what is documented nowhere."""
    missing = [each.removeprefix(UNEXPORTED) for each in told.assumptions if each.startswith(UNEXPORTED)]
    guessed = [each for each in told.assumptions if not each.startswith(UNEXPORTED)]
    if missing:
        yield f"rests on what was not exported: {'; '.join(missing)}"
    if guessed:
        yield f"rests on what nobody documents: {'; '.join(guessed)}"


def _rules(ids: Sequence[str]) -> str:
    sure = Counter(rule(each).confidence.value for each in ids)
    return f"{' '.join(ids)} ({', '.join(f'{number} {word}' for word, number in sure.items())})"


def markdown(audits: Iterable[Audit]) -> str:
    """For a ticket or a job summary."""
    return "\n".join(("<!-- mailflow-lab -->", *(line for audit in audits for line in _ticket(audit)))) + "\n"


def _ticket(audit: Audit) -> Iterator[str]:
    yield f"## {in_markdown(audit.file)}: {summary(audit)}"
    yield ""
    for told in audit.findings:
        if not told.counts:
            continue
        yield f"### {told.level}: {in_markdown(told.text)}{in_markdown(_when(told))}"
        yield ""
        yield f"`{in_code(told.id)}` at `{in_code(f'{told.file}:{told.line}')}`"
        yield ""
        yield from (f"- {in_markdown(fact.text)}{_at(fact)}" for fact in told.facts)
        yield f"- Shown by playing it: {in_markdown(told.shown)} (`{in_code(told.way)}`)"
        yield from (
            f"- Cure{'' if each.works else ' (not proven)'}: {in_markdown(each.text)}"
            for each in told.remedies
        )
        yield from (f"- R{in_markdown(each)[1:]}" for each in _guesses(told))
        yield f"- Rules: {_rules(told.rules)}"
        yield ""
    hidden = [each for each in audit.findings if not each.counts]
    yield from (f"- suppressed: `{in_code(each.id)}`: {in_markdown(each.suppressed)}" for each in hidden)


def _at(fact: Spot) -> str:
    return f" (`{in_code(fact.source)}`)" if fact.source else ""

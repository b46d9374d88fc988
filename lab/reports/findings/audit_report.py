"""What `mflab check` has found, as values for reports; and how it is told on a terminal and in a ticket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.core.rulebook import Confidence, rule
from lab.model.value import dataclass
from lab.reports.text.console import safe_text
from lab.reports.text.printable import in_code, in_markdown, one_line, without_guids
from lab.sentence import NOTHING, Sentence, counted, listed, say, sentence

LEVELS = ("error", "warning", "note")
"""The worst first."""
_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


@dataclass(frozen=True, slots=True)
class Assumption:
    """What a finding rests on: a rule or a switch that nobody documents, `wildcard_cert_covers_exact (R77)`."""

    about: Sentence
    unexported: bool = False
    """It is a setting that an open to-do of an import is about."""

    @property
    def text(self) -> Sentence:
        """For programs, in a list of both kinds."""
        return sentence("what was not exported: {path}", path=self.about) if self.unexported else self.about


@dataclass(frozen=True, slots=True)
class Spot:
    """A setting, and where it is written."""

    text: Sentence
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

    text: Sentence
    works: bool
    way: Sentence
    settings: tuple[tuple[str, str], ...] = ()
    """Path and new value; empty where it is no setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFinding:
    """One finding, of one variant or the same of several."""

    id: str
    code: str
    level: str
    title: str
    """Of the check."""
    text: Sentence
    condition: Sentence
    """When it happens, if it does not happen yet."""
    facts: tuple[Spot, ...]
    shown: Sentence
    way: Sentence
    remedies: tuple[Remedy, ...]
    rules: tuple[str, ...]
    """Those that the check is about."""
    used: tuple[str, ...]
    """All that the decisions of the flow rest on."""
    assumptions: tuple[Assumption, ...]
    file: str
    line: int
    variants: tuple[str, ...]
    suppressed: Sentence = NOTHING
    """Why nobody wants to hear of it."""

    @property
    def what(self) -> Sentence:
        """What is wrong, and when."""
        return when(self.text, self.condition)

    @property
    def proof(self) -> Sentence:
        """What is wrong, and what playing it has shown."""
        return sentence("{text}. Shown: {shown}", text=self.text, shown=self.shown)

    @property
    def help(self) -> str:
        """Of the page about it: file and anchor."""
        return f"docs/checks.md#{self.code.lower()}"

    @property
    def counts(self) -> bool:
        """Whether it counts for the exit code."""
        return not self.suppressed


def when(text: Sentence, condition: Sentence) -> Sentence:
    """What is wrong, and when that happens, if it does not yet."""
    return sentence("{text}, {condition}", text=text, condition=condition) if condition else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """All findings of a file."""

    file: str
    scenario: str
    variants: tuple[str, ...]
    checks: int
    """How many were made."""
    findings: tuple[ReportedFinding, ...]
    idle: tuple[Sentence, ...] = ()
    """Suppressions that nothing was found for, and those that have run out."""
    todos: tuple[str, ...] = ()
    """Texts of to-dos that the import has left open."""

    def count(self, level: str) -> int:
        """How many findings of a level count."""
        return sum(finding.level == level and finding.counts for finding in self.findings)


_COUNTED = {
    "error": ("{number} error", "{number} errors"),
    "warning": ("{number} warning", "{number} warnings"),
    "note": ("{number} note", "{number} notes"),
}


def summary(audit: Audit) -> Sentence:
    """`2 errors, 1 warning, 1 suppressed`, or that there is nothing."""
    parts = [counted(number, *_COUNTED[level]) for level in LEVELS if (number := audit.count(level))]
    hidden = sum(not finding.counts for finding in audit.findings)
    parts += [sentence("{number} suppressed", number=hidden)] if hidden else []
    nothing = sentence("nothing found in what was exported") if audit.todos else sentence("nothing found")
    text = listed(parts) if parts else nothing
    if audit.todos:
        still_open = counted(len(audit.todos), "{number} to-do is open", "{number} to-dos are open")
        text = sentence("{found}; {todos}", found=text, todos=still_open)
    return sentence(
        "{found} ({checks}, {variants})",
        found=text,
        checks=counted(audit.checks, "{number} check", "{number} checks"),
        variants=counted(len(audit.variants), "{number} variant", "{number} variants"),
    )


def screen(audit: Audit, *, whole: bool = True) -> RenderableType:
    """For a terminal; `whole` tells facts, flow, cures and rules of each finding too."""
    blocks = [_block(finding, audit, whole=whole) for finding in audit.findings if finding.counts]
    hidden = [
        Text(f"suppressed {finding.level} {finding.id}: {one_line(finding.suppressed)}", style="dim")
        for finding in audit.findings
        if not finding.counts
    ]
    return Group(*blocks, *hidden, Text(f"{audit.file}: {say(summary(audit))}"))


def _block(finding: ReportedFinding, audit: Audit, *, whole: bool) -> RenderableType:
    style = _STYLES[finding.level]
    what = one_line(without_guids(finding.what))
    if not whole:
        return _grid([(Text(finding.level, style=style), Text(f"{finding.id}: {what}"))])
    head = Text.assemble((f"{finding.level:<8}", style), (one_line(finding.id), "bold"))
    rows = [
        (Text(say(label), style="dim"), safe_text(without_guids(text)))
        for label, text in _details(finding, audit)
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


def _details(finding: ReportedFinding, audit: Audit) -> Iterator[tuple[Sentence, Sentence]]:
    for label, fact in zip((sentence("because"), sentence("and")), finding.facts, strict=False):
        at = sentence("{text}  ({source})", text=fact.text, source=fact.source)
        yield label, at if fact.source else fact.text
    yield sentence("shown"), finding.shown
    yield sentence("way"), finding.way
    for remedy in finding.remedies:
        well = sentence("{cure} (played: this message goes well)", cure=remedy.text)
        as_before = sentence("{cure} (played: {way})", cure=remedy.text, way=remedy.way)
        yield sentence("cure"), well if remedy.works else as_before
    yield from ((sentence("guess"), guess) for guess in _guesses(finding))
    if len(finding.variants) < len(audit.variants):
        yield sentence("only in"), listed(finding.variants)
    yield sentence("rules"), sentence("{rules}; {page}", rules=_rules(finding.rules), page=finding.help)


def _guesses(finding: ReportedFinding) -> Iterator[Sentence]:
    """What a finding rests on that nobody knows: what was not exported, and what is documented nowhere."""
    missing = [guess.about for guess in finding.assumptions if guess.unexported]
    guessed = [guess.about for guess in finding.assumptions if not guess.unexported]
    if missing:
        yield sentence("rests on what was not exported: {paths}", paths=listed(missing, "; "))
    if guessed:
        yield sentence("rests on what nobody documents: {guesses}", guesses=listed(guessed, "; "))


def _rules(ids: Sequence[str]) -> Sentence:
    sure = Counter(rule(id_).confidence for id_ in ids)
    parts = listed(sentence(_SURE[confidence], number=number) for confidence, number in sure.items())
    return sentence("{rules} ({confidences})", rules=" ".join(ids), confidences=parts)


_SURE = {
    Confidence.DOCUMENTED: "{number} documented",
    Confidence.OBSERVED: "{number} observed",
    Confidence.ASSUMED: "{number} assumed",
}


def markdown(audits: Iterable[Audit]) -> str:
    """For a ticket or a job summary."""
    return "\n".join(("<!-- mailflow-lab -->", *(line for audit in audits for line in _ticket(audit)))) + "\n"


def _ticket(audit: Audit) -> Iterator[str]:
    yield f"## {in_markdown(audit.file)}: {say(summary(audit))}"
    yield ""
    for finding in audit.findings:
        if not finding.counts:
            continue
        yield f"### {finding.level}: {in_markdown(finding.what)}"
        yield ""
        yield f"`{in_code(finding.id)}` at `{in_code(f'{finding.file}:{finding.line}')}`"
        yield ""
        for fact in finding.facts:
            at = f" (`{in_code(fact.source)}`)" if fact.source else ""
            yield f"- {in_markdown(fact.text)}{at}"
        yield f"- Shown by playing it: {in_markdown(finding.shown)} (`{in_code(say(finding.way))}`)"
        for remedy in finding.remedies:
            proven = "" if remedy.works else " (not proven)"
            yield f"- Cure{proven}: {in_markdown(remedy.text)}"
        yield from (f"- R{in_markdown(guess)[1:]}" for guess in _guesses(finding))
        yield f"- Rules: {say(_rules(finding.rules))}"
        yield ""
    hidden = [finding for finding in audit.findings if not finding.counts]
    yield from (
        f"- suppressed: `{in_code(finding.id)}`: {in_markdown(finding.suppressed)}" for finding in hidden
    )

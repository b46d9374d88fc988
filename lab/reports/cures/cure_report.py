"""A cure that was laid over a configuration: what it changes, what is to be done, and the proof. For people and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from lab.model.value import dataclass
from lab.reports.comparison import comparison_files, comparison_text
from lab.reports.comparison.compared_variants import Difference
from lab.reports.cures.todo import TodoLocation
from lab.reports.findings.audit_report import ReportedFinding
from lab.reports.text.console import indented, safe_text
from lab.reports.text.printable import one_line, without_guids
from lab.scenario.setting_differences import in_a_line
from lab.sentence import NOTHING, Sentence, listed, say, sentence

Json = dict[str, Any]
_BROKEN = "note: what `expect:` says of these messages describes the fault, write it anew: {messages}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedCure:
    """The cure in one variant."""

    variant: str
    settings: tuple[tuple[str, Any], ...]
    """Path and new value, as plain data."""
    places: tuple[TodoLocation, ...]
    difference: Difference
    """To how it was."""
    gone: bool
    """Whether nothing is found any more that has the finding's id."""

    guesses: tuple[Sentence, ...] = ()
    """Undocumented rules whose other position would let the cure move other mail as well."""

    @property
    def proven(self) -> bool:
        """Whether the fault is gone and nothing got worse."""
        return self.gone and not self.difference.worse


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedFinding:
    """A finding with one of its cures applied."""

    finding: ReportedFinding
    number: int
    """Of the cure, from 1."""
    cure: Sentence
    applied: tuple[AppliedCure, ...]
    text: str
    """The scenario file."""
    broken_claims: tuple[Sentence, ...] = ()
    """Messages of which the file claims what was true before, and is not now: it describes the fault."""

    @property
    def proven(self) -> bool:
        """In all variants."""
        return all(applied.proven for applied in self.applied)


def screen(fixed: FixedFinding) -> RenderableType:
    """For a terminal."""
    finding, cure = fixed.finding, sentence("cure {number}", number=fixed.number)
    parts: list[RenderableType] = [
        Text.assemble(
            f"{finding.level} ",
            (one_line(finding.id), "bold"),
            f"  {one_line(without_guids(finding.text))}",
        ),
        indented(Text.assemble((f"{cure}  ", "bold"), one_line(fixed.cure)), 0, hang=8),
    ]
    for names, applied in _alike(fixed.applied):
        variants = safe_text(sentence("in {variants}", variants=", ".join(names)), "bold")
        lines = (f"{path}: {in_a_line(value)}" for path, value in applied.settings)
        settings = (indented(safe_text(line), 2, hang=2) for line in lines)
        parts += [Text(), variants, *settings, *_todo(applied.places)]
    proof = comparison_text.screen([applied.difference for applied in fixed.applied])
    parts += [Text(), safe_text(sentence("proof"), "bold"), proof]
    if fixed.broken_claims:
        broken = sentence(_BROKEN, messages=listed(fixed.broken_claims, "; "))
        parts.append(indented(safe_text(broken, "dim"), 0, hang=2))
    return Group(*parts, *_verdict(fixed))


def _alike(applied: Iterable[AppliedCure]) -> Iterator[tuple[list[str], AppliedCure]]:
    """Variants in which the same is to be done."""
    groups: dict[str, list[AppliedCure]] = {}
    for cure in applied:
        groups.setdefault(repr((cure.settings, cure.places)), []).append(cure)
    yield from (([cure.variant for cure in group], group[0]) for group in groups.values())


def _todo(places: Sequence[TodoLocation]) -> Iterator[RenderableType]:
    yield safe_text(sentence("to do"), "bold")
    for place in places:
        yield indented(safe_text(place.where, "cyan"), 2)
        for todo in place.todos:
            if todo.told:
                yield indented(safe_text(todo.told), 4, hang=2)
            for line in todo.commands:  # never wrapped: it is to be copied
                yield Text(f"      {line}", no_wrap=True, overflow="ignore")


def _verdict(fixed: FixedFinding) -> Iterator[Text]:
    for applied in fixed.applied:
        if not applied.gone:
            remains = sentence("{variant}: {id} is still found", variant=applied.variant, id=fixed.finding.id)
            yield safe_text(remains, "bold red")
    for guess in dict.fromkeys(guess for applied in fixed.applied for guess in applied.guesses):
        yield Text(
            one_line(sentence("rests on an undocumented rule: {switch}", switch=guess)), style="yellow"
        )
    if fixed.proven:
        yield safe_text(sentence("proven: the finding is gone, and nothing got worse"), "green")
        return
    if any(applied.difference.worse for applied in fixed.applied):
        yield safe_text(sentence("something else got worse"), "bold red")
    others = [n for n, cure in enumerate(fixed.finding.remedies, 1) if cure.works and n != fixed.number]
    cures = ", ".join(f"--cure {number}" for number in others)
    further = sentence("; others to try: {cures}", cures=cures) if others else NOTHING
    yield safe_text(sentence("not proven{further}", further=further), "bold red")


def catalogue(findings: Sequence[ReportedFinding]) -> RenderableType:
    """All findings with their cures, to choose from."""
    if not findings:
        return safe_text(sentence("nothing found"), "green")
    return Group(*(part for finding in findings for part in _listed(finding)))


def _listed(finding: ReportedFinding) -> Iterator[RenderableType]:
    yield Text.assemble(
        f"{finding.level:<8}", (one_line(finding.id), "bold"), (f"  {', '.join(finding.variants)}", "dim")
    )
    yield indented(safe_text(without_guids(finding.text)), 8)
    for number, remedy in enumerate(finding.remedies, 1):
        helps = NOTHING if remedy.works else sentence(" (does not help: {way})", way=remedy.way)
        cure = sentence("--cure {number}  {cure}{helps}", number=number, cure=remedy.text, helps=helps)
        yield indented(safe_text(cure), 8, hang=10)


def document(fixed: FixedFinding) -> Json:
    """Everything as plain data."""
    return {
        "ok": fixed.proven,
        "finding": fixed.finding.id,
        "cure": {"number": fixed.number, "text": say(fixed.cure)},
        "variants": [_applied(cure) for cure in fixed.applied],
        "broken_expectations": list(map(say, fixed.broken_claims)),
        "text": fixed.text,
    }


def _applied(applied: AppliedCure) -> Json:
    (pair,) = comparison_files.document([applied.difference])["pairs"]
    return {
        "variant": applied.variant,
        "gone": applied.gone,
        "ok": applied.proven,
        "guesses": list(map(say, applied.guesses)),
        "change": dict(applied.settings),
        "to_do": [
            {"where": say(place.where), "text": say(todo.told) or None, "commands": list(todo.commands)}
            for place in applied.places
            for todo in place.todos
        ],
        "difference": pair,
    }


def findings_document(findings: Sequence[ReportedFinding]) -> Json:
    """The list to choose from as plain data."""
    return {
        "findings": [
            {
                "id": finding.id,
                "level": finding.level,
                "text": say(finding.text),
                "variants": list(finding.variants),
                "cures": [
                    {"number": number, "text": say(cure.text), "works": cure.works}
                    for number, cure in enumerate(finding.remedies, 1)
                ],
            }
            for finding in findings
        ]
    }

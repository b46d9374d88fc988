"""A cure that was laid over a configuration: what it changes, what somebody has to do, and the proof. For people and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from lab.model.value import dataclass
from lab.reports import difference_files, difference_text
from lab.reports.difference import Difference
from lab.reports.findings import Told
from lab.reports.layout import indented
from lab.reports.printable import one_line, without_guids
from lab.reports.todo import Place
from lab.scenario.settings import in_a_line

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The cure in one variant."""

    variant: str
    settings: tuple[tuple[str, Any], ...]
    """Path and new value, as plain data."""
    places: tuple[Place, ...]
    difference: Difference
    """To how it was."""
    gone: bool
    """Whether nothing is found any more that has the finding's id."""

    guesses: tuple[str, ...] = ()
    """Undocumented rules whose other position would let the cure move other mail as well."""

    @property
    def proven(self) -> bool:
        """Whether the fault is gone and nothing got worse."""
        return self.gone and not self.difference.worse


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A finding with one of its cures applied."""

    finding: Told
    number: int
    """Of the cure, from 1."""
    cure: str
    applied: tuple[Applied, ...]
    text: str
    """The scenario file."""
    broken_claims: tuple[str, ...] = ()
    """Messages of which the file claims what was true before, and is not now: it describes the fault."""

    @property
    def proven(self) -> bool:
        """In all variants."""
        return all(each.proven for each in self.applied)


def screen(fixed: Fixed) -> RenderableType:
    """For a terminal."""
    told = fixed.finding
    parts: list[RenderableType] = [
        Text.assemble(
            f"{told.level} ", (one_line(told.id), "bold"), f"  {one_line(without_guids(told.text))}"
        ),
        indented(Text.assemble((f"cure {fixed.number}  ", "bold"), one_line(fixed.cure)), 0, hang=8),
    ]
    for names, each in _alike(fixed.applied):
        parts += [Text(), Text(f"in {', '.join(names)}", style="bold"), *_settings(each), *_todo(each.places)]
    parts += [
        Text(),
        Text("proof", style="bold"),
        difference_text.screen([each.difference for each in fixed.applied]),
    ]
    return Group(*parts, *_claims(fixed), *_verdict(fixed))


def _alike(applied: Iterable[Applied]) -> Iterator[tuple[list[str], Applied]]:
    """Variants in which the same is to be done."""
    groups: dict[str, list[Applied]] = {}
    for each in applied:
        groups.setdefault(repr((each.settings, each.places)), []).append(each)
    yield from (([each.variant for each in group], group[0]) for group in groups.values())


def _settings(applied: Applied) -> Iterator[RenderableType]:
    for path, value in applied.settings:
        yield indented(Text(one_line(f"{path}: {in_a_line(value)}")), 2, hang=2)


def _todo(places: Sequence[Place]) -> Iterator[RenderableType]:
    yield Text("to do", style="bold")
    for place in places:
        yield indented(Text(one_line(place.where), style="cyan"), 2)
        for todo in place.todos:
            if todo.text:
                yield indented(Text(one_line(todo.text)), 4, hang=2)
            for line in todo.commands:  # never wrapped: it is to be copied
                yield Text(f"      {line}", no_wrap=True, overflow="ignore")


def _claims(fixed: Fixed) -> Iterator[RenderableType]:
    if fixed.broken_claims:
        told = f"note: what `expect:` says of these describes the fault, write it anew: {'; '.join(fixed.broken_claims)}"
        yield indented(Text(one_line(told), style="dim"), 0, hang=2)


def _verdict(fixed: Fixed) -> Iterator[Text]:
    for each in fixed.applied:
        if not each.gone:
            yield Text(f"{each.variant}: {one_line(fixed.finding.id)} is still found", style="bold red")
    for guess in dict.fromkeys(guess for each in fixed.applied for guess in each.guesses):
        yield Text(f"rests on what nobody documents: {one_line(guess)}", style="yellow")
    if fixed.proven:
        yield Text("proven: the finding is gone, and nothing got worse", style="green")
        return
    if any(each.difference.worse for each in fixed.applied):
        yield Text("something else got worse", style="bold red")
    others = [n for n, each in enumerate(fixed.finding.remedies, 1) if each.works and n != fixed.number]
    further = f"; others to try: {', '.join(f'--cure {n}' for n in others)}" if others else ""
    yield Text(f"not proven{further}", style="bold red")


def listed(findings: Sequence[Told]) -> RenderableType:
    """All findings with their cures, to choose from."""
    if not findings:
        return Text("nothing found", style="green")
    return Group(*(part for each in findings for part in _listed(each)))


def _listed(told: Told) -> Iterator[RenderableType]:
    yield Text.assemble(
        f"{told.level:<8}", (one_line(told.id), "bold"), (f"  {', '.join(told.variants)}", "dim")
    )
    yield indented(Text(one_line(without_guids(told.text))), 8)
    for number, remedy in enumerate(told.remedies, 1):
        works = "" if remedy.works else f" (does not help: {remedy.way})"
        yield indented(Text(one_line(f"--cure {number}  {remedy.text}{works}")), 8, hang=10)


def document(fixed: Fixed) -> Json:
    """Everything as plain data."""
    return {
        "ok": fixed.proven,
        "finding": fixed.finding.id,
        "cure": {"number": fixed.number, "text": fixed.cure},
        "variants": [_applied(each) for each in fixed.applied],
        "broken_expectations": list(fixed.broken_claims),
        "text": fixed.text,
    }


def _applied(each: Applied) -> Json:
    (pair,) = difference_files.document([each.difference])["pairs"]
    return {
        "variant": each.variant,
        "gone": each.gone,
        "ok": each.proven,
        "guesses": list(each.guesses),
        "change": dict(each.settings),
        "to_do": [
            {"where": place.where, "text": todo.text or None, "commands": list(todo.commands)}
            for place in each.places
            for todo in place.todos
        ],
        "difference": pair,
    }


def findings_document(findings: Sequence[Told]) -> Json:
    """The list to choose from as plain data."""
    return {
        "findings": [
            {
                "id": told.id,
                "level": told.level,
                "text": told.text,
                "variants": list(told.variants),
                "cures": [
                    {"number": number, "text": each.text, "works": each.works}
                    for number, each in enumerate(told.remedies, 1)
                ],
            }
            for told in findings
        ]
    }

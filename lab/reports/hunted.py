"""What a search for mail that goes to a wrong tenant has found, for people and for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from lab.core.rulebook import Confidence, rule
from lab.model.value import dataclass
from lab.reports.layout import indented
from lab.reports.printable import one_line, without_guids

Json = dict[str, Any]
_AWAY = {
    0: "as things are, mail goes to a wrong tenant",
    1: "as things are, none of these messages goes to a wrong tenant; one change away it does",
    2: "neither as things are nor one change away; two changes away mail goes to a wrong tenant",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """One way to a wrong tenant."""

    settings: tuple[str, ...]
    """What is changed for it: `path: old -> new`; nothing if it goes there as things are."""
    guess: bool
    """Whether one of them is what the service does, and nobody documents: nobody can change that."""
    message: str
    """Who to whom, under which reverse-path, from where."""
    way: str
    outcome: str
    meant: str
    """The tenant that was meant; '' where none was."""
    tenant: str
    basis: str
    connector: str
    rules: tuple[str, ...]
    """Of the decision that took it for somebody else."""
    alike: int
    """How many more messages were led astray by the same thing."""

    @property
    def assumed(self) -> tuple[str, ...]:
        """Those of the rules that nobody documents."""
        return tuple(each for each in self.rules if rule(each).confidence is Confidence.ASSUMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunted:
    """A whole search."""

    scenario: str
    variant: str
    depth: int
    """How many settings were changed when it ended."""
    finds: tuple[Find, ...]
    configurations: int
    messages: int
    left: int
    """Configurations of that depth that were not tried."""

    @property
    def now(self) -> bool:
        """Whether mail goes astray as things are."""
        return bool(self.finds) and self.depth == 0


def verdict(hunted: Hunted) -> str:
    """All in a sentence."""
    if hunted.finds:
        return _AWAY[hunted.depth]
    away = ("", ", nor one change away", ", nor one or two changes away")[hunted.depth]
    return f"nothing found as things are{away}"


def screen(hunted: Hunted) -> RenderableType:
    """For a terminal."""
    head = Text.assemble((one_line(hunted.scenario), "bold"), f"  {one_line(hunted.variant)}")
    parts = [part for number, each in enumerate(hunted.finds, 1) for part in _find(number, each)]
    tried = f"tried: {_plural(hunted.configurations, 'configuration')}, {hunted.messages} messages"
    left = f"; not tried: {_plural(hunted.left, 'configuration')} of {_plural(hunted.depth, 'change')}"
    style = "bold red" if hunted.now else "yellow" if hunted.finds else "green"
    return Group(
        head, *parts, Text(), Text(verdict(hunted), style=style), Text(f"{tried}{left}", style="dim")
    )


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _find(number: int, find: Find) -> Iterator[RenderableType]:
    changed = one_line("; ".join(find.settings)) or "nothing changed"
    guess = ("  (what the service does, and nobody documents)", "magenta") if find.guess else ""
    yield indented(Text.assemble(f"{number:>3}  ", (changed, "bold"), guess), 0, hang=7)
    for line in _lines(find):
        yield indented(Text(one_line(without_guids(line))), 5, hang=4)


def _lines(find: Find) -> Iterator[str]:
    alike = f" (and {find.alike} more)" if find.alike else ""
    yield f"{find.message}{alike}: {find.way}: {find.outcome}"
    through = f' through "{find.connector}"' if find.connector else ""
    meant = f"meant for {find.meant}, " if find.meant else ""
    taken = f"taken for {find.tenant} by {find.basis}{through}" if find.basis else f"seen by {find.tenant}"
    yield f"{meant}{taken} [{' '.join(find.rules)}]{_assumed(find)}"


def _assumed(find: Find) -> str:
    return f"; assumed: {' '.join(find.assumed)}" if find.assumed else ""


def document(hunted: Hunted) -> Json:
    """Everything as plain data."""
    return {
        "ok": not hunted.now,
        "verdict": verdict(hunted),
        **asdict(hunted),
        "finds": [{**asdict(each), "assumed": list(each.assumed)} for each in hunted.finds],
    }

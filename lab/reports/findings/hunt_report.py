"""What a search for mail that goes to a wrong tenant has found, for people and for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from lab.core.rulebook import Confidence, rule
from lab.model.decision import Basis
from lab.model.value import dataclass
from lab.reports.text.console import indented, safe_text
from lab.reports.text.printable import one_line, without_guids
from lab.sentence import NOTHING, Sentence, counted, say, sentence, sentences
from lab.words.english import BASES

Json = dict[str, Any]
_FOUND = sentences(
    "with no change, mail goes to a wrong tenant",
    "with no change, none of these messages goes to a wrong tenant; with one change, mail does",
    "with no change and with one change, none of these messages goes to a wrong tenant; with two changes, mail does",
)
_NOT_FOUND = sentences(
    "nothing found with no change",
    "nothing found with no change, nor with one change",
    "nothing found with no change, nor with one or two changes",
)
"""Both by the number of changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongTenantWay:
    """One way to a wrong tenant."""

    settings: tuple[str, ...]
    """What is changed for it: `path: old -> new`; nothing if it goes there without a change."""
    guess: bool
    """Whether one of them is an undocumented rule of the service, and no setting of an administrator."""
    message: Sentence
    """Who to whom, under which reverse-path, from where."""
    way: str
    ending: Sentence
    meant: str
    """The tenant that was meant; '' where none was."""
    tenant: str
    basis: Basis | None
    connector: str
    rules: tuple[str, ...]
    """Of the decision that attributed it to that tenant."""
    alike: int
    """How many more messages were led astray by the same thing."""

    @property
    def assumed(self) -> tuple[str, ...]:
        """Those of the rules that are not documented."""
        return tuple(id_ for id_ in self.rules if rule(id_).confidence is Confidence.ASSUMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class HuntReport:
    """A whole search."""

    scenario: str
    variant: str
    depth: int
    """How many settings were changed when it ended."""
    finds: tuple[WrongTenantWay, ...]
    configurations: int
    messages: int
    left: int
    """Configurations of that depth that were not tried."""

    @property
    def now(self) -> bool:
        """Whether mail goes astray without a change."""
        return bool(self.finds) and self.depth == 0


def verdict(hunted: HuntReport) -> Sentence:
    """All in a sentence."""
    return (_FOUND if hunted.finds else _NOT_FOUND)[hunted.depth]


def screen(hunted: HuntReport) -> RenderableType:
    """For a terminal."""
    head = Text.assemble((one_line(hunted.scenario), "bold"), f"  {one_line(hunted.variant)}")
    parts = [part for number, find in enumerate(hunted.finds, 1) for part in _find(number, find)]
    tried = sentence(
        "tried: {tried}, {messages} messages; not tried: {left} of {changes}",
        tried=_configurations(hunted.configurations),
        messages=hunted.messages,
        left=_configurations(hunted.left),
        changes=counted(hunted.depth, "{number} change", "{number} changes"),
    )
    style = "bold red" if hunted.now else "yellow" if hunted.finds else "green"
    text = safe_text(verdict(hunted), style)
    return Group(head, *parts, Text(), text, safe_text(tried, "dim"))


def _configurations(number: int) -> Sentence:
    return counted(number, "{number} configuration", "{number} configurations")


def _find(number: int, find: WrongTenantWay) -> Iterator[RenderableType]:
    changed = one_line("; ".join(find.settings) or sentence("nothing changed"))
    undocumented = sentence("(an undocumented rule of the service)")
    guess = (f"  {undocumented}", "magenta") if find.guess else ""
    yield indented(Text.assemble(f"{number:>3}  ", (changed, "bold"), guess), 0, hang=7)
    for line in _lines(find):
        yield indented(safe_text(without_guids(line)), 5, hang=4)


def _lines(find: WrongTenantWay) -> Iterator[Sentence]:
    alike = sentence(" (and {number} more)", number=find.alike) if find.alike else NOTHING
    went = "{message}{alike}: {way}: {ending}"
    yield sentence(went, message=find.message, alike=alike, way=find.way, ending=find.ending)
    assumed = sentence("; assumed: {rules}", rules=" ".join(find.assumed)) if find.assumed else NOTHING
    yield sentence(
        "{meant}{taken} [{rules}]{assumed}",
        meant=sentence("meant for {tenant}, ", tenant=find.meant) if find.meant else NOTHING,
        taken=_taken(find),
        rules=" ".join(find.rules),
        assumed=assumed,
    )


def _taken(find: WrongTenantWay) -> Sentence:
    if find.basis is None:
        return sentence("seen by {tenant}", tenant=find.tenant)
    through = sentence(' through "{connector}"', connector=find.connector) if find.connector else NOTHING
    template = "taken for {tenant} by {basis}{through}"
    return sentence(template, tenant=find.tenant, basis=BASES[find.basis], through=through)


def document(hunted: HuntReport) -> Json:
    """Everything as plain data."""
    return {
        "ok": not hunted.now,
        "verdict": say(verdict(hunted)),
        **_fields(hunted),
        "finds": [_plain(find) for find in hunted.finds],
    }


def _plain(find: WrongTenantWay) -> Json:
    return {
        **{"outcome" if name == "ending" else name: value for name, value in _fields(find).items()},
        "message": say(find.message),
        "outcome": say(find.ending),
        "basis": find.basis or "",
        "assumed": list(find.assumed),
    }


def _fields(value: WrongTenantWay | HuntReport) -> Json:
    return {field.name: getattr(value, field.name) for field in fields(value)}

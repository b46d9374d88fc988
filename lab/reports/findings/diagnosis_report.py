"""A diagnosis on paper: the short story first, then who should look where, the evidence, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from lab.core.rulebook import Rule, rule
from lab.reports.explanation import rule_citations
from lab.reports.explanation.message_explanation import badge, partly
from lab.reports.findings.diagnosis import (
    Certainty,
    Clue,
    DeliveryAttempt,
    Diagnosis,
    EvidenceKind,
    HandOver,
    VerdictSentence,
)
from lab.reports.text.console import indented, safe_text
from lab.reports.text.printable import one_line
from lab.sentence import NOTHING, Sentence, say, sentence, sentences

KINDS: Mapping[EvidenceKind, Sentence] = {kind: Sentence(kind.value) for kind in EvidenceKind}
_ORIGINAL, _IN_HAND = sentence("Way of the original"), sentence("Way of this message")
_QUOTED = 120
"""Characters of a field that are quoted."""
_ATTEMPTS = 20
"""Lines of a log that are shown."""


def drawn(diagnosis: Diagnosis, source: str) -> RenderableType:
    """The whole page; `source` is the file's name."""
    return Group(
        Text.assemble((one_line(source), "bold"), f": {KINDS[diagnosis.kind]}"),
        *(indented(safe_text(sentence("note: {note}", note=note), "yellow"), 2) for note in diagnosis.notes),
        Text(),
        *_story(diagnosis.story),
        *_listed(sentence("Who should look where"), diagnosis.look),
        *_way(diagnosis),
        *_attempts(diagnosis.handed),
        *_evidence(diagnosis.clues),
        *_listed(sentence("Not known from this"), diagnosis.unknown),
        *_relies(diagnosis),
    )


def as_data(diagnosis: Diagnosis) -> Mapping[str, object]:
    """The diagnosis for programs, with the confidence of each rule."""
    return {
        "kind": diagnosis.kind,
        "nothing_to_see": diagnosis.nothing,
        "relayed_by": diagnosis.relayed,
        "story": [
            {"text": say(line.text), "sure": line.sure, "rules": line.rules} for line in diagnosis.story
        ],
        "look": diagnosis.look,
        "evidence": [
            {
                "where": clue.where,
                "said": clue.said,
                "means": clue.means,
                "sure": clue.sure,
                "rules": clue.rules,
            }
            for clue in diagnosis.clues
        ],
        "unknown": diagnosis.unknown,
        "notes": diagnosis.notes,
        "message": diagnosis.journey,
        "report": diagnosis.report,
        "attempts": diagnosis.handed,
        "rules": [{"id": id_, "confidence": rule(id_).confidence} for id_ in diagnosis.rules],
    }


def _story(story: Iterable[VerdictSentence]) -> Iterator[RenderableType]:
    for number, verdict in enumerate(story, 1):
        text = one_line(verdict.text)
        line = Text(f"{number}. {text[:1].upper()}{text[1:]}.")
        if verdict.sure is Certainty.INFERRED:
            line.append(f"  ({sentence('inferred')})", style="dim")
        yield indented(line, 2, hang=3)
        if verdict.rules:
            yield indented(_badges(verdict.rules), 5, hang=2)


def _badges(ids: Iterable[str]) -> Text:
    rules = tuple(map(rule, ids))
    return Text.assemble((f"{sentence('rules:')} ", "dim"), Text(", ").join(badge(cited) for cited in rules))


def _headed(title: Sentence) -> Iterator[RenderableType]:
    yield Text()
    yield safe_text(title, "bold")


def _listed(title: Sentence, lines: Iterable[Sentence]) -> Iterator[RenderableType]:
    entries = tuple(lines)
    if entries:
        yield from _headed(title)
        yield from (indented(Text(f"- {one_line(line)}"), 2, hang=2) for line in entries)


def _way(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """The hand-overs of the message that matters: the original of a report, else the one in hand."""
    original = diagnosis.report.original if diagnosis.report else None
    for title, journey in ((_ORIGINAL, original), (_IN_HAND, diagnosis.journey)):
        if journey is not None and journey.hand_overs:
            yield from _headed(title)
            yield indented(_hand_overs(journey.hand_overs), 2)


def _hand_overs(links: Iterable[HandOver]) -> RenderableType:
    table = Grid.grid(padding=(0, 2, 0, 0))
    for number, name in enumerate(sentences("", "UTC", "from", "to")):
        table.add_column(say(name), overflow="fold", no_wrap=number < 2)  # number and time
    for number, link in enumerate(links, 1):
        client = f"{link.origin} [{link.address}]" if link.address else link.origin
        when = f"{link.at:%Y-%m-%d %H:%M:%S}" if link.at else "-"
        by = safe_text(link.by, "bold" if link.service else "")
        table.add_row(str(number), when, safe_text(client), by)
    return table


def _attempts(handed: tuple[DeliveryAttempt, ...]) -> Iterator[RenderableType]:
    if not handed:
        return
    yield from _headed(sentence("What the log tells"))
    for attempt in handed[:_ATTEMPTS]:
        connector = sentence(', connector "{connector}"', connector=attempt.connector)
        line = sentence(
            "{time}{sender} > {recipient}{towards}: {outcome}{whose}{through}",
            time=f"{attempt.at:%Y-%m-%d %H:%M:%S}  " if attempt.at else "",
            sender=attempt.sender or "?",
            recipient=attempt.recipient or "?",
            towards=_towards(attempt),
            outcome=attempt.outcome,
            whose=sentence("; tenant {tenant}", tenant=attempt.tenant.label) if attempt.tenant else NOTHING,
            through=connector if attempt.connector else NOTHING,
        )
        yield indented(safe_text(line), 2, hang=4)
        if attempt.reply:
            yield indented(safe_text(attempt.reply[: 2 * _QUOTED], "dim"), 4, hang=2)
    if len(handed) > _ATTEMPTS:
        more = sentence("... and {number} more", number=len(handed) - _ATTEMPTS)
        yield indented(safe_text(more), 2)


def _towards(attempt: DeliveryAttempt) -> Sentence:
    if attempt.relay:
        return sentence(" via {relay} [{address}]", relay=attempt.relay, address=attempt.address)
    return sentence(" from {client}", client=attempt.client) if attempt.client else NOTHING


def _evidence(clues: tuple[Clue, ...]) -> Iterator[RenderableType]:
    if not clues:
        return
    yield from _headed(sentence("Evidence"))
    for clue in clues:
        text = one_line(clue.said)
        quoted = f"{text[:_QUOTED]}..." if len(text) > _QUOTED else text
        yield indented(Text.assemble((one_line(clue.where), "cyan"), f": {quoted}"), 2, hang=4)
        means = Text.assemble(f"{one_line(clue.means)}  ", _badges(clue.rules) if clue.rules else "")
        yield indented(means, 6, hang=2)


def _relies(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    """What of it is neither documented nor observed."""
    rules: tuple[Rule, ...] = tuple(map(rule, diagnosis.rules))
    guesses, in_part = rule_citations.assumed(rules), rule_citations.assumed_in_part(rules)
    if not rules:
        return
    yield Text()
    if guesses:
        names = ", ".join(f"{guess.id} ({guess.title})" for guess in guesses)
        yield safe_text(sentence("This diagnosis relies on assumed rules: {rules}", rules=names))
    else:
        yield safe_text(sentence("This diagnosis relies on no rule that is assumed as a whole."))
    yield from partly(in_part)

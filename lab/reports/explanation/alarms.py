"""What is not as expected: the failed claims about a message, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lab.evidence.expectations import ClaimKind, ExpectationResult
from lab.sentence import Sentence, sentence

LEADS_ASTRAY = frozenset({ClaimKind.NOT_SEEN_BY, ClaimKind.NOT_ASTRAY})
"""Claims that fail when a tenant has mail that was not meant for it."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One claim that failed."""

    kind: ClaimKind
    place: str
    """`tenant:NAME` of a claim about a place; else what the claim is about, or ''."""
    told: Sentence

    @property
    def astray(self) -> bool:
        """Whether a tenant has mail that was not meant for it."""
        return self.kind in LEADS_ASTRAY

    def counted(self, number: int, total: int) -> Alarm:
        """With how many of all tries had it, where not all did."""
        if number == total:
            return self
        text = sentence("{alarm} ({number} of {total} times)", alarm=self.told, number=number, total=total)
        return replace(self, told=text)

    def __str__(self) -> str:
        return str(self.told)


def seen(where: str) -> Alarm:
    """A tenant has mail that was not meant for it."""
    return Alarm(
        ClaimKind.NOT_SEEN_BY, where, sentence("seen by {place}, where nothing leads it", place=where)
    )


def alarms(findings: Iterable[ExpectationResult], ending: Sentence | None = None) -> tuple[Alarm, ...]:
    """The claims that failed, with how the message ended if that says more than the claim does.

    A report is no second alarm where the message was to be delivered.
    """
    failed = [finding for finding in findings if not finding.ok]
    return tuple(dict.fromkeys(_alarms(failed, ending)))


def _alarms(failed: list[ExpectationResult], ending: Sentence | None) -> Iterator[Alarm]:
    kinds = {finding.kind for finding in failed}
    rounds = {finding.about for finding in failed if finding.kind is ClaimKind.NOT_TWICE}
    for finding in failed:
        kind, where, wanted, got = finding.kind, finding.about, finding.wanted, finding.got
        if kind is ClaimKind.NOT_SEEN_BY:
            yield seen(where)
        elif kind is ClaimKind.NOT_ASTRAY and where in rounds:
            continue  # it is astray there because it came round
        elif kind is ClaimKind.NOT_ASTRAY:
            yield Alarm(kind, where, sentence("{seen}: {got}", seen=seen(where).told, got=got))
        elif kind is ClaimKind.NOT_TWICE:
            yield Alarm(kind, where, sentence("taken {times} by {place}", times=got, place=where))
        elif kind is ClaimKind.ENDS:
            yield Alarm(kind, where, sentence("wanted {wanted}, got {got}", wanted=wanted, got=ending or got))
        elif kind is not ClaimKind.NO_NDR or ClaimKind.ENDS not in kinds:
            yield Alarm(
                kind, where, sentence("{claim}: {verdict}", claim=finding.field, verdict=finding.verdict)
            )

"""What nobody expects, in words: the failed claims about a message, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.evidence.expect import Finding

NOT_SEEN_BY, NOT_ASTRAY, NOT_TWICE = "not_seen_by", "not_astray", "not_twice"
LEADS_ASTRAY = (NOT_SEEN_BY, NOT_ASTRAY)
"""Claims that fail when a tenant has what nobody meant for it."""
SEEN = "seen by "
"""What the words for such an alarm begin with."""


def seen(where: str) -> str:
    """A tenant has what nobody meant for it."""
    return f"{SEEN}{where}, where nothing leads it"


def in_words(findings: Iterable[Finding], outcome: str = "") -> tuple[str, ...]:
    """The claims that failed, with how it ended if that says more than the claim does.

    A report is no second alarm where the message was to be delivered.
    """
    failed = [finding for finding in findings if not finding.ok]
    return tuple(dict.fromkeys(_in_words(failed, outcome)))


def _in_words(failed: list[Finding], outcome: str) -> Iterator[str]:
    fields = {finding.field for finding in failed}
    rounds = {field.partition(".")[2] for field in fields if field.startswith(NOT_TWICE)}
    for finding in failed:
        claim, _, where = finding.field.partition(".")
        if claim == NOT_SEEN_BY:
            yield seen(where)
        elif claim == NOT_ASTRAY and where in rounds:
            continue  # it is astray there because it came round
        elif claim == NOT_ASTRAY:
            yield f"{seen(where)}: {finding.got}"
        elif claim == NOT_TWICE:
            yield f"taken {finding.got} by {where}"
        elif claim == "ends":
            yield f"wanted {finding.wanted}, got {outcome or finding.got}"
        elif claim != "no_ndr" or "ends" not in fields:
            yield f"{finding.field}: wanted {finding.wanted}, got {finding.got}"

"""Finding scenarios by what somebody sees: a status code, a number of the catalogue, or words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.scenario.model import Scenario, Variant

_EXACT = re.compile(r"[245]\.\d{1,3}\.\d{1,3}|[PR]\d{1,3}|\d{3}", re.IGNORECASE)
"""Codes and ids: 5.7.5 is not 5.7.51, and P3 not P31. All else is looked for as a part of words."""


def shows(scenario: Scenario, wanted: str) -> bool:
    """Whether a scenario has all the words of `wanted`, in any order and in any of its texts."""
    text = "\n".join(_texts(scenario)).casefold()
    words = wanted.casefold().split()
    return bool(words) and all(_has(text, word) for word in words)


def _has(text: str, word: str) -> bool:
    if not _EXACT.fullmatch(word):
        return word in text
    return re.search(rf"(?<![\w.]){re.escape(word)}(?!\w|\.\d)", text) is not None


def _texts(scenario: Scenario) -> Iterator[str]:
    yield from (scenario.name, scenario.title, scenario.why, scenario.fault)
    yield from scenario.codes
    for place, symptom in scenario.symptoms.items():
        yield f"{place} {symptom}"
    for variant in scenario.variants.values():
        yield from _of_variant(variant)


def _of_variant(variant: Variant) -> Iterator[str]:
    """What it says of itself, and the replies and reports that it expects."""
    yield from (variant.name, variant.title, variant.why)
    for claim in variant.expect.values():
        yield claim.reply or ""
        yield (claim.ndr.status if claim.ndr else None) or ""

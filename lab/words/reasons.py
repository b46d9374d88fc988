"""Reasons as sentences: codes looked up in the table, with their parameters."""

from __future__ import annotations

from collections.abc import Iterable

from lab.model.certificate import CertFault
from lab.model.decision import Phrase, Reason
from lab.model.steps import Dropped
from lab.sentence import NOTHING, Sentence, listed, sentence
from lab.words.english import DROPS, FAULTS, REASONS, WHY


def why(phrase: Phrase) -> Sentence:
    """A reason, with the reasons in it."""
    parameters = tuple((name, _parameter(given)) for name, given in phrase.parameters.items())
    return Sentence(WHY[phrase.code], parameters)


def _parameter(given: str | Phrase | tuple[CertFault, ...]) -> object:
    if isinstance(given, Phrase):
        return why(given)
    return given if isinstance(given, str) else faults(given)


def reason(code: Reason | None) -> Sentence:
    """Why a front end took something or refused it."""
    return Sentence(REASONS[code]) if code else NOTHING


def drop(step: Dropped) -> Sentence:
    """Why a recipient was given up."""
    return sentence(DROPS[step.reason], rule=step.rule)


def faults(codes: Iterable[CertFault]) -> Sentence:
    """What is wrong with a certificate."""
    return listed(Sentence(FAULTS[code]) for code in codes)

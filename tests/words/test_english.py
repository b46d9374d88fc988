"""The table of English: complete, and each template has the parameters that the code gives."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import lab
from lab.model.certificate import CertFault
from lab.model.decision import Phrase, Reason, Why, phrase
from lab.model.steps import Dropped, DropReason
from lab.words import english
from lab.words.reasons import drop, faults, reason, why

SOURCES = sorted(Path(lab.__path__[0]).rglob("*.py"))
TABLES: Mapping[type[StrEnum], Mapping[Any, str]] = {
    Reason: english.REASONS,
    DropReason: english.DROPS,
    Why: english.WHY,
    CertFault: english.FAULTS,
}


def braces(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def calls() -> Iterator[tuple[Why, str, set[str]]]:
    """Each `phrase(Why.X, name=…)` of the lab: the code, where, and the names."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "phrase":
                names = {keyword.arg or "**" for keyword in node.keywords}
                for code in codes(node.args[0]):
                    yield code, f"{path.name}:{node.lineno}", names


def codes(node: ast.expr) -> set[Why]:
    """The codes that an argument may be: `Why.X`, or `Why.X if … else Why.Y`; none for a variable."""
    named = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute) and is_why(each.value)}
    return {Why[name] for name in named}


def is_why(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "Why"


@pytest.mark.parametrize("codes", TABLES, ids=lambda codes: codes.__name__)
def test_every_code_has_its_line_and_no_line_is_left_over(codes):
    assert set(TABLES[codes]) == set(codes)
    assert all(TABLES[codes].values())


@pytest.mark.parametrize("codes", [Reason, DropReason, CertFault], ids=lambda codes: codes.__name__)
def test_two_codes_do_not_read_alike(codes):
    said = list(TABLES[codes].values())
    assert len(set(said)) == len(said)


def test_every_phrase_gives_what_its_template_asks_for():
    wrong = {
        f"{where} {code.name}": (names, braces(english.WHY[code]))
        for code, where, names in calls()
        if names != braces(english.WHY[code])
    }
    assert wrong == {}


def test_every_code_is_used_somewhere():
    """By its name outside the tables; a condition of a mail flow rule becomes a phrase later."""
    used: dict[str, set[str]] = defaultdict(set)
    for path in SOURCES:
        if path.name not in ("english.py", "decision.py", "steps.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    used[node.value.id].add(node.attr)
    for kind in (Why, Reason, DropReason):
        assert {each.name for each in kind} - used[kind.__name__] == set()


def test_phrases_that_are_made_of_a_variable_have_no_parameters_but_conditions():
    """`phrase(code)` of what settled the tenant or what a mail flow rule came to: nothing else takes a variable."""
    settled = {Why.CERTIFICATE_DOMAIN, Why.REVERSE_PATH_DOMAIN, Why.RECIPIENT_DOMAIN, Why.ADDRESS_ALONE}
    settled |= {Why.OLDEST_TENANT, Why.SEEDED_DICE}
    called = {code for code, _, _ in calls()}
    by_variable = set(Why) - called
    assert by_variable <= settled | {Why.CONDITIONS_HOLD, Why.NO_CONDITION, Why.CONDITION_FAILS, Why.EXCEPTED}
    assert {frozenset(braces(english.WHY[code])) for code in by_variable} == {
        frozenset(),
        frozenset({"conditions"}),
    }


@pytest.mark.parametrize("code", Why)
def test_a_phrase_reads_as_its_template_with_its_parameters_in_it(code):
    given = {name: f"<{name}>" for name in braces(english.WHY[code])}
    assert str(why(Phrase(code, given))) == english.WHY[code].format(**given)


def test_phrases_and_faults_in_a_phrase_are_said_in_their_place():
    inner = phrase(Why.ADDRESS_FITS, address="198.51.100.25")
    assert str(why(phrase(Why.NEEDS_TLS, fit=inner))) == english.WHY[Why.NEEDS_TLS].format(fit=why(inner))
    ignored = (CertFault.EXPIRED, CertFault.SELF_SIGNED)
    told = str(why(phrase(Why.CERTIFICATE_IGNORED, name="a", value="b", faults=ignored)))
    assert str(faults(ignored)) == f"{english.FAULTS[ignored[0]]}, {english.FAULTS[ignored[1]]}"
    assert str(faults(ignored)) in told


def test_names_of_the_configuration_are_no_templates():
    braced = "{0} {x} %s"
    assert braced in str(why(phrase(Why.ADDRESS_FITS, address=braced)))
    assert braced in str(drop(Dropped(recipient="a", reason=DropReason.DELETED_BY_RULE, rule=braced)))


def test_what_is_not_known_is_not_said():
    assert str(reason(None)) == ""


@pytest.mark.parametrize("code", DropReason)
def test_only_a_deleting_rule_is_named(code):
    assert ("Away" in str(drop(Dropped(recipient="a", reason=code, rule="Away")))) is (
        code is DropReason.DELETED_BY_RULE
    )

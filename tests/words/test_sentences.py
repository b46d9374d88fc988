"""Sentences are templates with named parameters, said last: nobody looks into one, and a language is one more table."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.catalogue import CHECKS
from lab.analysis.checks.engine import findings
from lab.analysis.checks.finding import Finding
from lab.analysis.checks.finding_report import reported
from lab.model.steps import NextHop
from lab.reports.findings.audit_report import ReportedFinding
from lab.scenario.changeable_scenario import ChangeableScenario
from lab.sentence import Sentence, say
from lab.words import english

LAB = Path("lab")
MAKERS = {"sentence": 0, "fact": 1, "cure": 0}
"""Who makes a sentence, and which argument its template is."""
COUNTED = "counted"
"""Takes two templates: for one, and for many."""
PARSED = frozenset(
    {"startswith", "endswith", "split", "rsplit", "partition", "rpartition", "removeprefix", "index", "find"}
)
TODAY = date(2026, 11, 24)
PLAYED = [
    ("wildcard-misrouting.yaml", "shared-wildcard"),
    ("wildcard-misrouting.yaml", "half-fix"),
    ("hybrid-basics.yaml", "as-the-wizard-left-it"),
    ("faults/p06-one-certificate-many-customers.yaml", None),
    ("faults/p22-lost-promotion.yaml", None),
    ("faults/p23-hybrid-tls.yaml", None),
    ("faults/p30-onmicrosoft-as-default-sender.yaml", None),
    ("faults/p31-stale-target-address.yaml", None),
    ("faults/p34-spf-after-centralized-transport.yaml", None),
    ("faults/p37-multi-forest-centralized.yaml", None),
]


@cache
def trees() -> dict[Path, ast.Module]:
    return {file: ast.parse(file.read_text("utf-8")) for file in sorted(LAB.rglob("*.py"))}


def calls(tree: ast.AST, names: Collection[str]) -> Iterator[tuple[ast.Call, list[ast.AST]]]:
    """Calls of functions with these names, each with what stands around it, outermost first."""

    def walk(node: ast.AST, around: list[ast.AST]) -> Iterator[tuple[ast.Call, list[ast.AST]]]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node, around
        for child in ast.iter_child_nodes(node):
            yield from walk(child, [*around, node])

    return walk(tree, [])


def assigned(name: str, around: list[ast.AST]) -> list[ast.expr]:
    """What a name is bound to: in the functions around, or else in the module."""
    functions = [node for node in around if isinstance(node, ast.FunctionDef)]
    for scope in (*reversed(functions), around[0]):
        inside = ast.walk(scope) if isinstance(scope, ast.FunctionDef) else ast.iter_child_nodes(scope)
        if found := [value for node in inside for value in bound(node, name)]:
            return found
    return []


def bound(node: ast.AST, name: str) -> Iterator[ast.expr]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from (value for target in targets if isinstance(target, ast.Name) and target.id == name)
            for target in targets:
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    pairs = zip(target.elts, value.elts, strict=True)
                    yield from (part for one, part in pairs if isinstance(one, ast.Name) and one.id == name)
        case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
            yield value
        case _:
            return


def literals(node: ast.expr, around: list[ast.AST]) -> list[str] | None:
    """All texts that an expression may be; None if that cannot be told from the source alone."""
    match node:
        case ast.Constant(value=str() as text):
            return [text]
        case ast.IfExp(body=body, orelse=orelse):
            parts = [literals(part, around) for part in (body, orelse)]
        case ast.Name(id=name):
            parts = [literals(value, around) for value in assigned(name, around)] or [None]
        case ast.Subscript(value=ast.Name(id=name)):
            tables = [value for value in assigned(name, around) if isinstance(value, ast.Dict)]
            parts = [literals(value, around) for table in tables for value in table.values] or imported(
                name, around
            )
        case ast.Tuple(elts=elements):
            parts = [literals(element, around) for element in elements]
        case _:
            return None
    return None if None in parts else [text for part in parts for text in part or ()]


def imported(name: str, around: list[ast.AST]) -> list[list[str] | None]:
    """A table of another module of the lab."""
    for node in ast.walk(around[0]):
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            module = trees()[Path(*str(node.module).split(".")).with_suffix(".py")]
            tables = [value for value in assigned(name, [module]) if isinstance(value, ast.Dict)]
            return [literals(value, [module]) for table in tables for value in table.values] or [None]
    return [None]


def keys(call: ast.Call, around: list[ast.AST]) -> tuple[set[str], set[str]]:
    """The parameters of a call: those by name, and those of tables that several sentences share."""
    shared: set[str] = set()
    for keyword in call.keywords:
        if keyword.arg is None and isinstance(keyword.value, ast.Name):
            for table in assigned(keyword.value.id, around):
                assert isinstance(table, ast.Dict), ast.unparse(call)
                shared |= {str(key.value) for key in table.keys if isinstance(key, ast.Constant)}
            shared |= extended(keyword.value.id, around)
        if keyword.arg is None and isinstance(keyword.value, ast.Call):
            shared |= returned(keyword.value, around)
    return {keyword.arg for keyword in call.keywords if keyword.arg}, shared


def returned(call: ast.Call, around: list[ast.AST]) -> set[str]:
    """Keys of the table that a function of the same file gives."""
    functions = (node for node in ast.walk(around[0]) if isinstance(node, ast.FunctionDef))
    own = [node for node in functions if isinstance(call.func, ast.Name) and node.name == call.func.id]
    tables = (node.value for function in own for node in ast.walk(function) if isinstance(node, ast.Return))
    keys = (key for table in tables if isinstance(table, ast.Dict) for key in table.keys)
    return {str(key.value) for key in keys if isinstance(key, ast.Constant)}


def extended(name: str, around: list[ast.AST]) -> set[str]:
    """Keys that are set afterwards: `names["certificate"] = ...`."""
    function = next(node for node in reversed(around) if isinstance(node, ast.FunctionDef))
    keys = (node.targets[0] for node in ast.walk(function) if isinstance(node, ast.Assign))
    return {
        str(key.slice.value)
        for key in keys
        if isinstance(key, ast.Subscript) and isinstance(key.value, ast.Name) and key.value.id == name
        if isinstance(key.slice, ast.Constant)
    }


def braces(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def made() -> Iterator[tuple[str, ast.Call, list[ast.AST], list[str] | None]]:
    """Every sentence of the lab, with the templates that it may have."""
    for file, tree in trees().items():
        for call, around in calls(tree, MAKERS):
            where = f"{file}:{call.lineno}: {ast.unparse(call)[:120]}"
            if file.name != "sentence.py":
                yield where, call, around, literals(call.args[MAKERS[call.func.id]], around)  # type: ignore[attr-defined]


@cache
def templates() -> frozenset[str]:
    """All templates of the lab that are found in its source."""
    found = {text for _, _, _, texts in made() for text in texts or ()}
    for tree in trees().values():
        for call, around in calls(tree, {COUNTED}):
            found |= {
                text
                for part in call.args[1:]
                if not isinstance(part, ast.Starred)
                for text in literals(part, around) or ()
            }
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                found |= {
                    text
                    for value in node.values
                    for text in literals(value, [tree]) or ()
                    if " " in text or "{" in text
                }
    tables = [table for table in vars(english).values() if isinstance(table, Mapping)]
    return frozenset(
        found | {str(text) for table in tables for text in table.values()} | set(map(str, NextHop))
    )


def test_a_template_is_a_literal():
    unknown = [where for where, _, _, texts in made() if texts is None]
    assert not unknown, "\n".join(unknown)


def test_what_a_template_names_is_what_it_is_given():
    wrong = []
    for where, call, around, texts in made():
        named, shared = keys(call, around)
        wanted = [braces(text) for text in texts or ()]
        given = all(names <= named | shared for names in wanted)
        wrong += [] if given and named <= set().union(*wanted) else [where]
    assert not wrong, "\n".join(wrong)


def sentences(node: ast.AST) -> bool:
    """Whether an expression is a said sentence, as far as its form tells: `say(...)`, `str(finding.shown)`."""
    match node:
        case ast.Call(func=ast.Name(id="say")):
            return True
        case ast.Call(func=ast.Name(id="str"), args=[ast.Attribute(attr="shown" | "condition" | "told")]):
            return True
        case _:
            return False


def test_nobody_looks_into_a_sentence():
    parsed = []
    for file, tree in trees().items():
        for node in ast.walk(tree) if file != LAB / "sentence.py" else ():
            match node:
                case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in PARSED:
                    found = sentences(value)
                case ast.Compare(left=left, comparators=others):
                    found = any(map(sentences, (left, *others)))
                case ast.Subscript(value=value):
                    found = sentences(value)
                case _:
                    found = False
            parsed += [f"{file}:{node.lineno}: {ast.unparse(node)}"] if found else []  # type: ignore[attr-defined]
    assert not parsed, "\n".join(parsed)


def foreign(template: str) -> str:
    """The template in capitals and brackets: a language that nobody speaks."""
    parts = Formatter().parse(template)
    return f"[{''.join(text.upper() + (f'{{{name}}}' if name else '') for text, name, _, _ in parts)}]"


@cache
def language() -> dict[str, str]:
    return {template: foreign(template) for template in templates()}


def leaves(given: object) -> Iterator[str]:
    """What is said as it is, in every language."""
    if isinstance(given, Sentence):
        for _, parameter in given.parameters:
            yield from leaves(parameter)
    elif hasattr(given, "parts"):
        for part in given.parts:
            yield from leaves(part)
    else:
        yield str(given)


def parts(finding: ReportedFinding) -> Iterator[Sentence]:
    """All sentences of a finding."""
    yield from (finding.text, finding.condition, finding.shown, finding.way, finding.what, finding.proof)
    yield from (fact.text for fact in finding.facts)
    yield from (part for remedy in finding.remedies for part in (remedy.text, remedy.way))
    yield from (guess.text for guess in finding.assumptions)


def found(configuration: ChangeableScenario, variant: str | None) -> Iterator[Finding]:
    for name in configuration.scenario.variants if variant is None else (variant,):
        yield from findings(AuditContext(configuration, configuration.variant(name), TODAY), CHECKS)


@pytest.mark.parametrize(("file", "variant"), PLAYED)
def test_another_language_is_one_more_table(file, variant):
    configuration = ChangeableScenario.load(Path("scenarios") / file)
    shown = reported(configuration, found(configuration, variant))
    assert shown
    for part in (part for finding in shown for part in parts(finding)):
        said = say(part, language())
        for leaf in sorted(leaves(part), key=len, reverse=True):
            said = said.replace(leaf, "")
        assert said == said.upper(), said


@pytest.mark.parametrize(("file", "variant"), PLAYED[:4])
def test_parameters_are_names_and_values_and_no_english(file, variant):
    configuration = ChangeableScenario.load(Path("scenarios") / file)
    for finding in reported(configuration, found(configuration, variant)):
        titles = {leaf for guess in finding.assumptions for leaf in leaves(guess.about)}
        for leaf in {leaf for part in parts(finding) for leaf in leaves(part)} - titles:
            english = re.search(
                r"\b(the|of|and|is|are|has|not|no|from|for|with|only|by)\b", re.sub(r'"[^"]*"', "", leaf)
            )
            assert not english or leaf in written(configuration), leaf


def written(configuration: ChangeableScenario) -> set[str]:
    """Names with spaces in them that the configuration has."""
    topologies = [variant.topology for variant in configuration.scenario.variants.values()]
    kinds = (
        "send_connectors",
        "receive_connectors",
        "inbound_connectors",
        "outbound_connectors",
        "transport_rules",
    )
    return {
        named.name
        for topology in topologies
        for owner in (*topology.organizations.values(), *topology.tenants.values())
        for kind in kinds
        for named in getattr(owner, kind, ())
    }

"""Nothing above the words looks into a sentence: it is said, and that is all."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import lab
import lab.words

ROOT = Path(lab.__path__[0])
WORDS = Path(lab.words.__path__[0])
NOT_BELOW = ("model", "core", "nodes", "words")
"""Packages that know no words, and the words themselves."""
LOOKING = {
    *("startswith", "endswith", "removeprefix", "removesuffix", "split", "rsplit", "splitlines", "partition"),
    *("rpartition", "find", "rfind", "index", "rindex", "count"),
}
MATCHING = {"match", "fullmatch", "search", "findall", "finditer", "split"}
SAYING = {
    function.name
    for path in WORDS.glob("*.py")
    for function in ast.parse(path.read_text()).body
    if isinstance(function, ast.FunctionDef) and not function.name.startswith("_")
}
"""The functions of `lab.words` that make sentences or lines."""
NOT_SAYING = {"short_reply", "without_repeats"}
"""What is no sentence: a reply is quoted, and a reply has a form (RFC 5321)."""
SENTENCES = SAYING - NOT_SAYING


def saying(tree: ast.Module) -> set[str]:
    """How a module calls functions of `lab.words`: `drop`, or `words.drop` where it has the whole module."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "lab.words":
            found |= {f"{each.asname or each.name}.{one}" for each in node.names for one in SENTENCES}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lab.words."):
            found |= {each.asname or each.name for each in node.names if each.name in SENTENCES}
    return found


def parsed(source: str) -> Iterator[str]:
    """Where a module looks into a sentence that it made with `lab.words`, directly or by a name given to it."""
    tree = ast.parse(source)
    functions = saying(tree)
    scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for scope in scopes:
        sentences = {
            target.id
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign) and is_said(node.value, functions, set())
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(scope):
            if looks_into(node, functions, sentences):
                yield f"line {getattr(node, 'lineno', 0)}: {ast.unparse(node)}"


def is_said(node: ast.AST, functions: set[str], sentences: set[str]) -> bool:
    """Whether an expression is a sentence: the call itself, its text, or a name that it was given."""
    if isinstance(node, ast.Name):
        return node.id in sentences
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.JoinedStr) and any(
            is_said(part.value, functions, sentences)
            for part in node.values
            if isinstance(part, ast.FormattedValue)
        )
    called = ast.unparse(node.func)
    return called in functions or (
        called in ("str", "say") and any(is_said(a, functions, sentences) for a in node.args)
    )


def looks_into(node: ast.AST, functions: set[str], sentences: set[str]) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        receiver, method = node.func.value, node.func.attr
        if method in LOOKING and is_said(receiver, functions, sentences):
            return True
        return method in MATCHING and any(is_said(each, functions, sentences) for each in node.args)
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        return any(is_said(side, functions, sentences) for side in sides) and any(
            isinstance(side, ast.Constant) and side.value for side in sides
        )
    return isinstance(node, ast.Match) and is_said(node.subject, functions, sentences)


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).parts[0] not in NOT_BELOW],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_module_looks_into_a_sentence(path):
    assert list(parsed(path.read_text())) == []


@pytest.mark.parametrize(
    "line",
    [
        "drop(step).startswith('the group')",
        "str(drop(step)).partition(':')[0]",
        "drop(step) == 'loop'",
        "'loop' in str(drop(step))",
        "f'{drop(step)}'.split(',')",
        "re.search('loop', str(drop(step)))",
        "reasons.reason(code) != 'loop'",
    ],
)
def test_looking_into_a_sentence_would_be_found(line):
    head = "from lab.words import reasons\nfrom lab.words.reasons import drop\n"
    assert len(list(parsed(f"{head}def f(step, code):\n    return {line}\n"))) == 1
    told = f"{head}def f(step, code):\n    told = drop(step)\n    return told.endswith('loop')\n"
    assert len(list(parsed(told))) == 1


@pytest.mark.parametrize(
    "line", ["str(drop(step))", "drop(step) or ''", "step.reason == 'loop'", "name.split('@')"]
)
def test_saying_it_is_allowed(line):
    head = "from lab.words.reasons import drop\n"
    assert list(parsed(f"{head}def f(step, name):\n    return {line}\n")) == []


def test_there_is_something_to_say():
    assert {"said", "story", "lines", "why", "reason", "drop", "faults"} <= SAYING

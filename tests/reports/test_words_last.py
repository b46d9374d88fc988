"""Words come last: templates have the parameters they are given, and nothing looks into a sentence that was said."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

PAPER = Path("lab/reports/text/printable.py")
"""Where sentences are said, and their blanks counted."""
FILES = sorted(
    path
    for part in ("reports", "analysis", "words")
    for path in Path("lab", part).rglob("*.py")
    if path != PAPER
)
SAYING = frozenset({"say", "str", "one_line"})
LOOKING = frozenset(
    {"startswith", "endswith", "split", "partition", "rpartition", "find", "index", "removeprefix"}
)


@pytest.fixture(scope="module", params=FILES, ids=str)
def tree(request: pytest.FixtureRequest) -> ast.Module:
    return ast.parse(request.param.read_text("utf-8"))


def test_a_template_has_the_parameters_it_is_given(tree: ast.Module):
    for call in _calls(tree, "sentence"):
        templates = _templates(call.args[0], tree)
        if templates and all(keyword.arg for keyword in call.keywords):
            given = {keyword.arg for keyword in call.keywords}
            assert given in [_parameters(template) for template in templates], templates


def test_nothing_looks_into_what_was_said(tree: ast.Module):
    sentences = {id(call) for name in ("say", "sentence") for call in _calls(tree, name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in LOOKING:
            assert id(node.value) not in sentences, ast.unparse(node)
        if isinstance(node, ast.Compare):
            assert not sentences & set(map(id, (node.left, *node.comparators))), ast.unparse(node)


def test_what_is_told_is_never_looked_into(tree: ast.Module):
    """Fields that hold sentences, said first or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in LOOKING:
            assert not _is_told(node.value), ast.unparse(node)
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
            assert not _is_told(node.comparators[-1]), ast.unparse(node)


def _is_told(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
        return bool(node.args) and _is_told(node.args[0])
    return isinstance(node, ast.Attribute) and node.attr in ("told", "ending", "got", "wanted", "alarms")


def _calls(tree: ast.Module, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def _templates(node: ast.expr, tree: ast.Module) -> list[str]:
    """The literal, or those that are given that name in the file; none where it comes from a table."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    assigned = (
        each for each in ast.walk(tree) if isinstance(each, ast.Assign) and isinstance(node, ast.Name)
    )
    return [
        each.value.value
        for each in assigned
        if isinstance(each.value, ast.Constant) and ast.unparse(each.targets[0]) == ast.unparse(node)
    ]


def _parameters(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}

"""The promise that what is written loads: what the loader refuses is taken out, and told in its words.

Everything that an importer knows about is told by itself, in better words; this is for the rest, be it ever so odd.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.errors import Problem, ScenarioError
from lab.importers.assembly.nouns import Notes
from lab.importers.assembly.worded import Written
from lab.importers.nouns import Place
from lab.scenario.dumping import Plain, dumped
from lab.scenario.load import load_text
from lab.scenario.report import Report
from lab.scenario.text import compose
from lab.scenario.tree import Items, Node, Scalar, Table

_ROUNDS = 60
_FILE = "import.yaml"
_HEAD = ("scenario", "title", "why", "only", "only_why", "matrix")
Steps = tuple[str | int, ...]


def problems(text: str) -> tuple[Problem, ...]:
    """What the loader has against a scenario."""
    try:
        load_text(text, _FILE)
    except ScenarioError as error:
        return error.problems
    return ()


def mended(tree: Plain, notes: Notes) -> Plain:
    """The tree without what the loader refuses."""
    found: tuple[Problem, ...] = ()
    for _ in range(_ROUNDS):
        text = dumped(tree)
        found = problems(text)
        if not found:
            return tree
        _without(tree, text, found, notes)
    notes.leave(
        Place(""), f"all of it is left out: the loader has no end of objections, such as {found[0].wanted}"
    )
    return {key: tree[key] for key in _HEAD if key in tree}


def _without(tree: Plain, text: str, found: tuple[Problem, ...], notes: Notes) -> None:
    """Take out the smallest things that the problems are about, the last of a list first."""
    root = compose(text, _FILE, Report())
    places = dict(_places(root, ())) if root is not None else {}
    wrong = {_target(places.get((p.line, p.column), ()), tree): p for p in reversed(found)}
    for steps in sorted(wrong, key=lambda each: tuple(map(_order, each)), reverse=True):
        if steps:
            _remove(tree, steps, wrong[steps], notes)
    if all(not steps for steps in wrong):  # told of no place: the last section that may have caused it goes
        _remove(tree, (list(tree)[-1],), found[0], notes)


def _order(step: str | int) -> tuple[int, str]:
    return (step, "") if isinstance(step, int) else (0, step)


def _places(node: Node, steps: Steps) -> Iterator[tuple[tuple[int, int], Steps]]:
    """Where each key, item and value stands; the innermost of those that begin at one place comes last."""
    yield (node.place.line, node.place.column), steps
    if isinstance(node, Items):
        for number, item in enumerate(node.items):
            yield from _places(item, (*steps, number))
    elif isinstance(node, Table):
        for key, entry in node.entries.items():
            yield (entry.place.line, entry.place.column), (*steps, key)
            if not isinstance(entry.value, Scalar):
                yield from _places(entry.value, (*steps, key))


def _target(steps: Steps, tree: Plain) -> Steps:
    """The object of a list that a problem is in, else the setting itself."""
    node: Any = tree
    for depth, step in enumerate(steps):
        if isinstance(step, int):
            return steps[: depth + 1]
        node = node[step]
    return steps


def _remove(tree: Plain, steps: Steps, problem: Problem, notes: Notes) -> None:
    node: Any = tree
    for step in steps[:-1]:
        node = node[step]
    gone = node.pop(steps[-1])
    wanted = f"{problem.wanted} ({problem.hint})" if problem.hint else problem.wanted
    place, label = Place(""), ".".join(map(str, steps))
    if isinstance(gone, Written):
        place, label = gone.given.place, gone.given.label
    notes.leave(place, f"{label} is left out: {wanted}")

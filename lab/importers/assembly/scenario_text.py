"""The scenario as a file that loads: YAML with a header that says where it is from, and each to-do at its place.

What the loader refuses is taken out, and told in its words. Everything that an importer knows about is told by itself, in
better words; this is for the rest, be it ever so odd.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lab import __version__
from lab.errors import Problem, ScenarioError
from lab.importers.assembly.language_conversion import ConvertedTable
from lab.importers.assembly.types import ImportNotes, ImportOptions, MissingExport
from lab.importers.types import ExportLocation
from lab.model.value import dataclass
from lab.scenario.load import load_text
from lab.scenario.setting_paths import found
from lab.scenario.syntax.problem_report import ProblemReport
from lab.scenario.syntax.records import is_missing
from lab.scenario.syntax.source_tree import ListNode, ScalarNode, TableNode, TreeNode
from lab.scenario.syntax.yaml_dump import PlainData, dumped
from lab.scenario.syntax.yaml_text import compose
from lab.sentence import sentence

MARK = "# Imported by mflab "
"""What a file has near its start that an import may replace."""
_WIDTH = 116
_ROUNDS = 60
_FILE = "import.yaml"
_HEAD = ("scenario", "title", "why", "only", "only_why", "matrix")
Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Removal:
    """A thing that was taken out."""

    steps: Steps
    value: Any
    problem: Problem


def problems(text: str) -> tuple[Problem, ...]:
    """What the loader has against a scenario."""
    try:
        load_text(text, _FILE)
    except ScenarioError as error:
        return error.problems
    return ()


def mended(tree: PlainData, notes: ImportNotes) -> PlainData:
    """The tree without what the loader refuses."""
    refused: tuple[Problem, ...] = ()
    removals: list[_Removal] = []
    for _ in range(_ROUNDS):
        text = dumped(tree)
        refused = problems(text)
        if not refused:
            _tell(removals, notes)
            return tree
        _without(tree, text, refused, removals)
    why = sentence(
        "the loader refuses more than can be taken out, such as {wanted}", wanted=refused[0].wanted
    )
    notes.leave(ExportLocation(""), sentence("all of it is left out: {why}", why=why))
    return {key: tree[key] for key in _HEAD if key in tree}


def _without(tree: PlainData, text: str, told: tuple[Problem, ...], removals: list[_Removal]) -> None:
    """Take out the smallest things that the problems are about, the last of a list first."""
    root = compose(text, _FILE, ProblemReport())
    places = dict(_places(root, ())) if root is not None else {}
    wrong = {_target(places.get((p.line, p.column), ()), tree): p for p in reversed(told)}
    ordered = sorted(wrong, key=lambda steps: tuple(map(_order, steps)), reverse=True)
    removals += [_removed(tree, steps, wrong[steps]) for steps in ordered if steps]
    if all(not steps for steps in wrong):  # told of no place: the last section that may have caused it goes
        removals.append(_removed(tree, (list(tree)[-1],), told[0]))


def _order(step: str | int) -> tuple[int, str]:
    return (step, "") if isinstance(step, int) else (0, step)


def _places(node: TreeNode, steps: Steps) -> Iterator[tuple[tuple[int, int], Steps]]:
    """Where each key, item and value stands; the innermost of those that begin at one place comes last."""
    yield (node.place.line, node.place.column), steps
    if isinstance(node, ListNode):
        for number, item in enumerate(node.items):
            yield from _places(item, (*steps, number))
    elif isinstance(node, TableNode):
        for key, entry in node.entries.items():
            yield (entry.place.line, entry.place.column), (*steps, key)
            if not isinstance(entry.value, ScalarNode):
                yield from _places(entry.value, (*steps, key))


def _target(steps: Steps, tree: PlainData) -> Steps:
    """The object of a list that a problem is in, else the setting itself."""
    node: Any = tree
    for depth, step in enumerate(steps):
        if isinstance(step, int):
            return steps[: depth + 1]
        node = node[step]
    return steps


def _removed(tree: PlainData, steps: Steps, problem: Problem) -> _Removal:
    node: Any = tree
    for step in steps[:-1]:
        node = node[step]
    return _Removal(steps, node.pop(steps[-1]), problem)


def _tell(removals: Sequence[_Removal], notes: ImportNotes) -> None:
    """A thing and the settings that went before it are one notice; an object with a place of its own has its own."""
    for number, part in enumerate(removals):
        if any(_is_part(part, later) for later in removals[number + 1 :]):
            continue
        place, label = ExportLocation(""), ".".join(map(str, part.steps))
        if isinstance(part.value, ConvertedTable):
            place, label = part.value.given.place, part.value.given.label
        why = _cause(part, removals[:number]).problem.told
        notes.leave(place, sentence("{label} is left out: {why}", label=label, why=why))


def _is_part(part: _Removal, whole: _Removal) -> bool:
    inside = len(part.steps) > len(whole.steps) and part.steps[: len(whole.steps)] == whole.steps
    return inside and not isinstance(part.value, ConvertedTable)


def _cause(part: _Removal, earlier: Sequence[_Removal]) -> _Removal:
    """Why the setting that is missing now was taken out."""
    for number, other in enumerate(earlier):
        key = other.steps[-1]
        if other.steps in ((*part.steps, key), (*part.steps[:-1], key)) and part.problem.wanted == is_missing(
            str(key)
        ):
            return _cause(other, earlier[:number])
    return part


def written(tree: PlainData, options: ImportOptions, todos: Sequence[MissingExport], files: int) -> str:
    """The file."""
    body = dumped(tree).splitlines()
    marks = _marks(body, todos)
    lines = list(_header(options, todos, files))
    for number, line in enumerate(body, start=1):
        indent = line[: len(line) - len(line.lstrip(" -"))].replace("-", " ")
        for index in marks.get(number, ()):
            lines += _comment(index + 1, todos[index], indent)
        lines.append(line)
    return "\n".join(lines) + "\n"


def _header(options: ImportOptions, todos: Sequence[MissingExport], files: int) -> Iterable[str]:
    yield f"{MARK}{__version__} from {' '.join(options.source.split())} ({files} files) on {options.now.date().isoformat()}."
    yield "# What is not said here has Exchange's defaults; docs/import.md tells what was left out, and why."
    if todos:
        yield f"# TO-DOs: {len(todos)}. Each names the rules that depend on it and how to answer it; then import again."
    yield ""


def _marks(body: Sequence[str], todos: Sequence[MissingExport]) -> dict[int, list[int]]:
    """The to-dos by the line that they stand before."""
    root = compose("\n".join(body), _FILE, ProblemReport())
    lines: dict[int, list[int]] = {}
    for index, todo in enumerate(todos):
        line = found(root, todo.path)[1].line if root is not None else 1
        lines.setdefault(line, []).append(index)
    return lines


def _comment(number: int, todo: MissingExport, indent: str) -> Iterable[str]:
    parts = (f"TO-DO {number}: {todo.text}", f"  {todo.answer}", f"  Rules: {' '.join(todo.rules)}")
    for part in parts:
        deeper = "  " if part.startswith("  ") else ""
        yield from textwrap.wrap(
            part.strip(), _WIDTH, initial_indent=f"{indent}# {deeper}", subsequent_indent=f"{indent}#   "
        )

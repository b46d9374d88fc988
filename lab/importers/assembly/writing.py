"""The scenario file: YAML with a header that says where it is from, and each to-do at its place."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from lab import __version__
from lab.importers.assembly.nouns import Options, Path, Todo
from lab.scenario.dumping import Plain, dumped
from lab.scenario.report import Report
from lab.scenario.text import compose
from lab.scenario.tree import Items, Node, Scalar, Table

MARK = "# Imported by mflab "
"""What a file has near its start that an import may replace."""
_WIDTH = 116
_NAMES = ("Name", "DomainName", "address")


def written(tree: Plain, options: Options, todos: Sequence[Todo], files: int) -> str:
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


def _header(options: Options, todos: Sequence[Todo], files: int) -> Iterable[str]:
    yield f"{MARK}{__version__} from {' '.join(options.source.split())} ({files} files) on {options.now.date().isoformat()}."
    yield "# What is not said here has Exchange's defaults; docs/import.md tells what was left out, and why."
    if todos:
        yield f"# TO-DOs: {len(todos)}. Each names the rules that depend on it and how to answer it; then import again."
    yield ""


def _marks(body: Sequence[str], todos: Sequence[Todo]) -> dict[int, list[int]]:
    """The to-dos by the line that they stand before."""
    root = compose("\n".join(body), "import.yaml", Report())
    found: dict[int, list[int]] = {}
    for index, todo in enumerate(todos):
        line = _line(root, todo.path) if root is not None else 1
        found.setdefault(line, []).append(index)
    return found


def _line(node: Node, path: Path) -> int:
    """The line of a setting, of the nearest thing above it where it is not written."""
    line = node.place.line
    for step in path:
        if isinstance(node, Table) and step in node.entries:
            line, node = node.entries[step].place.line, node.entries[step].value
        elif isinstance(node, Items):
            inner = next((item for item in node.items if _is_named(item, step)), None)
            if inner is None:
                return line
            line, node = inner.place.line, inner
        else:
            return line
    return line


def _is_named(node: Node, name: str) -> bool:
    if isinstance(node, Scalar):
        return node.text == name
    return isinstance(node, Table) and any(
        isinstance(value := node.get(key), Scalar) and value.text == name for key in _NAMES
    )


def _comment(number: int, todo: Todo, indent: str) -> Iterable[str]:
    parts = (f"TO-DO {number}: {todo.text}", f"  {todo.answer}", f"  Rules: {' '.join(todo.rules)}")
    for part in parts:
        deeper = "  " if part.startswith("  ") else ""
        yield from textwrap.wrap(
            part.strip(), _WIDTH, initial_indent=f"{indent}# {deeper}", subsequent_indent=f"{indent}#   "
        )

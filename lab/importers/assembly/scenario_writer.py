"""The scenario file: YAML with a header that says where it is from, and each to-do at its place."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from lab import __version__
from lab.importers.assembly.types import ImportOptions, MissingExport
from lab.scenario.setting_paths import found
from lab.scenario.syntax.problem_report import ProblemReport
from lab.scenario.syntax.yaml_dump import PlainData, dumped
from lab.scenario.syntax.yaml_text import compose

MARK = "# Imported by mflab "
"""What a file has near its start that an import may replace."""
_WIDTH = 116


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
    root = compose("\n".join(body), "import.yaml", ProblemReport())
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

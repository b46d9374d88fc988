"""What a folder holds: `tenants.jsonl`, scenarios of single tenants, or a folder of exports for each tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from lab.analysis.sweep.line_writer import as_line
from lab.analysis.sweep.scenario_conversion import customers
from lab.analysis.sweep.tenant_source import TENANTS, LinesFile, MadeLines, TenantSource
from lab.importers.assembly.answers_file import Answers
from lab.importers.assembly.assemble import assembled
from lab.importers.assembly.types import ImportOptions
from lab.importers.folder_reader import read
from lab.scenario.load import load, load_text
from lab.scenario.model import Scenario
from lab.scenario.syntax.problem_report import unknown


class NoTenants(Exception):  # noqa: N818 - it says what the folder lacks
    """There is nothing that a sweep could read."""


def source_of(
    path: Path, scenarios: Sequence[Path], now: datetime, variant: str | None = None
) -> TenantSource:
    """The tenants of a file or a folder: of its `tenants.jsonl`, else of `scenarios`, else of exports in its subfolders.

    `variant` chooses one of each scenario; without it the first is taken, which is the first possibility where exports
    do not tell. `now` judges the dates of exported certificates. Raises NoTenants, ScenarioError with the mistakes of
    all scenarios' first, and OSError where a file cannot be read.
    """
    lines = path / TENANTS if path.is_dir() else path
    if lines.is_file() and path not in scenarios:
        return LinesFile(lines)
    found = [(file.stem, load(file)) for file in scenarios] or list(_imported(path, now))
    if not found:
        raise NoTenants(f"{path} has neither {TENANTS} nor a scenario in it, and no folder with exports")
    return MadeLines(str(path), _lines(found, variant))


def _imported(path: Path, now: datetime) -> Iterator[tuple[str, Scenario]]:
    """Each subfolder with something that a cmdlet printed, as `mflab import` would make it."""
    for folder in sorted(each for each in path.iterdir() if each.is_dir()):
        exports = read(folder)
        if not exports.objects:
            continue
        answers = Answers()
        if exports.answers:
            given = folder / exports.answers
            answers = Answers(str(given), given.read_text("utf-8"))
        imported = assembled(exports, ImportOptions(source=str(folder), now=now, partners=False), answers)
        yield folder.name, load_text(imported.text, f"{folder} (imported)")


def _lines(scenarios: Sequence[tuple[str, Scenario]], variant: str | None) -> Iterator[bytes]:
    for name, scenario in scenarios:
        if variant is not None and variant not in scenario.variants:
            hint = unknown(variant, scenario.variants)
            raise NoTenants(f"{scenario.file} has no variant {variant!r}: {hint}")
        chosen = scenario.variants[variant] if variant else next(iter(scenario.variants.values()))
        prefix = f"{name}/" if len(scenarios) > 1 else ""
        yield from map(as_line, customers(chosen.topology, prefix))

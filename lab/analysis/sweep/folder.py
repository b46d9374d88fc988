"""What a folder holds: `tenants.jsonl`, or scenarios of single tenants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lab.analysis.sweep.converting import customers
from lab.analysis.sweep.source import TENANTS, Lines, LinesFile, Source
from lab.analysis.sweep.writing import as_line
from lab.scenario import load
from lab.scenario.report import unknown


class NoTenants(Exception):  # noqa: N818 - it says what the folder lacks
    """There is nothing that a sweep could read."""


def source_of(path: Path, scenarios: Sequence[Path], variant: str | None = None) -> Source:
    """The tenants of a file or a folder: of its `tenants.jsonl`, or of `scenarios`, of which `variant` chooses one each.

    Raises NoTenants, ScenarioError, and OSError where a file cannot be read.
    """
    lines = path / TENANTS if path.is_dir() else path
    if lines.is_file() and path not in scenarios:
        return LinesFile(lines)
    if not scenarios:
        raise NoTenants(f"{path} has neither {TENANTS} nor a scenario in it")
    return Lines(str(path), _lines(scenarios, variant))


def _lines(scenarios: Sequence[Path], variant: str | None) -> Iterator[bytes]:
    for file in scenarios:
        scenario = load(file)
        if variant is not None and variant not in scenario.variants:
            raise NoTenants(f"{file} has no variant {variant!r}: {unknown(variant, scenario.variants)}")
        chosen = scenario.variants[variant] if variant else next(iter(scenario.variants.values()))
        prefix = f"{file.stem}/" if len(scenarios) > 1 else ""
        yield from map(as_line, customers(chosen.topology, prefix))

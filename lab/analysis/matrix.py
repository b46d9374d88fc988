"""The test matrix: everybody writes to everybody in one run, and each cell is judged.

For any scenario: one that says `matrix:` decides who takes part and what is expected; for all others the classes of
people that it has are found, and the rule judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lab.drivers.simulator import simulate
from lab.reports.matrix import Matrix, judged
from lab.reports.run import Run
from lab.scenario.matrix import automatic
from lab.scenario.model import Scenario, Variant

Play = Callable[[Variant], Run]
"""Runs a variant to its end, in some body of the lab."""


def matrix(variant: Variant, *, scenario: str = "", file: str = "", play: Play = simulate) -> Matrix:
    """Play the matrix of one variant, and judge every cell."""
    found = judged(scenario, play(prepared(variant, file)))
    assert found is not None, "a prepared variant has a plan"
    return found


def matrices(scenario: Scenario, *, play: Play = simulate) -> tuple[Matrix, ...]:
    """The matrix of each variant, in the order of the file."""
    return tuple(
        matrix(variant, scenario=scenario.name, file=scenario.file, play=play)
        for variant in scenario.variants.values()
    )


def prepared(variant: Variant, file: str = "") -> Variant:
    """The variant with the messages of its matrix and no others."""
    if variant.matrix is None:
        made = automatic(variant.topology, file)
        return replace(variant, messages=made.messages, expect=made.expect, matrix=made.plan)
    keys = {cell.key for cell in variant.matrix.cells}
    return replace(
        variant,
        messages=tuple(spec for spec in variant.messages if spec.key in keys),
        expect={key: claim for key, claim in variant.expect.items() if key in keys},
    )

"""The test matrix: everybody writes to everybody in one run, and each cell is judged.

For any scenario: one that says `matrix:` decides who takes part and what is expected; for all others the classes of
people that it has are found, and the rule judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from math import ceil

from lab.drivers.simulator import simulate
from lab.reports.matrix.matrix_cells import JudgedMatrix, judged
from lab.reports.scenario_runs import Run
from lab.scenario.builders.matrix_messages import automatic, repeating
from lab.scenario.builders.messages import Rhythm
from lab.scenario.model import Scenario, Variant

_TRIES = 12
"""Of every cell while a timeline changes the configuration."""
Play = Callable[[Variant], Run]
"""Runs a variant to its end, in some body of the lab."""


def matrix(variant: Variant, *, scenario: str = "", file: str = "", play: Play = simulate) -> JudgedMatrix:
    """Play the matrix of one variant, and judge every cell."""
    cells = judged(scenario, play(prepared(variant, file)))
    assert cells is not None, "a prepared variant has a plan"
    return cells


def matrices(scenario: Scenario, *, play: Play = simulate) -> tuple[JudgedMatrix, ...]:
    """The matrix of each variant, in the order of the file."""
    return tuple(
        matrix(variant, scenario=scenario.name, file=scenario.file, play=play)
        for variant in scenario.variants.values()
    )


def prepared(variant: Variant, file: str = "") -> Variant:
    """The variant with the messages of its matrix and no others."""
    if variant.matrix is None:
        later = (moment.topology for moment in variant.timeline)
        made = variant.on_request or automatic(variant.topology, file, later)
        if variant.timeline and not any(spec.series for spec in made.messages):
            made = repeating(made, _rhythm(variant))
        return replace(variant, messages=made.messages, expect=made.expect, matrix=made.plan)
    cells = {cell.key for cell in variant.matrix.cells}
    messages = tuple(spec for spec in variant.messages if (spec.series or spec.key) in cells)
    keys = {spec.key for spec in messages}
    expect = {key: claim for key, claim in variant.expect.items() if key in keys}
    return replace(variant, messages=messages, expect=expect)


def _rhythm(variant: Variant) -> Rhythm:
    """Tries from the start until the last change of the timeline is known everywhere (R33), and once more.

    An odd number of minutes lies between two tries, so that they meet one front end and the other where they take turns.
    """
    delay = timedelta(seconds=variant.topology.switches.config_propagation_delay)
    minutes = ceil((variant.timeline[-1].at + delay) / timedelta(minutes=_TRIES - 2))
    return Rhythm(timedelta(minutes=minutes | 1), _TRIES)

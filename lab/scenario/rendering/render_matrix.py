"""A matrix that is played on request, written out: who takes part, and what is claimed of a pair instead of the rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lab.model.topology import Topology
from lab.scenario.builders.correspondents import cast
from lab.scenario.builders.matrix_messages import by_rule
from lab.scenario.model import Expectation, MatrixParty, MatrixSection

PlainMatrix = dict[str, Any]


def matrix(
    made: MatrixSection, times: Sequence[Topology], one: Callable[[Expectation], PlainMatrix]
) -> PlainMatrix:
    """The section `matrix:` under the configurations of a timeline. A pair that goes by the rule needs no words."""
    correspondents = cast(times[0])
    claims = {spec.series or spec.key: made.expect[spec.key] for spec in made.messages}
    changed = {
        f"{cell.sender.name} > {cell.recipient.name}": claim
        for cell in made.plan.cells
        if (claim := _changed(one(by_rule(cell, times)), one(claims[cell.key])))
    }
    return {
        "on_request": True,
        "senders": _parties(made.plan.senders, correspondents.senders),
        "recipients": _parties(made.plan.recipients, correspondents.recipients),
        **_again(made),
        **({"expect": changed} if changed else {}),
    }


def _changed(rule: PlainMatrix, claim: PlainMatrix) -> PlainMatrix:
    """What is claimed otherwise; null where the rule claims something and the scenario does not."""
    keys = [key for key in dict.fromkeys((*rule, *claim)) if rule.get(key) != claim.get(key)]
    changed: PlainMatrix = {key: claim.get(key) for key in keys}
    return changed | {"no_ndr": claim.get("no_ndr", False)} if changed else {}


def _parties(chosen: Iterable[MatrixParty], known: Iterable[MatrixParty]) -> list[Any]:
    """Classes that are found anyway by name, others by address."""
    automatic = set(known)
    return [
        party.name
        if party in automatic
        else {"address": str(party.address), "name": party.name, "via": party.via}
        for party in chosen
    ]


def _again(made: MatrixSection) -> PlainMatrix:
    """How every message is repeated, if it is."""
    first = made.messages[0].series if made.messages else None
    tries = [spec for spec in made.messages if first and spec.series == first]
    if len(tries) < 2:
        return {}
    again: PlainMatrix = {"every": tries[1].at - tries[0].at, "times": len(tries)}
    return {"repeat": again | ({"until": "stable"} if tries[0].until_stable else {})}

"""Messages, what is claimed of them and the matrix, written out; repeated messages as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lab.model.topology import Topology
from lab.scenario.builders.correspondents import cast
from lab.scenario.builders.matrix_messages import by_rule
from lab.scenario.language.scenario_keys import AttributedKeys, ExpectationKeys, MessageKeys, NdrKeys
from lab.scenario.model import Expectation, MatrixParty, MatrixSection, MessageSpec, Variant
from lab.scenario.syntax.records import keys_of
from lab.scenario.syntax.yaml_dump import PlainData, plain


def filled(table: PlainData) -> PlainData:
    """Without what says nothing."""
    return {
        key: plain(value) for key, value in table.items() if value not in (None, "", (), [], {}, frozenset())
    }


def written(made: object, declaration: type, instead: Mapping[str, Any] | None = None) -> PlainData:
    """A model object under the keys that are declared for its fields, without defaults; `instead` has other values by field."""
    values = {field: getattr(made, field, key.default) for field, key in keys_of(declaration).items()}
    values |= instead or {}
    return {
        key.name: values[field] for field, key in keys_of(declaration).items() if values[field] != key.default
    }


def messages(specs: Iterable[MessageSpec]) -> PlainData:
    """Each message by key; a series is written as its first one and how it goes on."""
    series: dict[str, list[MessageSpec]] = {}
    for spec in specs:
        series.setdefault(spec.series or spec.key, []).append(spec)
    return {name: _message(several[0]) | _repeat(several) for name, several in series.items()}


def _message(spec: MessageSpec) -> PlainData:
    headers: dict[str, list[str]] = {}
    for name, value in spec.headers:
        headers.setdefault(name, []).append(value)
    return filled(written(spec, MessageKeys, {"headers": headers}))


def _repeat(series: Sequence[MessageSpec]) -> PlainData:
    """How a message is repeated, if it is."""
    if len(series) < 2 or not series[0].series:
        return {}
    rhythm: PlainData = {"every": series[1].at - series[0].at, "times": len(series)}
    return {"repeat": plain(rhythm | ({"until": "stable"} if series[0].until_stable else {}))}


def claims(variant: Variant) -> PlainData:
    """Each expectation by key; what is said of a whole series stands once."""
    series = {spec.key: spec.series for spec in variant.messages}
    expected = variant.expect.items()
    return {series[key] if claim.whole_series else key: _expectation(claim) for key, claim in expected}


def _expectation(claim: Expectation) -> PlainData:
    nested = {
        "attributed": claim.attributed and filled(written(claim.attributed, AttributedKeys)),
        "ndr": claim.ndr and filled(written(claim.ndr, NdrKeys)),
        **{name: dict(getattr(claim, name)) for name in ("spf", "dmarc", "headers")},
    }
    return filled(written(claim, ExpectationKeys, nested))


def matrix(made: MatrixSection, times: Sequence[Topology]) -> PlainData:
    """The section `matrix:` under the configurations of a timeline. A pair that goes by the rule needs no words."""
    correspondents = cast(times[0])
    claims = {spec.series or spec.key: made.expect[spec.key] for spec in made.messages}
    changed = {
        f"{cell.sender.name} > {cell.recipient.name}": claim
        for cell in made.plan.cells
        if (claim := _changed(_expectation(by_rule(cell, times)), _expectation(claims[cell.key])))
    }
    return {
        "on_request": True,
        "senders": _parties(made.plan.senders, correspondents.senders),
        "recipients": _parties(made.plan.recipients, correspondents.recipients),
        **_repeat([spec for spec in made.messages if spec.series == made.messages[0].series]),
        **({"expect": changed} if changed else {}),
    }


def _changed(rule: PlainData, claim: PlainData) -> PlainData:
    """What is claimed otherwise; null where the rule claims something and the scenario does not."""
    keys = [key for key in dict.fromkeys((*rule, *claim)) if rule.get(key) != claim.get(key)]
    changed: PlainData = {key: claim.get(key) for key in keys}
    return changed | {"no_ndr": claim.get("no_ndr", False)} if changed else {}


def _parties(chosen: Iterable[MatrixParty], automatic: Iterable[MatrixParty]) -> list[Any]:
    """Classes that are found anyway by name, others by address."""
    found = set(automatic)
    return [
        party.name
        if party in found
        else {"address": str(party.address), "name": party.name, "via": party.via}
        for party in chosen
    ]

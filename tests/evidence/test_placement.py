"""Which messages are where nothing leads them: judged by configuration, in every scenario of the lab."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab.cli import scenarios
from lab.drivers.history import History
from lab.drivers.simulator import simulate
from lab.evidence.placement import misplaced
from lab.scenario import load
from lab.scenario.model import Variant
from tests.nodes.worlds import world

ARTICLE = "wildcard-misrouting"


def astray(variant: Variant) -> dict[str, tuple[str, ...]]:
    """By key of the scenario."""
    outcome = simulate(variant)
    found = misplaced(outcome.hops, variant, History.of(variant).topology)
    return {key: found[name] for key, name in outcome.messages.items() if name in found}


def where(name: str) -> Path:
    return next(path for path in scenarios.own() if path.stem == name)


def article(variant: str) -> Variant:
    return load(where(ARTICLE)).variants[variant]


@pytest.mark.parametrize(
    "variant", ["shared-wildcard", "shared-address", "centralized-transport", "half-fix"]
)
def test_a_fault_leads_mail_into_the_senders_tenant(variant):
    assert astray(article(variant)) == {"offer": ("tenant:msxfaq",)}


def test_a_claim_excuses_it_only_where_it_shows_no_fault():
    variant = article("shared-wildcard")
    assert astray(variant)
    assert not astray(replace(variant, kind="cure"))


STEADY = [
    pytest.param(variant, id=f"{path.stem}: {variant.name}")
    for path in scenarios.own()
    for variant in load(path).variants.values()
    if variant.kind in ("", "cure") and not variant.timeline
]


@pytest.mark.parametrize("variant", STEADY)
def test_nobody_is_alarmed_by_what_is_meant(variant):
    assert astray(variant) == {}


def test_a_group_leads_to_its_members_and_an_address_to_where_it_points():
    """Rewritten and expanded recipients are recipients: their tenants are meant."""
    variant = world("messages: {m: {from: partner@b.example, to: user@a.example}}")
    assert astray(variant) == {}


@pytest.mark.parametrize(
    "variant", [v for v in load(where(ARTICLE)).variants.values() if v.kind == "cure"], ids=lambda v: v.name
)
def test_a_cure_needs_no_claims(variant):
    assert astray(replace(variant, expect={})) == {}


def test_what_a_host_is_told_to_hand_on_is_meant():
    """A smart host leads there, whoever the sender is: relay for an application with a bounce domain of its own."""
    variant = load(where("p10-name-not-accepted")).variants["wildcard-value"]
    assert astray(variant) == {}

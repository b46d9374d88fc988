"""Which messages are where nothing leads them: judged by configuration, in every scenario of the lab."""

from __future__ import annotations

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
    found = misplaced(outcome.hops, History.of(variant).topology)
    return {key: found[name] for key, name in outcome.messages.items() if name in found}


def article(variant: str) -> Variant:
    return load(next(path for path in scenarios.own() if path.stem == ARTICLE)).variants[variant]


@pytest.mark.parametrize(
    "variant", ["shared-wildcard", "shared-address", "centralized-transport", "half-fix"]
)
def test_a_fault_leads_mail_into_the_senders_tenant(variant):
    assert astray(article(variant)) == {"offer": ("tenant:msxfaq",)}


def test_a_claim_of_the_scenario_does_not_excuse_it():
    variant = article("shared-wildcard")
    assert "tenant:msxfaq" in (variant.expect["offer"].path or ())
    assert astray(variant)


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

"""Which messages are where nothing leads them: judged by configuration, in every scenario of the lab."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab.cli.verbs import scenarios
from lab.drivers.configuration_history import History
from lab.drivers.simulator import simulate
from lab.evidence.metrics import MISPLACED, count
from lab.evidence.misplacement import misplaced
from lab.scenario.load import load
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


def group(*members: str, to: str = "ext@a.example", by: str = "user@a.example", more: str = "") -> Variant:
    """A group on-premises that the tenant knows too."""
    return world(
        f"organizations: {{a: {{distribution_groups: [{{address: ext@a.example, members: [{', '.join(members)}]}}]{more}}}}}\n"
        f"messages: {{m: {{from: {by}, to: {to}}}}}\n"
    )


@pytest.mark.parametrize("members", [("partner@b.example",), ("partner@b.example", "cloud@a.example")])
def test_a_copy_is_judged_by_its_own_recipient_and_not_by_the_group(members):
    """The tenant knows the group, but the copy that came there is for a foreign member."""
    assert astray(group(*members)) == {"m": ("tenant:a",)}


def test_a_copy_for_a_member_in_the_cloud_is_led_there():
    assert astray(group("cloud@a.example", "user@a.example")) == {}


def test_a_senders_own_tenant_is_no_reason_to_come_there_again():
    """With centralized transport the cloud's mail leaves by the filter, and comes back for a foreign member (R146)."""
    central = ", hybrid: {centralized_transport: true}"
    mixed = group("partner@b.example", "cloud@a.example", by="cloud@a.example", more=central)
    assert astray(mixed) == {"m": ("tenant:a",)}


def test_the_counter_sees_a_misrouted_copy_of_a_group():
    variant = group("partner@b.example", "cloud@a.example")
    families = count(simulate(variant).hops, variant)
    counted = next(each for each in families if each.declared is MISPLACED)
    assert {labels: n for labels, n in counted.samples.items() if n} == {("tenant:a", "certificate"): 1}

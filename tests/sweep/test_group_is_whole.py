"""Deciding in a group is deciding among all tenants: the property that lets a sweep be cut into pieces."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lab.analysis.sweep.connection_questions import alone, with_peer
from lab.analysis.sweep.shard_decision import ShardDecision
from lab.analysis.sweep.trait_groups import TraitIndex, groups, traits
from lab.analysis.sweep.types import Customer
from lab.core.attribution_result import Attribution
from lab.model.switches import Switches
from tests.sweep.customers import Json, a_tenant, customers, on_premises, sending

NAMES = ("provider.example", "mx.provider.example", "a.mx.provider.example", "t0.example", "mx.t0.example")
PATTERNS = st.sampled_from([*NAMES, *(f"*.{name}" for name in NAMES)])
ADDRESSES = st.sampled_from([f"198.51.100.{n}" for n in (1, 130)] + [f"203.0.113.{n}" for n in range(40)])
NETWORKS = st.sampled_from(["198.51.100.0/24", "198.51.100.0/28", "198.51.100.1", "198.51.100.128/25"])
SWITCHES = st.builds(
    Switches,
    tenant_tie_break=st.sampled_from(
        ["accepted_domain_then_p1_then_rcpt", "oldest", "reject", "seeded_random"]
    ),
    require_accepted_cert_domain=st.booleans(),
    wildcard_connector_depth=st.sampled_from(["any", "one"]),
    wildcard_cert_covers_apex_value=st.booleans(),
    wildcard_connector_covers_sub_wildcard=st.booleans(),
    cross_region=st.sampled_from(["attr35", "accept"]),
    attribution_order=st.sampled_from(["cert,p1,rcpt", "legacy_pre2026"]),
)
CONNECTORS = st.one_of(
    st.builds(on_premises, PATTERNS),
    st.builds(on_premises, PATTERNS),
    st.builds(lambda net: on_premises(None, net, RequireTls=False), NETWORKS),
    st.builds(on_premises, PATTERNS, NETWORKS),
)
CONNECTIONS: st.SearchStrategy[Json] = st.builds(
    lambda sends, names, address: sending(sends, *names, address=address),
    st.sampled_from(["hybrid", "relay", "internet", "inbound"]),
    st.lists(PATTERNS, max_size=2, unique=True),
    ADDRESSES,
)


@st.composite
def providers(draw: st.DrawFn) -> list[Json]:
    made: list[Json] = []
    free = list(NAMES)
    for number in range(draw(st.integers(2, 5))):
        inbound = [
            {**each, "Name": f"In {n}"} for n, each in enumerate(draw(st.lists(CONNECTORS, max_size=2)))
        ]
        domains: list[Any] = [f"own{number}.test"]
        if draw(st.booleans()) and free:
            name = free.pop(draw(st.integers(0, len(free) - 1)))
            domains.append({"DomainName": name, "MatchSubDomains": draw(st.booleans())})
        connections: list[Json] = draw(st.lists(CONNECTIONS, max_size=2))
        region = draw(st.sampled_from(["EUR", "NAM"]))
        made.append(
            a_tenant(f"c{number}", *connections, inbound=tuple(inbound), domains=domains, region=region)
        )
    return made


def told(decision: Attribution) -> dict[str, object]:
    """All of a decision but the directory it was made in; candidates in any order."""
    said = {each.name: getattr(decision, each.name) for each in fields(decision) if each.name != "directory"}
    return {**said, "candidates": sorted((c.order for c in decision.candidates), key=repr)}


@settings(max_examples=150)
@given(providers(), SWITCHES)
def test_every_decision_is_the_same_in_its_group(tenants: list[Json], switches: Switches) -> None:
    every = customers(*tenants)
    whole = ShardDecision(every, switches)
    for group in grouped(every):
        part = ShardDecision({place: every[place] for place in group}, switches)
        for place in group:
            customer = every[place]
            others = (other for other in group if other != place)
            questions = [
                *alone(customer),
                *(q for other in others for q in with_peer(customer, every[other])),
            ]
            for question in questions:
                assert told(part.decide(question)) == told(whole.decide(question))


@settings(max_examples=150)
@given(providers(), SWITCHES)
def test_no_pair_is_missed(tenants: list[Json], switches: Switches) -> None:
    """Between tenants of two groups no third group has a say: only the sender's claims a connection."""
    every = customers(*tenants)
    whole = ShardDecision(every, switches)
    group_of = {place: number for number, group in enumerate(grouped(every)) for place in group}
    named = {customer.name: group_of[place] for place, customer in every.items()}
    for place, customer in every.items():
        for other, peer in every.items():
            if group_of[place] == group_of[other]:
                continue
            for question in with_peer(customer, peer):
                decision = whole.decide(question)
                assert {named[c.tenant.name] for c in decision.candidates} <= {group_of[place]}


def grouped(every: dict[int, Customer]) -> list[tuple[int, ...]]:
    index = TraitIndex()
    for customer in every.values():
        index.add(traits(customer))
    return groups(index.count, index.shared())

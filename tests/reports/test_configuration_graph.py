"""The drawing has every way that the configuration opens, those by MX too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.model.steps import Connected
from lab.model.topology import Topology
from lab.reports.drawing.configuration_graph import dot, edges, mermaid, nodes
from lab.reports.drawing.mx_delivery import receivers, senders
from lab.scenario.load import load
from tests.cli.commands import ARTICLE
from tests.reports.runs import article


def topology(variant: str = "shared-wildcard") -> Topology:
    return load(ARTICLE).variants[variant].topology


def ways(topology: Topology) -> Iterator[tuple[str, str]]:
    """From node to node, with the node for delivery by MX passed through."""
    drawn = [(edge.source, edge.target) for edge in edges(topology)]
    yield from drawn
    yield from (
        (source, target) for source, mx in drawn if mx == "mx" for start, target in drawn if start == mx
    )


@pytest.mark.parametrize("variant", ["shared-wildcard", "dedicated-certificate"])
def test_every_hop_of_the_message_is_drawn(variant: str) -> None:
    run = article(variant).runs[0]
    hosts = run.variant.topology.hosts
    told = [hop for trace in run.traces.values() for hop in trace.hops]
    places = [f"tenant:{h.head.tenant}" if h.head.tenant else f"host:{h.head.node}" for h in told]
    assert any(place.startswith("tenant:") for place in places)
    assert {place.removeprefix("host:") for place in places if place.startswith("host:")} <= hosts.keys()
    for hop, source, target in zip(told[1:], places, places[1:], strict=False):
        assert hop.first(Connected)
        assert (source, target) in set(ways(run.variant.topology))


def test_who_delivers_by_mx_and_where_that_leads() -> None:
    told = {place: str(why) for place, why in senders(topology()).items()}
    assert told["host:gateway"] == "MX"
    assert told["tenant:msxfaq"] == "no connector"
    assert told["host:exchange"].startswith("Outbound to Office 365 - ")
    assert receivers(topology())["tenant:uclabor"] == ("uclabor.example",)
    assert receivers(topology())["host:gateway"] == ("msxfaq.example",)


def test_ways_by_mx_are_dashed_and_the_mistaken_one_is_red() -> None:
    text = mermaid(topology())
    assert '-. "MX of uclabor.example" .->' in text
    mistaken = [number for number, edge in enumerate(edges(topology())) if edge.mistaken]
    assert f"linkStyle {','.join(map(str, mistaken))} stroke:#b3261e" in text
    assert '"mx" -> "tenant:uclabor" [label="MX of uclabor.example", style=dashed];' in dot(topology())


def test_every_edge_has_its_nodes() -> None:
    for variant in load(ARTICLE).variants.values():
        known = {node.id for node in nodes(variant.topology)}
        assert all({edge.source, edge.target} <= known for edge in edges(variant.topology))

"""Which hop handed the message to which."""

from dataclasses import replace

from lab.evidence.hop_links import in_order, parents
from lab.model.steps import Refused
from tests.evidence.hops import (
    a_hop,
    a_step,
    bounced,
    exchange_hop,
    gateway_hop,
    own_tenant_hop,
    refusing_hop,
)


def test_a_refusal_is_joined_by_the_connection():
    hops = (own_tenant_hop(), refusing_hop())
    assert parents(hops) == (None, 0)


def test_a_parent_stands_before_its_child_even_when_its_clock_is_late():
    early_child = replace(
        gateway_hop(), head=replace(gateway_hop().head, arrived=exchange_hop().head.arrived.min)
    )
    early_child = replace(early_child, head=replace(early_child.head, arrived=a_hop(seconds=-5).head.arrived))
    ordered = in_order((early_child, exchange_hop()))
    assert [hop.head.node for hop in ordered] == ["exchange", "gateway"]


def test_messages_that_share_a_connection_are_told_apart_by_message_id():
    other = "<other@exchange.msxfaq.example>"
    hops = (
        exchange_hop(),
        exchange_hop(message_id=other, id="2"),
        gateway_hop(message_id=other, id="other"),
        gateway_hop(),
    )
    assert parents(hops) == (None, None, 1, 0)


def test_refusals_on_a_shared_connection_are_told_apart_by_recipient():
    one, two = "one@uclabor.example", "two@uclabor.example"
    hops = (
        own_tenant_hop(bounced(recipient=one), recipients=(one,), message_id="<1@x.example>"),
        own_tenant_hop(bounced(recipient=two), recipients=(two,), message_id="<2@x.example>"),
        refusing_hop(recipients=(two,)),
    )
    refused = replace(hops[2], steps=(a_step(Refused, 1.5, recipient=two),))
    assert parents((*hops[:2], refused))[2] == 1

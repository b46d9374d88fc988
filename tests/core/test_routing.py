"""Which send connector an on-premises organisation chooses, and what it says of those that lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.core.routing import choose_outbound, choose_send_connector
from lab.model.names import Domain, DomainPattern
from lab.model.onprem import AddressSpace, OnPremOrganization, SendConnector
from lab.model.switches import Switches
from lab.model.tenant import ConnectorType, OutboundConnector
from tests.core.worlds import a_tenant


def organization(**spaces: str) -> OnPremOrganization:
    connectors = (
        SendConnector(
            name=name,
            address_spaces=(AddressSpace.parse(text.lstrip("-")),),
            enabled=not text.startswith("-"),
        )
        for name, text in spaces.items()
    )
    return OnPremOrganization(name="own", send_connectors=tuple(connectors))


@pytest.mark.parametrize(
    ("loser", "why"),
    [
        ("*;1", "its address space (smtp:*;1) is less specific than smtp:*.b.example;5"),
        ("*.b.example;7", "its address space (smtp:*.b.example;7) is as specific, but costs more than"),
        ("*.b.example;5", "is as good; that the name then decides is the lab's choice"),
        ("*.c.example", "its address space (smtp:*.c.example;1) does not mean a.b.example"),
        ("-a.b.example", "it is disabled"),
    ],
)
def test_a_loser_is_told_what_it_lost_by(loser: str, why: str) -> None:
    choice = choose_send_connector(organization(Winner="*.b.example;5", Xloser=loser), Domain("a.b.example"))
    won, lost = choice.story()
    assert won == 'send connector for a.b.example: "Winner" by smtp:*.b.example;5'
    assert lost.startswith('  lost: "Xloser": ')
    assert why in lost


def test_only_the_routing_domain_is_the_wizards() -> None:
    own = organization(Outbound="own.mail.onmicrosoft.com", Internet="*")
    for name, cites in (("own", True), ("other", False)):
        lost = choose_send_connector(own, Domain(f"{name}.onmicrosoft.com")).story()[1]
        assert lost.endswith("[R102]") is cites


def test_of_a_connectors_address_spaces_the_best_counts() -> None:
    spaces = tuple(map(AddressSpace.parse, ("*;1", "*.b.example;9", "*.b.example;3")))
    one = SendConnector(name="One", address_spaces=spaces)
    other = SendConnector(name="Another", address_spaces=(AddressSpace.parse("*.b.example;4"),))
    choice = choose_send_connector(
        OnPremOrganization(name="own", send_connectors=(other, one)), Domain("b.example")
    )
    assert (choice.connector, choice.space) == (one, spaces[2])
    assert choose_send_connector(OnPremOrganization(name="own"), Domain("b.example")).connector is None


@pytest.mark.parametrize("partner", ["b.example", "*.b.example"])
def test_centralized_transport_is_a_wildcard_like_any_other(partner: str) -> None:
    """R99 puts more specific domains first, and no document excepts centralized transport from it."""
    everything = OutboundConnector(
        name="Outbound to on-premises",
        connector_type=ConnectorType.ON_PREMISES,
        recipient_domains=(DomainPattern.parse("*"),),
        route_all_messages_via_on_premises=True,
    )
    some = OutboundConnector(name="Partner", recipient_domains=(DomainPattern.parse(partner),))
    tenant = replace(a_tenant(), outbound_connectors=(everything, some))
    for domain, chosen in (("b.example", some), ("c.example", everything)):
        choice = choose_outbound(tenant, Domain(domain), hosted=True, switches=Switches())
        assert choice.connector is chosen

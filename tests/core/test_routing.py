"""Which send connector an on-premises organisation chooses, and what it says of those that lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.core.routing import choose_outbound, choose_send_connector
from lab.model.decision import Phrase, Why, phrase
from lab.model.names import Domain, DomainPattern
from lab.model.onprem import AddressSpace, OnPremOrganization, SendConnector
from lab.model.switches import Switches
from lab.model.tenant import ConnectorType, OutboundConnector
from tests.core.worlds import a_tenant

BEST = "smtp:*.b.example;5"


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
        ("*;1", phrase(Why.SPACE_LESS_SPECIFIC, space="smtp:*;1", chosen=BEST)),
        ("*.b.example;7", phrase(Why.SPACE_COSTS_MORE, space="smtp:*.b.example;7", chosen=BEST)),
        ("*.b.example;5", phrase(Why.SPACE_AS_GOOD, space=BEST)),
        ("*.c.example", phrase(Why.SPACE_MISFIT, spaces="smtp:*.c.example;1", domain="a.b.example")),
        ("-a.b.example", phrase(Why.DISABLED)),
    ],
)
def test_a_loser_is_told_what_it_lost_by(loser: str, why: Phrase) -> None:
    choice = choose_send_connector(organization(Winner="*.b.example;5", Xloser=loser), Domain("a.b.example"))
    decision = choice.explain()
    won, lost = decision.candidates
    assert (decision.domain, decision.connector, decision.space) == ("a.b.example", "Winner", BEST)
    assert (won.name, won.won, won.why) == ("Winner", True, (phrase(Why.SPACE_FITS, space=BEST),))
    assert (lost.name, lost.won, lost.why) == ("Xloser", False, (why,))


def test_only_the_routing_domain_is_the_wizards() -> None:
    own = organization(Outbound="own.mail.onmicrosoft.com", Internet="*")
    for name, cites in (("own", True), ("other", False)):
        choice = choose_send_connector(own, Domain(f"{name}.onmicrosoft.com"))
        (lost,) = (each for each in choice.explain().candidates if not each.won)
        assert (lost.rules == ("R102",)) is cites


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

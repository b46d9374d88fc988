"""Which send connector an on-premises organisation chooses, and what it says of those that lost."""

from __future__ import annotations

import pytest

from lab.core.routing import choose_send_connector
from lab.model.names import Domain
from lab.model.onprem import AddressSpace, OnPremOrganization, SendConnector


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

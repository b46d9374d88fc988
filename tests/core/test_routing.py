"""Where a message goes next: outbound and send connectors, what is said of those that lost, MX and smart hosts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from lab.core.routing import (
    NoTargets,
    OutboundChoice,
    Targets,
    choose_outbound,
    choose_send_connector,
    hosts_of,
    is_on_premises,
    mx_targets,
    smart_host_targets,
    turn,
    way_of,
)
from lab.model.decision import DecisionCandidate, Phrase, RoutingDecision, Why, phrase
from lab.model.dns import Mx, answered, zones_of
from lab.model.names import Domain, DomainPattern
from lab.model.onprem import AddressSpace, OnPremOrganization, SendConnector
from lab.model.steps import NextHop
from lab.model.switches import Switches
from lab.model.tenant import ConnectorType, OutboundConnector
from lab.model.transport import Target
from tests.core.worlds import a_tenant

BEST = "smtp:*.b.example;5"


def lost(choice: OutboundChoice) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.name, each.rules) for each in choice.explain().candidates if not each.won]


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


# -- outbound connectors of a tenant (R86-R100)


def outbound(name="Out", *domains: str, **more: Any) -> OutboundConnector:
    return OutboundConnector(name=name, recipient_domains=tuple(map(DomainPattern.parse, domains)), **more)


def centralized(name="To ground", *domains: str, **more: Any) -> OutboundConnector:
    return outbound(
        name,
        *(domains or ("*",)),
        connector_type=ConnectorType.ON_PREMISES,
        route_all_messages_via_on_premises=True,
        **more,
    )


def chosen(
    *connectors: OutboundConnector,
    domain="b.example",
    hosted=True,
    ruled="",
    own: tuple[str, ...] = ("a.example",),
    **switches: Any,
) -> OutboundChoice:
    """What tenant a chooses for mail to a domain."""
    tenant = a_tenant("a", domains=own, outbound_connectors=connectors)
    return choose_outbound(tenant, Domain(domain), hosted=hosted, switches=Switches(**switches), ruled=ruled)


def name(choice: OutboundChoice) -> str:
    return choice.connector.name if choice.connector else ""


class TestOutbound:
    def test_without_connectors_the_mx_decides(self):
        choice = chosen()
        assert (choice.connector, choice.rules, choice.by_rule) == (None, ("R100", "R145"), False)
        assert (choice.tenant.name, choice.domain, choice.hosted) == ("a", "b.example", True)

    def test_the_connector_that_means_the_domain_is_chosen(self):
        choice = chosen(outbound("Out", "b.example"), hosted=False)
        assert (name(choice), choice.rules, choice.by_rule) == ("Out", ("R99",), False)
        assert (choice.tenant.name, choice.domain, choice.hosted) == ("a", "b.example", False)

    def test_a_connector_for_another_domain_is_not(self):
        assert name(chosen(outbound("Out", "c.example"))) == ""

    @pytest.mark.parametrize(
        ("better", "worse"),
        [
            (outbound("A", "b.example"), outbound("B", all_accepted_domains=True)),
            (outbound("A", "b.example"), outbound("B", "*.b.example")),
            (outbound("A", all_accepted_domains=True), outbound("B", "*.b.example")),
            (outbound("A", "*.b.example"), outbound("B", "*.example")),
            (outbound("A", "*.example"), outbound("B", "*")),
            (outbound("A", "*", "b.example"), outbound("B", "*.b.example")),
        ],
        ids=[
            "exact-accepted",
            "exact-wildcard",
            "accepted-wildcard",
            "longer-wildcard",
            "any-last",
            "best-of-several",
        ],
    )
    def test_the_more_specific_connector_goes_first(self, better, worse):
        own = ("a.example", "b.example")
        assert name(chosen(better, worse, own=own)) == name(chosen(worse, better, own=own)) == "A"

    @pytest.mark.parametrize(
        ("better", "worse"),
        [
            (outbound("A", "b.example"), outbound("B", "*.b.example")),
            (outbound("A", "*.b.example"), outbound("B", all_accepted_domains=True)),
            (outbound("A", "b.example"), outbound("B", all_accepted_domains=True)),
            (outbound("A", "*"), outbound("B", all_accepted_domains=True)),
        ],
        ids=["exact-wildcard", "wildcard-accepted", "exact-accepted", "any-accepted"],
    )
    def test_wildcards_go_before_accepted_domains_by_switch(self, better, worse):
        own, order = ("a.example", "b.example"), "exact,wildcard,accepted_domains"
        for pair in ((better, worse), (worse, better)):
            assert name(chosen(*pair, own=own, outbound_connector_order=order)) == "A"

    def test_all_accepted_domains_are_the_tenant_s_alone(self):
        everything = outbound("Out", all_accepted_domains=True)
        assert name(chosen(everything, domain="a.example")) == "Out"
        assert name(chosen(everything, domain="b.example")) == ""

    def test_a_tie_is_broken_by_name_whatever_the_order(self):
        same = [outbound(each, "b.example") for each in ("A", "C", "B")]
        assert {name(chosen(*order)) for order in permutations(same)} == {"C"}

    def test_of_two_connectors_of_one_name_the_first_stands(self):
        first, second = outbound("A", "b.example", comment="first"), outbound("A", "b.example")
        assert chosen(first, second).connector is first

    @pytest.mark.parametrize(
        "more",
        [{"enabled": False}, {"is_transport_rule_scoped": True}, {"test_mode": True}],
        ids=["disabled", "rule-scoped", "test-mode"],
    )
    def test_what_takes_no_part_hides_nothing_behind_it(self, more):
        aside = outbound("A", "b.example", **more)
        assert name(chosen(aside)) == ""
        assert name(chosen(aside, outbound("B", "*"))) == "B"

    def test_centralized_transport_catches_mail_of_cloud_mailboxes(self):
        choice = chosen(centralized())
        assert (name(choice), choice.rules) == ("To ground", ("R99", "R92", "R146"))

    def test_centralized_transport_does_not_catch_what_came_in(self):
        assert name(chosen(centralized(), hosted=False)) == ""
        assert name(chosen(centralized(), outbound("Z", "*"), hosted=False)) == "Z"

    def test_for_accepted_domains_centralized_transport_is_any_connector(self):
        choice = chosen(centralized("To ground", "a.example"), domain="a.example", hosted=False)
        assert (name(choice), choice.rules) == ("To ground", ("R99", "R92", "R146"))

    def test_a_connector_that_a_rule_names_goes_before_all(self):
        choice = chosen(
            outbound("Best", "b.example"), outbound("By rule", is_transport_rule_scoped=True), ruled="BY RULE"
        )
        assert (name(choice), choice.rules, choice.by_rule) == ("By rule", ("R93", "R99"), True)
        assert (choice.tenant.name, choice.domain, choice.hosted) == ("a", "b.example", True)
        assert not chosen(outbound("By rule"), ruled="By rule", hosted=False).hosted

    @pytest.mark.parametrize("ruled", ["Gone", "Off", ""], ids=["unknown", "disabled", "none"])
    def test_a_rule_that_names_no_enabled_connector_chooses_nothing(self, ruled):
        choice = chosen(outbound("Off", enabled=False), outbound("", "c.example"), ruled=ruled)
        assert (choice.connector, choice.by_rule) == (None, False)

    @pytest.mark.parametrize(
        ("loser", "facts", "rules", "why"),
        [
            (outbound("L", "b.example", enabled=False), {}, ("R98",), phrase(Why.DISABLED)),
            (outbound("L", "b.example"), {"ruled": "Winner"}, ("R93", "R99"), phrase(Why.RULE_CHOSE_ANOTHER)),
            (
                outbound("L", "b.example", is_transport_rule_scoped=True),
                {},
                ("R93",),
                phrase(Why.ONLY_BY_RULE),
            ),
            (outbound("L", "b.example", test_mode=True), {}, ("R95",), phrase(Why.TEST_MODE)),
            (centralized("L", "b.example"), {"hosted": False}, ("R92", "R146"), phrase(Why.CENTRALIZED_ONLY)),
            (
                outbound("L", "c.example"),
                {},
                ("R87",),
                phrase(Why.OTHER_RECIPIENT_DOMAIN, domain="b.example"),
            ),
            (centralized("L"), {}, ("R99",), phrase(Why.LESS_SPECIFIC)),
            (
                centralized("L", "c.example"),
                {},
                ("R87",),
                phrase(Why.OTHER_RECIPIENT_DOMAIN, domain="b.example"),
            ),
            (outbound("L", "*"), {"hosted": False}, ("R99",), phrase(Why.LESS_SPECIFIC)),
            (
                outbound("L", all_accepted_domains=True),
                {},
                ("R87",),
                phrase(Why.OTHER_RECIPIENT_DOMAIN, domain="b.example"),
            ),
            (outbound("L", "b.example", enabled=False), {"ruled": "Winner"}, ("R98",), phrase(Why.DISABLED)),
        ],
        ids=[
            "disabled",
            "by-rule",
            "rule-scoped",
            "test-mode",
            "centralized-not-hosted",
            "other-domain",
            "centralized-hosted",
            "centralized-other-domain",
            "less-specific",
            "not-accepted",
            "disabled-before-by-rule",
        ],
    )
    def test_a_loser_is_told_by_its_reason_and_its_rules(self, loser, facts, rules, why):
        choice = chosen(loser, outbound("Winner", "b.example"), **facts)
        assert name(choice) == "Winner"
        assert lost(choice) == [("L", rules)]
        (loser,) = (candidate for candidate in choice.explain().candidates if not candidate.won)
        assert loser.why == (why,)

    @pytest.mark.parametrize("order", ["exact,accepted_domains,wildcard", "exact,wildcard,accepted_domains"])
    def test_of_equals_the_name_is_what_it_lost_by(self, order):
        equals = [outbound(name, "*.example", all_accepted_domains=True) for name in ("A", "B")]
        choice = chosen(*equals, domain="a.example", outbound_connector_order=order)
        loser = choice.explain().candidates[1]
        assert (loser.name, loser.why) == ("A", (phrase(Why.LATER_NAME),))

    def test_a_choice_is_told_in_full(self):
        decision = chosen(centralized("Winner", "b.example"), outbound("L", "c.example")).explain()
        winner = DecisionCandidate(
            name="Winner",
            won=True,
            why=(phrase(Why.OUTBOUND_FITS, domain="b.example"),),
            rules=("R99", "R92", "R146"),
        )
        loser = DecisionCandidate(
            name="L",
            won=False,
            why=(phrase(Why.OTHER_RECIPIENT_DOMAIN, domain="b.example"),),
            rules=("R87",),
        )
        assert decision == RoutingDecision(
            on_premises=False,
            domain="b.example",
            connector="Winner",
            rules=("R99", "R92", "R146"),
            candidates=(winner, loser),
            switches={"outbound_connector_order": Switches().outbound_connector_order},
        )

    def test_a_choice_of_a_rule_and_none_at_all_are_told(self):
        by_rule = chosen(outbound("By rule"), ruled="By rule").explain()
        assert [candidate.why for candidate in by_rule.candidates] == [(phrase(Why.RULE_CHOSE),)]
        by_mx = chosen().explain()
        assert (by_mx.connector, by_mx.rules, by_mx.candidates) == (None, ("R100", "R145"), ())

    def test_centralized_transport_loses_an_accepted_domain_like_any_other(self):
        choice = chosen(
            centralized("L", "*.example"), outbound("Winner", "a.example"), domain="a.example", hosted=False
        )
        assert lost(choice) == [("L", ("R99",))]

    def test_with_no_connector_chosen_all_have_lost(self):
        choice = chosen(outbound("A", "c.example"), outbound("B", "b.example", test_mode=True))
        assert lost(choice) == [("A", ("R87",)), ("B", ("R95",))]


def test_a_send_connector_is_told_in_full() -> None:
    choice = choose_send_connector(
        organization(Lost="-*", Winner=BEST.removeprefix("smtp:")), Domain("x.b.example")
    )
    winner = DecisionCandidate(name="Winner", won=True, why=(phrase(Why.SPACE_FITS, space=BEST),))
    loser = DecisionCandidate(name="Lost", won=False, why=(phrase(Why.DISABLED),))
    assert choice.explain() == RoutingDecision(
        on_premises=True,
        domain="x.b.example",
        connector="Winner",
        space=BEST,
        rules=(),
        candidates=(winner, loser),
        switches={},
    )


def test_an_address_that_no_send_connector_means_is_told() -> None:
    decision = choose_send_connector(organization(Lost="-*"), Domain("x.b.example")).explain()
    assert (decision.connector, decision.space, decision.rules) == (None, "", ("R102",))


def test_the_way_and_the_hosts_of_what_was_found() -> None:
    targets = (Target("mx.b.example", "203.0.113.1"), Target("mx.b.example", "203.0.113.2"))
    found = Targets(NextHop.MX, (*targets, Target("b.example", "203.0.113.3")))
    assert (way_of(found), hosts_of(found)) == (NextHop.MX, ("mx.b.example", "b.example"))
    nowhere = NoTargets(NextHop.NULL_MX, "b.example")
    assert (way_of(nowhere), hosts_of(nowhere)) == (NextHop.NULL_MX, ())


def test_only_a_connector_of_type_on_premises_leads_home():
    assert is_on_premises(centralized())
    assert not is_on_premises(outbound())
    assert not is_on_premises(None)


# -- where the next hop is (R88, R89, R145)

ZONES = zones_of(
    [
        ("b.example", "MX", Mx(20, "second.b.example")),
        ("b.example", "MX", Mx(10, "first.b.example")),
        ("b.example", "MX", Mx(30, "gone.b.example")),
        ("first.b.example", "A", "203.0.113.1"),
        ("first.b.example", "A", "203.0.113.2"),
        ("first.b.example", "A", "203.0.113.3"),
        ("second.b.example", "A", "203.0.113.9"),
        ("bare.example", "A", "203.0.113.7"),
        ("null.example", "MX", Mx(0, "")),
        ("odd.example", "MX", Mx(0, "")),
        ("odd.example", "MX", Mx(10, "second.b.example")),
        ("nowhere.example", "MX", Mx(10, "gone.example")),
        ("text.example", "TXT", "no address"),
        ("mixed.example", "MX", Mx(10, "broken.example")),
        ("mixed.example", "MX", Mx(20, "second.b.example")),
        ("failing.example", "MX", Mx(10, "broken.example")),
        ("failing.example", "MX", Mx(20, "gone.example")),
    ]
)
ZONES = replace(ZONES, broken=frozenset({"broken.example"}))


def targets(found: Targets | NoTargets) -> tuple[str, list[str]]:
    """How they were found, and `host address` of each."""
    assert isinstance(found, Targets)
    return found.how, [f"{each.host} {each.address}" for each in found.targets]


class TestMx:
    def test_hosts_come_by_preference_and_those_without_address_are_left_out(self):
        assert targets(answered(mx_targets(Domain("b.example")), ZONES)) == (
            "mx",
            [
                "first.b.example 203.0.113.1",
                "first.b.example 203.0.113.2",
                "first.b.example 203.0.113.3",
                "second.b.example 203.0.113.9",
            ],
        )

    @pytest.mark.parametrize(
        ("turned", "order"), [(0, "123"), (1, "231"), (2, "312"), (3, "123"), (4, "231")]
    )
    def test_the_addresses_of_a_host_are_turned(self, turned, order):
        for asking in (
            mx_targets(Domain("b.example"), turned),
            smart_host_targets(("first.b.example",), turned),
        ):
            found = answered(asking, ZONES)
            assert isinstance(found, Targets)
            assert "".join(each.address[-1] for each in found.targets[:3]) == order

    def test_the_addresses_of_a_host_stand_as_they_are_unless_turned(self):
        for asking in (mx_targets(Domain("b.example")), smart_host_targets(("first.b.example",))):
            found = answered(asking, ZONES)
            assert isinstance(found, Targets)
            assert found.targets[0].address == "203.0.113.1"

    def test_without_mx_the_domain_s_own_address_is_tried(self):
        assert targets(answered(mx_targets(Domain("bare.example"), 5), ZONES)) == (
            "implicit mx",
            ["bare.example 203.0.113.7"],
        )

    def test_a_null_mx_beside_others_is_passed_over(self):
        found = answered(mx_targets(Domain("odd.example")), ZONES)
        assert targets(found) == ("mx", ["second.b.example 203.0.113.9"])

    def test_a_host_whose_dns_fails_does_not_hinder_the_next(self):
        found = answered(mx_targets(Domain("mixed.example")), ZONES)
        assert targets(found) == ("mx", ["second.b.example 203.0.113.9"])

    @pytest.mark.parametrize(
        ("domain", "why"),
        [
            ("null.example", "null mx"),
            ("gone.example", "no such domain"),
            ("broken.example", "dns failed"),
            ("nowhere.example", "no address"),
            ("text.example", "no address"),
            ("failing.example", "dns failed"),
        ],
        ids=["null-mx", "no-such-domain", "servfail", "mx-without-address", "no-address", "mx-with-servfail"],
    )
    def test_nowhere_to_go(self, domain, why):
        assert answered(mx_targets(Domain(domain)), ZONES) == NoTargets(why, domain)


class TestSmartHosts:
    def test_they_come_in_the_order_given_and_addresses_stand_for_themselves(self):
        hosts = ("second.b.example", "[198.51.100.9]", "198.51.100.8", "bare.example")
        assert targets(answered(smart_host_targets(hosts), ZONES)) == (
            "smart host",
            [
                "second.b.example 203.0.113.9",
                "198.51.100.9 198.51.100.9",
                "198.51.100.8 198.51.100.8",
                "bare.example 203.0.113.7",
            ],
        )

    def test_a_name_of_few_letters_is_a_name(self):
        assert answered(smart_host_targets(("X25",)), ZONES) == NoTargets(NextHop.NO_ADDRESS, "X25")

    def test_an_address_needs_no_dns(self):
        assert targets(answered(smart_host_targets(("[198.51.100.9]",)), zones_of([])))[0] == "smart host"

    def test_all_of_them_are_named_when_none_has_an_address(self):
        hosts = ("gone.example", "text.example")
        found = answered(smart_host_targets(hosts), ZONES)
        assert found == NoTargets(NextHop.NO_ADDRESS, "gone.example, text.example")

    def test_one_failure_among_them_is_temporary(self):
        found = answered(smart_host_targets(("broken.example", "gone.example")), ZONES)
        assert isinstance(found, NoTargets)
        assert found.why == "dns failed"


@pytest.mark.parametrize(
    ("minutes", "seconds", "places"), [(0, 0, 0), (1, 59, 1), (2, 0, 2)], ids=["start", "within", "next"]
)
def test_front_ends_turn_by_one_place_a_minute_by_switch(minutes, seconds, places):
    now = datetime(1970, 1, 1, 0, minutes, seconds, tzinfo=UTC)
    assert turn(now, Switches(front_end_choice="rotating")) == places
    assert turn(now, Switches()) == 0


# -- send connectors


def test_a_disabled_send_connector_hides_nothing_behind_it() -> None:
    choice = choose_send_connector(organization(Aoff="-*.b.example", On="*"), Domain("b.example"))
    assert choice.connector is not None
    assert choice.connector.name == "On"


@pytest.mark.parametrize(
    ("spaces", "winner"),
    [
        ({"B": "*", "A": "*"}, "A"),
        ({"A": "*;2", "B": "*;1"}, "B"),
        ({"A": "*;1", "B": "*.b.example;9"}, "B"),
        ({"A": "c.example", "B": "*;9"}, "B"),
    ],
    ids=["name", "cost-before-name", "space-before-cost", "only-what-means-it"],
)
def test_choice_of_a_send_connector(spaces: dict[str, str], winner: str) -> None:
    own = organization(**spaces)
    choice = choose_send_connector(own, Domain("a.b.example"))
    assert choice.connector is not None
    assert (choice.connector.name, choice.organization, choice.domain) == (winner, own, "a.b.example")


def test_of_two_send_connectors_of_one_name_the_first_stands() -> None:
    first = SendConnector(name="A", address_spaces=(AddressSpace.parse("*"),))
    own = OnPremOrganization(name="own", send_connectors=(first, replace(first, comment="second")))
    assert choose_send_connector(own, Domain("b.example")).connector is first


def test_without_a_fitting_send_connector_there_is_none() -> None:
    own = organization(A="c.example", B="-*")
    choice = choose_send_connector(own, Domain("b.example"))
    assert (choice.connector, choice.space) == (None, None)
    assert (choice.organization, choice.domain) == (own, "b.example")

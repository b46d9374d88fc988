"""Which connectors a decision is explained with, in which order, which one won, and by which rules each lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.core.attribution_result import Attribution
from lab.model.certificate import CertFault
from lab.model.names import Domain, DomainPattern
from lab.model.tenant import AcceptedDomain, InboundConnector
from tests.core.worlds import a_certificate, a_tenant, decide, on_premises, partner

GATEWAY = "198.51.100.25"
ELSEWHERE = "203.0.113.9"
OTHER = "x@other.example"
OUT = "x@elsewhere.example"
B = a_tenant("b")
SELF_SIGNED = a_certificate("mx.a.example", faults=frozenset({CertFault.SELF_SIGNED}))


def a(*connectors, **more):
    return a_tenant("a", *connectors, **more)


def told(decision: Attribution) -> list[tuple[str, str, bool, tuple[str, ...]]]:
    return [(each.tenant, each.name, each.won, each.rules) for each in decision.explain().candidates]


def names(decision: Attribution) -> list[str]:
    return [f"{each.tenant}/{each.name}" for each in decision.explain().candidates]


class TestWhoIsConcerned:
    def test_the_owner_of_each_fact_is(self):
        world = [a_tenant(name, on_premises("In")) for name in ("a", "b", "c", "d", "e", "z")]
        decision = decide(
            *world, cert=a_certificate("mx.c.example", "d.example"), sender="x@a.example", to="x@b.example"
        )
        assert names(decision) == ["a/In", "b/In", "c/In", "d/In"]

    def test_the_tenant_of_a_candidate_is(self):
        decision = decide(a(), a_tenant("z", on_premises("Printer", ips=(GATEWAY,))), B)
        assert names(decision) == ["z/Printer"]

    def test_the_owner_of_a_name_that_does_not_count_is(self):
        decision = decide(a(on_premises("In", cert="mx.a.example")), B, cert=SELF_SIGNED, sender=OTHER)
        assert names(decision) == ["a/In"]

    def test_nobody_is_concerned_twice(self):
        own = a(on_premises("In", cert="*.a.example", ips=(GATEWAY,)))
        assert names(decide(own, cert="mx.a.example", to="user@a.example")) == ["a/In"]

    def test_the_null_path_concerns_nobody(self):
        assert names(decide(a(on_premises("In")), B, sender="<>")) == []

    def test_a_bare_wildcard_name_concerns_nobody(self):
        assert names(decide(a(on_premises("In")), B, cert="*", sender=OTHER)) == []


def test_the_winner_comes_first_then_tenants_and_connectors_by_name():
    world = (
        a_tenant("c", on_premises("Z"), on_premises("Y")),
        a(on_premises("B"), on_premises("W", cert="*.a.example"), on_premises("A")),
    )
    decision = decide(*world, cert="mx.a.example", to="x@c.example")
    assert names(decision) == ["a/W", "a/A", "a/B", "c/Y", "c/Z"]
    assert [each.won for each in decision.explain().candidates] == [True, False, False, False, False]


class TestOnPremises:
    def test_the_winner_by_certificate(self):
        decision = decide(a(on_premises("In", cert="*.a.example")), B, cert="mx.a.example")
        assert told(decision) == [("a", "In", True, ("R73", "R3"))]

    def test_the_winner_by_address(self):
        decision = decide(a(on_premises("In", ips=(GATEWAY,))), B)
        assert told(decision) == [("a", "In", True, ("R21", "R3"))]

    def test_nobody_has_won_where_the_reply_is_a_refusal(self):
        decision = decide(a(on_premises("In", ips=(GATEWAY,), blocked=True)), B)
        assert told(decision) == [("a", "In", False, ("R21", "R3"))]

    def test_connectors_of_one_name_in_two_tenants_are_told_apart(self):
        shared = on_premises("In", cert="*.a.example")
        decision = decide(a(shared), a_tenant("c", shared), cert="mx.a.example", to="x@c.example")
        assert told(decision) == [("a", "In", True, ("R73", "R3")), ("c", "In", False, ("R73", "R11", "R83"))]

    LOST: tuple[tuple[str, InboundConnector, dict[str, Any], tuple[str, ...]], ...] = (
        ("disabled", on_premises("L", cert="*.a.example", enabled=False), {}, ("R69",)),
        ("out-of-scope", on_premises("L", cert="*.a.example", sender_domains=(DomainPattern.parse("c.example"),)), {"onpremises_sender_domains": "scopes"}, ("R73", "R57")),
        ("not-accepted", on_premises("L", cert="mx.a.example"), {}, ("R72", "R11", "R83")),
        ("goes-second", on_premises("L", cert="*.example"), {"more": ("example",)}, ("R74", "R81")),
        ("second-by-address", on_premises("L", ips=(GATEWAY,)), {}, ("R21", "R81")),
        ("no-certificate-wanted", on_premises("L", ips=(ELSEWHERE,)), {}, ("R21",)),
        ("far-apart", on_premises("L", cert="mx.b.example"), {}, ("R85",)),
        ("near-miss", on_premises("L", cert="*.mx.a.example"), {"wildcard_connector_covers_apex": False}, ("R75",)),
    )  # fmt: skip

    @pytest.mark.parametrize(("loser", "facts", "rules"), [c[1:] for c in LOST], ids=[c[0] for c in LOST])
    def test_a_loser_of_the_own_tenant(self, loser, facts, rules):
        domains = ("a.example", *facts.get("more", ()))
        switches = {key: value for key, value in facts.items() if key != "more"}
        decision = decide(
            a(on_premises("W", cert="*.a.example"), loser, domains=domains),
            B,
            cert="mx.a.example",
            **switches,
        )
        assert told(decision) == [("a", "W", True, ("R73", "R3")), ("a", "L", False, rules)]

    def test_a_loser_of_another_tenant(self):
        world = (a(on_premises("In", cert="*.a.example")), a_tenant("c", on_premises("In", ips=(GATEWAY,))))
        decision = decide(*world, cert="mx.a.example")
        assert told(decision) == [("a", "In", True, ("R73", "R3")), ("c", "In", False, ("R21", "R3", "R18"))]

    def test_an_address_without_a_proof(self):
        decision = decide(a(on_premises("In", ips=(GATEWAY,))), B, sender=OTHER)
        assert told(decision) == [("a", "In", False, ("R21", "R5", "R7"))]

    def test_an_address_in_the_clear(self):
        assert told(decide(a(on_premises("In", ips=(GATEWAY,))), B, tls=False)) == [
            ("a", "In", False, ("R21", "R60"))
        ]
        relaxed = on_premises("In", ips=(GATEWAY,), require_tls=False)
        assert told(decide(a(relaxed), B, tls=False, sender=OTHER)) == [
            ("a", "In", False, ("R21", "R5", "R7"))
        ]

    @pytest.mark.parametrize(
        ("tls", "rules"), [(True, ("R132",)), (False, ("R195",))], ids=["no-certificate", "no-tls"]
    )
    def test_a_certificate_is_wanted_and_none_was_shown(self, tls, rules):
        decision = decide(a(on_premises("In", cert="*.a.example")), B, tls=tls)
        assert told(decision) == [("a", "In", False, rules)]

    def test_a_name_would_fit_but_does_not_count(self):
        decision = decide(a(on_premises("In", cert="*.a.example")), B, cert=SELF_SIGNED)
        assert told(decision) == [("a", "In", False, ("R9", "R125"))]

    def test_of_several_names_the_one_that_comes_near_is_told(self):
        own = a(on_premises("In", cert="a.example"))
        shown = a_certificate("mx.z.example", "*.a.example", "x.z.example")
        assert told(decide(own, B, cert=shown)) == [("a", "In", False, ("R78",))]

    def test_of_several_near_misses_the_first_is_told(self):
        own = a(on_premises("In", cert="*.a.example"))
        shown = a_certificate("a.example", "*.sub.a.example")
        decision = decide(own, B, cert=shown, wildcard_connector_covers_apex=False)
        assert told(decision) == [("a", "In", False, ("R75",))]

    def test_names_count_as_the_switch_reads_the_certificate(self):
        own = a(on_premises("In", cert="a.example"))
        shown = a_certificate("mx.z.example", "*.a.example")
        assert told(decide(own, B, cert=shown, cert_names="cn_only")) == [("a", "In", False, ("R85",))]


class TestPartners:
    def considered(self, connector, *more, sender="user@a.example", to="user@b.example", **facts: Any):
        decision = decide(a(), a_tenant("b", connector, *more), sender=sender, to=to, **facts)
        return [(each.name, each.won, each.rules) for each in decision.explain().candidates]

    CASES: tuple[tuple[str, InboundConnector, dict[str, Any], bool, tuple[str, ...]], ...] = (
        ("named", partner(ips=(GATEWAY,)), {}, True, ("R22", "R23")),
        ("refuses", partner(ips=(ELSEWHERE,)), {}, False, ("R22", "R38")),
        ("asks-for-tls", partner(ips=(GATEWAY,)), {"tls": False}, False, ("R60",)),
        ("disabled", partner(ips=(ELSEWHERE,), enabled=False), {}, False, ("R69",)),
        ("other-senders", partner(senders=("z.example", "*.y.example"), ips=(ELSEWHERE,)), {}, False, ("R57",)),
        ("null-path", partner(senders=("a.example",), ips=(ELSEWHERE,)), {"sender": "<>"}, False, ("R57",)),
        ("null-path-meant", partner(senders=("a.example", "*")), {"sender": "<>"}, False, ("R22", "R23")),
        ("restricts-nothing", partner(), {}, False, ("R22", "R23")),
        ("restricts-nothing-of-the-sender", partner(senders=("a.example",)), {}, False, ("R22", "R23")),
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("connector", "facts", "fits", "rules"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
    )
    def test_a_connector_of_the_recipient_s_tenant(self, connector, facts, fits, rules):
        assert self.considered(connector, **facts) == [("Partner", fits, rules)]

    def test_beside_the_one_that_refuses_another_restricts_nothing(self):
        found = self.considered(partner("A", ips=(ELSEWHERE,)), partner("B"))
        assert found == [("A", False, ("R22", "R38")), ("B", False, ("R22", "R23"))]

    def test_beside_the_one_that_asks_for_tls_another_restricts_nothing(self):
        found = self.considered(partner("A", ips=(GATEWAY,)), partner("B"), tls=False)
        assert found == [("A", False, ("R60",)), ("B", False, ("R22", "R23"))]

    def test_a_refusal_of_another_kind_does_not_blame_the_partner(self):
        found = self.considered(partner(ips=(GATEWAY,)), to="nobody@b.example")
        assert found == [("Partner", False, ("R22", "R23"))]

    def test_hosts_of_the_service_are_spared(self):
        decision = decide(a(), a_tenant("b", partner(ips=(ELSEWHERE,)), partner("Lax")))
        spared = replace(
            decision,
            credentials=replace(decision.credentials, service=True),
            connector=None,
            reply=None,
        )
        assert told(spared) == [("b", "Lax", False, ("R22", "R23")), ("b", "Partner", False, ("R246",))]

    @pytest.mark.parametrize(
        "facts",
        [
            {"cert": "mx.a.example", "to": "user@a.example"},
            {"to": "user@a.example", "ip": ELSEWHERE},
            {"to": OUT},
        ],
        ids=["own-by-certificate", "own-by-address", "recipient-of-nobody"],
    )
    def test_it_is_looked_at_only_in_the_tenant_found_by_the_recipient(self, facts):
        own = a(on_premises("In", cert="*.a.example", ips=(ELSEWHERE,)), partner(ips=(ELSEWHERE,)))
        decision = decide(own, B, **facts)
        assert ("a", "Partner", False, ("R23",)) in told(decision)

    def test_it_is_not_looked_at_in_the_sender_s_tenant(self):
        decision = decide(a(partner(ips=(ELSEWHERE,))), B)
        assert told(decision) == [("a", "Partner", False, ("R23",))]


def test_the_parent_of_a_certificate_s_name_may_be_the_domain_that_a_tenant_owns():
    tree = replace(
        a(on_premises("In")), accepted_domains=(AcceptedDomain(Domain("a.example"), match_sub_domains=True),)
    )
    assert names(decide(tree, B, cert="x.y.a.example", sender=OTHER)) == ["a/In"]

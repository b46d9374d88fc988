"""The worked decisions W1-W20 of the rules, and the switches around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.attribution import (
    ATTR35,
    ATTR36,
    BAD_CERTIFICATE,
    BAD_CONNECTOR,
    RELAY_DENIED,
)
from lab.core.incoming import PARTNER, UNKNOWN
from lab.core.rulebook.dates_in_force import in_force
from lab.model.certificate import CertFault
from lab.model.decision import Basis, Direction, Reason, Verdict, Why
from lab.model.names import Domain, DomainPattern
from lab.model.tenant import AcceptedDomain
from lab.words.decisions import story
from tests.core.worlds import a_certificate, a_tenant, decide, on_premises, partner

B = a_tenant("b")
GATEWAY = "198.51.100.25"
SELF_SIGNED = a_certificate("*.a.example", faults=frozenset({CertFault.SELF_SIGNED}))


def a(*connectors, **more):
    return a_tenant("a", *connectors, **more)


def by_address(name):
    return a_tenant(name, on_premises(f"By address {name}", ips=(GATEWAY,)))


WORKED = [
    ("W1", (a(on_premises(cert="*.a.example")), B), {"cert": "*.a.example"}, "Originating a certificate", {"R3", "R5", "R76"}),
    ("W2", (a(on_premises(cert="*.a.example")), B), {"cert": "mx.a.example"}, "Originating a certificate", {"R73"}),
    ("W3", (a(on_premises(cert="hybrid.a.example"), domains=("a.example", "hybrid.a.example")), B), {"cert": "mx.a.example"}, "Incoming b recipient", {"R15"}),
    ("W4", (a(on_premises(cert="hybrid.a.example"), domains=("a.example", "hybrid.a.example")), B), {"cert": "*.a.example"}, "Originating a certificate", {"R77"}),
    ("W5", (a_tenant("m", on_premises(cert="*.m.example")), a_tenant("c"), B), {"cert": "mx1.m.example", "sender": "x@c.example"}, "Originating m certificate", {"R73"}),
    ("W6", (by_address("a"), B), {}, "Originating a address", {"R5", "R7", "R21"}),
    ("W7", (by_address("a"), B), {"sender": "x@other.example"}, "Incoming b recipient", {"R15"}),
    ("W8", (by_address("a"), B), {"sender": "x@other.example", "to": "x@elsewhere.example"}, "550 5.7.64", {"R35"}),
    ("W9", (by_address("a"), by_address("c"), B), {}, "Originating a address", {"R3", "R21"}),
    ("W10", (by_address("a"), by_address("c"), B), {"sender": "<>", "to": "user@a.example"}, "Originating a address", {"R3"}),
    ("W11", (by_address("a"), by_address("c"), B), {"sender": "<>"}, "Incoming b recipient", {"R15"}),
    ("W12", (a(on_premises(cert="hybrid.a.example"), domains=("a.example", "hybrid.a.example")), B), {"cert": "hybrid.a.example", "sender": "<>"}, "Originating a certificate", {"R5"}),
    ("W13", (a(on_premises(cert="mail.a.example")), B), {"cert": "mail.a.example", "sender": "x@other.example"}, "Incoming b recipient", {"R11"}),
    ("W14", (a(on_premises(cert="mail.a.example")), B), {"cert": "mail.a.example", "to": "x@elsewhere.example"}, "Originating a certificate", {"R5"}),
    ("W15", (a(on_premises(cert="*.a.example")), B), {"cert": SELF_SIGNED}, "Incoming b recipient", {"R9", "R15"}),
    ("W16", (a(on_premises(cert="*.a.example")), B), {"cert": "*.a.example", "to": "user@a.example"}, "Originating a certificate", {"R16"}),
    ("W17", (a(on_premises(cert="*.x.example")), a_tenant("c", on_premises(cert="*.x.example"), domains=("c.example", "x.example")), B), {"cert": "*.x.example"}, "Originating c certificate", {"R3"}),
    ("W18", (a(on_premises(cert="*.x.example")), a_tenant("c", on_premises(cert="*.x.example")), B), {"cert": "*.x.example"}, "Originating a certificate", {"R3"}),
    ("W19", (a(), a_tenant("b", partner(senders=("a.example",), ips=(GATEWAY,)))), {"cert": "mail.protection.outlook.com", "ip": "203.0.113.70"}, "550 5.7.51", {"R38"}),
    ("W20", (a(reject_direct_send=True), B), {"to": "user@a.example"}, "550 5.7.68", {"R39"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("world", "facts", "outcome", "rules"), [w[1:] for w in WORKED], ids=[w[0] for w in WORKED]
)
def test_worked_decision(world, facts, outcome, rules):
    decision = decide(*world, **facts)
    assert told(decision).startswith(outcome)
    assert rules <= set(decision.rules)


def told(decision):
    if decision.reply:
        return decision.reply.bare
    return f"{decision.verdict} {decision.tenant_name} {decision.basis}"


def codes(decision):
    return [why.code for one in decision.explain().candidates for why in one.why]


@pytest.mark.parametrize("world", [w[1:3] for w in WORKED], ids=[w[0] for w in WORKED])
def test_the_order_of_tenants_changes_nothing(world):
    tenants, facts = world
    assert told(decide(*tenants, **facts)) == told(decide(*reversed(tenants), **facts))


@pytest.mark.parametrize("world", [w[1:3] for w in WORKED], ids=[w[0] for w in WORKED])
def test_every_decision_can_be_told(world):
    tenants, facts = world
    decision = decide(*tenants, **facts)
    lines = story(decision.explain())
    assert lines[0].startswith(str(decision.recipient))
    assert sum(one.won for one in decision.explain().candidates) == (
        decision.connector is not None and decision.reply is None
    )


class TestSwitches:
    def test_wildcard_certificate_does_not_cover_an_exact_value_when_the_switch_says_so(self):
        world = (a(on_premises(cert="hybrid.a.example"), domains=("a.example", "hybrid.a.example")), B)
        assert decide(*world, cert="*.a.example", wildcard_cert_covers_exact=False).tenant_name == "b"

    def test_unaccepted_name_is_no_match_at_all_by_the_stricter_document(self):
        world = (a(on_premises(cert="mail.a.example")), B)
        decision = decide(
            *world, cert="mail.a.example", to="x@elsewhere.example", unaccepted_cert_name="no_match"
        )
        assert decision.reason is Reason.NOT_ACCEPTED
        assert "ATTR36" in told(decision)

    def test_before_july_2017_the_certificate_domain_need_not_be_accepted(self):
        world = (a(on_premises(cert="mail.a.example")), B)
        facts: dict[str, Any] = {"cert": "mail.a.example", "sender": "x@other.example"}
        assert decide(*world, **facts).tenant_name == "b"
        assert decide(*world, **facts, require_accepted_cert_domain=False).tenant_name == "a"
        assert decide(*world, **facts, attribution_order="legacy_pre2026").tenant_name == "a"

    def test_before_november_2023_an_accepted_author_domain_allows_relay(self):
        world = (by_address("a"), B)
        facts: dict[str, Any] = {
            "sender": "x@other.example",
            "to": "x@elsewhere.example",
            "author": "a.example",
        }
        assert decide(*world, **facts).status == "5.7.64"
        assert decide(*world, **facts, p2_counts_for_relay=True).tenant_name == "a"

    @pytest.mark.parametrize(
        ("fault", "switch"),
        [
            (CertFault.UNTRUSTED, "bad_chain"),
            (CertFault.SELF_SIGNED, "bad_chain"),
            (CertFault.EXPIRED, "expired_cert"),
        ],
    )
    def test_a_bad_certificate_is_ignored_or_refused(self, fault, switch):
        world = (a(on_premises(cert="*.a.example")), B)
        shown = a_certificate("*.a.example", faults=frozenset({fault}))
        assert decide(*world, cert=shown).tenant_name == "b"
        position: dict[str, Any] = {switch: "refuse_connection"}
        refused = decide(*world, cert=shown, **position)
        assert refused.reason is Reason.CERTIFICATE_REFUSED

    def test_client_key_usage_matters_only_when_the_switch_says_so(self):
        world = (a(on_premises(cert="*.a.example")), B)
        shown = a_certificate("*.a.example", faults=frozenset({CertFault.NO_CLIENT_AUTH}))
        assert decide(*world, cert=shown).tenant_name == "a"
        assert decide(*world, cert=shown, require_client_eku=True).tenant_name == "b"

    def test_cn_only_ignores_the_san(self):
        world = (a(on_premises(cert="mx.a.example"), domains=("a.example", "mx.a.example")), B)
        shown = a_certificate("www.other.example", "mx.a.example")
        assert decide(*world, cert=shown).tenant_name == "a"
        assert decide(*world, cert=shown, cert_names="cn_only").tenant_name == "b"

    def test_another_region_answers_attr35_or_proxies(self):
        world = (a(on_premises(cert="*.a.example"), region="EUR"), a_tenant("b", region="NAM"))
        decision = decide(*world, cert="*.a.example", region="NAM")
        assert told(decision).startswith("451 4.4.62")
        assert "ATTR35" in told(decision)
        assert decide(*world, cert="*.a.example", region="NAM", cross_region="proxy").tenant_name == "a"

    def test_a_tie_goes_to_the_reverse_path_then_the_recipient_then_the_oldest(self):
        sans = a_certificate("mx.a.example", "mx.c.example")
        world = (
            a(on_premises(cert="*.a.example"), age=2),
            a_tenant("c", on_premises(cert="*.c.example"), age=1),
            B,
        )
        assert decide(*world, cert=sans, sender="x@c.example").tenant_name == "c"
        assert decide(*world, cert=sans, sender="<>", to="user@a.example").tenant_name == "a"
        assert decide(*world, cert=sans, sender="<>").tenant_name == "c"
        assert decide(*world, cert=sans, tenant_tie_break="oldest").tenant_name == "c"
        assert decide(*world, cert=sans, tenant_tie_break="reject").reason is Reason.TIE_REJECTED
        seeds = {
            decide(*world, cert=sans, tenant_tie_break="seeded_random", seed=n).tenant_name for n in range(20)
        }
        assert seeds == {"a", "c"}


class TestIncoming:
    def test_a_connector_of_type_on_premises_never_refuses(self):
        assert decide(a(), a_tenant("b", on_premises(cert="*.b.example"))).verdict is Verdict.INCOMING

    def test_a_partner_connector_that_names_the_client_takes_it(self):
        decision = decide(a(), a_tenant("b", partner(senders=("a.example",), ips=(GATEWAY,))))
        assert (decision.reason, decision.connector_name) == (Reason.PARTNER, "Partner")

    def test_a_partner_connector_for_other_senders_is_no_hindrance(self):
        assert decide(a(), a_tenant("b", partner(senders=("z.example",), ips=("203.0.113.1",)))).reply is None

    def test_a_restriction_by_certificate_wants_that_name(self):
        world = (a(), a_tenant("b", partner(senders=("a.example",), cert="mx.a.example")))
        assert decide(*world, cert="mx.a.example").reply is None
        assert decide(*world, cert="other.example").status == "5.7.51"

    def test_failed_hybrid_authentication_meets_the_own_restricting_partner_connector(self):
        """T7, R42: the name is no accepted domain, MAIL FROM neither, the recipient is the own tenant's."""
        world = (a(on_premises(cert="mail.a.example"), partner("From the gateway", ips=("203.0.113.9",))), B)
        decision = decide(*world, cert="mail.a.example", sender="x@other.example", to="user@a.example")
        assert decision.status == "5.7.51"
        assert {"R11", "R38", "R42"} <= set(decision.rules)

    def test_direct_send_is_accepted_unless_rejected(self):
        assert decide(a(), to="user@a.example").reason is Reason.ANONYMOUS
        decision = decide(a(reject_direct_send=True), to="user@a.example", reject_direct_send_available=False)
        assert decision.reply is None

    def test_reject_direct_send_spares_foreign_senders_and_connectors(self):
        assert decide(a(reject_direct_send=True), to="user@a.example", sender="x@b.example").reply is None
        world = a(on_premises(cert="*.a.example"), reject_direct_send=True)
        assert decide(world, to="user@a.example", cert="*.a.example").reply is None

    def test_unknown_recipients_are_refused_at_the_edge_only_when_incoming(self):
        assert decide(a(), B, to="nobody@b.example").status == "5.4.1"
        world = (a(on_premises(cert="*.a.example")), B)
        assert decide(*world, to="nobody@b.example", cert="*.a.example").verdict is Verdict.ORIGINATING

    def test_edge_blocking_is_off_for_internal_relay(self):
        from lab.model.tenant import DomainType

        relay = replace(
            B, accepted_domains=(replace(B.accepted_domains[0], domain_type=DomainType.INTERNAL_RELAY),)
        )
        assert decide(a(), relay, to="nobody@b.example").reply is None

    def test_a_connector_without_restriction_can_still_require_tls_by_switch(self):
        world = (a(), a_tenant("b", partner(senders=("a.example",))))
        assert decide(*world, tls=False).reply is None
        assert decide(*world, tls=False, partner_scope="sender_domain_also").status == "5.7.3"


class TestOwnConnection:
    def test_a_blocked_connector_is_refused(self):
        decision = decide(a(on_premises(cert="*.a.example", blocked=True)), B, cert="*.a.example")
        assert decision.status == "5.7.711"

    def test_a_disabled_connector_takes_part_in_nothing(self):
        assert (
            decide(a(on_premises(cert="*.a.example", enabled=False)), B, cert="*.a.example").tenant_name
            == "b"
        )

    def test_certificate_outranks_address(self):
        both = a(on_premises("by address", ips=(GATEWAY,)), on_premises("by name", cert="*.a.example"))
        decision = decide(both, B, cert="*.a.example")
        assert (decision.basis, decision.connector_name) == (Basis.CERTIFICATE, "by name")

    def test_the_exact_value_outranks_the_wildcard(self):
        both = a(
            on_premises("wild", cert="*.a.example"),
            on_premises("exact", cert="mx.a.example"),
            domains=("a.example", "mx.a.example"),
        )
        assert decide(both, B, cert="mx.a.example").connector_name == "exact"

    def test_no_tls_no_match_by_address_when_the_connector_requires_it(self):
        assert decide(by_address("a"), B, tls=False).tenant_name == "b"
        relaxed = a_tenant("a", on_premises(ips=(GATEWAY,), require_tls=False))
        assert decide(relaxed, B, tls=False).tenant_name == "a"

    def test_addresses_match_by_network(self):
        wide = a_tenant("a", on_premises(ips=("198.51.100.0/24",)))
        assert decide(wide, B, ip="198.51.100.77").basis is Basis.ADDRESS
        assert decide(wide, B, ip="198.51.101.77").tenant_name == "b"


NAMES = st.sampled_from(
    ["a.example", "mx.a.example", "*.a.example", "hybrid.a.example", "*.x.example", "c.example"]
)


@given(
    st.lists(
        st.tuples(st.sampled_from("acde"), NAMES, st.booleans()),
        min_size=1,
        max_size=5,
        unique_by=lambda t: t[0],
    ),
    st.lists(NAMES, min_size=1, max_size=3),
    st.sampled_from(["user@a.example", "x@c.example", "<>"]),
    st.sampled_from(["user@b.example", "user@a.example", "x@elsewhere.example"]),
    st.randoms(use_true_random=False),
)
def test_attribution_does_not_depend_on_the_order_of_tenants_or_connectors(specs, names, sender, to, dice):
    def world():
        tenants = []
        for name, value, accepted in specs:
            connectors = [
                on_premises("1", cert=value),
                on_premises("2", cert=value),
                on_premises("3", ips=(GATEWAY,)),
            ]
            dice.shuffle(connectors)
            extra = (
                (value.removeprefix("*."),)
                if accepted and value.removeprefix("*.") != f"{name}.example"
                else ()
            )
            tenants.append(
                a_tenant(
                    name, *connectors, domains=(f"{name}.example",) + (extra if name == specs[0][0] else ())
                )
            )
        tenants.append(B)
        dice.shuffle(tenants)
        return tenants

    shown = a_certificate(*names)
    first, second = (decide(*world(), cert=shown, sender=sender, to=to) for _ in range(2))
    assert (told(first), first.connector_name) == (
        told(second),
        second.connector_name,
    )


class TestDates:
    """`as_of` selects the rules of R45-R55."""

    def test_until_november_2023_the_author_s_domain_could_stand_for_the_certificate_s_and_p1(self):
        own = a(on_premises(cert="mail.a.example"))
        facts: dict[str, Any] = {"cert": "mail.a.example", "sender": "x@other.example", "to": "x@out.example"}
        for day, author, outcome in (
            (date(2017, 7, 4), "other.example", "Originating a"),
            (date(2017, 7, 5), "other.example", "550 5.7.64"),
            (date(2023, 10, 31), "a.example", "Originating a"),
            (date(2023, 11, 1), "a.example", "550 5.7.64"),
        ):
            positions = {each.name: getattr(in_force(day), each.name) for each in fields(in_force(day))}
            assert told(decide(own, B, author=author, **facts, **positions)).startswith(outcome)

    def test_before_july_2017_an_address_was_enough_to_relay(self):
        facts: dict[str, Any] = {"sender": "x@other.example", "to": "x@elsewhere.example"}
        told_by_day = {}
        for day in (date(2017, 7, 4), date(2017, 7, 5)):
            positions = {each.name: getattr(in_force(day), each.name) for each in fields(in_force(day))}
            decision = decide(by_address("a"), B, **facts, **positions)
            told_by_day[day.day] = told(decision), "R45" in decision.rules
        assert told_by_day == {
            4: ("Originating a address", True),
            5: ("550 5.7.64 TenantAttribution; Relay Access Denied", False),
        }

    def test_an_address_of_two_tenants_was_a_tie_then(self):
        facts: dict[str, Any] = {"sender": "x@other.example", "to": "x@elsewhere.example"}
        tie = decide(by_address("a"), by_address("c"), B, **facts, attribution_order="legacy_pre2026")
        assert {"R18", "R45"} <= set(tie.rules)
        assert tie.owner is Why.OLDEST_TENANT

    def test_what_is_chosen_stands_whatever_the_date(self):
        assert in_force(date(2020, 1, 1), {"srs_relay": True}).srs_relay
        assert not in_force(date(2020, 1, 1)).srs_relay

    def test_direct_send_could_not_be_rejected_before_2025(self):
        own = a(reject_direct_send=True)
        for day, code in ((date(2024, 1, 1), None), (date(2026, 1, 1), 550)):
            positions = {each.name: getattr(in_force(day), each.name) for each in fields(in_force(day))}
            reply = decide(own, to="user@a.example", **positions).reply
            assert (reply.code if reply else None) == code


def test_a_verdict_that_rests_on_a_switch_names_its_rule():
    world = (a(on_premises(cert="hybrid.a.example"), domains=("a.example", "hybrid.a.example")), B)
    assert "R77" in decide(*world, cert="*.a.example", wildcard_cert_covers_exact=False).rules
    assert "R77" not in decide(*world, cert="mx.a.example").rules


def test_a_null_sender_passes_a_restriction_to_named_domains_and_the_verdict_says_on_what_ground():
    world = (a(), a_tenant("b", partner(senders=("a.example",), ips=("203.0.113.9",))))
    decision = decide(*world, sender="<>")
    assert decision.reply is None
    assert "R57" in decision.rules
    assert Why.NULL_SENDER in codes(decision)
    everybody = (a(), a_tenant("b", partner(senders=("*",), ips=("203.0.113.9",))))
    assert decide(*everybody, sender="<>").status == "5.7.51"


def test_an_exact_value_must_be_an_accepted_domain_itself_a_wildcards_parent_may_match_sub_domains():
    parent = AcceptedDomain(Domain("a.example"), match_sub_domains=True)
    for value, tenant in (("mail.a.example", "b"), ("*.mail.a.example", "a")):
        own = replace(a(on_premises(cert=value)), accepted_domains=(parent,))
        decision = decide(own, B, cert=value, sender="x@other.example")
        assert decision.tenant_name == tenant


def test_accepted_mail_does_not_cite_that_refused_mail_leaves_no_trace():
    assert "R43" not in decide(a(), B).rules
    assert "R43" in decide(a(), B, to="nobody@b.example").rules


def test_of_two_connectors_of_one_tenant_the_loser_is_not_told_of_another_tenant():
    own = a(on_premises("Exact", cert="mx.a.example"), on_premises("Wide", cert="*.a.example"))
    own = replace(own, accepted_domains=(*own.accepted_domains, AcceptedDomain(Domain("mx.a.example"))))
    decision = decide(own, B, cert="mx.a.example")
    (loser,) = (one for one in decision.explain().candidates if one.tenant == "a" and not one.won)
    assert decision.connector_name == "Exact"
    assert (loser.name, loser.rules[-1]) == ("Wide", "R81")
    (why,) = loser.why
    assert (why.code, why.parameters["connector"]) == (Why.OTHER_CONNECTOR_FIRST, "Exact")


def test_a_partner_who_is_named_but_comes_without_tls_is_told_so():
    world = (a(), a_tenant("b", partner(senders=("a.example",), ips=(GATEWAY,))))
    decision = decide(*world, tls=False)
    assert (decision.reason, decision.status) == (Reason.PARTNER_NEEDS_TLS, "5.7.3")
    assert "R60" in decision.rules
    assert Why.PARTNER_NEEDS_TLS in codes(decision)
    assert decide(*world, tls=False, ip="203.0.113.9").status == "5.7.51"


def test_sender_domains_narrow_an_on_premises_connector_only_by_switch():
    only_c = on_premises(cert="*.a.example", sender_domains=(DomainPattern.parse("c.example"),))
    assert decide(a(only_c), B, cert="*.a.example").tenant_name == "a"
    scoped = decide(a(only_c), B, cert="*.a.example", onpremises_sender_domains="scopes")
    assert scoped.tenant_name == "b"
    (loser,) = scoped.explain().candidates
    assert [why.code for why in loser.why] == [Why.OUT_OF_SCOPE]


# -- each decision in full: by which tenant, connector and owner, and by exactly which rules

HYBRID = on_premises(cert="*.a.example")
OUT = "x@elsewhere.example"
OTHER = "x@other.example"
SHOWN = ("R8", "R10")
"""The certificate counts."""
UNACCEPTED = on_premises(cert="mail.a.example")
"""Its value is no accepted domain of a."""


def printer(name="Printer", **more):
    return on_premises(name, ips=(GATEWAY,), **more)


ORIGINATING = [
    ("certificate", (a(HYBRID), B), {"cert": "mx.a.example"}, Why.CERTIFICATE_DOMAIN, (*SHOWN, "R73", "R3", "R5", "R83", "R6")),
    ("to-the-own-tenant", (a(HYBRID), B), {"cert": "mx.a.example", "to": "user@a.example"}, Why.CERTIFICATE_DOMAIN, (*SHOWN, "R73", "R3", "R5", "R83", "R16", "R6")),
    ("certificate-untested", (a(UNACCEPTED), B), {"cert": "mail.a.example", "sender": OTHER, "require_accepted_cert_domain": False}, Why.CERTIFICATE_DOMAIN, (*SHOWN, "R72", "R3", "R6")),
    ("certificate-before-2017", (a(UNACCEPTED), B), {"cert": "mail.a.example", "sender": OTHER, "attribution_order": "legacy_pre2026"}, Why.CERTIFICATE_DOMAIN, (*SHOWN, "R72", "R3", "R6")),
    ("unaccepted-name-with-p1", (a(UNACCEPTED), B), {"cert": "mail.a.example"}, Why.REVERSE_PATH_DOMAIN, (*SHOWN, "R72", "R3", "R5", "R6")),
    ("unaccepted-name-with-author", (a(UNACCEPTED), B), {"cert": "mail.a.example", "sender": OTHER, "author": "a.example", "p2_counts_for_relay": True}, Why.REVERSE_PATH_DOMAIN, (*SHOWN, "R72", "R45", "R49", "R6")),
    ("address-with-p1", (a(printer()), B), {}, Why.REVERSE_PATH_DOMAIN, ("R132", "R21", "R3", "R5", "R7")),
    ("address-with-author", (a(printer()), B), {"sender": OTHER, "author": "a.example", "p2_counts_for_relay": True}, Why.REVERSE_PATH_DOMAIN, ("R132", "R21", "R45", "R49", "R7")),
    ("address-with-recipient", (a(printer()), B), {"sender": OTHER, "to": "user@a.example"}, Why.RECIPIENT_DOMAIN, ("R132", "R21", "R3", "R7", "R16", "R7")),
    ("address-alone-before-2017", (a(printer()), B), {"sender": OTHER, "to": OUT, "attribution_order": "legacy_pre2026"}, Why.ADDRESS_ALONE, ("R132", "R21", "R45", "R7")),
    ("address-in-the-clear", (a(printer(require_tls=False)), B), {"tls": False}, Why.REVERSE_PATH_DOMAIN, ("R195", "R21", "R3", "R5", "R7")),
    ("foreign-region-by-proxy", (a(HYBRID, region="NAM"), B), {"cert": "mx.a.example", "cross_region": "proxy"}, Why.CERTIFICATE_DOMAIN, (*SHOWN, "R73", "R3", "R5", "R83", "R6")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("world", "facts", "owner", "rules"), [case[1:] for case in ORIGINATING], ids=[c[0] for c in ORIGINATING]
)
def test_own_mail_is_told_by_owner_and_rules(world, facts, owner, rules):
    decision = decide(*world, **facts)
    assert (decision.verdict, decision.reason) == (Verdict.ORIGINATING, Reason.OWN_CONNECTION)
    assert (decision.tenant, decision.connector) == (world[0], world[0].inbound_connectors[0])
    assert (decision.owner, decision.rules) == (owner, rules)
    assert decision.basis is (Basis.CERTIFICATE if "cert" in facts else Basis.ADDRESS)
    assert (decision.direction, decision.reply) == (Direction.ORIGINATING, None)
    assert decision.chosen in decision.candidates
    assert decision.chosen.connector is decision.connector


INCOMING = [
    ("anybody", (a(), B), {}, Reason.ANONYMOUS, "", ("R132", "R15")),
    ("in-the-clear", (a(), B), {"tls": False}, Reason.ANONYMOUS, "", ("R195", "R15")),
    ("ignored-certificate", (a(HYBRID), B), {"cert": SELF_SIGNED}, Reason.ANONYMOUS, "", ("R9", "R125", "R15")),
    ("unaccepted-name", (a(UNACCEPTED), B), {"cert": "mail.a.example", "sender": OTHER}, Reason.ANONYMOUS, "", (*SHOWN, "R15", "R11")),
    ("unaccepted-name-to-its-own-tenant", (B, a(UNACCEPTED)), {"cert": "mail.a.example", "sender": OTHER, "to": "user@a.example"}, Reason.ANONYMOUS, "", (*SHOWN, "R15", "R11")),
    ("address-of-a-stranger", (a(printer()), B), {"sender": OTHER}, Reason.ANONYMOUS, "", ("R132", "R15")),
    ("author-does-not-count", (a(printer()), B), {"sender": OTHER, "author": "a.example"}, Reason.ANONYMOUS, "", ("R132", "R15")),
    ("author-of-nobody", (a(printer()), B), {"sender": OTHER, "author": "z.example", "p2_counts_for_relay": True}, Reason.ANONYMOUS, "", ("R132", "R15")),
    ("no-author", (a(printer()), B), {"sender": OTHER, "p2_counts_for_relay": True}, Reason.ANONYMOUS, "", ("R132", "R15")),
    ("near-miss", (a(on_premises(cert="a.example")), B), {"cert": "*.a.example"}, Reason.ANONYMOUS, "", (*SHOWN, "R78", "R15")),
    ("partner", (a(), a_tenant("b", partner(ips=(GATEWAY,)))), {}, Reason.PARTNER, "Partner", ("R132", "R15", "R22", "R23", "R57")),
    ("foreign-region-by-proxy", (a(), a_tenant("b", region="NAM")), {"cross_region": "proxy"}, Reason.ANONYMOUS, "", ("R132", "R15")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("world", "facts", "reason", "connector", "rules"),
    [c[1:] for c in INCOMING],
    ids=[c[0] for c in INCOMING],
)
def test_incoming_mail_is_told_by_reason_and_rules(world, facts, reason, connector, rules):
    decision = decide(*world, **facts)
    assert (decision.verdict, decision.reason) == (Verdict.INCOMING, reason)
    assert (decision.tenant, decision.connector_name, decision.rules) == (world[1], connector, rules)
    assert (decision.basis, decision.direction) == (Basis.RECIPIENT, Direction.INCOMING)
    assert (decision.chosen, decision.owner, decision.reply) == (None, None, None)


STRICT = partner("From the gateway", ips=("203.0.113.9",))
REFUSED = [
    ("certificate", (a(HYBRID), B), {"cert": SELF_SIGNED, "bad_chain": "refuse_connection"}, BAD_CERTIFICATE, Reason.CERTIFICATE_REFUSED, "", Basis.NONE, ("R114", "R9", "R125")),
    ("tie", (a(on_premises(cert="*.x.example"), domains=("x.example",)), a_tenant("c", on_premises(cert="*.x.example"), domains=("x.example",))), {"cert": "mx.x.example", "tenant_tie_break": "reject"}, RELAY_DENIED, Reason.TIE_REJECTED, "", Basis.NONE, ("R18", "R35")),
    ("region-of-the-own-tenant", (a(HYBRID, region="NAM"), B), {"cert": "mx.a.example"}, ATTR35, Reason.WRONG_REGION, "Inbound from A", Basis.CERTIFICATE, (*SHOWN, "R73", "R3", "R5", "R83", "R31", "R32", "R37")),
    ("region-of-the-recipient", (a_tenant("b", region="NAM"), a()), {}, ATTR35, Reason.WRONG_REGION, "", Basis.RECIPIENT, ("R132", "R15", "R31", "R37")),
    ("blocked-by-certificate", (a(on_premises(cert="*.a.example", blocked=True)), B), {"cert": "mx.a.example"}, BAD_CONNECTOR, Reason.CONNECTOR_BLOCKED, "Inbound from A", Basis.CERTIFICATE, (*SHOWN, "R73", "R3", "R5", "R83", "R40")),
    ("blocked-by-address", (a(printer(blocked=True)), B), {}, BAD_CONNECTOR, Reason.CONNECTOR_BLOCKED, "Printer", Basis.ADDRESS, ("R132", "R21", "R3", "R5", "R40")),
    ("blocked-by-address-for-the-recipient", (a(printer(blocked=True)), B), {"sender": "<>", "to": "user@a.example"}, BAD_CONNECTOR, Reason.CONNECTOR_BLOCKED, "Printer", Basis.ADDRESS, ("R132", "R21", "R3", "R7", "R16", "R40")),
    ("relay", (a(), B), {"to": OUT}, RELAY_DENIED, Reason.RELAY_DENIED, "", Basis.NONE, ("R132", "R35")),
    ("relay-in-the-clear", (a(), B), {"to": OUT, "tls": False}, RELAY_DENIED, Reason.RELAY_DENIED, "", Basis.NONE, ("R195", "R35")),
    ("relay-by-unaccepted-name", (a(UNACCEPTED), B), {"cert": "mail.a.example", "sender": OTHER, "to": OUT}, ATTR36, Reason.NOT_ACCEPTED, "", Basis.NONE, (*SHOWN, "R5", "R11", "R36")),
    ("relay-by-address", (a(printer()), B), {"sender": OTHER, "to": OUT}, RELAY_DENIED, Reason.NOT_ACCEPTED, "", Basis.NONE, ("R132", "R5", "R7", "R35")),
    ("relay-by-address-of-a-report", (a(printer()), B), {"sender": "<>", "to": OUT}, RELAY_DENIED, Reason.NOT_ACCEPTED, "", Basis.NONE, ("R132", "R5", "R7", "R35", "R29")),
    ("restriction", (a_tenant("b", STRICT), a()), {}, PARTNER, Reason.PARTNER_RESTRICTS, "From the gateway", Basis.RECIPIENT, ("R132", "R15", "R22", "R23", "R57", "R62", "R38", "R43")),
    ("restriction-after-an-unaccepted-name", (a(UNACCEPTED, STRICT), B), {"cert": "mail.a.example", "sender": OTHER, "to": "user@a.example"}, PARTNER, Reason.PARTNER_RESTRICTS, "From the gateway", Basis.RECIPIENT, (*SHOWN, "R15", "R11", "R22", "R23", "R57", "R62", "R38", "R43", "R42")),
    ("edge-after-an-unaccepted-name", (B, a(UNACCEPTED)), {"cert": "mail.a.example", "sender": OTHER, "to": "nobody@b.example"}, UNKNOWN, Reason.UNKNOWN_RECIPIENT, "", Basis.RECIPIENT, (*SHOWN, "R15", "R11", "R136", "R43")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("world", "facts", "reply", "reason", "connector", "basis", "rules"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
def test_a_refusal_is_told_by_reply_reason_and_rules(world, facts, reply, reason, connector, basis, rules):
    decision = decide(*world, **facts)
    assert (decision.verdict, decision.reply, decision.reason) == (Verdict.REFUSED, reply, reason)
    assert (decision.connector_name, decision.basis, decision.rules) == (connector, basis, rules)
    assert decision.tenant == (None if basis is Basis.NONE else world[0])
    own = basis in (Basis.CERTIFICATE, Basis.ADDRESS)
    incoming = Direction.INCOMING if basis is Basis.RECIPIENT else None
    assert decision.direction is (Direction.ORIGINATING if own else incoming)
    assert bool(decision.owner) is (decision.chosen is not None) is own


def test_a_decision_carries_the_facts_that_it_was_made_on():
    decision = decide(a(HYBRID), B, cert="mx.a.example", tls=True, bad_chain="refuse_connection")
    assert (decision.credentials.address, decision.credentials.tls) == (GATEWAY, True)
    assert (str(decision.reverse_path), str(decision.recipient)) == ("<user@a.example>", "user@b.example")
    assert [c.connector for c in decision.candidates] == [HYBRID]
    assert set(decision.directory.tenants) == {"a", "b"}
    assert decision.switches.bad_chain == "refuse_connection"


class TestCandidates:
    def test_a_connector_that_fits_by_certificate_and_address_is_one_candidate(self):
        both = on_premises("Both", cert="*.a.example", ips=(GATEWAY,))
        decision = decide(a(both), B, cert="mx.a.example")
        assert [(c.connector.name, bool(c.match)) for c in decision.candidates] == [("Both", True)]

    def test_certificates_and_addresses_are_all_candidates(self):
        both = on_premises("Both", cert="*.a.example", ips=(GATEWAY,))
        decision = decide(a(both, printer()), a_tenant("c", printer("Both")), B, cert="mx.a.example")
        assert [(c.tenant.name, c.connector.name, bool(c.match)) for c in decision.candidates] == [
            ("a", "Both", True),
            ("a", "Printer", False),
            ("c", "Both", False),
        ]

    @pytest.mark.parametrize(
        ("facts", "owner", "first"),
        [
            ({"cert": "mx.a.example"}, Why.CERTIFICATE_DOMAIN, "A own"),
            ({"cert": "mail.other.example"}, Why.REVERSE_PATH_DOMAIN, "A other"),
            ({}, Why.REVERSE_PATH_DOMAIN, "x"),
            (
                {"sender": OTHER, "author": "a.example", "p2_counts_for_relay": True},
                Why.REVERSE_PATH_DOMAIN,
                "x",
            ),
            ({"sender": OTHER, "to": "user@a.example"}, Why.RECIPIENT_DOMAIN, "x"),
            ({"sender": OTHER, "to": OUT, "attribution_order": "legacy_pre2026"}, Why.ADDRESS_ALONE, "x"),
        ],
        ids=["certificate", "unaccepted-name", "reverse-path", "author", "recipient", "address-alone"],
    )
    def test_of_a_tenant_s_equal_connectors_the_first_by_name_is_taken(self, facts, owner, first):
        own = [on_premises(f"{name} own", cert="*.a.example") for name in "CAB"]
        own += [on_premises(f"{name} other", cert="mail.other.example") for name in "CAB"]
        own += [printer(name) for name in "zxy"]
        decision = decide(a(*own), B, **facts)
        assert (decision.connector_name, decision.owner) == (first, owner)

    def test_two_connectors_of_one_tenant_are_no_tie(self):
        own = a(on_premises("Wide", cert="*.a.example"), on_premises("Same", cert="*.a.example"))
        decision = decide(own, B, cert="mx.a.example", tenant_tie_break="reject")
        assert (decision.connector_name, decision.owner) == ("Same", Why.CERTIFICATE_DOMAIN)
        assert decision.rules == (*SHOWN, "R73", "R3", "R5", "R83", "R6")

    def test_two_addresses_of_one_tenant_are_no_tie_before_2017(self):
        decision = decide(
            a(printer("2"), printer("1")),
            B,
            sender=OTHER,
            to=OUT,
            tenant_tie_break="reject",
            attribution_order="legacy_pre2026",
        )
        assert (decision.connector_name, decision.owner) == ("1", Why.ADDRESS_ALONE)
        assert decision.rules == ("R132", "R21", "R45", "R7")

    def test_the_longer_value_goes_before_the_longer_name(self):
        own = a(
            on_premises("Long value", cert="*.mx.a.example"),
            on_premises("Long name", cert="*.a.example"),
            domains=("a.example", "mx.a.example"),
        )
        shown = a_certificate("x.mx.a.example", "a-name-that-is-longer.a.example")
        assert decide(own, B, cert=shown).connector_name == "Long value"

    def test_a_connector_that_is_out_of_scope_is_not_taken(self):
        scoped = on_premises("Scoped", cert="*.a.example", sender_domains=(DomainPattern.parse("c.example"),))
        decision = decide(
            a(scoped, on_premises("Wide", cert="*.a.example")),
            B,
            cert="mx.a.example",
            onpremises_sender_domains="scopes",
        )
        assert decision.connector_name == "Wide"

    def test_no_tls_hides_only_connectors_that_require_it(self):
        own = a(printer("A strict"), printer("B lax", require_tls=False))
        assert decide(own, B, tls=False).connector_name == "B lax"


class TestOrderOfProofs:
    """R3: the certificate's domain, then MAIL FROM, then RCPT TO."""

    WORLD = (by_address("a"), by_address("c"), by_address("e"), B)
    FACTS: Mapping[str, Any] = MappingProxyType(
        {"sender": "x@c.example", "author": "a.example", "to": "user@e.example"}
    )

    def test_the_reverse_path_goes_before_the_author(self):
        assert decide(*self.WORLD, **self.FACTS, p2_counts_for_relay=True).tenant_name == "c"

    def test_the_author_goes_before_the_recipient(self):
        facts = {**self.FACTS, "sender": OTHER}
        assert decide(*self.WORLD, **facts, p2_counts_for_relay=True).tenant_name == "a"

    def test_the_recipient_goes_before_the_address_alone(self):
        facts = {**self.FACTS, "sender": OTHER, "attribution_order": "legacy_pre2026"}
        assert decide(*self.WORLD, **facts).tenant_name == "e"

    def test_the_certificate_goes_before_the_reverse_path_of_another_tenant(self):
        assert (
            decide(a(HYBRID), by_address("c"), B, cert="mx.a.example", sender="x@c.example").tenant_name
            == "a"
        )

    def test_the_recipient_does_not_settle_an_unaccepted_name(self):
        """R7, R11: RCPT TO settles address matches only."""
        world = (a(UNACCEPTED), by_address("c"), B)
        facts: dict[str, Any] = {"cert": "mail.a.example", "sender": OTHER, "to": "user@a.example"}
        assert decide(*world, **facts).verdict is Verdict.INCOMING
        facts["to"] = "user@c.example"
        assert decide(*world, **facts).basis is Basis.ADDRESS

    def test_the_stricter_reading_leaves_addresses_alone(self):
        decision = decide(by_address("a"), B, unaccepted_cert_name="no_match")
        assert decision.owner is Why.REVERSE_PATH_DOMAIN

    def test_an_address_without_a_proof_is_not_enough_since_2017(self):
        assert decide(by_address("a"), B, sender=OTHER).owner is None


class TestTies:
    """R18: several tenants own a name of one certificate."""

    SHOWN = a_certificate("mx.a.example", "mx.c.example")
    RULES = ("R3", "R5", "R83", "R18", "R81")

    def tie(self, ages=(2, 1), **facts: Any):
        return decide(
            a(on_premises("1", cert="*.a.example"), on_premises("0", cert="*.a.example"), age=ages[0]),
            a_tenant(
                "c", on_premises("1", cert="*.c.example"), on_premises("0", cert="*.c.example"), age=ages[1]
            ),
            B,
            cert=self.SHOWN,
            **{"sender": "<>", **facts},
        )

    @pytest.mark.parametrize(
        ("facts", "tenant", "owner"),
        [
            ({"sender": "x@a.example", "to": "user@c.example"}, "a", Why.REVERSE_PATH_DOMAIN),
            ({"sender": "x@c.example", "to": "user@a.example"}, "c", Why.REVERSE_PATH_DOMAIN),
            ({"sender": OTHER, "to": "user@a.example"}, "a", Why.RECIPIENT_DOMAIN),
            ({}, "c", Why.OLDEST_TENANT),
            ({"sender": "x@a.example", "tenant_tie_break": "oldest"}, "c", Why.OLDEST_TENANT),
            ({"ages": (1, 2)}, "a", Why.OLDEST_TENANT),
            ({"ages": (1, 1)}, "a", Why.OLDEST_TENANT),
        ],
        ids=[
            "reverse-path",
            "reverse-path-first",
            "recipient",
            "oldest",
            "oldest-at-once",
            "older",
            "same-age",
        ],
    )
    def test_a_tie_is_settled_by_the_switch_and_told(self, facts, tenant, owner):
        decision = self.tie(**facts)
        assert (decision.tenant_name, decision.owner, decision.connector_name) == (tenant, owner, "0")
        own = ("R16",) if facts.get("to") == f"user@{tenant}.example" else ()
        assert decision.rules == (*SHOWN, "R73", *self.RULES, *own, "R6")

    def test_untested_certificates_tie_as_well(self):
        decision = self.tie(require_accepted_cert_domain=False)
        assert decision.rules == (*SHOWN, "R73", "R3", "R18", "R81", "R6")

    def test_dice_depend_on_the_seed_the_tenant_and_the_connector_alone(self):
        thrown = [self.tie(tenant_tie_break="seeded_random", seed=seed) for seed in range(8)]
        assert {each.owner for each in thrown} == {Why.SEEDED_DICE}
        assert (
            " ".join(f"{each.tenant_name}{each.connector_name}" for each in thrown)
            == "a1 c0 a1 c1 a1 a0 a1 c0"
        )

    def test_an_address_of_two_tenants_was_a_tie_told_by_its_date(self):
        facts: dict[str, Any] = {"sender": OTHER, "to": OUT, "attribution_order": "legacy_pre2026"}
        world = (by_address("a"), by_address("c"), B)
        assert decide(*world, **facts).rules == ("R132", "R21", "R45", "R18", "R81", "R7")
        refused = decide(*world, **facts, tenant_tie_break="reject")
        assert (refused.reason, refused.reply) == (Reason.TIE_REJECTED, RELAY_DENIED)

    def test_a_rejected_tie_is_not_settled_by_an_address_after_all(self):
        decision = decide(
            a(HYBRID, printer()),
            a_tenant("c", on_premises(cert="*.c.example")),
            B,
            cert=self.SHOWN,
            tenant_tie_break="reject",
        )
        assert decision.reason is Reason.TIE_REJECTED

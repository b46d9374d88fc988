"""The recipient's tenant and an anonymous client: partner connectors, Direct Send, the directory at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from lab.core.client_credentials import judge_credentials
from lab.core.incoming import (
    DIRECT_SEND,
    NEEDS_TLS,
    PARTNER,
    UNKNOWN,
    Admission,
    admit,
    blocked_at_edge,
    in_scope,
)
from lab.model.decision import Reason
from lab.model.names import Address, DomainPattern, ReversePath
from lab.model.switches import Switches
from lab.model.tenant import AcceptedDomain, DomainType, InboundConnector
from tests.core.worlds import a_certificate, a_tenant, on_premises, partner

CLIENT = "198.51.100.25"
ELSEWHERE = "203.0.113.9"
FITS = ("R22", "R23", "R57")


def taken(
    *connectors: InboundConnector,
    sender: str = "user@a.example",
    to: str = "user@b.example",
    cert: str | None = None,
    tls: bool = True,
    service: bool = False,
    tenant: Mapping[str, Any] = MappingProxyType({}),
    **switches: Any,
) -> Admission:
    """What tenant b makes of a message of a.example from the client."""
    chosen = Switches(**switches)
    shown = judge_credentials(CLIENT, tls, a_certificate(cert) if cert else None, chosen)
    return admit(
        a_tenant("b", *connectors, **tenant),
        replace(shown, service=service),
        ReversePath.parse(sender),
        Address.parse(to),
        chosen,
    )


def name(admission: Admission) -> str:
    return admission.connector.name if admission.connector else ""


class TestPartners:
    def test_without_connectors_anybody_is_let_in(self):
        assert taken() == Admission(Reason.ANONYMOUS, ())

    def test_the_named_client_comes_through_the_connector(self):
        connector = partner(senders=("a.example",), ips=(CLIENT,))
        assert taken(connector) == Admission(Reason.PARTNER, FITS, connector)

    @pytest.mark.parametrize(
        ("restriction", "proof"),
        [({"ips": (ELSEWHERE,)}, "R62"), ({"cert": "mx.a.example"}, "R61")],
        ids=["address", "certificate"],
    )
    def test_any_other_client_is_refused_by_the_proof_that_was_asked_for(self, restriction, proof):
        connector = partner(senders=("a.example",), **restriction)
        expected = Admission(Reason.PARTNER_RESTRICTS, (*FITS, proof, "R38", "R43"), connector, PARTNER)
        assert taken(connector, cert="other.example") == expected

    def test_the_named_client_without_tls_is_asked_for_it(self):
        connector = partner(senders=("a.example",), ips=(CLIENT,))
        expected = Admission(Reason.PARTNER_NEEDS_TLS, (*FITS, "R60", "R43"), connector, NEEDS_TLS)
        assert taken(connector, tls=False) == expected

    def test_tls_is_asked_for_only_where_it_is_required(self):
        relaxed = partner(ips=(CLIENT,), require_tls=False)
        assert taken(relaxed, tls=False) == Admission(Reason.PARTNER, FITS, relaxed)

    def test_of_two_that_name_the_client_one_without_tls_lets_it_in(self):
        strict, relaxed = partner("A", ips=(CLIENT,)), partner("B", ips=(CLIENT,), require_tls=False)
        assert name(taken(strict, relaxed, tls=False)) == "B"

    def test_a_client_named_by_the_second_connector_is_not_refused_by_the_first(self):
        other, own = partner("A", ips=(ELSEWHERE,)), partner("B", ips=(CLIENT,))
        assert name(taken(other, own)) == "B"
        assert taken(other, own, tls=False).connector == own

    @pytest.mark.parametrize("client", [CLIENT, ELSEWHERE], ids=["named", "refused"])
    @pytest.mark.parametrize("order", [1, -1], ids=["in-order", "in-reverse"])
    def test_of_equal_connectors_the_first_by_name_speaks(self, client, order):
        same = [partner(each, ips=(client,)) for each in ("A", "B", "C")]
        assert name(taken(*same[::order])) == "A"

    def test_the_more_specific_sender_domain_goes_first(self):
        wide = partner("A wide", senders=("*",), ips=(ELSEWHERE,))
        narrow = partner("B narrow", senders=("a.example",), ips=(CLIENT,))
        assert name(taken(wide, narrow)) == name(taken(narrow, wide)) == "B narrow"

    def test_of_a_connector_s_sender_domains_the_best_counts(self):
        both = partner("B both", senders=("*", "a.example"), ips=(CLIENT,))
        middle = partner("A middle", senders=("*.a.example",), ips=(ELSEWHERE,))
        assert name(taken(both, middle)) == "B both"

    def test_restricting_connectors_go_before_more_specific_ones(self):
        lax = partner("A lax", senders=("a.example",))
        strict = partner("B strict", senders=("*",), ips=(ELSEWHERE,))
        assert name(taken(lax, strict, partner_scope="sender_domain_also")) == "B strict"

    def test_a_connector_that_restricts_nothing_is_looked_at_only_by_switch(self):
        lax = partner(senders=("a.example",))
        assert taken(lax) == Admission(Reason.ANONYMOUS, ())
        assert taken(lax, partner_scope="sender_domain_also") == Admission(Reason.PARTNER, FITS, lax)
        assert name(taken(lax, partner("Behind", ips=(CLIENT,)))) == "Behind"

    @pytest.mark.parametrize(
        "connector",
        [
            partner(senders=("a.example",), ips=(ELSEWHERE,), enabled=False),
            on_premises(ips=(ELSEWHERE,), restrict_domains_to_ip_addresses=True),
            partner(senders=("z.example",), ips=(ELSEWHERE,)),
        ],
        ids=["disabled", "on-premises", "other-senders"],
    )
    def test_a_connector_that_does_not_mean_the_sender_is_passed_over(self, connector):
        assert taken(connector) == Admission(Reason.ANONYMOUS, ())
        own = partner("Behind", ips=(CLIENT,))
        assert name(taken(connector, own)) == "Behind"

    @pytest.mark.parametrize(
        ("network", "fits"),
        [
            ("198.51.100.0/24", True),
            ("198.51.100.25/32", True),
            ("198.51.101.0/24", False),
            ("198.51.100.24/32", False),
        ],
        ids=["network", "address", "next-network", "next-address"],
    )
    def test_the_client_is_named_by_network(self, network, fits):
        assert (taken(partner(ips=(network,))).reply is None) is fits

    def test_one_fitting_network_of_several_is_enough(self):
        assert taken(partner(ips=(ELSEWHERE, CLIENT))).reply is None

    def test_one_fitting_name_of_several_is_enough(self):
        connector = partner(cert="mx.a.example")
        assert taken(connector, cert="mx.a.example").reply is None
        assert taken(connector).reply == PARTNER

    def test_the_name_is_judged_by_the_switches(self):
        connector = partner(cert="mx.a.example")
        assert taken(connector, cert="*.a.example").reply is None
        assert taken(connector, cert="*.a.example", wildcard_cert_covers_exact=False).reply == PARTNER

    def test_address_and_certificate_together_ask_for_the_address(self):
        connector = partner(ips=(CLIENT,), cert="mx.a.example")
        assert taken(connector).reply is None

    def test_a_restriction_to_a_certificate_that_is_not_named_lets_nobody_in(self):
        nameless = InboundConnector(name="Nameless", restrict_domains_to_certificate=True)
        assert taken(nameless, cert="mx.a.example").reply == PARTNER


class TestServices:
    def test_the_service_s_own_mail_is_spared_by_a_restriction(self):
        connector = partner(ips=(ELSEWHERE,))
        assert taken(connector, service=True) == Admission(Reason.ANONYMOUS, (*FITS, "R246"))

    def test_it_is_not_spared_by_switch(self):
        refused = taken(partner(ips=(ELSEWHERE,)), service=True, service_mail_exempt=False)
        assert refused.reason is Reason.PARTNER_RESTRICTS
        assert refused.rules == (*FITS, "R62", "R38", "R43")

    def test_it_is_not_spared_from_tls_where_nothing_restricts(self):
        refused = taken(partner(), service=True, tls=False, partner_scope="sender_domain_also")
        assert refused.reason is Reason.PARTNER_NEEDS_TLS

    def test_a_service_that_the_connector_names_comes_through_it(self):
        connector = partner(ips=(CLIENT,))
        assert taken(connector, service=True) == Admission(Reason.PARTNER, FITS, connector)


class TestNullPath:
    def test_a_null_path_passes_a_restriction_to_named_domains_by_its_rule(self):
        assert taken(partner(senders=("a.example",), ips=(ELSEWHERE,)), sender="<>").rules == ("R57",)

    @pytest.mark.parametrize(
        "connector",
        [
            partner(senders=("a.example",)),
            partner(senders=("a.example",), ips=(ELSEWHERE,), enabled=False),
            on_premises(
                sender_domains=(DomainPattern.parse("a.example"),), restrict_domains_to_ip_addresses=True
            ),
        ],
        ids=["restricts-nothing", "disabled", "on-premises"],
    )
    def test_nothing_is_spared_where_nothing_restricts(self, connector):
        assert taken(connector, sender="<>").rules == ()

    def test_a_sender_is_not_spared(self):
        assert taken(partner(senders=("z.example",), ips=(ELSEWHERE,))).rules == ()

    def test_a_restriction_that_means_everybody_means_the_null_path(self):
        everybody = partner(senders=("z.example", "*"), ips=(ELSEWHERE,))
        assert taken(everybody, sender="<>").rules == (*FITS, "R62", "R38", "R43")
        assert taken(partner(ips=(CLIENT,)), sender="<>").rules == FITS


class TestDirectSend:
    OWN = "user@b.example"
    REJECTS = MappingProxyType({"reject_direct_send": True})

    def test_mail_of_an_own_domain_is_direct_send(self):
        assert taken(sender=self.OWN) == Admission(Reason.ANONYMOUS, ("R44",))

    def test_direct_send_is_rejected_where_the_tenant_says_so(self):
        expected = Admission(Reason.DIRECT_SEND, ("R39", "R51", "R43"), None, DIRECT_SEND)
        assert taken(sender=self.OWN, tenant=self.REJECTS) == expected

    def test_it_could_not_be_rejected_before_there_was_a_setting(self):
        assert taken(sender=self.OWN, tenant=self.REJECTS, reject_direct_send_available=False) == Admission(
            Reason.ANONYMOUS, ("R44",)
        )

    def test_what_comes_through_a_connector_is_no_direct_send(self):
        connector = partner(ips=(CLIENT,))
        admission = taken(connector, sender=self.OWN, tenant=self.REJECTS)
        assert admission == Admission(Reason.PARTNER, FITS, connector)

    def test_foreign_senders_and_the_null_path_are_no_direct_send(self):
        for sender in ("user@a.example", "<>"):
            assert taken(sender=sender, tenant=self.REJECTS) == Admission(Reason.ANONYMOUS, ())


class TestEdge:
    def test_an_unknown_recipient_is_refused(self):
        expected = Admission(Reason.UNKNOWN_RECIPIENT, ("R136", "R43"), None, UNKNOWN)
        assert taken(to="nobody@b.example") == expected

    def test_it_is_refused_to_a_partner_as_well(self):
        connector = partner(ips=(CLIENT,))
        expected = Admission(Reason.UNKNOWN_RECIPIENT, (*FITS, "R136", "R43"), connector, UNKNOWN)
        assert taken(connector, to="nobody@b.example") == expected

    def test_rejected_direct_send_is_told_before_an_unknown_recipient(self):
        admission = taken(sender="user@b.example", to="nobody@b.example", tenant={"reject_direct_send": True})
        assert admission.reply == DIRECT_SEND

    @pytest.mark.parametrize(
        ("more", "kind", "to", "blocked"),
        [
            ({}, DomainType.AUTHORITATIVE, "nobody@b.example", True),
            ({}, DomainType.AUTHORITATIVE, "USER@b.example", False),
            ({"dbeb": False}, DomainType.AUTHORITATIVE, "nobody@b.example", False),
            ({}, DomainType.INTERNAL_RELAY, "nobody@b.example", False),
            ({}, DomainType.EXTERNAL_RELAY, "nobody@b.example", False),
            ({}, DomainType.AUTHORITATIVE, "nobody@z.example", False),
        ],
        ids=["unknown", "known", "switched-off", "internal-relay", "external-relay", "not-accepted"],
    )
    def test_only_unknown_recipients_of_authoritative_domains_are_blocked(self, more, kind, to, blocked):
        tenant = a_tenant("b", **more)
        domain = AcceptedDomain(tenant.accepted_domains[0].domain_name, kind)
        tenant = replace(tenant, accepted_domains=(domain,))
        assert blocked_at_edge(tenant, Address.parse(to)) is blocked


@pytest.mark.parametrize(
    ("sender", "scoped"),
    [("x@c.example", True), ("x@a.example", True), ("x@z.example", False), ("<>", False)],
    ids=["first", "second", "other", "null"],
)
def test_sender_domains_scope_an_on_premises_connector_only_by_switch(sender, scoped):
    connector = on_premises(sender_domains=tuple(map(DomainPattern.parse, ("c.example", "*.a.example"))))
    path = ReversePath.parse(sender)
    assert in_scope(connector, path, Switches())
    assert in_scope(connector, path, Switches(onpremises_sender_domains="scopes")) is scoped


def test_the_bare_wildcard_scopes_the_null_path_in():
    assert in_scope(on_premises(), ReversePath.NULL, Switches(onpremises_sender_domains="scopes"))

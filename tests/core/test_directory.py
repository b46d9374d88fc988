"""The index of all tenants: who owns a domain, which connectors a name or an address fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.core.certificate_matching import NameMatch
from lab.core.directory import Candidate, TenantDirectory, ip_number
from lab.model.names import Domain, DomainPattern
from lab.model.switches import Switches
from lab.model.tenant import AcceptedDomain, Tenant
from tests.core.worlds import a_tenant, on_premises, partner


def names(*texts: str) -> tuple[DomainPattern, ...]:
    return tuple(map(DomainPattern.parse, texts))


def match(value: str, name: str, rule: str) -> NameMatch:
    return NameMatch(DomainPattern.parse(value), DomainPattern.parse(name), rule)


def found(candidates: list[Candidate]) -> list[tuple[str, str]]:
    return sorted((each.tenant.name, each.connector.name) for each in candidates)


def by_name(tenant: Tenant, *shown: str, **switches: bool) -> list[tuple[str, str]]:
    """Each connector with the rule of its best match."""
    candidates = TenantDirectory([tenant]).by_certificate(names(*shown), Switches(**switches))  # type: ignore[arg-type]
    return [(each.connector.name, each.match.rule if each.match else "") for each in candidates]


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "number"),
        [
            ("0.0.0.0", 0),
            ("0.0.1.0", 256),
            ("198.51.100.25", 0xC6336419),
            ("255.255.255.255", 2**32 - 1),
        ],
        ids=["least", "third-part", "some", "greatest"],
    )
    def test_an_address_is_a_number(self, address, number):
        assert ip_number(address) == number

    @pytest.mark.parametrize(
        "text",
        ["1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.x", "1.2.3.", "1.2.3.٤", "1.2.3.-4", "::1"],
        ids=["three", "five", "too-great", "letter", "empty", "arabic-digit", "sign", "version-6"],
    )
    def test_what_is_no_address_is_refused_by_name(self, text):
        with pytest.raises(ValueError, match=text.replace(".", r"\.")):
            ip_number(text)

    @pytest.mark.parametrize(
        ("network", "inside", "outside"),
        [
            ("198.51.100.25/32", "198.51.100.25", "198.51.100.24"),
            ("198.51.100.24/31", "198.51.100.25", "198.51.100.26"),
            ("198.51.100.0/24", "198.51.100.255", "198.51.101.0"),
            ("198.18.0.0/15", "198.19.255.255", "198.20.0.0"),
        ],
        ids=["one", "pair", "byte", "wide"],
    )
    def test_an_address_matches_by_network(self, network, inside, outside):
        directory = TenantDirectory([a_tenant("a", on_premises(ips=(network,)))])
        assert [each.match for each in directory.by_address(ip_number(inside))] == [None]
        assert directory.by_address(ip_number(outside)) == []

    def test_networks_of_every_length_are_looked_at_and_each_connector_comes_once(self):
        tenant = a_tenant(
            "a",
            on_premises("1", ips=("198.51.100.25", "198.51.100.0/24")),
            on_premises("2", ips=("198.51.0.0/16",)),
            on_premises("3", ips=("203.0.113.0/24", "198.51.100.25")),
        )
        directory = TenantDirectory([tenant, a_tenant("b", on_premises("1", ips=("198.51.100.25",)))])
        assert found(directory.by_address(ip_number("198.51.100.25"))) == [
            ("a", "1"),
            ("a", "2"),
            ("a", "3"),
            ("b", "1"),
        ]

    def test_more_specific_networks_come_first(self):
        wide, narrow = (
            on_premises("Wide", ips=("198.51.0.0/16",)),
            on_premises("Narrow", ips=("198.51.100.25",)),
        )
        directory = TenantDirectory([a_tenant("a", wide, narrow)])
        hits = directory.by_address(ip_number("198.51.100.25"))
        assert [each.connector.name for each in hits] == ["Narrow", "Wide"]


class TestOwner:
    TREE = replace(
        a_tenant("a"), accepted_domains=(AcceptedDomain(Domain("a.example"), match_sub_domains=True),)
    )

    def test_nobody_owns_the_null_path(self):
        assert TenantDirectory([self.TREE]).owner(None) is None

    def test_a_tenant_owns_its_initial_and_its_accepted_domains(self):
        a, b = a_tenant("a", domains=("a.example", "a2.example")), a_tenant("b")
        directory = TenantDirectory([a, b])
        for domain in ("alab.onmicrosoft.com", "a.example", "a2.example"):
            assert directory.owner(Domain(domain)) is a
        assert directory.owner(Domain("b.example")) is b
        assert directory.owner(Domain("x.a.example")) is None

    def test_sub_domains_belong_to_it_only_where_they_match(self):
        directory = TenantDirectory([self.TREE, a_tenant("b")])
        for domain in ("a.example", "x.a.example", "y.x.a.example"):
            assert directory.owner(Domain(domain)) is self.TREE
        assert directory.owner(Domain("x.b.example")) is None
        assert directory.owner(Domain("nowhere.example")) is None

    def test_the_nearest_parent_owns(self):
        inner = replace(
            a_tenant("c"), accepted_domains=(AcceptedDomain(Domain("in.a.example"), match_sub_domains=True),)
        )
        directory = TenantDirectory([self.TREE, inner])
        assert directory.owner(Domain("x.in.a.example")) is inner

    def test_a_name_of_its_own_goes_before_the_parents(self):
        inner = a_tenant("c", domains=("in.a.example",))
        directory = TenantDirectory([self.TREE, inner])
        assert directory.owner(Domain("in.a.example")) is inner
        assert directory.owner(Domain("x.in.a.example")) is self.TREE


class TestCertificates:
    def test_the_index_finds_each_kind_of_value(self):
        tenant = a_tenant(
            "a",
            on_premises("exact", cert="mx.a.example"),
            on_premises("child", cert="ex.mx.a.example"),
            on_premises("wild", cert="*.a.example"),
            on_premises("top", cert="*.example"),
            on_premises("other", cert="*.b.example"),
            on_premises("none"),
        )
        assert by_name(tenant, "mx.a.example") == [("exact", "R72"), ("wild", "R73"), ("top", "R74")]
        assert by_name(tenant, "*.mx.a.example") == [("child", "R77")]
        assert by_name(tenant, "a.example") == [("wild", "R75"), ("top", "R73")]

    def test_a_wildcard_name_reaches_exact_values_one_label_down(self):
        tenant = a_tenant(
            "a", on_premises("child", cert="mx.a.example"), on_premises("deep", cert="x.mx.a.example")
        )
        assert by_name(tenant, "*.a.example") == [("child", "R77")]

    def test_without_wildcard_values_exact_ones_are_still_found(self):
        assert by_name(a_tenant("a", on_premises("exact", cert="mx.a.example")), "mx.a.example") == [
            ("exact", "R72")
        ]

    def test_a_bare_wildcard_name_fits_nothing(self):
        assert by_name(a_tenant("a", on_premises(cert="*.a.example")), "*") == []

    @pytest.mark.parametrize("order", [1, -1], ids=["better-first", "better-last"])
    def test_the_best_of_several_matches_counts(self, order):
        tenant = a_tenant("a", on_premises("wild", cert="*.a.example"))
        shown = names("mx.deep.a.example", "mx.a.example")[::order]
        (candidate,) = TenantDirectory([tenant]).by_certificate(shown, Switches())
        assert candidate.match == match("*.a.example", "mx.deep.a.example", "R74")

    def test_of_two_equal_matches_the_first_name_counts(self):
        tenant = a_tenant("a", on_premises("wild", cert="*.a.example"))
        (candidate,) = TenantDirectory([tenant]).by_certificate(
            names("x.a.example", "y.a.example"), Switches()
        )
        assert candidate.match is not None
        assert str(candidate.match.name) == "x.a.example"

    def test_connectors_of_one_name_in_two_tenants_are_two_candidates(self):
        a, b = (
            a_tenant("a", on_premises("In", cert="*.x.example")),
            a_tenant("b", on_premises("In", cert="*.x.example")),
        )
        hits = TenantDirectory([a, b]).by_certificate(names("mx.x.example"), Switches())
        assert found(hits) == [("a", "In"), ("b", "In")]

    def test_what_does_not_fit_does_not_hide_what_comes_behind_it(self):
        apart = a_tenant("a", on_premises("apex", cert="a.example"), on_premises("wild", cert="*.a.example"))
        assert by_name(apart, "*.a.example") == [("wild", "R76")]

    @pytest.mark.parametrize(
        "connector",
        [
            on_premises("off", cert="*.a.example", ips=("198.51.100.25",), enabled=False),
            partner("partner", cert="*.a.example", ips=("198.51.100.25",)),
        ],
        ids=["disabled", "partner"],
    )
    def test_only_enabled_connectors_of_type_on_premises_are_candidates(self, connector):
        directory = TenantDirectory([a_tenant("a", connector)])
        assert directory.by_certificate(names("mx.a.example"), Switches()) == []
        assert directory.by_address(ip_number("198.51.100.25")) == []


class TestNearMisses:
    def test_each_rule_is_named_once_in_the_order_of_the_names(self):
        tenant = a_tenant(
            "a",
            on_premises("1", cert="mx.a.example"),
            on_premises("2", cert="ex.a.example"),
            on_premises("3", cert="a.example"),
            on_premises("4", ips=("198.51.100.25",)),
        )
        switches = Switches(wildcard_cert_covers_exact=False)
        assert TenantDirectory([tenant]).near_misses(names("*.a.example"), switches) == ("R78", "R77")

    def test_what_fits_is_no_near_miss(self):
        tenant = a_tenant("a", on_premises(cert="mx.a.example"))
        assert TenantDirectory([tenant]).near_misses(names("mx.a.example", "*.a.example"), Switches()) == ()


class TestOrder:
    """The better candidate first (R81)."""

    def candidate(self, tenant="a", name="In", value="", shown="", rule="R73") -> Candidate:
        fit = match(value, shown, rule) if value else None
        return Candidate(a_tenant(tenant), on_premises(name, cert=value or None), fit)

    @pytest.mark.parametrize(
        ("better", "worse"),
        [
            ({"value": "*.a.example", "shown": "x.a.example"}, {}),
            (
                {"value": "b.example", "shown": "b.example"},
                {"value": "*.long.a.example", "shown": "x.long.a.example"},
            ),
            (
                {"value": "*.mx.a.example", "shown": "x.mx.a.example"},
                {"value": "*.a.example", "shown": "a-name-that-is-longer.a.example"},
            ),
            (
                {"value": "*.a.example", "shown": "longer.a.example"},
                {"value": "*.a.example", "shown": "x.a.example"},
            ),
            ({"tenant": "a", "name": "Z"}, {"tenant": "b", "name": "A"}),
            ({"name": "A"}, {"name": "Z"}),
        ],
        ids=["certificate", "exact", "longer-value", "longer-name", "tenant", "connector"],
    )
    def test_order_of_candidates(self, better, worse):
        assert self.candidate(**better).order < self.candidate(**worse).order

    def test_a_match_by_address_has_no_accepted_value(self):
        assert not self.candidate().value_accepted

    @pytest.mark.parametrize(
        ("value", "domains", "tree", "accepted"),
        [
            ("mx.a.example", ("mx.a.example",), False, True),
            ("mx.a.example", ("a.example",), True, False),
            ("*.a.example", ("a.example",), False, True),
            ("*.mx.a.example", ("a.example",), True, True),
            ("*.mx.a.example", ("a.example",), False, False),
        ],
        ids=["exact", "exact-below-a-tree", "wildcard", "wildcard-below-a-tree", "wildcard-below"],
    )
    def test_an_accepted_value(self, value, domains, tree, accepted):
        tenant = replace(
            a_tenant("a"),
            accepted_domains=tuple(AcceptedDomain(Domain(d), match_sub_domains=tree) for d in domains),
        )
        assert Candidate(tenant, on_premises(cert=value), None).value_accepted is accepted

"""R72-R82: connector value against certificate name, in both positions of each switch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.certificate_matching import NameMatch, certificate_names, may_match, name_match, near_miss
from lab.core.directory import TenantDirectory
from lab.model.certificate import CertificateIdentity
from lab.model.names import DomainPattern
from lab.model.switches import Switches
from tests.core.worlds import a_tenant, on_premises

TABLE = [
    ("R72", "mail.contoso.example", "mail.contoso.example", True, {}),
    ("R72", "mail.contoso.example", "mx.contoso.example", False, {}),
    ("R73", "*.contoso.example", "mail.contoso.example", True, {}),
    ("R74", "*.contoso.example", "a.b.contoso.example", True, {}),
    ("R74", "*.contoso.example", "a.b.contoso.example", False, {"wildcard_connector_depth": "single_label"}),
    ("R75", "*.contoso.example", "contoso.example", True, {}),
    ("R75", "*.contoso.example", "contoso.example", False, {"wildcard_connector_covers_apex": False}),
    ("R76", "*.contoso.example", "*.contoso.example", True, {}),
    ("R77", "mail.contoso.example", "*.contoso.example", True, {}),
    ("R77", "mail.contoso.example", "*.contoso.example", False, {"wildcard_cert_covers_exact": False}),
    ("R77", "a.mail.contoso.example", "*.contoso.example", False, {}),
    ("R78", "contoso.example", "*.contoso.example", False, {}),
    ("R78", "contoso.example", "*.contoso.example", True, {"wildcard_cert_covers_apex_value": True}),
    ("R79", "*.contoso.example", "*.sub.contoso.example", False, {}),
    (
        "R79",
        "*.contoso.example",
        "*.sub.contoso.example",
        True,
        {"wildcard_connector_covers_sub_wildcard": True},
    ),
    ("R80", "*", "mail.contoso.example", False, {}),
    ("R73", "*.contoso.example", "mail.notcontoso.example", False, {}),
    ("R82", "MAIL.Contoso.example", "mail.contoso.EXAMPLE", True, {}),
    ("R82", "mail.münchen.example", "mail.xn--mnchen-3ya.example", True, {}),
]


@pytest.mark.parametrize(
    ("rule", "value", "name", "fits", "switches"), TABLE, ids=lambda v: str(v) if v else "default"
)
def test_table(rule, value, name, fits, switches):
    match = name_match(DomainPattern.parse(value), DomainPattern.parse(name), Switches(**switches))
    assert (match is not None) is fits
    if match is not None and rule != "R82":
        assert match.rule == rule


def test_names_that_are_no_domain_names_are_left_out():
    shown = CertificateIdentity(common_name="Printer 3", dns_names=("mx.a.example",))
    assert [str(n) for n in certificate_names(shown, Switches())] == ["mx.a.example"]


LABELS = st.sampled_from(["a", "b", "mail", "x-1"])
DOMAINS = st.lists(LABELS, min_size=1, max_size=4).map(lambda labels: ".".join([*labels, "example"]))
PATTERNS = st.tuples(st.booleans(), DOMAINS).map(lambda t: f"*.{t[1]}" if t[0] else t[1])
POSITIONS = st.builds(
    Switches,
    wildcard_connector_depth=st.sampled_from(["any", "single_label"]),
    wildcard_cert_covers_exact=st.booleans(),
    wildcard_cert_covers_apex_value=st.booleans(),
    wildcard_connector_covers_apex=st.booleans(),
    wildcard_connector_covers_sub_wildcard=st.booleans(),
)


def plainly_fits(value: str, name: str, switches: Switches) -> bool:
    """The slow, obvious reference: spelled out on labels, from the words of section 3.2."""
    k, n = value.removeprefix("*.").split("."), name.removeprefix("*.").split(".")
    below = len(n) - len(k) if n[-len(k) :] == k else -1
    if value[0] != "*" and name[0] != "*":
        return k == n
    if value[0] != "*":
        if k == n:
            return switches.wildcard_cert_covers_apex_value
        return k[1:] == n and switches.wildcard_cert_covers_exact
    if name[0] != "*":
        if below == 0:
            return switches.wildcard_connector_covers_apex
        return below == 1 or (below > 1 and switches.wildcard_connector_depth == "any")
    return below == 0 or (below > 0 and switches.wildcard_connector_covers_sub_wildcard)


@given(PATTERNS, PATTERNS, POSITIONS)
def test_matching_agrees_with_the_obvious_reference(value, name, switches):
    match = name_match(DomainPattern.parse(value), DomainPattern.parse(name), switches)
    assert (match is not None) == plainly_fits(value, name, switches)


@given(st.lists(PATTERNS, min_size=1, max_size=6), st.lists(PATTERNS, min_size=1, max_size=3), POSITIONS)
def test_the_index_finds_what_a_scan_finds(values, names, switches):
    tenants = [a_tenant(f"t{i}", on_premises(f"c{i}", cert=v)) for i, v in enumerate(values)]
    shown = tuple(DomainPattern.parse(n) for n in names)
    found = {c.connector.name for c in TenantDirectory(tenants).by_certificate(shown, switches)}
    assert found == {
        f"c{i}" for i, v in enumerate(values) if any(plainly_fits(v, n, switches) for n in names)
    }


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (("a.example", "a.example"), ("*.long.name.example", "x.long.name.example")),
        (("*.mx.a.example", "x.mx.a.example"), ("*.a.example", "a-name-that-is-longer.a.example")),
        (("*.a.example", "longer.a.example"), ("*.a.example", "x.a.example")),
    ],
    ids=["exact-before-wildcard", "value-before-name", "longer-name-last"],
)
def test_rank_of_a_match(better, worse):
    def rank(pair):
        value, name = map(DomainPattern.parse, pair)
        return NameMatch(value, name, "R73").rank

    assert rank(better) > rank(worse)


NEAR = [
    ("R74", "*.a.example", "x.y.a.example", {"wildcard_connector_depth": "single_label"}),
    ("R75", "*.a.example", "a.example", {"wildcard_connector_covers_apex": False}),
    ("R77", "mx.a.example", "*.a.example", {"wildcard_cert_covers_exact": False}),
    ("R78", "a.example", "*.a.example", {}),
    ("R79", "*.a.example", "*.sub.a.example", {}),
]


@pytest.mark.parametrize(("rule", "value", "name", "switches"), NEAR, ids=[each[0] for each in NEAR])
def test_what_only_a_switch_keeps_apart_is_a_near_miss(rule, value, name, switches):
    pair = DomainPattern.parse(value), DomainPattern.parse(name)
    assert name_match(*pair, Switches(**switches)) is None
    assert near_miss(*pair, Switches(**switches)) == rule
    assert may_match(*pair)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("mx.a.example", "ex.a.example"),
        ("*.a.example", "a.b.example"),
        ("x.mx.a.example", "*.a.example"),
        ("*.mx.a.example", "*.a.example"),
        ("*", "mx.a.example"),
    ],
    ids=["siblings", "strangers", "two-labels-down", "wider-name", "bare-value"],
)
def test_what_no_switch_brings_together_is_far_apart(value, name):
    pair = DomainPattern.parse(value), DomainPattern.parse(name)
    assert near_miss(*pair, Switches()) is None
    assert not may_match(*pair)


def test_what_fits_is_no_near_miss():
    pair = DomainPattern.parse("*.a.example"), DomainPattern.parse("mx.a.example")
    assert near_miss(*pair, Switches()) is None
    assert may_match(*pair)


def test_with_the_common_name_alone_other_names_do_not_count():
    shown = CertificateIdentity(common_name="mx.a.example", dns_names=("mx.b.example", "mx.a.example"))
    assert [str(n) for n in certificate_names(shown, Switches())] == ["mx.a.example", "mx.b.example"]
    assert [str(n) for n in certificate_names(shown, Switches(cert_names="cn_only"))] == ["mx.a.example"]


def test_with_the_common_name_alone_a_certificate_without_one_has_no_names():
    shown = CertificateIdentity(common_name=None, dns_names=("mx.a.example",))
    assert [str(n) for n in certificate_names(shown, Switches())] == ["mx.a.example"]
    assert certificate_names(shown, Switches(cert_names="cn_only")) == ()

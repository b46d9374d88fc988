"""What a property means, whoever wrote it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.importers import exchange_values, property_values
from lab.importers.property_values import MISSING

CONNECTOR_TYPES = ("Default", "OnPremises", "Partner")
NEITHER: list[property_values.PropertyValue] = [None, MISSING, "", "maybe", 2, 1.0, (), {}]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def test_missing_null_and_false_are_three_things():
    there = {"RequireTLS": False, "TlsDomain": None}
    assert property_values.get(there, "requiretls") is False
    assert property_values.get(there, "TLSDOMAIN") is None
    assert property_values.get(there, "Fqdn") is MISSING
    assert property_values.get(there, "Fqdn", "TlsDomain") is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        *[(yes, True) for yes in (True, "True", "true", 1, "1", "$true", " Yes ")],
        *[(no, False) for no in (False, "False", 0, "0", "$False", "no")],
        *[(neither, None) for neither in NEITHER],
    ],
)
def test_truth(value, wanted):
    assert property_values.truth(value) is wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("25", 25),
        (25, 25),
        (25.0, 25),
        (" -1 ", -1),
        ("Unlimited", None),
        (True, None),
        ("٣", None),
        (MISSING, None),
    ],
)
def test_number(value, wanted):
    assert property_values.number(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (" a ", "a"),
        (("a",), "a"),
        (("a", "b"), None),
        ({"Name": "a"}, "a"),
        (5, "5"),
        ("$null", None),
        ("", None),
        (None, None),
        (MISSING, None),
    ],
)
def test_text(value, wanted):
    assert property_values.text(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (("a", "b"), ("a", "b")),
        ("a", ("a",)),
        ("a, b", ("a", "b")),
        ("a b", ("a", "b")),
        ("a;b", ("a", "b")),
        ("smtp:a;1 smtp:b;10", ("smtp:a;1", "smtp:b;10")),
        ("smtp:a;1;smtp:b;1", ("smtp:a;1", "smtp:b;1")),
        ("{a, b...}", ("a", "b...")),
        ("{a, b, ...}", ("a", "b")),
        ("a\r\nb", ("a", "b")),
        ((), ()),
        (None, ()),
        (MISSING, ()),
        ("", ()),
        (({"Name": "a"}, None, "b"), ("a", "b")),
    ],
)
def test_texts(value, wanted):
    assert property_values.texts(value) == wanted


def test_names_may_have_blanks():
    assert property_values.texts("Mail to O365, Internet", blanks=False) == ("Mail to O365", "Internet")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (1, "OnPremises"),
        ("1", "OnPremises"),
        ("partner", "Partner"),
        ("Unheard", None),
        (9, None),
        (-1, None),
        (None, None),
    ],
)
def test_choice(value, wanted):
    assert property_values.choice(value, CONNECTOR_TYPES) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("Tls, BasicAuth", {"Tls", "BasicAuth"}),
        (3, {"Tls", "BasicAuth"}),
        ("0", set()),
        (64, None),
        ("Tls, Unheard", None),
    ],
)
def test_flags(value, wanted):
    assert property_values.flags(value, {0: "None", 1: "Tls", 2: "BasicAuth"}) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (("SMTP:*;1",), ["SMTP:*;1"]),
        ("smtp:*.Contoso.example;5 SMTP:b.example;10", ["SMTP:*.contoso.example;5", "SMTP:b.example;10"]),
        ("contoso.example", ["SMTP:contoso.example;1"]),
        (("X400:c=US;a= ;p=Org;1",), []),
        (({"Type": "smtp", "Domain": "B.example", "Cost": 0},), ["SMTP:b.example;0"]),
        ("SMTP:--;1", ["SMTP:--;1"]),
        (None, []),
    ],
)
def test_address_spaces(value, wanted):
    assert [str(space) for space in exchange_values.address_spaces(value)] == wanted


def test_proxy_addresses_begin_with_the_primary_one():
    found = exchange_values.proxy_addresses(
        ("smtp:b@x.example", "SMTP:a@x.example", "x500:/o=x", "SIP:a@x.example")
    )
    assert found == ("a@x.example", "b@x.example")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("SMTP:a@x.example", "a@x.example"), ("a@x.example", "a@x.example"), ("smtp:", None)],
)
def test_smtp_address(value, wanted):
    assert exchange_values.smtp_address(value) == wanted


@pytest.mark.parametrize(
    ("value", "issuer", "subject", "common_name"),
    [
        (
            "<I>CN=R11, O=Let's Encrypt, C=US<S>CN=*.msxfaq.example",
            "CN=R11, O=Let's Encrypt, C=US",
            "CN=*.msxfaq.example",
            "*.msxfaq.example",
        ),
        (
            "<I>CN=a<S>O=x, CN=mail.msxfaq.example, C=DE",
            "CN=a",
            "O=x, CN=mail.msxfaq.example, C=DE",
            "mail.msxfaq.example",
        ),
        ('<I>CN=a<S>CN="x, y", C=DE', "CN=a", 'CN="x, y", C=DE', "x, y"),
        ("<I>CN=a<S>O=only", "CN=a", "O=only", ""),
        ("*.msxfaq.example", "", "*.msxfaq.example", "*.msxfaq.example"),
        ({"CertificateIssuer": "CN=a", "CertificateSubject": "CN=b"}, "CN=a", "CN=b", "b"),
    ],
)
def test_certificate_names(value, issuer, subject, common_name):
    found = exchange_values.certificate_name(value)
    assert found is not None
    assert (found.issuer, found.subject, found.common_name) == (issuer, subject, common_name)


def test_no_certificate_name():
    assert exchange_values.certificate_name(None) is exchange_values.certificate_name("") is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("198.51.100.25", ("198.51.100.25",)),
        (("198.51.100.0/24", "198.51.100.7/32"), ("198.51.100.0/24", "198.51.100.7")),
        ("198.51.100.7/24", ("198.51.100.0/24",)),
        ("198.51.100.8 - 198.51.100.11", ("198.51.100.8/30",)),
        ("198.51.100.1-198.51.100.2", ("198.51.100.1", "198.51.100.2")),
        ("0.0.0.0-255.255.255.255", ("0.0.0.0/0",)),
        ("198.51.100.0(255.255.255.0)", ("198.51.100.0/24",)),
        ((), ()),
    ],
)
def test_networks(value, wanted):
    assert exchange_values.networks(value) == exchange_values.Networks(wanted)


def test_ipv6_and_nonsense_are_told_apart():
    found = exchange_values.networks(
        ("2001:db8::1", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "mail", "198.51.100.9-198.51.100.1")
    )
    assert found.v4 == ()
    assert found.v6 == ("2001:db8::1", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
    assert found.unread == ("mail", "198.51.100.9-198.51.100.1")


READERS: tuple[Callable[[property_values.PropertyValue], object], ...] = (
    *(
        property_values.truth,
        property_values.number,
        property_values.text,
        property_values.texts,
        property_values.is_set,
    ),
    *(
        exchange_values.address_spaces,
        exchange_values.networks,
        exchange_values.certificate_name,
        exchange_values.proxy_addresses,
    ),
)


@given(ANYTHING)
def test_nothing_makes_them_fail(value):
    for reads in READERS:
        reads(value)
    property_values.choice(value, CONNECTOR_TYPES)
    property_values.flags(value, {1: "Tls"})

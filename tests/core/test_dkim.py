"""DKIM: what breaks a signature, what does not, whose key it is, and the finer rules of RFC 6376."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.authentication.canonical import body_hash, covered, simple_header
from lab.core.authentication.dkim import MOST, Signer, sign, verify
from lab.core.authentication.results import NOT_SIGNED, Dkim, DkimResult
from lab.core.authentication.signature import joined, key_name, seconds
from lab.core.authentication.signature_suite import CLAIMS
from lab.core.authentication.signers import key_records, tenant_signer, with_keys
from lab.model.dns import Zones, answered, zones_of
from lab.model.message import Header, Message
from lab.model.names import Domain
from lab.scenario.load import load_text
from tests.core.mail import NOW, a_message, the_tenant

DOMAIN = Domain("a.example")
KEY = key_name(DOMAIN, "selector1")
SIGNER = Signer.direct(DOMAIN, "selector1")
PASSED = (Dkim.PASS, "signature was verified")


def published(record: str = CLAIMS.record(KEY), name: str = KEY) -> Zones:
    return zones_of([(name, "TXT", record)])


def verdicts(message: Message, zones: Zones | None = None, now=NOW) -> list[tuple[Dkim, str]]:
    found = answered(verify(message, CLAIMS, now), zones or published())
    return [(one.result, one.reason) for one in found]


def signed(message: Message | None = None, signer: Signer = SIGNER) -> Message:
    return sign(message or a_message(), signer, CLAIMS)


def by_hand(message: Message | None = None, zones: Zones | None = None, **given: str | None):
    """The verdict on a signature of our own making, some tags of which are given."""
    message = message or a_message()
    tags: dict[str, str | None] = {"v": "1", "a": "rsa-sha256", "c": "simple/simple", "d": DOMAIN}
    relaxed = (given.get("c") or "").endswith("/relaxed")
    tags |= {"s": "selector1", "h": "From:Subject", "bh": body_hash(message.body, relaxed=relaxed), **given}
    raw = "".join(f" {tag}={value};" for tag, value in tags.items() if value and tag != "b") + " b="
    fields = covered(message, [name.lower() for name in str(tags["h"]).split(":")])
    if not str(tags["c"]).startswith("relaxed"):
        data = joined((*fields, Header("DKIM-Signature", raw)), simple_header)
    else:
        data = joined((*fields, Header("DKIM-Signature", raw)))
    value = given.get("b") or CLAIMS.sign(KEY, data)
    (verdict,) = verdicts(message.on_top((Header("DKIM-Signature", raw + value),)), zones)
    return verdict


def test_signature_is_verified():
    assert verdicts(signed()) == [PASSED]


def test_relaying_does_not_break_it():
    assert verdicts(signed().on_top((Header.of("Received", "from x by y"),))) == [PASSED]


def test_changed_body_breaks_it():
    assert verdicts(replace(signed(), body=b"Hello. Disclaimer\r\n")) == [
        (Dkim.FAIL, "body hash did not verify")
    ]


def test_changed_subject_breaks_it():
    headers = tuple(Header.of("Subject", "[EXT]") if h.name == "Subject" else h for h in signed().headers)
    assert verdicts(replace(signed(), headers=headers)) == [(Dkim.FAIL, "signature did not verify")]


def test_second_from_header_does_not_hide_behind_the_signature():
    appended = Message((*signed().headers, Header.of("From", "boss@a.example")), signed().body)
    assert verdicts(appended)[0][0] is Dkim.FAIL


def test_a_name_too_many_in_h_forbids_another_field():
    """5.4.2: oversigning."""
    over = sign(a_message(), SIGNER, CLAIMS, ("From", "Subject", "Subject"))
    assert verdicts(over) == [PASSED]
    assert verdicts(over.on_top((Header.of("Subject", "Another"),)))[0][0] is Dkim.FAIL


def test_every_signature_is_judged_top_first():
    twice = signed(signed(), Signer.direct(Domain("alab.onmicrosoft.com"), "s"))
    assert [one.domain for one in answered(verify(twice, CLAIMS, NOW), published())] == [
        "alab.onmicrosoft.com",
        "a.example",
    ]
    assert verdicts(twice) == [(Dkim.FAIL, "no key for signature"), PASSED]


def test_too_many_signatures_are_not_all_judged():
    many = a_message().on_top((Header.of("DKIM-Signature", "v=1"),) * (MOST + 5))
    assert len(verdicts(many)) == MOST


def test_unsigned_message():
    assert answered(verify(a_message(), CLAIMS, NOW), published()) == (NOT_SIGNED,)


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        ("v=DKIM1; p=", (Dkim.FAIL, "key is revoked")),
        ("v=DKIM1; k=rsa", (Dkim.PERMERROR, "key record is malformed")),
        ("v=DKIM2; p=abc", (Dkim.PERMERROR, "key record is malformed")),
        ("p=abc; p=abc", (Dkim.PERMERROR, "key record is malformed")),
        ("v=DKIM1; k=ed25519; p=abc", (Dkim.PERMERROR, "key is of another kind")),
        (CLAIMS.record(KEY) + "; h=sha1", (Dkim.PERMERROR, "key allows another hash")),
        (CLAIMS.record(KEY) + "; h=sha1:sha256", PASSED),
        (CLAIMS.record(KEY) + "; s=tlsrpt", (Dkim.PERMERROR, "key is not for mail")),
        (CLAIMS.record(KEY) + "; s=email; t=y:s; n=a note", PASSED),
        (CLAIMS.record("another"), (Dkim.FAIL, "signature did not verify")),
        (
            CLAIMS.record("another") + "; t=y",
            (Dkim.NONE, "signature did not verify, key is being tested"),
        ),
    ],
)
def test_the_record_decides_on_the_key(record, verdict):
    assert verdicts(signed(), published(record)) == [verdict]


def test_missing_and_unreachable_keys():
    assert verdicts(signed(), Zones({})) == [(Dkim.FAIL, "no key for signature")]
    assert verdicts(signed(), Zones({}, frozenset({KEY}))) == [(Dkim.TEMPERROR, "key query timeout")]


def test_the_first_record_that_is_a_key_counts():
    zones = zones_of([(KEY, "TXT", "hello"), (KEY, "TXT", CLAIMS.record(KEY))])
    assert verdicts(signed(), zones) == [PASSED]


@pytest.mark.parametrize("form", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"])
def test_canonicalization(form):
    message = a_message(body=b"Hello  there \r\n\r\n\r\n")
    assert by_hand(message, c=form) == PASSED


def test_simple_is_the_default_and_bears_no_blank():
    message = a_message(subject="Our  offer")
    assert by_hand(message, c="simple/simple") == PASSED
    raw = signed(message)
    spread = replace(raw, headers=tuple(Header(h.name, h.raw.replace("  ", "\t")) for h in raw.headers))
    assert verdicts(spread) == [PASSED], "relaxed bears it"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"x": str(seconds(NOW))}, PASSED),
        ({"x": str(seconds(NOW) - 1)}, (Dkim.FAIL, "signature expired")),
        ({"t": str(seconds(NOW) + 60)}, PASSED),
        ({"t": str(seconds(NOW) + 4000)}, (Dkim.FAIL, "signature is from the future")),
        ({"i": "user@news.a.example"}, PASSED),
        ({"i": "@a.example", "q": "dns/txt", "z": "From:x|b=1", "l": "0", "bh": body_hash(b"")}, None),
    ],
)
def test_optional_tags(given, verdict):
    if verdict is not None:
        assert by_hand(**given) == verdict
    else:
        assert by_hand(**given, c="relaxed/relaxed") == PASSED


def test_l_covers_the_beginning_of_the_body_only():
    """3.5: what is added behind it is not seen; a body shorter than that is an error."""
    body = b"Hello\r\n"
    length, part = str(len(body)), body_hash(body, relaxed=False)
    assert by_hand(a_message(body=body + b"Disclaimer\r\n"), l=length, bh=part) == PASSED
    short = by_hand(a_message(body=b"He\r\n"), l=length, bh=part)
    assert short == (Dkim.PERMERROR, "body is shorter than signed")


def test_i_must_be_d_itself_if_the_key_says_so():
    strict = published(CLAIMS.record(KEY) + "; t=s")
    assert by_hand(zones=strict, i="@a.example") == PASSED
    assert by_hand(zones=strict, i="@news.a.example") == (Dkim.PERMERROR, "i= is not d=")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"v": "2"}, "signature lacks v=1"),
        ({"d": None}, "signature lacks d"),
        ({"a": "rsa-sha1"}, "unsupported algorithm rsa-sha1"),
        ({"c": "loose"}, "unknown canonicalization"),
        ({"q": "http"}, "unsupported query method"),
        ({"h": "Subject"}, "From is not signed"),
        ({"h": "From::Subject"}, "an empty name in h="),
        ({"i": "@b.example"}, "i= is not under d="),
        ({"t": "10", "x": "5"}, "signature expires before it was made"),
        ({"l": "many"}, "l= is no number"),
        ({"b": "!!"}, "no base64"),
        ({"s": "two words"}, "'two words._domainkey.a.example' is no domain name"),
    ],
)
def test_malformed_signature_is_a_permanent_error(given, reason):
    result, told = by_hand(**given)
    assert (result, told[:24]) == (Dkim.PERMERROR, "signature is malformed: ")
    assert reason in told


def test_a_tag_that_stands_twice_is_malformed():
    doubled = signed().headers[0].raw.replace("v=1;", "v=1; v=1;")
    assert verdicts(a_message().on_top((Header("DKIM-Signature", doubled),)))[0][0] is Dkim.PERMERROR


def test_tenant_signs_with_its_domain_only_if_enabled():
    off = the_tenant()
    on = the_tenant(dkim_domains=frozenset({DOMAIN}))
    custom = tenant_signer(on, DOMAIN)
    assert (custom.domain, custom.selector) == (DOMAIN, "selector1")
    for tenant, author in ((off, DOMAIN), (on, Domain("c.example")), (on, None)):
        initial = tenant_signer(tenant, author)
        assert (initial.domain, initial.selector) == (
            "alab.onmicrosoft.com",
            "selector1-alab-onmicrosoft-com",
        )


def test_custom_domain_s_selectors_are_cnames_into_the_initial_domain():
    """R172; only selector1 has a key until keys are rotated."""
    tenant = the_tenant(dkim_domains=frozenset({DOMAIN}))
    zones = zones_of(key_records([tenant], []))
    home = "selector1-a-example._domainkey.alab.onmicrosoft.com"
    assert zones.rows["selector1._domainkey.a.example", "CNAME"] == (home,)
    assert zones.rows["selector2._domainkey.a.example", "CNAME"] == (home.replace("selector1", "selector2"),)
    assert verdicts(signed(signer=tenant_signer(tenant, DOMAIN)), zones) == [PASSED]
    assert verdicts(signed(signer=tenant_signer(tenant, None)), zones) == [PASSED]


def test_a_signature_outlives_nobody_s_clock():
    """Exchange Online writes neither t= nor x=."""
    assert verdicts(signed(), now=NOW + timedelta(days=3650)) == [PASSED]


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["v=1;", "d=a.example;", "s=x;", "h=from;", "bh=;", "b=;"]))
)
def test_no_signature_raises(text):
    message = a_message().on_top((Header("DKIM-Signature", "".join(text)),))
    assert all(isinstance(one, DkimResult) for one in answered(verify(message, CLAIMS, NOW), published()))


class Stamp:
    """A suite whose keys can be told from those of the other."""

    def record(self, key: str) -> str:
        return f"v=DKIM1; p=own{key}"

    sign, verifies = CLAIMS.sign, CLAIMS.verifies


def test_a_suite_s_keys_replace_what_was_derived_and_nothing_else():
    variant = load_text(REVOKED).variants["base"]
    rows = with_keys(variant.topology, Stamp()).zones.rows
    assert rows["arcselector10001._domainkey.microsoft.com", "TXT"] == (
        "v=DKIM1; p=ownarcselector10001._domainkey.microsoft.com",
    )
    assert rows["selector1-alab-onmicrosoft-com._domainkey.alab.onmicrosoft.com", "TXT"] == ("v=DKIM1; p=",)
    assert rows["a.example", "TXT"] == variant.topology.zones.rows["a.example", "TXT"]


REVOKED = """
scenario: keys
tenants: {a: {initial_domain: alab.onmicrosoft.com, AcceptedDomains: [a.example], mailboxes: [u@a.example]}}
dns: {records: {selector1-alab-onmicrosoft-com._domainkey.alab.onmicrosoft.com: {TXT: "v=DKIM1; p="}}}
messages: {m: {from: u@a.example, to: u@a.example}}
"""

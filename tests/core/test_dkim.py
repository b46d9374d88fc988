"""DKIM as a claim: what breaks it, who signs, and that the hashes are those of the standard."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.authentication.dkim import (
    body_hash,
    key_name,
    relaxed_body,
    relaxed_header,
    sign,
    signing_domain,
    verify,
)
from lab.core.authentication.results import NOT_SIGNED, Dkim, DkimResult
from lab.model.dns import Zones, answered, zones_of
from lab.model.message import Header, Message
from lab.model.names import Domain
from tests.core.mail import a_message, the_tenant

DOMAIN = Domain("a.example")
ZONES = zones_of([(key_name(DOMAIN, "selector1"), "TXT", "v=DKIM1; k=rsa; p=lab")])


def verdicts(message: Message, zones: Zones = ZONES, known=frozenset()) -> list[tuple[Dkim, str]]:
    return [(one.result, one.reason) for one in answered(verify(message, known), zones)]


def test_signature_is_verified():
    assert verdicts(sign(a_message(), DOMAIN, "selector1")) == [(Dkim.PASS, "signature was verified")]


def test_relaying_does_not_break_it():
    relayed = sign(a_message(), DOMAIN, "selector1").on_top((Header.of("Received", "from x by y"),))
    assert verdicts(relayed)[0][0] is Dkim.PASS


def test_changed_body_breaks_it():
    signed = sign(a_message(), DOMAIN, "selector1")
    assert verdicts(replace(signed, body=b"Hello. Disclaimer\r\n")) == [
        (Dkim.FAIL, "body hash did not verify")
    ]


def test_changed_subject_breaks_it():
    signed = sign(a_message(), DOMAIN, "selector1")
    tagged = tuple(Header.of("Subject", "[EXT] Offer") if h.name == "Subject" else h for h in signed.headers)
    assert verdicts(replace(signed, headers=tagged)) == [(Dkim.FAIL, "signature did not verify")]


def test_second_from_header_does_not_hide_behind_the_signature():
    signed = sign(a_message(), DOMAIN, "selector1")
    appended = Message((*signed.headers, Header.of("From", "boss@a.example")), signed.body)
    assert verdicts(appended)[0][0] is Dkim.FAIL


def test_unknown_selector_is_a_failure():
    assert verdicts(sign(a_message(), DOMAIN, "selector9")) == [(Dkim.FAIL, "no key for signature")]


def test_known_selector_needs_no_dns():
    signed = sign(a_message(), DOMAIN, "selector9")
    assert verdicts(signed, Zones({}), frozenset({key_name(DOMAIN, "selector9")}))[0][0] is Dkim.PASS


def test_broken_name_server_is_a_temporary_error():
    broken = Zones({}, frozenset({key_name(DOMAIN, "selector1")}))
    assert verdicts(sign(a_message(), DOMAIN, "selector1"), broken)[0][0] is Dkim.TEMPERROR


def test_key_may_lie_behind_a_cname():
    zones = zones_of(
        [
            (
                "selector1._domainkey.a.example",
                "CNAME",
                "selector1-a-example._domainkey.alab.onmicrosoft.com",
            ),
            ("selector1-a-example._domainkey.alab.onmicrosoft.com", "TXT", "v=DKIM1; p=lab"),
        ]
    )
    assert verdicts(sign(a_message(), DOMAIN, "selector1"), zones)[0][0] is Dkim.PASS


def test_two_signatures_are_judged_each():
    twice = sign(sign(a_message(), DOMAIN, "selector1"), Domain("alab.onmicrosoft.com"), "s")
    assert [one.domain for one in answered(verify(twice), ZONES)] == ["alab.onmicrosoft.com", "a.example"]
    assert [result for result, _ in verdicts(twice)] == [Dkim.FAIL, Dkim.PASS]


def test_unsigned_message():
    assert answered(verify(a_message()), ZONES) == (NOT_SIGNED,)


@pytest.mark.parametrize("raw", ["", " v=1; d=a.example", " d=a.example; s=x; bh=x; h=Subject; b=x", " ;;=;"])
def test_malformed_signature_is_a_permanent_error(raw):
    broken = a_message().on_top((Header("DKIM-Signature", raw),))
    assert verdicts(broken)[0] == (Dkim.PERMERROR, "signature is malformed")


def test_tenant_signs_with_its_domain_only_if_enabled():
    off = the_tenant()
    on = the_tenant(dkim_domains=frozenset({DOMAIN}))
    assert signing_domain(on, DOMAIN) == (DOMAIN, "selector1")
    for tenant, author in ((off, DOMAIN), (on, Domain("c.example")), (on, None)):
        assert signing_domain(tenant, author) == ("alab.onmicrosoft.com", "selector1-alab-onmicrosoft-com")


def test_body_hash_is_that_of_the_standard():
    """RFC 6376 3.4.5 and the hash of an empty relaxed body."""
    assert relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n") == b" C\r\nD E\r\n"
    assert body_hash(b"") == body_hash(b"\r\n\r\n") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_relaxed_headers_are_those_of_the_standard():
    assert relaxed_header(Header("A", " X")) == "a:X"
    assert relaxed_header(Header("B ", " Y\t\r\n\tZ  ")) == "b:Y Z"


def slow_relaxed(body: bytes) -> bytes:
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


@given(st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"x", b"y z"])).map(b"".join))
def test_relaxed_body_agrees_with_a_slow_reference(body):
    assert relaxed_body(body) == slow_relaxed(body)


@given(st.text(max_size=200))
def test_no_signature_raises(text):
    message = a_message().on_top((Header("DKIM-Signature", text),))
    assert all(isinstance(one, DkimResult) for one in answered(verify(message), ZONES))

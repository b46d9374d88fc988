"""DMARC: whose policy counts, what is aligned, and what it asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.authentication.dmarc import DmarcRecord, aligned, evaluate, parse
from lab.core.authentication.organizational import organizational_domain
from lab.core.authentication.results import Dkim, DkimResult, Dmarc, DmarcResult, Spf, SpfResult
from lab.model.dns import Zones, answered, zones_of
from lab.model.names import Domain

AUTHOR = Domain("a.example")
SPF_FAIL = SpfResult(Spf.FAIL, "a.example", "203.0.113.70")
SPF_PASS = SpfResult(Spf.PASS, "a.example", "203.0.113.70")


def signed(domain: str, result: Dkim = Dkim.PASS) -> DkimResult:
    return DkimResult(result, domain, "selector1", "")


def judge(
    record: str | None, spf: SpfResult = SPF_FAIL, *dkim: DkimResult, author: Domain = AUTHOR, **more
) -> DmarcResult:
    zones = zones_of([("_dmarc.a.example", "TXT", record)] if record else [])
    return answered(evaluate(author, spf, dkim, **more), zones)


@pytest.mark.parametrize(
    ("spf", "dkim", "by"),
    [
        (SPF_PASS, (), "spf"),
        (SPF_FAIL, (signed("a.example"),), "dkim"),
        (SPF_FAIL, (signed("news.a.example"),), "dkim"),
        (SPF_FAIL, (signed("alab.onmicrosoft.com"), signed("a.example")), "dkim"),
    ],
    ids=["spf", "dkim", "relaxed", "second-signature"],
)
def test_one_aligned_pass_is_enough(spf, dkim, by):
    found = judge("v=DMARC1; p=reject", spf, *dkim)
    assert found == DmarcResult(Dmarc.PASS, "a.example", "none")
    assert found.aligned_by == by


@pytest.mark.parametrize(
    ("spf", "dkim"),
    [
        (SPF_FAIL, ()),
        (SpfResult(Spf.PASS, "other.example", "203.0.113.70"), ()),
        (SPF_FAIL, (signed("alab.onmicrosoft.com"),)),
        (SPF_FAIL, (signed("a.example", Dkim.FAIL),)),
    ],
    ids=["nothing", "spf-of-another", "tenant-s-initial-domain", "broken-signature"],
)
def test_without_aligned_pass_the_policy_acts(spf, dkim):
    """The initial domain's DKIM does not rescue a misrouted message (R177)."""
    assert judge("v=DMARC1; p=reject", spf, *dkim) == DmarcResult(Dmarc.FAIL, "a.example", "reject")


@pytest.mark.parametrize(
    ("record", "more", "action"),
    [
        ("v=DMARC1; p=none", {}, "none"),
        ("v=DMARC1; p=quarantine", {}, "quarantine"),
        ("v=DMARC1; p=reject", {"enforced": False}, "oreject"),
        ("v=DMARC1; p=reject; pct=20", {"draw": 19}, "reject"),
        ("v=DMARC1; p=reject; pct=20", {"draw": 20}, "pct.reject"),
    ],
)
def test_action_is_what_the_policy_asks_for(record, more, action):
    assert judge(record, **more) == DmarcResult(Dmarc.FAIL, "a.example", action)


def test_no_policy_is_none_or_a_best_guess():
    assert judge(None).result is Dmarc.NONE
    assert judge(None, SPF_PASS).result is Dmarc.BEST_GUESS_PASS


def test_subdomain_uses_sp_of_the_organizational_domain():
    author = Domain("deep.news.a.example")
    spf = SpfResult(Spf.FAIL, author, "192.0.2.1")
    assert judge("v=DMARC1; p=reject; sp=none", spf, author=author).action == "none"
    assert judge("v=DMARC1; p=reject", spf, author=author).action == "reject"


def test_strict_alignment_wants_the_very_domain():
    author = AUTHOR
    below = SpfResult(Spf.PASS, "news.a.example", "192.0.2.1")
    assert judge("v=DMARC1; p=reject; aspf=s", below, author=author).result is Dmarc.FAIL
    assert judge("v=DMARC1; p=reject; adkim=s", SPF_FAIL, signed("news.a.example")).result is Dmarc.FAIL
    assert judge("v=DMARC1; p=reject; adkim=s", below).result is Dmarc.PASS


def test_dns_failure_is_a_temporary_error():
    broken = Zones({}, frozenset({"_dmarc.a.example"}))
    assert answered(evaluate(AUTHOR, SPF_PASS), broken).result is Dmarc.TEMPERROR


def test_two_records_are_none():
    zones = zones_of([("_dmarc.a.example", "TXT", "v=DMARC1; p=reject")] * 2)
    assert answered(evaluate(AUTHOR, SPF_FAIL), zones).result is Dmarc.NONE


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("v=DMARC1;p=reject;sp=none;aspf=s;adkim=r;pct=5", DmarcRecord("reject", "none", True, False, 5)),
        ("v=DMARC1; p=quarantine; pct=500", DmarcRecord("quarantine", "quarantine")),
        ("v=DMARC1; rua=mailto:r@a.example", DmarcRecord("none", "none")),
        ("v=DMARC1", None),
        ("v=DMARC10; p=none", None),
        ("p=reject; v=DMARC1", None),
        ("v=spf1 -all", None),
        ("", None),
    ],
)
def test_records_are_read(text, record):
    assert parse(text) == record


@given(st.text(max_size=80))
def test_any_text_is_a_record_or_none(text):
    assert parse(text) is None
    assert parse(f"v=DMARC1; p=none; {text}") is not None


@pytest.mark.parametrize(
    ("name", "organization"),
    [
        ("news.simple.example", "simple.example"),
        ("simple.example", "simple.example"),
        ("example", "example"),
        ("a.b.contoso.co.uk", "contoso.co.uk"),
        ("contoso.co.uk", "contoso.co.uk"),
        ("x.alab.onmicrosoft.com", "alab.onmicrosoft.com"),
        ("mail.lab.test", "lab.test"),
        ("mail.shop.com.sg", "shop.com.sg"),
        ("www.city.kawasaki.jp", "city.kawasaki.jp"),
        ("a.b.c.kawasaki.jp", "b.c.kawasaki.jp"),
        ("com.sg", "com.sg"),
    ],
)
def test_organizational_domain(name, organization):
    assert organizational_domain(Domain(name)) == organization


def test_tenants_are_strangers_to_each_other():
    assert not aligned(Domain("alab.onmicrosoft.com"), "blab.onmicrosoft.com", strict=False)

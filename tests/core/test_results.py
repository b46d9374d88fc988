"""Authentication results as Microsoft writes them: read back without loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.authentication.results import (
    Arc,
    ArcResult,
    AuthenticationResults,
    CompAuth,
    Composite,
    Dkim,
    DkimResult,
    Dmarc,
    DmarcResult,
    Spf,
    SpfResult,
    received_spf,
)

ALL_PASS = AuthenticationResults(
    SpfResult(Spf.PASS, "a.example", "40.93.195.36"),
    (DkimResult(Dkim.PASS, "a.example", "selector1", "signature was verified"),),
    DmarcResult(Dmarc.PASS, "a.example", policy="reject", aligned_by="spf"),
)
domains = st.from_regex(r"[a-z0-9]{1,10}(\.[a-z0-9]{1,10}){1,3}", fullmatch=True)
reasons = st.sampled_from(["signature was verified", "body hash did not verify", "no key for signature"])
results = st.builds(
    AuthenticationResults,
    st.builds(
        SpfResult,
        st.sampled_from(Spf),
        domains,
        st.ip_addresses(v=4).map(str) | st.just(""),
        helo_identity=st.booleans(),
        mechanism=st.text(max_size=5),
    ),
    st.lists(
        st.builds(DkimResult, st.sampled_from(Dkim), domains, st.text(max_size=5), reasons),
        min_size=1,
        max_size=3,
    ).map(tuple),
    st.none()
    | st.builds(
        DmarcResult,
        st.sampled_from(Dmarc),
        domains,
        st.sampled_from(["none", "oreject", "quarantine", "pct.reject"]),
    ),
    st.none()
    | st.just(ArcResult(Arc.NONE))
    | st.builds(ArcResult, st.just(Arc.PASS), trusted=st.booleans())
    | st.builds(ArcResult, st.just(Arc.FAIL), st.sampled_from(["", "seal 1: malformed"])),
    st.none() | st.builds(Composite, st.sampled_from(CompAuth), st.sampled_from(["000", "100", "130"])),
)


def test_form_is_microsoft_s():
    assert str(ALL_PASS) == (
        "spf=pass (sender IP is 40.93.195.36) smtp.mailfrom=a.example; dkim=pass (signature was verified)"
        " header.d=a.example;dmarc=pass action=none header.from=a.example"
    )


def test_null_sender_shows_the_helo_name():
    helo = SpfResult(Spf.PASS, "outbound.example", "104.47.124.209", helo_identity=True)
    assert str(helo) == "spf=pass (sender IP is 104.47.124.209) smtp.helo=outbound.example"


def test_unsigned_message_has_dkim_none():
    unsigned = AuthenticationResults(SpfResult(Spf.NONE, "a.example", "192.0.2.1"))
    assert str(unsigned).endswith("; dkim=none (message not signed) header.d=none")


def test_real_header_is_read():
    real = (
        "spf=fail (sender IP is 203.0.113.70)\r\n smtp.mailfrom=a.example; dkim=none (message not signed)\r\n"
        " header.d=none;dmarc=fail action=oreject\r\n header.from=a.example;compauth=fail reason=000"
    )
    read = AuthenticationResults.parse(real)
    assert read.spf == SpfResult(Spf.FAIL, "a.example", "203.0.113.70")
    assert read.dkim[0].result is Dkim.NONE
    assert read.dmarc == DmarcResult(Dmarc.FAIL, "a.example", "oreject")


def test_header_of_an_own_report_is_read():
    read = AuthenticationResults.parse("spf=none (sender IP is ) smtp.mailfrom=<>; ")
    assert read == AuthenticationResults(SpfResult(Spf.NONE, "<>", ""), ())


@given(results)
def test_what_is_written_is_read_back(written):
    header = written.header()
    assert AuthenticationResults.parse(header.value) == written
    assert all(len(line) <= 100 for line in header.line.split("\r\n"))


@given(st.text(max_size=200))
def test_any_other_text_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"SPF|Microsoft"):
        AuthenticationResults.parse(f"dkim={text}")


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (
            Spf.PASS,
            "Pass (protection.outlook.com: domain of a.example designates 192.0.2.1 as permitted sender)"
            " receiver=protection.outlook.com; client-ip=192.0.2.1; helo=mx.a.example; pr=C",
        ),
        (
            Spf.FAIL,
            "Fail (protection.outlook.com: domain of a.example does not designate 192.0.2.1 as permitted sender)"
            " receiver=protection.outlook.com; client-ip=192.0.2.1; helo=mx.a.example;",
        ),
    ],
)
def test_received_spf_tells_it_in_words(result, told):
    assert received_spf(SpfResult(result, "a.example", "192.0.2.1"), "mx.a.example").value == told


@pytest.mark.parametrize("result", Spf)
def test_every_result_has_its_words(result):
    assert "a.example" in received_spf(SpfResult(result, "a.example", "192.0.2.1"), "mx").value

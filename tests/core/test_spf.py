"""SPF beyond the suite: which identity, what is told, and that no record can hurt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lab.core.authentication.results import Spf, SpfResult
from lab.core.authentication.spf import check_host, check_sender
from lab.model.dns import Mx, Zones, answered, zones_of
from lab.model.names import ReversePath

ZONES = zones_of(
    [
        ("a.example", "TXT", "v=spf1 ip4:198.51.100.0/28 include:spf.service.example -all"),
        ("spf.service.example", "TXT", "v=spf1 ip4:203.0.113.64/26 -all"),
        ("outbound.service.example", "TXT", "v=spf1 a -all"),
        ("outbound.service.example", "A", "203.0.113.70"),
        ("b.example", "TXT", "v=spf1 mx ~all"),
        ("b.example", "MX", Mx(10, "mx.b.example")),
        ("mx.b.example", "A", "192.0.2.25"),
    ]
)
NULL = ReversePath.NULL


def spf(client: str, sender: str, helo="mx.a.example", zones: Zones = ZONES) -> SpfResult:
    path = ReversePath.parse(sender) if sender else NULL
    return answered(check_sender(client, path, helo), zones)


def test_own_address_passes():
    assert spf("198.51.100.10", "u@a.example").result is Spf.PASS


def test_relayed_mail_is_judged_by_the_relay_s_address():
    """R166: on re-entry the client is the outbound host of the service."""
    assert spf("203.0.113.70", "u@a.example") == SpfResult(Spf.PASS, "a.example", "203.0.113.70")
    assert spf("203.0.113.1", "u@a.example").result is Spf.FAIL


def test_term_that_decided_is_told():
    assert spf("203.0.113.70", "u@a.example").mechanism == "include:spf.service.example"
    assert spf("203.0.113.1", "u@a.example").mechanism == "all"


def test_mx_may_send():
    assert spf("192.0.2.25", "u@b.example").result is Spf.PASS
    assert spf("192.0.2.26", "u@b.example").result is Spf.SOFTFAIL


def test_null_reverse_path_is_judged_by_the_helo_name():
    found = spf("203.0.113.70", "", helo="outbound.service.example")
    assert found == SpfResult(Spf.PASS, "outbound.service.example", "203.0.113.70", helo_identity=True)


def test_helo_that_is_no_name_has_no_policy():
    for helo in ("", "localhost", "[192.0.2.1]", "a..example"):
        assert spf("203.0.113.70", "", helo=helo).result is Spf.NONE


def test_broken_name_server_is_a_temporary_error():
    broken = Zones(ZONES.rows, frozenset({"spf.service.example"}))
    found = spf("203.0.113.70", "u@a.example", zones=broken)
    assert found.result is Spf.TEMPERROR
    assert "spf.service.example" in str(found.problem)


def test_domain_without_policy():
    assert spf("203.0.113.70", "u@c.example").result is Spf.NONE


def test_self_include_ends():
    endless = zones_of([("a.example", "TXT", "v=spf1 include:a.example -all")])
    assert spf("192.0.2.1", "u@a.example", zones=endless).result is Spf.PERMERROR


terms = st.lists(
    st.sampled_from(
        ["a", "mx", "ptr", "exists:%{ir}.x", "include:b.example", "redirect=a.example", "ip4:1.2.3.4/33"]
    )
    | st.sampled_from(
        ["a:%{p}.example", "exp=%{h}.example", "-all", "?ip6:::1/0", "a//0", "mx/0//0", "%{", "x=%{l1r-}"]
    )
    | st.text(max_size=12),
    max_size=12,
).map(" ".join)


@given(terms, st.ip_addresses().map(str), st.text(max_size=30))
def test_no_record_and_no_name_raises(record, client, helo):
    zones = zones_of([("a.example", "TXT", f"v=spf1 {record}"), ("b.example", "TXT", "v=spf1 a mx -all")])
    assert answered(check_host(client, "a.example", f"{helo}@a.example", helo), zones).result in Spf
    assert answered(check_host(client, helo, f"u@{helo}", helo), zones).result in Spf

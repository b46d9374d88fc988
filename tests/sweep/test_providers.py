"""Small providers, each with one thing that its customers share, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sweep.customers import a_tenant, on_premises, sending, swept, told

ANY = "any-other-tenant.invalid"


def test_nothing_shared_is_no_finding(tmp_path: Path) -> None:
    summary, rows = swept(
        tmp_path,
        a_tenant(
            "a",
            sending("hybrid", "ex.a.example", address="198.51.100.1"),
            sending("internet", "mail.a.test", address="198.51.100.2"),
            inbound=(on_premises("*.a.example"),),
        ),
        a_tenant(
            "b",
            sending("hybrid", "ex.b.example", address="198.51.100.3"),
            sending("internet", "mail.b.test", address="198.51.100.4"),
            inbound=(on_premises("*.b.example"),),
        ),
    )
    assert rows == []
    assert (summary.groups, summary.pairs) == (0, {})
    assert summary.decisions == 10


def test_the_article_is_found_in_a_tenant_that_shares_nothing(tmp_path: Path) -> None:
    _, rows = swept(
        tmp_path, a_tenant("a", sending("internet", "*.a.example"), inbound=(on_premises("*.a.example"),))
    )
    assert told(rows) == {("a", ANY, "own sender", "a"), ("a", ANY, "null sender", "a")}
    assert {row["other"] for row in rows} == {""}


def test_two_customers_share_a_wildcard(tmp_path: Path) -> None:
    """The gateway of both shows a certificate that fits the first one's connector: all mail is the first one's."""
    summary, rows = swept(
        tmp_path,
        a_tenant(
            "a",
            sending("internet", "*.provider.example"),
            inbound=(on_premises("mx.provider.example"),),
            domains=["a.example", "mx.provider.example"],
        ),
        a_tenant("b", sending("internet", "*.provider.example")),
    )
    assert ("b", ANY, "own sender", "a") in told(rows)
    assert {row["attributed"] for row in rows} == {"a"}
    assert summary.pairs == {
        "certificate value": 1,
        "certificate name": 1,
        "source address": 1,
        "gateway": 1,
    }
    assert {rule for row in rows for rule in row["rules"]} >= {"R77", "R3"}


@pytest.mark.parametrize(
    ("ranges", "address", "kind"),
    [
        (["198.51.100.16/28"], "198.51.100.20", "address range 198.51.100.16/28"),
        (["198.51.100.20"], "198.51.100.20", "address range 198.51.100.20/32"),
        (["198.51.100.0/24", "198.51.100.16/28"], "198.51.100.20", "address range 198.51.100.0/24"),
    ],
    ids=["shared-28", "single-address", "overlapping-ranges"],
)
def test_an_address_in_the_others_range(tmp_path: Path, ranges: list[str], address: str, kind: str) -> None:
    """Mail of the range's owner that the neighbour passes on to a third is taken for the owner's own (R5, R7, R21)."""
    _, rows = swept(
        tmp_path,
        a_tenant("owner", inbound=(on_premises(None, *ranges, RequireTls=False),)),
        a_tenant("neighbour", sending("internet", address=address)),
    )
    (row,) = (row for row in rows if row["mail"] == "the other's sender")
    assert (row["tenant"], row["other"], row["attributed"]) == ("neighbour", "owner", "owner")
    assert (row["basis"], row["shares"]) == ("address", kind)
    assert len(rows) == 1


def test_overlapping_ranges_are_shared_though_no_address_is_known(tmp_path: Path) -> None:
    summary, _ = swept(
        tmp_path,
        a_tenant("wide", inbound=(on_premises(None, "198.51.100.0/24"),)),
        a_tenant("narrow", inbound=(on_premises(None, "198.51.100.64/28"),)),
        a_tenant("beside", inbound=(on_premises(None, "203.0.113.0/24"),)),
    )
    assert summary.pairs == {"address range": 1}


def test_a_range_of_its_own_is_no_finding(tmp_path: Path) -> None:
    summary, rows = swept(
        tmp_path,
        a_tenant(
            "a", sending("hybrid", address="198.51.100.3"), inbound=(on_premises(None, "198.51.100.0/28"),)
        ),
        a_tenant(
            "b", sending("hybrid", address="198.51.100.19"), inbound=(on_premises(None, "198.51.100.16/28"),)
        ),
    )
    assert (summary.pairs, rows) == ({}, [])


def test_a_name_that_nobody_has_verified_leaves_each_his_own(tmp_path: Path) -> None:
    """R83: the value is no accepted domain, so MAIL FROM decides: own mail is right, a forward is the other's."""
    summary, rows = swept(
        tmp_path,
        *(
            a_tenant(
                name, sending("relay", "mx.provider.example"), inbound=(on_premises("mx.provider.example"),)
            )
            for name in ("a", "b", "c")
        ),
    )
    assert summary.pairs["certificate value"] == 3
    assert {row["mail"] for row in rows} == {"the other's sender"}


def test_partner_and_disabled_connectors_claim_nothing(tmp_path: Path) -> None:
    partner = {"Name": "P", "ConnectorType": "Partner", "TlsSenderCertificateName": "*.provider.example"}
    summary, rows = swept(
        tmp_path,
        a_tenant("a", inbound=(on_premises("*.provider.example", Enabled=False), partner)),
        a_tenant("b", sending("internet", "mx.provider.example")),
    )
    assert (summary.pairs, rows) == ({}, [])


def test_a_tie_that_is_refused_is_told_though_nobody_takes_the_mail(tmp_path: Path) -> None:
    owners = (
        a_tenant(
            name,
            inbound=(on_premises("*.provider.example"),),
            domains=[f"{name}.test", {"DomainName": domain, "MatchSubDomains": True}],
        )
        for name, domain in (("a", "provider.example"), ("b", "example"))
    )
    _, rows = swept(
        tmp_path,
        *owners,
        a_tenant("c", sending("internet", "mx.provider.example"), domains=["c.test"]),
        tenant_tie_break="reject",
    )
    assert ("c", ANY, "own sender", "") in told(rows)
    assert {"R18", "R35"} <= {rule for row in rows for rule in row["rules"]}


def test_another_region_refuses_what_is_taken_for_a_tenant_elsewhere(tmp_path: Path) -> None:
    _, rows = swept(
        tmp_path,
        a_tenant(
            "a", sending("internet", "*.a.example"), inbound=(on_premises("*.a.example"),), region="EUR"
        ),
        a_tenant("b", sending("internet", "*.a.example", address="198.51.100.26"), region="NAM"),
    )
    (there,) = (row for row in rows if row["rcpt_to"] == "user@b.example" and row["mail"] == "own sender")
    assert (there["region"], there["verdict"], there["attributed"]) == ("NAM", "Refused", "a")
    assert "ATTR35" in there["reply"]


def test_what_rests_on_an_assumed_rule_says_so(tmp_path: Path) -> None:
    """Two tenants own a name of one certificate: what breaks the tie is not documented (R18)."""
    summary, rows = swept(
        tmp_path,
        *(
            a_tenant(
                name,
                inbound=(on_premises(f"{name}.provider.example"),),
                domains=[f"{name}.test", f"{name}.provider.example"],
            )
            for name in ("a", "b")
        ),
        a_tenant("c", sending("internet", "a.provider.example", "b.provider.example")),
    )
    assert summary.assumed == len([row for row in rows if row["confidence"] == "assumed"]) > 0


def test_smart_hosts_make_a_pair(tmp_path: Path) -> None:
    way = {"Name": "Out", "UseMXRecord": False, "SmartHosts": ["MX.provider.example"]}
    summary, _ = swept(
        tmp_path,
        a_tenant("a", OutboundConnectors=way),
        a_tenant("b", OutboundConnectors=[way]),
        a_tenant("c"),
    )
    assert summary.pairs == {"gateway": 1}


def test_a_crowd_is_asked_about_its_neighbours_and_every_pair_is_listed(tmp_path: Path) -> None:
    tenants = [a_tenant(f"t{n}", sending("internet", "mx.provider.example")) for n in range(12)]
    whole, _ = swept(tmp_path, *tenants)
    some, _ = swept(tmp_path, *tenants, crowd=4)
    assert (whole.crowds, some.crowds) == (0, 3)
    assert whole.pairs == some.pairs == dict.fromkeys(("certificate name", "source address", "gateway"), 66)
    assert (whole.decisions, some.decisions) == (12 * 2 + 12 * 11 * 3, 12 * 2 + 12 * 1 * 3)

"""The zone file, as another program reads it, and what is written for real name servers."""

from __future__ import annotations

from pathlib import PurePosixPath

import dns.rdatatype
import dns.zone
import pytest

from lab.model.dns import Mx, Zones
from lab.reports.name_server_files import SERVERS, NameServer, zone_file

LONG = "v=DKIM1; k=rsa; p=" + "x" * 400


def read(zones: Zones) -> dns.zone.Zone:
    """The zone in a file; the parser refuses what is no zone."""
    return dns.zone.from_text(zone_file(zones), origin=".", relativize=False)


def test_records_and_ttls_are_those_of_the_zones():
    zones = Zones(
        {
            ("a.example", "MX"): (Mx(10, "mx.a.example"), Mx(0, "")),
            ("mx.a.example", "A"): ("198.51.100.7",),
            ("7.100.51.198.in-addr.arpa", "PTR"): ("mx.a.example",),
        },
        ttls={"a.example": 30},
    )
    told = read(zones)
    mx = told.get_rdataset("a.example.", "MX")
    assert mx is not None
    assert (mx.ttl, {record.to_text() for record in mx}) == (30, {"10 mx.a.example.", "0 ."})
    address = told.get_rdataset("mx.a.example.", "A")
    assert address is not None
    assert (address.ttl, address[0].to_text()) == (3600, "198.51.100.7")
    assert str(told.find_rdataset("7.100.51.198.in-addr.arpa.", "PTR")[0]) == "mx.a.example."


@pytest.mark.parametrize("text", [LONG, 'a "b" \\ ;c', "grüße", "", "\x00\x7f"])
def test_any_text_comes_back_as_it_was(text):
    (record,) = read(Zones({("t.example", "TXT"): (text,)})).find_rdataset("t.example.", "TXT")
    assert b"".join(record.strings).decode() == text
    assert max(map(len, record.strings)) <= 255


def test_an_alias_with_other_records_is_no_zone():
    zones = Zones({("a.example", "CNAME"): ("b.example",), ("a.example", "MX"): (Mx(10, "b.example"),)})
    with pytest.raises(ValueError, match=r"a\.example has a CNAME and MX"):
        zone_file(zones)


def test_what_belongs_to_a_domain_stands_below_it():
    zones = Zones({(name, "A"): ("198.51.100.7",) for name in ("z.example", "www.b.example", "b.example")})
    told = [line.split()[0] for line in zone_file(zones).splitlines()]
    assert told == [".", ".", "b.example.", "www.b.example.", "z.example."]


@pytest.mark.parametrize("server", SERVERS)
def test_servers_are_told_where_to_listen_and_what_fails(server):
    service = NameServer(
        folder=PurePosixPath("/z"), address="198.51.100.53", port=53, broken=("down.example",)
    )
    told = SERVERS[server](service)
    assert "198.51.100.53@53" in told
    assert '"down.example."' in told
    assert '"/z"' in told

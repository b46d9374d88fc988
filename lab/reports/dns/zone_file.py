"""The lab's DNS as a zone file, for a real name server in the place of the lab's own (RFC 1035 5).

It is one zone, the root, as the lab's own server has it: nobody asks further, and what the scenario does not name does
not exist.
"""

from __future__ import annotations

from collections.abc import Iterator

import dns.name
import dns.rrset

from lab.model.dns import DENIED_TTL, Zones
from lab.wire.dns_answers import NS, SOA, name_of, rdata


def zone_file(zones: Zones) -> str:
    """All records of the zones. What is `broken` is none of a zone's: see `lab.reports.dns.name_servers`.

    Raises ValueError for what the lab answers and no name server would load: an alias with other records beside it.
    """
    _check(zones)
    return "".join(f"{line}\n" for line in _lines(zones))


def _check(zones: Zones) -> None:
    for name, kind in zones.rows:
        others = sorted(other for own, other in zones.rows if own == name and other != kind)
        if kind == "CNAME" and others:
            raise ValueError(
                f"{name} has a CNAME and {', '.join(others)}: name servers refuse that (RFC 1034 3.6.2)"
            )


def _lines(zones: Zones) -> Iterator[str]:
    for record in (SOA, NS):
        yield dns.rrset.from_rdata(dns.name.root, DENIED_TTL, record).to_text()
    for (owner, kind), rows in sorted(zones.rows.items(), key=lambda item: (_place(item[0][0]), item[0][1])):
        records = [rdata(kind, row) for row in rows]
        yield dns.rrset.from_rdata_list(name_of(owner), zones.ttl(owner), records).to_text()


def _place(name: str) -> list[str]:
    """What belongs to a domain stands below it."""
    return name.split(".")[::-1]

"""The lab's DNS for a real name server in the place of the lab's own: a zone file (RFC 1035 5) and configurations.

It is one zone, the root, as the lab's own server has it: nobody asks further, and what the scenario does not name does
not exist. A name whose server fails is a zone without data to unbound and Knot, so all names below it fail as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

import dns.name
import dns.rrset

from lab.model.dns import DENIED_TTL, Zones
from lab.model.value import dataclass
from lab.wire.dns_answers import NS, SOA, name_of, rdata

ZONE_FILE = "lab.zone"
_NO_FILE = "no-data.zone"
"""A file that is not there: Knot then has no data, as unbound has without the name of a file."""


def zone_file(zones: Zones) -> str:
    """All records of the zones. What is `broken` is none of a zone's: see `NameServer`.

    Raises ValueError for what the lab answers and no name server would load: an alias with other records beside it.
    """
    for name, kind in zones.rows:
        others = sorted(other for own, other in zones.rows if own == name and other != kind)
        if kind == "CNAME" and others:
            raise ValueError(
                f"{name} has a CNAME and {', '.join(others)}: name servers refuse that (RFC 1034 3.6.2)"
            )
    return "".join(f"{line}\n" for line in _lines(zones))


def _lines(zones: Zones) -> Iterator[str]:
    for record in (SOA, NS):
        yield dns.rrset.from_rdata(dns.name.root, DENIED_TTL, record).to_text()
    for (owner, kind), rows in sorted(zones.rows.items(), key=lambda item: (_place(item[0][0]), item[0][1])):
        records = [rdata(kind, row) for row in rows]
        yield dns.rrset.from_rdata_list(name_of(owner), zones.ttl(owner), records).to_text()


def _place(name: str) -> list[str]:
    """What belongs to a domain stands below it."""
    return name.split(".")[::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServer:
    """What is served, and where."""

    folder: PurePosixPath
    """An absolute path: the zone file is there, and the server may write there."""
    address: str
    port: int
    broken: tuple[str, ...] = ()


def unbound(server: NameServer) -> str:
    """unbound.conf: a resolver, which has the root itself and looks no further."""
    failing = (_UNBOUND_ZONE.format(zone=f"{name}.", file="") for name in server.broken)
    return "".join((_UNBOUND.format(server=server), _UNBOUND_ZONE.format(zone=".", file=ZONE_FILE), *failing))


def knot(server: NameServer) -> str:
    """knot.conf: a name server for the root. An alias that leads to a failing name leads nowhere, as no zone follows it."""
    failing = (_KNOT_ZONE.format(zone=f"{name}.", file=_NO_FILE) for name in server.broken)
    return "".join((_KNOT.format(server=server), _KNOT_ZONE.format(zone=".", file=ZONE_FILE), *failing))


SERVERS: Mapping[str, Callable[[NameServer], str]] = {"unbound.conf": unbound, "knot.conf": knot}

_UNBOUND = """\
# unbound -d -c {server.folder}/unbound.conf
server:
    directory: "{server.folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    interface: {server.address}@{server.port}
    access-control: 0.0.0.0/0 allow
    module-config: "iterator"               # the lab signs nothing
    rrset-roundrobin: no                    # answers as they are written
    # Names that unbound would answer for by itself.
    unblock-lan-zones: yes
    insecure-lan-zones: yes
    local-zone: "test." nodefault
    local-zone: "invalid." nodefault
    local-zone: "onion." nodefault
    local-zone: "localhost." nodefault
remote-control:
    control-enable: no
"""
_UNBOUND_ZONE = """\
auth-zone:
    name: "{zone}"
    zonefile: "{file}"
    for-downstream: no
    for-upstream: yes
    fallback-enabled: no
"""
_KNOT = """\
# knotd -c {server.folder}/knot.conf
server:
    listen: {server.address}@{server.port}
    rundir: "{server.folder}"
database:
    storage: "{server.folder}"
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: "{server.folder}"
zone:
"""
_KNOT_ZONE = """\
  - domain: "{zone}"
    file: "{file}"
"""

"""Configuration of real name servers that serve the lab's zone file in the place of its own DNS server.

Neither asks anybody else. A name whose server fails is a zone without data to them, so all names below it fail as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from lab.model.value import dataclass

ZONE_FILE = "lab.zone"
_NO_FILE = "no-data.zone"
"""A file that is not there: Knot then has no data, as unbound has without the name of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is served, and where."""

    folder: PurePosixPath
    """An absolute path: the zone file is there, and the server may write there."""
    address: str
    port: int
    broken: tuple[str, ...] = ()


def unbound(service: Service) -> str:
    """unbound.conf: a resolver, which has the root itself and looks no further."""
    failing = (_UNBOUND_ZONE.format(zone=f"{name}.", file="") for name in service.broken)
    return "".join((_UNBOUND.format(told=service), _UNBOUND_ZONE.format(zone=".", file=ZONE_FILE), *failing))


def knot(service: Service) -> str:
    """knot.conf: a name server for the root. An alias that leads to a failing name leads nowhere, as no zone follows it."""
    failing = (_KNOT_ZONE.format(zone=f"{name}.", file=_NO_FILE) for name in service.broken)
    return "".join((_KNOT.format(told=service), _KNOT_ZONE.format(zone=".", file=ZONE_FILE), *failing))


SERVERS: Mapping[str, Callable[[Service], str]] = {"unbound.conf": unbound, "knot.conf": knot}

_UNBOUND = """\
# unbound -d -c {told.folder}/unbound.conf
server:
    directory: "{told.folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    interface: {told.address}@{told.port}
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
# knotd -c {told.folder}/knot.conf
server:
    listen: {told.address}@{told.port}
    rundir: "{told.folder}"
database:
    storage: "{told.folder}"
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: "{told.folder}"
zone:
"""
_KNOT_ZONE = """\
  - domain: "{zone}"
    file: "{file}"
"""

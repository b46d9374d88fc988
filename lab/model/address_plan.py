"""The address plan: documentation addresses for what others see, benchmarking addresses for inside networks.

RFC 5737 (198.51.100.0/24, 203.0.113.0/24) and RFC 2544 (198.18.0.0/15). 192.0.2.0/24 is left out: it may be the network
of the machine itself, which a Docker network would cut off. Scenarios for the simulator alone may have any address; there,
inside networks are those of RFC 1918 too.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network

PUBLIC = (IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.0/24"))
INSIDE = (IPv4Network("198.18.0.0/15"),)
NEVER = IPv4Network("192.0.2.0/24")
PRIVATE = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"))
"""RFC 1918."""


@lru_cache(maxsize=4096)  # asked for each connection
def is_inside(address: str) -> bool:
    """Whether an address is of an inside network: who is there too meets it without NAT in between."""
    return any(IPv4Address(address) in network for network in (*INSIDE, *PRIVATE))

"""The address plan: documentation addresses for what others see, benchmarking addresses for inside networks.

RFC 5737 (198.51.100.0/24, 203.0.113.0/24) and RFC 2544 (198.18.0.0/15). 192.0.2.0/24 is left out: it may be the network
of the machine itself, which a Docker network would cut off.
"""

from __future__ import annotations

from ipaddress import IPv4Network

PUBLIC = (IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.0/24"))
INSIDE = (IPv4Network("198.18.0.0/15"),)
NEVER = IPv4Network("192.0.2.0/24")


def is_inside(address: str) -> bool:
    """Whether an address is of an inside network: who is there too meets it without NAT in between."""
    return address.startswith(("198.18.", "198.19."))

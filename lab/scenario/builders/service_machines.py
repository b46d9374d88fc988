"""Exchange Online's own machines: per region front ends, an outbound pool, the pool for reports and that for relayed mail, with names in
Microsoft's pattern (R160), the certificate of R131, and addresses by a plan: the lab's are in 203.0.113.0/24, twenty for each region."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from lab.model.certificate import CertificateProfile
from lab.model.names import Domain
from lab.model.roles import Role
from lab.model.topology import Host, Region

PROFILE = "eop"
KNOWN = ("EUR", "NAM", "APC")
MOST_REGIONS = 12
"""As many as have addresses in 203.0.113.0/24."""
_SITES = {"EUR": ("DB8", "AM7"), "NAM": ("MW2", "DM6"), "APC": ("HK2", "SG2")}
_FRONT_ENDS = {
    "EUR": ("DB3PEPF0000885C", "AM4PEPF00025F95"),
    "NAM": ("CO1PEPF000044F8", "BN1PEPF00006002"),
    "APC": ("SG2PEPF000B66C9", "HK3PEPF0000021A"),
}
_SERIAL = {"EUR": ("05", "03"), "NAM": ("04", "12"), "APC": ("01", "01")}


def eop_certificate() -> CertificateProfile:
    """What every machine of the service shows, as a server and as a client (R28)."""
    names = (
        "mail.protection.outlook.com",
        "*.mail.protection.outlook.com",
        "*.outbound.protection.outlook.com",
    )
    return CertificateProfile(name=PROFILE, names=names)


def plan(names: Iterable[str]) -> tuple[str, ...]:
    """The regions in the order of their addresses: EUR, NAM, APC, then others as they come."""
    used = tuple(dict.fromkeys(names))
    return (*KNOWN, *(name for name in used if name not in KNOWN))


def region(name: str, index: int) -> Region:
    """A region as derived."""
    first = 10 + 20 * index
    sites = _SITES.get(name, (f"{name[:2]}1", f"{name[:2]}2"))
    pools = tuple(zip(sites, _SERIAL.get(name, ("01", "02")), strict=True))
    return Region(
        name=name,
        front_ends=tuple(
            machine(f"{label}.mail.protection.outlook.com", f"203.0.113.{first + i}")
            for i, label in enumerate(_front_ends(name))
        ),
        outbound=tuple(
            _sender(name, site, serial, f"on20{70 + i}", f"203.0.113.{first + 4 + i}")
            for i, (site, serial) in enumerate(pools)
        ),
        high_risk=(_sender(name, *pools[0], "hn2240", f"203.0.113.{first + 8}"),),
        relay=(_sender(name, *pools[0], "rn2230", f"203.0.113.{first + 12}"),),
    )


def machine(fqdn: str, address: str, helo: Domain | None = None) -> Host:
    """One machine of the service; `name` keeps the spelling that its logs have."""
    name = Domain.parse(fqdn)
    return Host(name=fqdn, role=Role.EOP, fqdn=name, address=address, certificate=PROFILE, helo=helo)


def _front_ends(name: str) -> tuple[str, ...]:
    if name in _FRONT_ENDS:
        return _FRONT_ENDS[name]
    digits = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest().upper()
    return tuple(f"{name[:2]}{i}PEPF0000{digits[4 * i : 4 * i + 4]}" for i in (1, 2))


def _sender(region_name: str, site: str, serial: str, pool: str, address: str) -> Host:
    fqdn = f"mail-{site.lower()}{region_name.lower()}{serial}{pool}.outbound.protection.outlook.com"
    helo = Domain.parse(f"{region_name}{serial}-{site}-obe.outbound.protection.outlook.com")
    return machine(fqdn, address, helo)

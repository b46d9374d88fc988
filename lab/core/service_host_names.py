"""Host names of Exchange Online in Microsoft's pattern, the same for the same tenant and region every time (R160)."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

from lab.model.names import Domain

_SITES = {"EUR": "AM9", "NAM": "CY5", "APC": "SG2", "GBR": "LO4", "CAN": "YT3", "AUS": "SY6", "JPN": "TY2"}


SERVICE = Domain("mail.protection.outlook.com")


def front_door(domain: Domain) -> Domain:
    """The name that leads to the front ends for an accepted domain: `contoso-example.mail.protection.outlook.com` (R156)."""
    return Domain(f"{domain.replace('.', '-')}.{SERVICE}")


@lru_cache(maxsize=4096)  # asked for at each step of a message through a tenant
def hub_host(tenant: str, region: str) -> str:
    """The transport server behind the front ends; its forest belongs to the tenant's region (R188)."""
    mark = crc32(f"{region}/{tenant}".encode())
    site = _SITES.get(region, region[:2] + "1")
    number = mark % 28 + 2
    return f"{site}PR{number:02d}MB{mark // 28 % 9000 + 1000}.{region}PRD{number:02d}.PROD.OUTLOOK.COM"


def inside_name(front_end: str, region: str) -> str:
    """A front end's name within its forest, as refusals show it (R189)."""
    label = front_end.partition(".")[0].upper()
    number = crc32(label.encode()) % 9 + 1
    return f"{label}.{region.lower()}prd{number:02d}.prod.outlook.com"


def spelled(host: str) -> str:
    """A host of the service as Microsoft writes it: `DB3PEPF0000885C.mail…`, `EUR05-DB8-obe.outbound…`."""
    label, dot, rest = host.partition(".")
    if label.endswith("-obe"):
        return f"{label[:-4].upper()}-obe{dot}{rest}"
    return host if label.startswith("mail-") else f"{label.upper()}{dot}{rest}"

"""People elsewhere, where the exports have none: partners whose configuration nobody knows, and somebody outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lab.importers.assembly.address_allocation import Addresses
from lab.scenario.syntax.yaml_dump import PlainData

NEAR, FAR, OUTSIDE = "near-partner", "far-partner", "outside"


def partners(tree: PlainData, own: Iterable[str], addresses: Addresses) -> tuple[str, ...]:
    """Add to the tree a tenant of the same region, one of another, and an internet host, as far as it has none.

    `own` are the keys of the company's own tenants; their region is the one that others are near to.
    """
    tenants: dict[str, Any] = tree.setdefault("tenants", {})
    ours = list(own)
    region = next((tenants[name]["region"] for name in ours if name in tenants), "EUR")
    regions = [tenant["region"] for name, tenant in tenants.items() if name not in ours]
    added = []
    if region not in regions:
        tenants[NEAR] = _tenant(NEAR, region)
        added.append(NEAR)
    if all(other == region for other in regions):
        tenants[FAR] = _tenant(FAR, "NAM" if region != "NAM" else "EUR")
        added.append(FAR)
    if not any(_receives(host) for host in tree.get("hosts", {}).values()):
        domain = "outside.example"
        tree.setdefault("hosts", {})[OUTSIDE] = {
            "address": addresses.spare(),
            "domains": [domain],
            "mailboxes": [f"somebody@{domain}"],
        }
        added.append(OUTSIDE)
    return tuple(added)


def _tenant(name: str, region: str) -> PlainData:
    domain = f"{name}.example"
    return {
        "initial_domain": f"{name.replace('-', '')}.onmicrosoft.com",
        "region": region,
        "AcceptedDomains": [{"DomainName": domain, "Default": True}],
        "mailboxes": [f"somebody@{domain}"],
    }


def _receives(host: Mapping[str, object]) -> bool:
    return bool(host.get("domains")) and host.get("role", "internet") == "internet"

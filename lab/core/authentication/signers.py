"""Who signs with which key, and what DNS says of it (R171, R172, R174)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lab.core.authentication.dkim import Signer
from lab.core.authentication.signature import key_name
from lab.core.authentication.signature_suite import CLAIMS, Suite
from lab.model.dns import RecordType, Zones
from lab.model.names import Domain
from lab.model.tenant import Tenant
from lab.model.topology import Host, Topology

GATEWAY_SELECTOR = "gateway"
SELECTORS = ("selector1", "selector2")
"""A tenant's two; the first is active, the second has no key until the keys are rotated (R172)."""
SEALER = Signer.direct(Domain("microsoft.com"), "arcselector10001")
"""Exchange Online's own seal (R174)."""


def tenant_signer(tenant: Tenant, author: Domain | None) -> Signer:
    """A tenant's signature (R171): the author's domain if DKIM is enabled for it, else the initial one."""
    if author is not None and author in tenant.dkim_domains:
        return Signer(author, SELECTORS[0], _home(tenant, author, SELECTORS[0]))
    return Signer.direct(tenant.initial_domain, f"{SELECTORS[0]}-{_dashed(tenant.initial_domain)}")


def gateway_signer(domain: Domain) -> Signer:
    """A key of a mail server's own, for a domain that it signs or seals for (R173)."""
    return Signer.direct(domain, GATEWAY_SELECTOR)


def _home(tenant: Tenant, domain: Domain, selector: str) -> Domain:
    """Where a custom domain's key is: under the initial domain, which Microsoft runs (R172)."""
    return key_name(tenant.initial_domain, f"{selector}-{_dashed(domain)}")


def _dashed(domain: Domain) -> str:
    return domain.replace(".", "-")


def key_records(tenants: Iterable[Tenant], hosts: Iterable[Host]) -> Iterator[tuple[str, RecordType, str]]:
    """The DNS records of all keys of a lab; the keys themselves are those of the suite that needs none."""
    for tenant in tenants:
        for domain in sorted(tenant.dkim_domains):
            for selector in SELECTORS:
                yield key_name(domain, selector), "CNAME", _home(tenant, domain, selector)
    for signer in signers(tenants, hosts):
        yield signer.key, "TXT", CLAIMS.record(signer.key)


def signers(tenants: Iterable[Tenant], hosts: Iterable[Host]) -> Iterator[Signer]:
    """Everybody who signs in a lab."""
    yield SEALER
    for tenant in tenants:
        for author in (None, *sorted(tenant.dkim_domains)):
            yield tenant_signer(tenant, author)
    for host in hosts:
        for domain in sorted({*host.dkim_signs, *([host.arc_seals] if host.arc_seals else ())}):
            yield gateway_signer(domain)


def key_names(topology: Topology) -> tuple[str, ...]:
    """The names of all keys that somebody in the lab signs with."""
    everybody = signers(topology.tenants.values(), topology.hosts.values())
    return tuple(dict.fromkeys(signer.key for signer in everybody))


def with_keys(topology: Topology, suite: Suite) -> Topology:
    """The topology with the keys of `suite` in its DNS.

    Only records that were derived change: a scenario that revokes a key, or forgets it, has its way.
    """
    return replace(topology, zones=_with_keys(topology.zones, key_names(topology), suite))


def _with_keys(zones: Zones, keys: Iterable[str], suite: Suite) -> Zones:
    rows = dict(zones.rows)
    for key in keys:
        if rows.get((key, "TXT")) == (CLAIMS.record(key),):
            rows[key, "TXT"] = (suite.record(key),)
    return replace(zones, rows=rows)

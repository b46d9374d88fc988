"""Names by a configuration of the reader's, and what the simulator's front end says that it would decide (R1-R34)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address

from lab.core.attribution import attribute
from lab.core.attribution_result import Attribution
from lab.core.certificate_store import stored
from lab.core.client_credentials import judge_credentials
from lab.core.directory import TenantDirectory
from lab.core.outbound_tls import client_certificate
from lab.evidence.diagnosis import EvidenceTenant, Passage
from lab.model.certificate import CertificateIdentity
from lab.model.names import Address, Domain, ReversePath
from lab.model.tenant import Tenant as Configured
from lab.model.topology import Host
from lab.scenario.model import Variant


class KnownConfiguration:
    """A configuration: tenants by GUID and domain, machines by address."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self._tenants = variant.topology.tenants
        self._by_id = {each.id.lower(): each for each in self._tenants.values()}
        self._directory = TenantDirectory(self._tenants.values())

    def named(self, tenant: EvidenceTenant) -> EvidenceTenant:
        """The tenant with the name that the configuration gives it, and what else it knows of it."""
        found = self._by_id.get(tenant.id) or (None if tenant.id else self.owner(tenant.domain))
        if found is None:
            return tenant
        return EvidenceTenant(
            id=found.id.lower(), domain=tenant.domain or str(found.default_domain), name=found.name
        )

    def owner(self, domain: str) -> Configured | None:
        """The tenant that has a domain among its accepted ones, or as its initial one."""
        try:
            return self._directory.owner(Domain.parse(domain)) if domain else None
        except ValueError:
            return None

    def host(self, address: str, helo: str = "") -> Host | None:
        """The machine that others see with that address; of several behind one, the one that greets so, else the first."""
        seen = [each for each in self.variant.topology.hosts.values() if address and each.source == address]
        return next((each for each in seen if helo and each.ehlo == helo.lower()), next(iter(seen), None))

    def machine(self, name: str) -> Host | None:
        """The machine that calls itself so in its log: by key, by name, or by the first label of that."""
        bare = name.lower()
        for key, each in self.variant.topology.hosts.items():
            if bare in (key.lower(), each.fqdn, each.ehlo, each.fqdn.partition(".")[0]):
                return each
        return None

    def decisions(
        self, client: str, sender: str, recipients: Iterable[str], *, helo: str = "", front_end: str = ""
    ) -> Iterator[Attribution]:
        """What a front end of the configuration decides on mail of that client; nothing if there is too little to ask with.

        One decision for each recipient and for each certificate that the machine with the address may show. The region is
        that of the front end or, if it is none of the configuration's, that of the recipient's tenant.
        """
        topology = self.variant.topology
        if not _is_ipv4(client):
            return  # connectors know IPv4 only (R58), and so does the lab
        for recipient in recipients:
            try:
                path, to = ReversePath.parse(f"<{sender.strip('<>')}>"), Address.parse(recipient)
            except ValueError:
                continue
            for shown in self._may_show(client, helo):
                credentials = judge_credentials(client, True, shown, topology.switches)
                yield attribute(
                    replace(credentials, service=client in topology.services()),
                    path,
                    to,
                    region=self._region(front_end, to.domain),
                    directory=self._directory,
                    switches=topology.switches,
                    author=path.domain,
                )

    def _region(self, front_end: str, domain: Domain) -> str:
        regions = self.variant.topology.regions
        for name, region in regions.items():
            if any(each.fqdn == front_end.lower() for each in region.front_ends):
                return name
        owner = self._directory.owner(domain)
        return owner.region if owner else next(iter(regions), "")

    def _may_show(self, address: str, helo: str) -> tuple[CertificateIdentity | None, ...]:
        """The client certificates of the machine with an address, the likeliest first; None is none at all."""
        topology, host = self.variant.topology, self.host(address, helo)
        if host is None or not host.client_certificate:
            return (None,)
        likeliest = topology.certificates.get(client_certificate(host, topology) or "")
        if not host.holds_mailboxes:
            return (likeliest,)
        connectors = topology.organizations[host.organization or ""].send_connectors
        names = (stored(host, each.tls_certificate_name, topology.certificates) for each in connectors)
        others = (topology.certificates.get(name) for name in (*names, *host.certificates) if name)
        return tuple(dict.fromkeys((likeliest, *others)))


def _is_ipv4(address: str) -> bool:
    try:
        IPv4Address(address)
    except AddressValueError:
        return False
    return True


def renamed(passages: Iterable[Passage], known: KnownConfiguration | None) -> tuple[Passage, ...]:
    """The passages with their tenants named."""
    if known is None:
        return tuple(passages)
    return tuple(replace(each, tenant=known.named(each.tenant)) if each.tenant else each for each in passages)

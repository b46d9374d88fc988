"""Names by a configuration of the reader's, and what the simulator's front end says that it would decide (R1-R34)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lab.core.attribution import attribute
from lab.core.cloudnames import hub_host
from lab.core.credentials import judge_credentials
from lab.core.directory import TenantDirectory
from lab.core.verdicts import Attribution
from lab.evidence.diagnosis import Passage, Tenant
from lab.model.certificate import CertificateIdentity
from lab.model.names import Address, Domain, ReversePath
from lab.model.tenant import Tenant as Configured
from lab.model.topology import Host
from lab.scenario.model import Variant


class Known:
    """A configuration: tenants by GUID and domain, machines by address."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self._tenants = variant.topology.tenants
        self._by_id = {each.id.lower(): each for each in self._tenants.values()}
        self._directory = TenantDirectory(self._tenants.values())

    def named(self, tenant: Tenant) -> Tenant:
        """The tenant with the name that the configuration gives it, and what else it knows of it."""
        found = self._by_id.get(tenant.id) or (None if tenant.id else self.owner(tenant.domain))
        if found is None:
            return tenant
        return Tenant(id=found.id.lower(), domain=tenant.domain or str(found.default_domain), name=found.name)

    def owner(self, domain: str) -> Configured | None:
        """The tenant that has a domain among its accepted ones, or as its initial one."""
        try:
            return self._directory.owner(Domain.parse(domain)) if domain else None
        except ValueError:
            return None

    def by_hub(self, hub: str) -> Tenant:
        """The tenant whose hub it is in this lab; the real service's are nobody's for long."""
        for each in self._tenants.values():
            if hub and hub.upper() == hub_host(each.name, each.region).upper():
                return Tenant(id=each.id.lower(), domain=str(each.default_domain), name=each.name)
        return Tenant()

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

    def decision(
        self, client: str, sender: str, recipient: str, *, helo: str = "", front_end: str = ""
    ) -> Attribution | None:
        """What a front end of the configuration decides on mail of that client; None if there is too little to ask with.

        The certificate is that of the machine with the address, the region that of the front end or, if that is none of
        the configuration's, of the recipient's tenant.
        """
        topology = self.variant.topology
        try:
            path = ReversePath.parse(f"<{sender.strip('<>')}>")
            to = Address.parse(recipient)
            shown = self._shown_by(client, helo)
            credentials = judge_credentials(client, True, shown, topology.switches)
        except ValueError:
            return None
        if client in topology.services():
            credentials = replace(credentials, service=True)
        return attribute(
            credentials,
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

    def _shown_by(self, address: str, helo: str) -> CertificateIdentity | None:
        host = self.host(address, helo)
        if host is None or not host.client_certificate:
            return None
        return self.variant.topology.certificates.get(host.certificate or "")


def renamed(passages: Iterable[Passage], known: Known | None) -> tuple[Passage, ...]:
    """The passages with their tenants named."""
    if known is None:
        return tuple(passages)
    return tuple(replace(each, tenant=known.named(each.tenant)) if each.tenant else each for each in passages)

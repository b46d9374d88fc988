"""A machine of the lab, as an SMTP server and a resolver need it, and the certificates that machines show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from lab.drivers.address_mapping import AddressMapping, Endpoint
from lab.drivers.lab_clock import LabClock
from lab.drivers.outages import MachineMemory, Outages
from lab.model.certificate import CertificateIdentity
from lab.model.dns import DnsAnswer, DnsQuestion
from lab.model.topology import Host
from lab.model.transport import Heard, IdSource
from lab.pki.certificate_folder import CertificateFolder
from lab.wire.client import ClientCertificate
from lab.wire.resolver import Resolver
from lab.wire.tls import PermissiveTLSContext, TlsClock, server_context


class MachineOwner(Protocol):
    """The lab that a machine belongs to, as far as the machine asks it."""

    ids: IdSource
    clock: LabClock
    mapping: AddressMapping
    outages: Outages
    resolver: Endpoint
    """Where DNS is asked."""

    async def keep(self, heard: Heard) -> None:
        """Durable before the reply."""

    def bug(self, error: Exception) -> None:
        """Remember it; the run fails."""


class MachineContext:
    """One machine: its address, its memory of DNS answers, the lab's clock, names and disk."""

    def __init__(self, lab: MachineOwner, host: Host) -> None:
        self._lab = lab
        self._memory = MachineMemory(lab.outages, host.address)
        names = lab.resolver
        self._resolver = Resolver(names.address, names.port, source=lab.mapping.here(host.address))

    @property
    def ids(self) -> IdSource:
        """The lab's names."""
        return self._lab.ids

    def now(self) -> datetime:
        """The lab's clock."""
        return self._lab.clock.now()

    def public(self, address: str) -> str:
        """The scenario's address of a client."""
        return self._lab.mapping.scenario(address)

    async def answer(self, question: DnsQuestion) -> DnsAnswer:
        """What the machine remembers, or the lab's DNS server says; asked from the machine's address."""
        known = self._memory.answer(question, self.now())
        if known is not None:
            return known
        looked_up = await self._resolver.look_up(question)
        self._memory.keep(question, looked_up.answer, looked_up.ttl, self.now())
        return looked_up.answer

    async def keep(self, heard: Heard) -> None:
        """Durable before the reply."""
        await self._lab.keep(heard)

    def bug(self, error: Exception) -> None:
        """Remember it; the run fails."""
        self._lab.bug(error)


def server_tls(host: Host, folder: CertificateFolder, clock: TlsClock) -> PermissiveTLSContext | None:
    """What a machine offers as STARTTLS; None if it offers none."""
    if not host.speaks_tls or host.certificate is None:
        return None
    chain, key = folder.chain(host.certificate), folder.key(host.certificate)
    return server_context(chain, key, folder.anchors, clock=clock)


def client_certificates(
    folder: CertificateFolder, identities: Mapping[str, CertificateIdentity]
) -> Mapping[str, ClientCertificate]:
    """What clients can show, by profile."""
    return {
        name: ClientCertificate(
            folder.chain(name), folder.key(name), identities[name].label if name in identities else name
        )
        for name in folder.profiles
    }

"""What any mail server must be told to be a scenario's filter, before it is worded for one of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath

from lab.core.outbound_tls import client_certificate
from lab.model.topology import Host, Topology
from lab.model.value import dataclass

LARGEST = 52_428_800
"""Octets of a message, as the fake filter says in EHLO."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterFolders:
    """Where things are on the machine that the server runs on."""

    config: PurePosixPath
    """The folder that the rendered files are put into."""
    certificates: PurePosixPath
    """What `mflab cert --out` or a running lab has made: PROFILE.pem, PROFILE.key, anchors.pem."""
    work: PurePosixPath
    """Queue and state; the server's own."""
    log: PurePosixPath
    """The log, a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """A certificate as two files."""

    chain: PurePosixPath
    key: PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSettings:
    """The filter of a scenario. Make one with `of`."""

    host: Host
    places: FilterFolders
    as_server: CertificateFiles | None
    as_client: CertificateFiles | None
    expires_after: timedelta

    @classmethod
    def of(
        cls, name: str, topology: Topology, places: FilterFolders, *, expires_after: timedelta | None = None
    ) -> FilterSettings:
        """The filter `name`; `expires_after` instead of the scenario's, 0 for a single try.

        Raises ValueError when the scenario has no such filter.
        """
        filters = [machine.name for machine in topology.hosts.values() if machine.is_filter]
        if name not in filters:
            raise ValueError(
                f"{name!r} is no gateway of the scenario; it has: {', '.join(filters) or 'none'}"
            )
        host = topology.hosts[name]
        shown = client_certificate(host, topology)
        return cls(
            host=host,
            places=places,
            as_server=_certificate_files(host.certificate, places)
            if host.certificate and host.speaks_tls
            else None,
            as_client=_certificate_files(shown, places) if shown else None,
            expires_after=host.expires_after if expires_after is None else expires_after,
        )

    @property
    def anchors(self) -> PurePosixPath:
        """The roots that everybody in the lab trusts."""
        return self.places.certificates / "anchors.pem"

    @property
    def next_hops(self) -> tuple[str, ...]:
        """Where mail for the guarded domains goes, in brackets: no MX is looked up."""
        return tuple(map(bracketed, self.host.forwards_to))

    @property
    def smart_hosts(self) -> tuple[str, ...]:
        """Where all other mail goes; by MX if empty."""
        return tuple(map(bracketed, self.host.smart_hosts))

    def unplayed(self) -> tuple[str, ...]:
        """What the scenario wants of this filter and no rendered configuration does: it needs a filter program."""
        wishes = {
            "dkim_signs": bool(self.host.dkim_signs),
            "arc_seals": self.host.arc_seals is not None,
            "disclaimer": bool(self.host.disclaimer),
            "strict_spf": self.host.strict_spf,
        }
        return tuple(name for name, wanted in wishes.items() if wanted)


def bracketed(host: str) -> str:
    """`[host]`: the machine itself, and not the MX of a domain of that name."""
    return host if host.startswith("[") else f"[{host}]"


def resolv_conf(*servers: str) -> str:
    """What makes the C library ask the lab's DNS and nobody else, and complete no name."""
    asked = "".join(f"nameserver {server}\n" for server in servers)
    return f"{asked}options timeout:2 attempts:2\n"


def _certificate_files(profile: str, places: FilterFolders) -> CertificateFiles:
    return CertificateFiles(
        chain=places.certificates / f"{profile}.pem", key=places.certificates / f"{profile}.key"
    )

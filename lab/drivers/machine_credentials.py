"""The certificates of a lab's machines, as servers and clients show them, and the keys that sign their messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lab.core.authentication.signature_suite import Suite
from lab.core.authentication.signers import key_names
from lab.model.certificate import CertificateIdentity
from lab.model.topology import Host
from lab.pki import rsa_signing
from lab.pki.certificate_folder import CertificateFolder
from lab.scenario.model import Variant

if TYPE_CHECKING:
    from lab.wire.client import ClientCertificate
    from lab.wire.tls import PermissiveTLSContext

CertificateClock = Callable[[], datetime]


def server_tls(host: Host, made: CertificateFolder, clock: CertificateClock) -> PermissiveTLSContext | None:
    """What a machine offers as STARTTLS; None if it offers none."""
    if not host.speaks_tls or host.certificate is None:
        return None
    from lab.wire.tls import server_context  # whoever only makes keys needs none of the wire

    chain, key = made.chain(host.certificate), made.key(host.certificate)
    return server_context(chain, key, made.anchors, clock=clock)


def client_certificates(
    made: CertificateFolder, identities: Mapping[str, CertificateIdentity]
) -> Mapping[str, ClientCertificate]:
    """What clients can show, by profile."""
    from lab.wire.client import ClientCertificate

    return {
        name: ClientCertificate(
            made.chain(name), made.key(name), identities[name].label if name in identities else name
        )
        for name in made.profiles
    }


def signatures(variant: Variant, folder: Path) -> Suite:
    """What signs and seals in a variant, with keys that lie in a folder; those that are missing are made."""
    topologies = (variant.topology, *(moment.topology for moment in variant.timeline))
    names = dict.fromkeys(name for topology in topologies for name in key_names(topology))
    return rsa_signing.make(folder / "signing", tuple(names))

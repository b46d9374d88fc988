"""The certificates of a lab's machines, as servers and clients show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from lab.model.certificate import CertificateIdentity
from lab.model.topology import Host
from lab.pki.store import Store
from lab.wire.client import ClientCertificate
from lab.wire.tls import PermissiveTLSContext, server_context

Clock = Callable[[], datetime]


def server_tls(host: Host, made: Store, clock: Clock) -> PermissiveTLSContext | None:
    """What a machine offers as STARTTLS; None if it offers none."""
    if not host.speaks_tls or host.certificate is None:
        return None
    chain, key = made.chain(host.certificate), made.key(host.certificate)
    return server_context(chain, key, made.anchors, clock=clock)


def client_certificates(
    made: Store, identities: Mapping[str, CertificateIdentity]
) -> Mapping[str, ClientCertificate]:
    """What clients can show, by profile."""
    return {
        name: ClientCertificate(
            made.chain(name), made.key(name), identities[name].label if name in identities else name
        )
        for name in made.profiles
    }

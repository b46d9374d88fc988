"""The certificates of the embedded lab's machines, as servers and clients show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from lab.model.certificate import CertificateIdentity
from lab.model.topology import Host
from lab.pki.store import Store
from lab.wire.client import ClientCertificate, ClientWire
from lab.wire.tls import PermissiveTLSContext, server_context

Clock = Callable[[], datetime]


def server_tls(host: Host, made: Store, clock: Clock) -> PermissiveTLSContext | None:
    """What a machine offers as STARTTLS; None if it offers none."""
    if not host.speaks_tls or host.certificate is None:
        return None
    chain, key = made.chain(host.certificate), made.key(host.certificate)
    return server_context(chain, key, made.anchors, clock=clock)


def client_wire(
    book: Mapping[str, tuple[str, int]],
    made: Store,
    identities: Mapping[str, CertificateIdentity],
    clock: Clock,
) -> ClientWire:
    """What all clients of a lab share: whom they may reach, and what they can show."""
    shown = {
        name: ClientCertificate(
            made.chain(name), made.key(name), identities[name].label if name in identities else name
        )
        for name in made.profiles
    }
    return ClientWire(book=book, certificates=shown, anchors=made.anchors, clock=clock)

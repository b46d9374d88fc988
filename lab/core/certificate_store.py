"""Which certificate of its store an Exchange server means by a TlsCertificateName (R115, R135)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.topology import Host

_DATED = frozenset({CertFault.EXPIRED, CertFault.NOT_YET_VALID})


def is_described(name: str) -> bool:
    """Whether the name is `<I>issuer<S>subject`, not a profile of the lab."""
    return name.startswith("<I>")


def description(identity: CertificateIdentity) -> str:
    """`<I>CN=…<S>CN=…`, as the wizard writes it."""
    return f"<I>{identity.issuer}<S>{identity.subject}"


def chosen(name: str, store: Iterable[str], known: Mapping[str, CertificateIdentity]) -> str | None:
    """The profile that a name means: the valid and newest (last) that fits; None after a renewal that changed it.

    What is not valid today is not chosen, and the SMTP service flag is not looked at.
    """
    fitting = [
        profile
        for profile in store
        if profile in known
        and name in (profile, description(known[profile]))
        and not known[profile].faults & _DATED
    ]
    return fitting[-1] if fitting else None


def stored(host: Host, name: str | None, known: Mapping[str, CertificateIdentity]) -> str | None:
    """The profile that a TlsCertificateName means on a server; None if it is unset, or stale.

    A profile's bare name, which is the lab's own way to say it, needs no store unless one is listed.
    """
    if name is None or (not host.certificates and not is_described(name)):
        return name
    return chosen(name, host.certificates or tuple(filter(None, (host.certificate,))), known)


def is_stale(host: Host, name: str | None, known: Mapping[str, CertificateIdentity]) -> bool:
    """Whether a TlsCertificateName is set, and nothing in the server's store fits (R115)."""
    return name is not None and stored(host, name, known) is None

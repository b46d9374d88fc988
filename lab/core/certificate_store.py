"""Which certificate of its store an Exchange server means by a TlsCertificateName (R115, R135)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.model.certificate import CertFault, CertificateIdentity

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

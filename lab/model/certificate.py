"""What the other side's certificate says, and what is wrong with it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from lab.model.value import dataclass


class CertFault(StrEnum):
    """A reason not to trust a certificate. Judged by the lab, never by an aborted handshake."""

    SELF_SIGNED = "self-signed"
    UNTRUSTED = "no chain to a public root"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    NO_CLIENT_AUTH = "no clientAuth key usage"
    WEAK_KEY = "weak key or signature"
    RESUMED = "resumed session, certificate not checked"
    NO_DOMAIN_NAME = "no domain name as CN or SAN"


@dataclass(frozen=True, slots=True)
class CertificateIdentity:
    """CN and SAN DNS names of a presented certificate, with issuer and the faults found in its chain."""

    common_name: str | None
    dns_names: tuple[str, ...] = ()
    faults: frozenset[CertFault] = frozenset()
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    thumbprint: str = ""
    """SHA-1 over the DER form in upper-case hex, as Exchange prints it."""

    @property
    def names(self) -> tuple[str, ...]:
        """CN first, then the SANs, each once, as written (R10)."""
        cn = (self.common_name,) if self.common_name else ()
        return tuple(dict.fromkeys((*cn, *self.dns_names)))

    @property
    def label(self) -> str:
        """The first name, for logs."""
        return next(iter(self.names), self.subject or "(no name)")


def is_public(issuer: str) -> bool:
    """Whether everybody trusts a CA of that name."""
    return issuer == "public" or issuer.startswith("public-")


class KeyUsage(StrEnum):
    """Extended key usage of a profile (R129)."""

    BOTH = "both"
    SERVER_ONLY = "server-only"
    CLIENT_ONLY = "client-only"
    NONE = "none"


class Validity(StrEnum):
    """Where the lab's now lies in the validity of a profile's certificate."""

    CURRENT = "current"
    EXPIRED = "expired"
    NOT_YET = "not-yet-valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateProfile:
    """How to make a certificate, and so what a peer of the lab will see of it."""

    name: str
    names: tuple[str, ...]
    """The first is the CN; all are SANs unless `san` is off."""
    san: bool = True
    issuer: str = "public"
    """`public` or `public-…`: the lab's stand-ins for public CAs, trusted by all; any other word: a private CA nobody
    trusts."""
    self_signed: bool = False
    missing_intermediate: bool = False
    """The chain's intermediate is not sent in the handshake (R126)."""
    validity: Validity = Validity.CURRENT
    not_after: date | None = None
    """The last day of the real certificate that it stands for: what checks of a configuration warn of."""
    key_usage: KeyUsage = KeyUsage.BOTH
    key: str = "ec"
    """`ec` (P-256) or `rsa` (2048 bit)."""

    def faults(self) -> frozenset[CertFault]:
        """What a verifying peer finds."""
        faults = set()
        if self.self_signed:
            faults.add(CertFault.SELF_SIGNED)
        elif not is_public(self.issuer) or self.missing_intermediate:
            faults.add(CertFault.UNTRUSTED)
        if self.validity is Validity.EXPIRED:
            faults.add(CertFault.EXPIRED)
        if self.validity is Validity.NOT_YET:
            faults.add(CertFault.NOT_YET_VALID)
        if self.key_usage is KeyUsage.SERVER_ONLY:
            faults.add(CertFault.NO_CLIENT_AUTH)
        return frozenset(faults)

    def identity(self) -> CertificateIdentity:
        """What the simulator's peers see: the same names and faults that the wire will find."""
        cn = self.names[0] if self.names else None
        return CertificateIdentity(
            common_name=cn,
            dns_names=self.names if self.san else (),
            faults=self.faults(),
            subject=f"CN={cn}" if cn else "",
            issuer=f"CN={cn}" if self.self_signed else f"CN=Mailflow Lab {self.issuer} CA",
        )

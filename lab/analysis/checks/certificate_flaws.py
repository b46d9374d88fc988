"""What can be wrong with a certificate so that Exchange Online ignores it, and how it is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lab.analysis.checks.audit_context import AuditContext
from lab.analysis.checks.hybrid_flows import FrontEndEntry
from lab.model.certificate import CertificateProfile, KeyUsage, Validity, is_public
from lab.model.value import dataclass
from lab.scenario.changeable_scenario import SettingChange
from lab.sentence import Sentence, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFlaw:
    """One reason to ignore a certificate."""

    parameter: str
    """Where it is written, below the certificate."""
    text: Sentence
    """Behind `certificate hybrid (...)`."""
    mended: Sentence
    """Behind `once it is ...`."""
    has: Callable[[CertificateProfile], bool]
    cure: SettingChange
    """By parameter."""


OUTDATED = CertificateFlaw(
    parameter="validity",
    text=sentence("has expired, or is not valid yet"),
    mended=sentence("renewed"),
    has=lambda profile: profile.validity is not Validity.CURRENT,
    cure={"validity": Validity.CURRENT.value},
)
CHAIN = CertificateFlaw(
    parameter="missing_intermediate",
    text=sentence("is sent without its intermediate certificate"),
    mended=sentence("sent with its whole chain"),
    has=lambda profile: profile.missing_intermediate,
    cure={"missing_intermediate": False},
)
PRIVATE = CertificateFlaw(
    parameter="issuer",
    text=sentence("comes from no public authority"),
    mended=sentence("replaced by one of a public authority"),
    has=lambda profile: profile.self_signed or not is_public(profile.issuer),
    cure={"self_signed": False, "issuer": "public"},
)
PURPOSE = CertificateFlaw(
    parameter="key_usage",
    text=sentence("lacks the key usage clientAuth"),
    mended=sentence("replaced by one with clientAuth"),
    has=lambda profile: profile.key_usage is KeyUsage.SERVER_ONLY,
    cure={"key_usage": KeyUsage.BOTH.value},
)
_ALWAYS = (OUTDATED, CHAIN, PRIVATE)


def flaws(context: AuditContext, profile: CertificateProfile) -> Iterator[CertificateFlaw]:
    """All that a certificate is ignored for; clientAuth only where the switch says that it is needed (R129)."""
    counting = (*_ALWAYS, PURPOSE) if context.topology.switches.require_client_eku else _ALWAYS
    return (flaw for flaw in counting if flaw.has(profile))


def mended(name: str, found: Iterable[CertificateFlaw]) -> SettingChange:
    """The certificate without these flaws."""
    change: dict[str, Any] = {}
    for flaw in found:
        change |= {f"certificates.{name}.{parameter}": value for parameter, value in flaw.cure.items()}
    return change


def presented(context: AuditContext, entry: FrontEndEntry) -> CertificateProfile | None:
    """The certificate that a machine showed, as it is written; the host's own first where two look alike."""
    seen = entry.decision.credentials.certificate
    certificates = context.topology.certificates
    alike = [
        name
        for name, identity in certificates.items()
        if identity == seen and name in context.variant.profiles
    ]
    own = [name for name in alike if name == entry.host.certificate]
    return next((context.variant.profiles[name] for name in (*own, *alike)), None)


def named(profile: CertificateProfile) -> Sentence:
    """`certificate hybrid (hybrid.contoso.example)`."""
    return sentence(
        "certificate {certificate} ({names})", certificate=profile.name, names=", ".join(profile.names)
    )

"""TLS on the way out: what a server shows as a client, and whether the next hop satisfies the connector (R90, R91)."""

from __future__ import annotations

from lab.core.certificate_matching import certificate_names, name_match
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.reply import Reply
from lab.model.switches import Switches
from lab.model.tenant import TlsSettings
from lab.model.topology import Host, Topology
from lab.model.transport import TlsPolicy

NO_STARTTLS = Reply(
    450, "4.4.317", "Cannot connect to remote server [Message=451 5.7.3 STARTTLS is required to send mail]"
)
_AS_SERVER = frozenset({CertFault.NO_CLIENT_AUTH, CertFault.WEAK_KEY})
_PLAIN = Switches()


def server_faults(certificate: CertificateIdentity) -> frozenset[CertFault]:
    """What is wrong with a certificate that a server shows; clientAuth it does not need."""
    return certificate.faults - _AS_SERVER


def client_certificate(host: Host, topology: Topology) -> str | None:
    """The profile that a server shows as a client: none if it shows none, or drops one without clientAuth (R129)."""
    profile = host.certificate
    if profile is None or not host.client_certificate:
        return None
    if not topology.switches.send_cert_without_client_eku:
        identity = topology.certificates.get(profile)
        if identity is not None and CertFault.NO_CLIENT_AUTH in identity.faults:
            return None
    return profile


def judge_server(policy: TlsPolicy, certificate: CertificateIdentity | None) -> Reply | None:
    """The deferral that an unsatisfied policy causes, or None.

    Without a policy any certificate will do (opportunistic TLS, R100); EncryptionOnly asks for TLS alone,
    CertificateValidation for a trusted chain, DomainValidation for a name that fits TlsDomain as well.
    """
    if policy.level is None or policy.level is TlsSettings.ENCRYPTION_ONLY:
        return None
    if certificate is None:
        return _deferral("CertificateValidationFailure The remote server showed no certificate")
    faults = server_faults(certificate)
    if faults:
        return _deferral(f"CertificateValidationFailure {', '.join(sorted(faults))}")
    if policy.level is TlsSettings.DOMAIN_VALIDATION and policy.domain is not None:
        names = certificate_names(certificate, _PLAIN)
        if not any(name_match(policy.domain, name, _PLAIN) for name in names):
            return _deferral(
                f"SubjectMismatch Expected Subject: {policy.domain}. Presented Subject: {certificate.label}"
            )
    return None


def _deferral(message: str) -> Reply:
    return Reply(450, "4.4.317", f"Cannot connect to remote server [Message={message}]")

"""What a client has shown, judged: which certificate names count, and why others do not.

The data of attribution are fixed at STARTTLS (R134), so this is worked out once a connection.
"""

from __future__ import annotations

from lab.core.certificate_matching import certificate_names
from lab.core.directory import ip_number
from lab.model.certificate import CertFault, CertificateIdentity
from lab.model.names import DomainPattern
from lab.model.switches import Switches
from lab.model.value import value

_TIME = frozenset({CertFault.EXPIRED, CertFault.NOT_YET_VALID})
_PURPOSE = frozenset({CertFault.NO_CLIENT_AUTH})
_HARMLESS = frozenset({CertFault.WEAK_KEY})


@value(kw_only=True)
class Credentials:
    """The facts of one connection that identify it."""

    address: str
    number: int
    """`address` as a number."""
    tls: bool
    certificate: CertificateIdentity | None = None
    names: tuple[DomainPattern, ...] = ()
    """The names that count; empty when there is no certificate or it is ignored."""
    ignored: tuple[CertFault, ...] = ()
    """Why a certificate that was shown does not count."""
    refused: bool = False
    """With `bad_chain` or `expired_cert: refuse_connection`."""
    service: bool = False
    """The client is a host of one of Microsoft's own services: Teams, SharePoint (R245)."""
    rules: tuple[str, ...] = ()


def judge_credentials(
    address: str, tls: bool, certificate: CertificateIdentity | None, switches: Switches
) -> Credentials:
    """Decide what of the client's certificate counts.

    A certificate without a chain to a public root, self-signed, or out of date counts as absent (R8, R9, R126, R127);
    the switches `bad_chain` and `expired_cert` refuse the connection instead (R114). A missing clientAuth key usage
    matters only with `require_client_eku` (R129).
    """
    number = ip_number(address)
    if certificate is None:
        rules = ("R132",) if tls else ("R195",)
        return Credentials(address=address, number=number, tls=tls, rules=rules)
    faults = certificate.faults - _HARMLESS
    if not switches.require_client_eku:
        faults -= _PURPOSE
    if not faults:
        names = certificate_names(certificate, switches)
        counted: tuple[str, ...] = ("R8", "R10") if names else ("R10",)
        ignored = () if names else (CertFault.NO_DOMAIN_NAME,)
        return Credentials(
            address=address,
            number=number,
            tls=tls,
            certificate=certificate,
            names=names,
            ignored=ignored,
            rules=counted,
        )
    policy = switches.expired_cert if faults <= _TIME else switches.bad_chain
    return Credentials(
        address=address,
        number=number,
        tls=tls,
        certificate=certificate,
        ignored=tuple(sorted(faults)),
        refused=policy == "refuse_connection",
        rules=_fault_rules(faults),
    )


def _fault_rules(faults: frozenset[CertFault]) -> tuple[str, ...]:
    rules = []
    if CertFault.SELF_SIGNED in faults:
        rules += ["R9", "R125"]
    if CertFault.UNTRUSTED in faults:
        rules += ["R8", "R125", "R126"]
    if faults & _TIME:
        rules.append("R127")
    if CertFault.NO_CLIENT_AUTH in faults:
        rules.append("R129")
    return tuple(rules) or ("R8",)
